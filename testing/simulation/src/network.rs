//! The network: what people wrote, what it was told was taken, and what people saw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use accounts::{Arrived, Inbox};
use async_trait::async_trait;
use channel::{
    Addressed, Change, ChannelError, Descriptor, Dialect, Guarantee, Inbound, Limits, Outbound, OutboundBody, Pace,
    Peer, PeerField, Rate, Receipt, Reconcile, Sender, Speaker, Verdict,
};
use ids::{AccountId, ChannelKind, PeerKind};
use outbound::{Outlet, Outlets};
use store::Store;

use crate::fault::Fault;
use crate::outside::Outside;
use crate::plan::{What, numbers};

/// The network's name.
pub(crate) const KIND: &str = "net";

/// Attempts for one piece that may go wrong in each way; then the network behaves.
const MOST_TROUBLE: u32 = 3;

/// What the network knows.
#[derive(Debug, Default)]
pub(crate) struct Vendor {
    /// Updates below this number were acknowledged.
    pub(crate) acknowledged: usize,
    /// What people saw, in order.
    pub(crate) seen: Vec<Seen>,
    /// How often nobody could know whether the piece with this key was taken.
    pub(crate) uncertain: BTreeMap<String, u32>,
    pub(crate) refused: BTreeSet<String>,
    trouble: BTreeMap<String, u32>,
    attempts: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) key: String,
    pub(crate) person: String,
    pub(crate) text: String,
}

static DESCRIPTOR: Descriptor = Descriptor {
    kind: KIND,
    label: "Net",
    detail_label: "Net",
    system_image: "message",
    id_label: "netUserId",
    env_key: None,
    peer_field: PeerField::ChatId,
    limits: Limits {
        text: 400,
        caption: 100,
        album: 0,
        upload_bytes: 1000,
        download_bytes: 1000,
        dialect: Dialect::Plain,
        edits: false,
        threads: false,
        typing_seconds: 0,
        pace: Some(Pace {
            account: Rate { messages: 6, seconds: 1 },
            conversation: |_| Rate { messages: 3, seconds: 1 },
        }),
    },
};

/// The person's name on the network.
pub(crate) fn person(number: u64) -> String {
    format!("{}", 100 + number)
}

/// The group's name on the network, and a member of it who is on no list.
const GROUP: &str = "-200";
const STRANGER: &str = "999";

fn inbound(outside: &Outside, number: usize, event: String) -> Inbound {
    let update = &outside.plan.updates[number];
    let is_group = update.what.is_in_group();
    let person = if update.what == What::Stranger { STRANGER.to_owned() } else { person(update.person) };
    let (peer, kind) = if is_group { (GROUP, PeerKind::Group) } else { (person.as_str(), PeerKind::Dm) };
    let is_mention = matches!(update.what, What::AskInGroup | What::Stranger);
    Inbound {
        event,
        message: format!("in{number}").parse().expect("a message id"),
        peer: Peer {
            id: peer.parse().expect("a peer id"),
            kind,
            title: None,
            is_forum: false,
            main_line: None,
            space: None,
        },
        thread: None,
        sender: Sender { id: person.parse().expect("a sender id"), name: None, username: None, is_bot: false },
        text: outside.plan.text(number),
        attachments: Vec::new(),
        spans: Vec::new(),
        addressed: if is_mention { Addressed::Mentioned } else { Addressed::Nobody },
        reply_to: None,
        merge: None,
        change: Change::New,
        at: 0,
    }
}

/// The account: asks the network for what is new, hands it to the inbox, then says that it was taken.
pub(crate) async fn listen(outside: Arc<Outside>, inbox: Arc<dyn Inbox>) {
    let mut round = 0;
    loop {
        let from = outside.vendor.lock().acknowledged;
        let Some(next) = outside.plan.updates.get(from) else { return };
        let wait = next.at_ms.saturating_sub(outside.passed_ms());
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        let now = outside.passed_ms();
        let most = usize::try_from(outside.dice.between(1, 3)).unwrap_or(1);
        let there = outside.plan.updates[from..].iter().take(most).take_while(|update| update.at_ms <= now).count();
        round += 1;
        let (until, life) = (from + there.max(1), outside.life());
        // Networks repeat themselves: what was acknowledged may come once more.
        let again = usize::from(from > 0 && outside.dice.chance(12));
        let event = |number: usize| match outside.has(Fault::DedupeOff) {
            true => format!("u{number}-{life}-{round}"),
            false => format!("u{number}"),
        };
        let arrived = |number: usize| Arrived {
            channel: KIND.parse().expect("a kind"),
            account: AccountId::default_account(),
            inbound: inbound(&outside, number, event(number)),
        };
        let mut batch: Vec<Arrived> = (from - again..until).map(arrived).collect();
        if outside.has(Fault::OrderSwapped) {
            batch.reverse();
        }
        if outside.has(Fault::AcknowledgedTooEarly) {
            outside.vendor.lock().acknowledged = until;
        }
        outside.step("update", &format!("{from}..{until}")).await;
        if inbox.accept(batch).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        }
        outside.step("accepted", &until).await;
        outside.vendor.lock().acknowledged = until;
        outside.step("acknowledged", &until).await;
    }
}

/// The account's sending half, in one process.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) outside: Arc<Outside>,
    pub(crate) store: Store,
    pub(crate) connected_at: tokio::time::Instant,
}

