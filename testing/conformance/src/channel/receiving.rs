//! What people write reaches us, in order, and is confirmed only when we ask for more.

use std::time::{Duration, Instant};

use channel::{Change, ChannelError, PeerKind};
use futures_util::TryStreamExt as _;

use super::{Promise, Setup, held, until};

pub(super) const PROMISES: &[(&str, Promise)] = &[
    ("a good account connects and knows who it is", |setup| Box::pin(connects(setup))),
    ("bad credentials are reported as such", |setup| Box::pin(refuses_bad_credentials(setup))),
    ("messages arrive in order with all that is known of them", |setup| Box::pin(in_order(setup))),
    ("every letter of every script arrives as it was written", |setup| Box::pin(every_script(setup))),
    ("nothing is confirmed before more is asked for", |setup| Box::pin(confirms_late(setup))),
    ("what was not confirmed comes again with the same event", |setup| Box::pin(comes_again(setup))),
    ("a repeat of the vendor has the same event", |setup| Box::pin(repeats(setup))),
    ("a wait that was given up loses nothing", |setup| Box::pin(given_up(setup))),
    ("a broken connection loses nothing", |setup| Box::pin(broken(setup))),
    ("an account stops within a second", |setup| Box::pin(stops(setup))),
    ("a file is fetched as it was sent", |setup| Box::pin(fetches(setup))),
];

async fn connects(setup: &Setup<'_>) -> Result<(), String> {
    let connected = setup.connect_afresh().await?;
    held(!connected.profile.id.is_empty(), || "the account does not know its own id".to_owned())
}

async fn refuses_bad_credentials(setup: &Setup<'_>) -> Result<(), String> {
    let answer = setup.connect_with(setup.vendor.section_with_bad_credentials()).await?;
    held(matches!(answer, Err(ChannelError::Auth(_))), || format!("connect said {answer:?}"))
}

async fn in_order(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    let texts: Vec<String> = (0..250).map(|number| format!("message {number}")).collect();
    for text in &texts {
        setup.vendor.says(text);
    }
    let arrived = until(&mut connected, "message 249").await?;
    let found: Vec<&str> = arrived.iter().map(|inbound| inbound.text.as_str()).collect();
    held(found == texts, || format!("got {found:?}"))?;
    let target = setup.vendor.target();
    for inbound in &arrived {
        held(inbound.peer.id == target.peer && inbound.peer.kind == PeerKind::Dm, || format!("{:?}", inbound.peer))?;
        held(inbound.change == Change::New && inbound.at > 0, || format!("{:?} {}", inbound.change, inbound.at))?;
    }
    let mut events: Vec<&str> = arrived.iter().map(|inbound| inbound.event.as_str()).collect();
    events.sort_unstable();
    events.dedup();
    held(events.len() == texts.len(), || "two messages have the same event".to_owned())?;
    setup.confirm(&mut connected).await
}

async fn every_script(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    let text = "👩‍💻👍🏽🇩🇪 שלום \u{202b}مرحبا\u{202c} 你好 <b>&amp; `x` e\u{301}";
    setup.vendor.says(text);
    until(&mut connected, text).await?;
    setup.confirm(&mut connected).await
}

async fn confirms_late(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    setup.vendor.says("not yet");
    until(&mut connected, "not yet").await?;
    held(setup.vendor.unconfirmed() == 1, || "it was confirmed too early".to_owned())?;
    setup.confirm(&mut connected).await
}

async fn comes_again(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    setup.vendor.says("again");
    let first = until(&mut connected, "again").await?;
    drop(connected);
    let mut connected = setup.connect().await?;
    let second = until(&mut connected, "again").await?;
    held(first == second, || format!("{first:?} came again as {second:?}"))?;
    setup.confirm(&mut connected).await
}

async fn repeats(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    setup.vendor.says("once");
    let first = until(&mut connected, "once").await?;
    setup.confirm(&mut connected).await?;
    setup.vendor.repeats().await;
    let second = until(&mut connected, "once").await?;
    held(first == second, || format!("{first:?} was repeated as {second:?}"))
}

async fn given_up(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    for number in 0..20 {
        let waited = tokio::time::timeout(Duration::from_millis(number), connected.listener.next()).await;
        if let Ok(more) = waited {
            return Err(format!("got {more:?} where nothing was written"));
        }
    }
    setup.vendor.says("still here");
    until(&mut connected, "still here").await?;
    setup.confirm(&mut connected).await
}

async fn broken(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    let (_, ended) = tokio::join!(setup.vendor.cut(), async {
        tokio::time::timeout(Duration::from_secs(10), connected.listener.next()).await
    });
    setup.vendor.says("after the break");
    match ended {
        Ok(Ok(more)) => Err(format!("got {more:?} where nothing was written")),
        Ok(Err(ChannelError::Auth(reason) | ChannelError::Rejected(reason))) => {
            Err(format!("a break is no refusal: {reason}"))
        }
        Ok(Err(_)) => {
            let mut connected = setup.connect().await?;
            until(&mut connected, "after the break").await?;
            setup.confirm(&mut connected).await
        }
        // The adapter mended the connection by itself.
        Err(_) => {
            until(&mut connected, "after the break").await?;
            setup.confirm(&mut connected).await
        }
    }
}

async fn stops(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    let _waited = tokio::time::timeout(Duration::from_millis(50), connected.listener.next()).await;
    let began = Instant::now();
    drop(connected);
    held(began.elapsed() < Duration::from_secs(1), || format!("took {:?}", began.elapsed()))
}

async fn fetches(setup: &Setup<'_>) -> Result<(), String> {
    let mut connected = setup.connect_afresh().await?;
    let Some(files) = connected.files.clone() else { return Ok(()) };
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    setup.vendor.sends_file(&content);
    let batch = connected.listener.next().await.map_err(|error| format!("next: {error}"))?;
    let file = batch.iter().find_map(|inbound| inbound.attachments.first()).ok_or("no attachment arrived")?;
    let stream = files.fetch(file).await.map_err(|error| format!("fetch: {error}"))?;
    let pieces: Vec<_> = stream.try_collect().await.map_err(|error| format!("stream: {error}"))?;
    held(pieces.concat() == content, || "the content differs".to_owned())?;
    setup.confirm(&mut connected).await
}
