//! What we say leaves once, and an error says on which side of the first byte it fell.

use std::sync::Arc;
use std::time::Duration;

use channel::{
    Activity, Attachment, ChannelError, Connected, Guarantee, Outbound, OutboundBody, Receipt, SendKey, Speaker, Target,
};

use super::{Promise, SendFault, Setup, Shown, held};

pub(super) const PROMISES: &[(&str, Promise)] = &[
    ("a message is taken and its receipt names it", |setup| Box::pin(is_taken(setup))),
    ("no Markdown is refused and every letter is shown", |setup| Box::pin(markdown(setup))),
    ("the vendor's wish to wait is passed on", |setup| Box::pin(waits(setup))),
    ("without a network nothing is taken and a repeat is safe", |setup| Box::pin(unreachable(setup))),
    ("a break before the answer is never called safe to repeat", |setup| Box::pin(unknown(setup))),
    ("a message that can never be taken is rejected", |setup| Box::pin(rejected(setup))),
    ("an account that can ask is asked, and one that cannot says so", |setup| Box::pin(guarantee(setup))),
    ("files of ours arrive as they are, with their captions", |setup| Box::pin(sends_files(setup))),
    ("our own message can be edited, marked and deleted", |setup| Box::pin(acts(setup))),
];

fn message(target: Target, text: &str) -> Outbound {
    Outbound {
        key: SendKey(text.into()),
        target,
        reply_to: None,
        body: OutboundBody::Text { markdown: text.to_owned() },
        keyboard: None,
        silent: false,
    }
}

async fn send(setup: &Setup<'_>, speaker: &Arc<dyn Speaker>, text: &str) -> Result<Receipt, ChannelError> {
    speaker.send(&message(setup.vendor.target(), text)).await
}

fn times(setup: &Setup<'_>, text: &str) -> usize {
    setup.vendor.taken().iter().filter(|taken| *taken == text).count()
}

async fn is_taken(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    let one = send(setup, &speaker, "one").await.map_err(|error| error.to_string())?;
    let two = send(setup, &speaker, "two").await.map_err(|error| error.to_string())?;
    held(one.message != two.message, || "two messages have the same name".to_owned())?;
    held(times(setup, "one") == 1 && times(setup, "two") == 1, || format!("taken: {:?}", setup.vendor.taken()))
}

async fn markdown(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    let texts = [
        "**bold *both** half*",
        "<b>not ours</b> & </i>",
        "```rust\nlet a = \"<&>\";\n```",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "[a](javascript:x) [b](https://x.y/?a=1&b=2)",
        "שלום **مرحبا** 👩‍💻",
        "---",
        "1. a\n   - b\n     > c",
    ];
    for text in texts {
        send(setup, &speaker, text).await.map_err(|error| format!("{text:?}: {error}"))?;
    }
    let shown = setup.vendor.taken().join("\n");
    for part in ["not ours", "let a = \"<&>\";", "👩‍💻", "مرحبا"] {
        held(shown.contains(part), || format!("{part:?} is not shown"))?;
    }
    Ok(())
}

async fn waits(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    setup.vendor.next_send(SendFault::WaitFor(Duration::from_secs(7)));
    let answer = send(setup, &speaker, "patience").await;
    let expected = Err(ChannelError::RateLimited { after: Some(Duration::from_secs(7)) });
    held(answer == expected, || format!("said {answer:?}"))?;
    send(setup, &speaker, "patience").await.map_err(|error| error.to_string())?;
    held(times(setup, "patience") == 1, || "it was taken twice".to_owned())
}

async fn unreachable(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    setup.vendor.offline().await;
    // The first send may still find a connection that looked alive; what it says must hold all the same.
    let first = send(setup, &speaker, "into the void").await;
    let second = send(setup, &speaker, "into the void").await;
    setup.vendor.online().await;
    held(first.is_err(), || format!("said {first:?}"))?;
    held(matches!(second, Err(ChannelError::Unreachable(_))), || format!("said {second:?}"))?;
    held(times(setup, "into the void") == 0, || "it was taken".to_owned())?;
    send(setup, &speaker, "back again").await.map(|_| ()).map_err(|error| format!("afterwards: {error}"))
}