impl Outlets for Line {
    fn outlet(&self, _: &ChannelKind, _: &AccountId) -> Option<Outlet> {
        if tokio::time::Instant::now() < self.connected_at {
            return None;
        }
        let half = || Arc::new(Half { outside: Arc::clone(&self.outside), store: self.store.clone() });
        let guarantee = self.outside.plan.guarantee;
        let reconcile = (guarantee == Guarantee::Query).then(|| half() as Arc<dyn Reconcile>);
        Some(Outlet { speaker: half(), actions: None, drafts: None, reconcile, guarantee })
    }

    fn descriptor(&self, kind: &ChannelKind) -> Option<&'static Descriptor> {
        (kind.as_str() == KIND).then_some(&DESCRIPTOR)
    }
}

#[derive(Debug)]
struct Half {
    outside: Arc<Outside>,
    store: Store,
}

impl Half {
    /// Whether this attempt goes wrong; pieces are not troubled for ever.
    fn is_troubled(&self, key: &str) -> bool {
        let outside = &self.outside;
        if !outside.dice.chance(outside.plan.trouble) {
            return false;
        }
        let mut vendor = outside.vendor.lock();
        let had = vendor.trouble.entry(key.to_owned()).or_default();
        *had += 1;
        *had <= MOST_TROUBLE
    }

    fn unsure(&self, key: &str) {
        *self.outside.vendor.lock().uncertain.entry(key.to_owned()).or_default() += 1;
    }

    fn receipt(&self, key: &str) -> Receipt {
        let number = self.outside.vendor.lock().seen.iter().position(|seen| seen.key == key).unwrap_or(0);
        Receipt {
            message: format!("out{number}").parse().expect("a message id"),
            others: Vec::new(),
            peer: "p".to_owned(),
        }
    }

    /// A piece is only taken while its row says that it is being sent.
    fn check_row(&self, key: &str) {
        let asked = key.to_owned();
        let sql = "SELECT state FROM outbox WHERE key = ?1";
        let state = self.store.read_blocking(|view| view.first(sql, [&asked], |row| row.get::<_, String>(0)));
        if !matches!(&state, Ok(Some(state)) if state == "sending") {
            self.outside.wrong(format!("{key} left while its row was {state:?}"));
        }
    }

    fn take(&self, message: &Outbound, key: &str) {
        self.check_row(key);
        let OutboundBody::Text { markdown } = &message.body else { return };
        let mut vendor = self.outside.vendor.lock();
        let drops_repeats = self.outside.plan.guarantee == Guarantee::ClientKey;
        if drops_repeats && vendor.seen.iter().any(|seen| seen.key == key) {
            return;
        }
        let person = message.target.peer.to_string();
        vendor.seen.push(Seen { key: key.to_owned(), person, text: markdown.clone() });
    }
}

#[async_trait]
impl Speaker for Half {
    async fn send(&self, message: &Outbound) -> Result<Receipt, ChannelError> {
        let outside = &self.outside;
        let mut key = message.key.0.to_string();
        let attempt = {
            let mut vendor = outside.vendor.lock();
            vendor.attempts += 1;
            vendor.attempts
        };
        outside.step("send", &key).await;
        if outside.has(Fault::KeyNotStable) && attempt > 1 {
            key = format!("{key}~{attempt}");
        }
        if outside.has(Fault::MessageSwallowed) && outside.dice.chance(20) {
            return Ok(self.receipt(&key));
        }
        if self.is_troubled(&key) {
            match outside.dice.below(8) {
                0 | 1 => return Err(ChannelError::Unreachable("no route".to_owned())),
                2 | 3 => return Err(ChannelError::RateLimited { after: Some(Duration::from_millis(80)) }),
                4 => {
                    outside.vendor.lock().refused.insert(key);
                    return Err(ChannelError::Rejected("no".to_owned()));
                }
                5 => {
                    self.unsure(&key);
                    return Err(ChannelError::Unknown("lost on the way".to_owned()));
                }
                _ => {
                    self.take(message, &key);
                    self.unsure(&key);
                    outside.step("taken, not told", &key).await;
                    return Err(ChannelError::Unknown("lost on the way back".to_owned()));
                }
            }
        }
        self.take(message, &key);
        outside.step("taken", &key).await;
        if outside.has(Fault::ReceiptLost) && outside.dice.chance(30) {
            return Err(ChannelError::Unreachable("nothing left".to_owned()));
        }
        Ok(self.receipt(&key))
    }
}

#[async_trait]
impl Reconcile for Half {
    async fn ask(&self, message: &Outbound) -> Result<Verdict, ChannelError> {
        let (outside, key) = (&self.outside, message.key.0.to_string());
        outside.step("history", &key).await;
        if outside.has(Fault::HistoryDenied) {
            return Ok(Verdict::Absent);
        }
        if self.is_troubled(&key) {
            if outside.dice.chance(70) {
                return Err(ChannelError::Unreachable("no route".to_owned()));
            }
            outside.vendor.lock().uncertain.entry(format!("unclear {key}")).or_insert(1);
            return Ok(Verdict::Unclear);
        }
        let arrived = outside.vendor.lock().seen.iter().any(|seen| seen.key == key);
        Ok(if arrived { Verdict::Arrived(self.receipt(&key)) } else { Verdict::Absent })
    }
}

impl Vendor {
    /// Different pieces with an answer to this question.
    pub(crate) fn answers(&self, number: usize) -> BTreeSet<&str> {
        let says = |seen: &&Seen| numbers(&seen.text, "ans-").contains(&number);
        self.seen.iter().filter(says).map(|seen| seen.key.as_str()).collect()
    }
}
