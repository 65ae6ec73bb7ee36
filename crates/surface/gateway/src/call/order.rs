//! What must not overtake what: calls about one session, or about one shared thing, run in the order they came.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use ids::SessionKey;
use parking_lot::Mutex;
use protocol::{Order, connect::SessionDefaults};
use tokio::sync::oneshot;

/// The line a call stands in: keys are sent as clients write them, and two spellings of one session are one line.
pub(crate) fn resolved(order: Order, defaults: &SessionDefaults) -> Order {
    let Order::Session(key) = order else { return order };
    let resolved = SessionKey::resolve(key.as_sent(), &defaults.default_agent_id, &defaults.main_key);
    Order::Session(match resolved {
        Ok(resolved) if is_global(defaults) && resolved.is_main(&defaults.main_key) => SessionKey::global(),
        Ok(resolved) => resolved,
        Err(_) => key,
    })
}

fn is_global(defaults: &SessionDefaults) -> bool {
    defaults.scope.as_deref() == Some("global")
}

/// All lines. A line exists while somebody stands in it.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    lines: HashMap<Order, VecDeque<Place>>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    call_up: Option<oneshot::Sender<()>>,
}

/// A place in a line, taken when the request arrived. Whoever drops it, served or not, makes room for the next.
#[derive(Debug)]
pub(crate) struct Ticket {
    held: Option<Held>,
    turn: Option<oneshot::Receiver<()>>,
}

#[derive(Debug)]
struct Held {
    lines: Arc<Lines>,
    order: Order,
    number: u64,
}

impl Lines {
    pub(crate) fn ticket(self: &Arc<Self>, order: Order) -> Ticket {
        if order == Order::Free {
            return Ticket { held: None, turn: None };
        }
        let mut state = self.0.lock();
        let number = state.next;
        state.next += 1;
        let line = state.lines.entry(order.clone()).or_default();
        let (call_up, turn) = if line.is_empty() {
            (None, None)
        } else {
            Some(oneshot::channel()).map_or((None, None), |(s, r)| (Some(s), Some(r)))
        };
        line.push_back(Place { number, call_up });
        drop(state);
        Ticket { held: Some(Held { lines: Arc::clone(self), order, number }), turn }
    }
}

impl Ticket {
    /// Waits until all who came before are done.
    pub(crate) async fn turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            // The sender leaves only by calling us up.
            drop(turn.await);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.lines.0.lock();
        let Some(line) = state.lines.get_mut(&self.order) else { return };
        line.retain(|place| place.number != self.number);
        match line.front_mut() {
            None => drop(state.lines.remove(&self.order)),
            Some(next) => {
                if let Some(call_up) = next.call_up.take() {
                    // One who left meanwhile makes room by its own drop.
                    let _ = call_up.send(());
                }
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn session(name: &str) -> Order {
        Order::Session(name.parse().unwrap())
    }

    #[test]
    fn calls_of_one_session_wait_for_each_other_and_others_do_not() {
        let lines = Arc::new(Lines::default());
        let mut first = lines.ticket(session("agent:main:a"));
        let mut second = lines.ticket(session("agent:main:a"));
        let mut other = lines.ticket(session("agent:main:b"));
        let mut free = lines.ticket(Order::Free);
        assert!(first.turn().now_or_never().is_some());
        assert!(other.turn().now_or_never().is_some());
        assert!(free.turn().now_or_never().is_some());
        let mut waiting = Box::pin(second.turn());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.now_or_never().is_some());
    }

    #[test]
    fn two_spellings_of_one_session_are_one_line() {
        let defaults = |scope: &str| SessionDefaults {
            default_agent_id: "home".parse().unwrap(),
            main_key: "desk".to_owned().try_into().unwrap(),
            main_session_key: "agent:home:desk".parse().unwrap(),
            scope: scope.to_owned().try_into().ok(),
        };
        let of = |name: &str| resolved(session(name), &defaults("per-sender"));
        for name in ["main", "Desk", "agent:home:main", "agent:home:desk"] {
            assert_eq!(of(name), session("agent:home:desk"), "{name}");
        }
        assert_eq!(of("work"), session("agent:home:work"));
        assert_eq!(of("agent:other:work"), session("agent:other:work"));
        assert_eq!(resolved(session("main"), &defaults("global")), Order::Session(SessionKey::global()));
        assert_eq!(resolved(Order::Global("cron"), &defaults("global")), Order::Global("cron"));
    }

    #[test]
    fn one_who_gives_up_its_place_lets_nobody_overtake() {
        let lines = Arc::new(Lines::default());
        let order = Order::Global("cron");
        let first = lines.ticket(order.clone());
        let gives_up = lines.ticket(order.clone());
        let mut third = lines.ticket(order);
        drop(gives_up);
        let mut waiting = Box::pin(third.turn());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.now_or_never().is_some());
        drop(third);
        assert!(lines.0.lock().lines.is_empty());
    }
}