async fn unknown(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    for (fault, text, taken) in [(SendFault::BreakBefore, "lost", 0), (SendFault::BreakAfter, "unheard", 1)] {
        setup.vendor.next_send(fault);
        let answer = send(setup, &speaker, text).await;
        held(matches!(answer, Err(ChannelError::Unknown(_))), || format!("{fault:?}: said {answer:?}"))?;
        held(times(setup, text) == taken, || format!("{fault:?}: taken {} times", times(setup, text)))?;
    }
    Ok(())
}

async fn rejected(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    let answer = speaker.send(&message(setup.vendor.unknown_target(), "nobody")).await;
    held(matches!(answer, Err(ChannelError::Rejected(_))), || format!("said {answer:?}"))
}

async fn guarantee(setup: &Setup<'_>) -> Result<(), String> {
    let connected = setup.connect_afresh().await?;
    let can_ask = connected.guarantee == Guarantee::Query;
    held(can_ask == connected.reconcile.is_some(), || format!("{:?}", connected.guarantee))
}

async fn acts(setup: &Setup<'_>) -> Result<(), String> {
    let Connected { actions, speaker, .. } = setup.connect_afresh().await?;
    let Some(actions) = actions else { return Ok(()) };
    let receipt = send(setup, &speaker, "to be edited").await.map_err(|error| error.to_string())?;
    let (target, message) = (setup.vendor.target(), receipt.message);
    let failed = |error: ChannelError| error.to_string();
    let stands = |text: &str, reaction: Option<&str>| {
        let expected = Some(Shown { text: text.to_owned(), reaction: reaction.map(str::to_owned) });
        let shown = setup.vendor.shown(&message);
        held(shown == expected, || format!("{expected:?} should stand there, and {shown:?} does"))
    };
    actions.show(&target, Activity::Typing).await.map_err(failed)?;
    stands("to be edited", None)?;
    for _ in 0..2 {
        actions.edit(&target, &message, "**edited**").await.map_err(failed)?;
        stands("edited", None)?;
    }
    actions.react(&target, &message, Some("👍")).await.map_err(failed)?;
    stands("edited", Some("👍"))?;
    actions.react(&target, &message, None).await.map_err(failed)?;
    stands("edited", None)?;
    actions.delete(&target, &message).await.map_err(failed)?;
    held(setup.vendor.shown(&message).is_none(), || "it still stands there".to_owned())
}

/// Files of ours, each with its content.
async fn files(setup: &Setup<'_>, names: &[&str]) -> Result<Vec<(Attachment, Vec<u8>)>, String> {
    let mut all = Vec::new();
    for name in names {
        let (path, content) = (setup.state.join(name), [b"\x89PNG ".as_slice(), name.as_bytes()].concat());
        tokio::fs::write(path.as_path(), &content).await.map_err(|problem| problem.to_string())?;
        let file = Attachment { path, mime: "image/png".to_owned(), name: (*name).to_owned(), as_voice: false };
        all.push((file, content));
    }
    Ok(all)
}

async fn sends_files(setup: &Setup<'_>) -> Result<(), String> {
    let speaker = setup.connect_afresh().await?.speaker;
    let all = files(setup, &["one.png", "two.png", "three.png"]).await?;
    let (files, contents): (Vec<Attachment>, Vec<Vec<u8>>) = all.into_iter().unzip();
    let mut bodies: Vec<OutboundBody> = Vec::new();
    match files.as_slice() {
        [first, rest @ ..] if setup.channel.descriptor().limits.album >= rest.len() => {
            bodies.push(OutboundBody::Media { file: first.clone(), caption: "**alone**".to_owned() });
            bodies.push(OutboundBody::Album { files: rest.to_vec(), caption: "**together**".to_owned() });
        }
        all => bodies
            .extend(all.iter().map(|file| OutboundBody::Media { file: file.clone(), caption: "**alone**".to_owned() })),
    }
    for body in bodies {
        let made = if let OutboundBody::Album { files, .. } = &body { files.len() } else { 1 };
        let outbound = Outbound { body, ..message(setup.vendor.target(), "files") };
        let receipt = speaker.send(&outbound).await.map_err(|error| error.to_string())?;
        held(receipt.others.len() + 1 == made, || format!("{made} messages and the receipt {receipt:?}"))?;
    }
    held(setup.vendor.files_taken() == contents, || "the vendor has other contents".to_owned())?;
    held(times(setup, "alone") > 0, || "the caption is not shown".to_owned())
}
