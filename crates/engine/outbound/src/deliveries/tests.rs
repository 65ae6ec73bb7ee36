//! What callers are told of pieces that wait, and drafts that keep the pace.

use std::{pin::pin, sync::mpsc};

use async_trait::async_trait;
use channel::{Descriptor, Dialect, Drafts, Limits, Pace, PeerField, Rate, Target};
use futures_util::FutureExt as _;
use stdx::ManualClock;

use super::*;
use crate::{MIGRATIONS, Outlet, draft, draft::Growth};

const PATIENCE: Duration = Duration::from_secs(5);

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "pigeon",
    label: "Pigeon",
    detail_label: "Pigeon Post",
    system_image: "bird",
    id_label: "pigeonId",
    env_key: None,
    peer_field: PeerField::ChatId,
    limits: Limits {
        text: 100,
        caption: 10,
        album: 0,
        upload_bytes: 0,
        download_bytes: 0,
        dialect: Dialect::Plain,
        edits: false,
        threads: false,
        typing_seconds: 0,
        pace: Some(Pace {
            account: Rate { messages: 1, seconds: 60 },
            conversation: |_| Rate { messages: 1, seconds: 60 },
        }),
    },
};

/// A network that is away, and whose files are none.
#[derive(Debug)]
struct Away;

impl Outlets for Away {
    fn outlet(&self, _: &ChannelKind, _: &AccountId) -> Option<Outlet> {
        None
    }

    fn descriptor(&self, _: &ChannelKind) -> Option<&'static Descriptor> {
        Some(&DESCRIPTOR)
    }
}

impl Door for Away {
    fn admit(&self, _: &AgentId, _: &str) -> BoxFuture<'static, Result<Attachment, String>> {
        std::future::ready(Err("no files".to_owned())).boxed()
    }
}

fn deliveries(cancel: &CancellationToken) -> Deliveries {
    let clock = Arc::new(ManualClock::new(5));
    with(Store::memory(MIGRATIONS, clock.clone()).unwrap(), clock, cancel)
}

fn with(store: Store, clock: Arc<ManualClock>, cancel: &CancellationToken) -> Deliveries {
    let neighbours = Neighbours { store, outlets: Arc::new(Away), door: Arc::new(Away), clock };
    Deliveries::new(Live::fixed(Config::default()), neighbours, cancel)
}

fn place() -> Place {
    let target = Target { peer: "ann".parse().unwrap(), thread: None };
    Place { channel: "pigeon".parse().unwrap(), account: AccountId::default_account(), target }
}

fn pieces(name: &str, count: usize) -> Vec<Draft> {
    let said = Said { cause: "run", name, agent: None, quote: None, footer: None };
    let text = |number| Body::Text { markdown: format!("text {number}") };
    drafts((0..count).map(text).collect(), &place(), &said)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_called_queued_before_it_is_a_row_and_who_goes_away_is_forgotten() {
    let cancel = CancellationToken::new();
    let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::new(5)));
    let path = stdx::AbsPath::new(folder.path().join("journal.sqlite")).unwrap();
    // A store with a thread of its own, which can be kept busy.
    let deliveries = with(Store::open(&path, MIGRATIONS, clock.clone()).unwrap(), clock, &cancel);
    let (free, busy) = mpsc::channel::<()>();
    let mut blocked = pin!(deliveries.0.store.write(move |_| {
        let _freed = busy.recv();
        Ok(())
    }));
    assert!((&mut blocked).now_or_never().is_none());
    let mut told = pin!(deliveries.say(pieces("n", 1), PATIENCE));
    assert!(tokio::time::timeout(PATIENCE * 2, &mut told).await.is_err(), "nothing is staged");
    drop(free);
    blocked.await.unwrap();
    assert!(matches!(told.await, Ok(None)));
    assert_eq!(deliveries.waiting_blocking(), Ok(1));
    assert!(deliveries.0.waiters.lock().is_empty());
}

#[tokio::test]
async fn a_text_is_staged_whole_or_not_at_all() {
    let cancel = CancellationToken::new();
    let deliveries = deliveries(&cancel);
    let most = outbox::OUTBOX_CAPACITY;
    let filling = pieces("filling", most - 1);
    deliveries.0.store.write(move |tx| outbox::stage_all(tx, &filling)).await.unwrap();
    let refused = deliveries.deliver(pieces("long", 2)).await;
    assert!(matches!(refused, Err(OutboundError::Full { .. })), "{refused:?}");
    assert_eq!(deliveries.waiting_blocking(), Ok(most as u64 - 1));
    assert!(deliveries.0.waiters.lock().is_empty());
}

/// Counts the states that are shown.
#[derive(Debug, Default)]
struct Shown(Mutex<Vec<String>>);

#[async_trait]
impl Drafts for Shown {
    fn are_shown_in(&self, _: &Target) -> bool {
        true
    }

    async fn show(&self, _: &Target, _: u64, markdown: &str) -> Result<(), ChannelError> {
        self.0.lock().push(markdown.to_owned());
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_leaves_out_the_states_for_which_its_account_has_no_turn() {
    let cancel = CancellationToken::new();
    let deliveries = deliveries(&cancel);
    let shown = Arc::new(Shown::default());
    let draft = draft::Draft {
        drafts: Arc::clone(&shown) as Arc<dyn Drafts>,
        ways: Arc::clone(&deliveries.0.ways),
        place: place(),
        number: 1,
        growth: Growth::Words,
        room: 100,
    };
    let (texts, seen) = tokio::sync::watch::channel(Arc::<str>::from("The first words. "));
    let written = async move {
        for more in ["The first words. And more. ", "The first words. And more. And more again. "] {
            tokio::time::advance(Duration::from_secs(1)).await;
            texts.send_replace(more.into());
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    };
    tokio::join!(draft.show(seen), written);
    assert_eq!(*shown.0.lock(), ["The first words."], "the account's one message a minute is gone");
}
