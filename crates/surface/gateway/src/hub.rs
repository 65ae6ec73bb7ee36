//! Takes an event to every connection that may see it: serialised once, numbered, shared by reference.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use ids::ConnId;
use parking_lot::Mutex;
use protocol::{StateVersion, Text};
use rpc::{Announcement, Caller, Sink};

use crate::{
    conn::outbox::{Outbox, Put},
    counters::Counters,
    ws::Wire,
};

/// Everyone who passed the handshake.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    members: Mutex<Members>,
    pub(crate) counters: Counters,
}

#[derive(Debug, Default)]
struct Members {
    seq: u64,
    next: u64,
    all: BTreeMap<u64, Arc<Member>>,
}

/// One connection, as far as events go.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) caller: Arc<Caller>,
    pub(crate) outbox: Arc<Outbox>,
    /// As its client named them.
    pub(crate) caps: Box<[Text]>,
}

impl Member {
    fn has(&self, cap: &str) -> bool {
        self.caps.iter().any(|named| named.as_str() == cap)
    }
}

/// A place among the members, given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    hub: Arc<Hub>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.members.lock().all.remove(&self.number);
    }
}

impl Hub {
    /// Lets a connection hear events; `first` is the last thing it hears before them.
    pub(crate) fn join(self: &Arc<Self>, member: Arc<Member>, first: Wire) -> Seat {
        let mut members = self.members.lock();
        member.outbox.reply(first);
        let number = members.next;
        members.next += 1;
        members.all.insert(number, member);
        drop(members);
        Seat { hub: Arc::clone(self), number }
    }

    pub(crate) fn len(&self) -> usize {
        self.members.lock().all.len()
    }

    /// Broadcasts. The number and the place in every outbox are taken under one lock, so all see one order.
    pub(crate) fn broadcast(&self, announcement: &Announcement, state: Option<StateVersion>) {
        let mut members = self.members.lock();
        let seq = announcement.cap.is_none().then(|| {
            members.seq += 1;
            members.seq
        });
        Counters::add(&self.counters.events);
        if members.all.is_empty() {
            return;
        }
        let wire = Wire::text(event_frame(announcement.event, announcement.payload.get(), seq, state));
        for member in members.all.values() {
            if announcement.scope.is_none_or(|scope| member.caller.may(scope))
                && announcement.cap.is_none_or(|cap| member.has(cap))
                && member.outbox.put(wire.clone(), announcement.delivery) == Put::Overflowed
            {
                Counters::add(&self.counters.slow_consumers);
                tracing::warn!(conn = %member.caller.conn, "closed a slow consumer");
            }
        }
    }

    /// Ends every connection.
    pub(crate) fn close_all(&self, code: u16, reason: &str) {
        for member in self.members.lock().all.values() {
            member.outbox.close(Some(code), reason);
        }
    }

    /// Ends one connection.
    pub(crate) fn close(&self, conn: &ConnId, code: u16, reason: &str) {
        for member in self.members.lock().all.values().filter(|member| member.caller.conn == *conn) {
            member.outbox.close(Some(code), reason);
        }
    }
}

impl Sink for Hub {
    fn announce(&self, announcement: Announcement) {
        self.broadcast(&announcement, None);
    }

    fn has_readers(&self) -> bool {
        !self.members.lock().all.is_empty()
    }

    fn has_readers_with(&self, cap: &str) -> bool {
        self.members.lock().all.values().any(|member| member.has(cap))
    }
}

/// The payload is JSON already; names of events need no escapes.
fn event_frame(event: &str, payload: &str, seq: Option<u64>, state: Option<StateVersion>) -> Bytes {
    let seq = seq.map_or_else(String::new, |seq| format!(r#","seq":{seq}"#));
    let state = state.map_or_else(String::new, |StateVersion { presence, health }| {
        format!(r#","stateVersion":{{"presence":{presence},"health":{health}}}"#)
    });
    format!(r#"{{"type":"event","event":"{event}","payload":{payload}{seq}{state}}}"#).into()
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use protocol::{Delivery, Role, Scope};
    use serde_json::value::RawValue;

    use super::*;

    fn member(role: Role, scopes: &[Scope]) -> Arc<Member> {
        with_caps(role, scopes, &[])
    }

    fn with_caps(role: Role, scopes: &[Scope], caps: &[&str]) -> Arc<Member> {
        let caller = Caller {
            conn: ConnId::random(),
            role,
            scopes: scopes.into(),
            device: None,
            client_id: "test".into(),
            client_mode: "test".into(),
            display_name: None,
            is_local: true,
        };
        let caps = caps.iter().filter_map(|cap| Text::new(*cap)).collect();
        Arc::new(Member { caller: Arc::new(caller), outbox: Arc::default(), caps })
    }

    fn heard(member: &Member) -> Vec<String> {
        match member.outbox.poll_batch(100, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some((frames, _))) => {
                frames.iter().map(|wire| String::from_utf8(wire.payload().to_vec()).unwrap()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn announcement(scope: Option<Scope>) -> Announcement {
        let payload = RawValue::from_string(r#"{"ts":1}"#.into()).unwrap();
        Announcement { event: "tick", scope, delivery: Delivery::Droppable, cap: None, payload }
    }

    #[test]
    fn an_event_with_a_scope_reaches_only_operators_who_have_it() {
        let hub = Arc::new(Hub::default());
        let all = [
            member(Role::Operator, &[Scope::Read]),
            member(Role::Operator, &[Scope::Pairing]),
            member(Role::Operator, &[Scope::Admin]),
            member(Role::Node, &[]),
        ];
        let _seats: Vec<_> = all.iter().map(|member| hub.join(Arc::clone(member), Wire::text("hello"))).collect();
        hub.broadcast(&announcement(Some(Scope::Pairing)), None);
        hub.broadcast(&announcement(None), None);
        let counts: Vec<_> = all.iter().map(|member| heard(member).len()).collect();
        assert_eq!(counts, [2, 3, 3, 2]);
        assert_eq!(heard(&all[0])[1], r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":2}"#);
    }

    #[test]
    fn an_event_for_those_who_named_a_capability_leaves_no_gap_for_the_others() {
        let hub = Arc::new(Hub::default());
        let all = [member(Role::Operator, &[]), with_caps(Role::Operator, &[], &["tool-events"])];
        let _seats: Vec<_> = all.iter().map(|member| hub.join(Arc::clone(member), Wire::text("hello"))).collect();
        assert!(hub.has_readers_with("tool-events") && !hub.has_readers_with("canvas"));
        hub.broadcast(&Announcement { cap: Some("tool-events"), ..announcement(None) }, None);
        hub.broadcast(&announcement(None), None);
        let numbered = r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":1}"#;
        assert_eq!(heard(&all[0]), ["hello", numbered]);
        assert_eq!(heard(&all[1]), ["hello", r#"{"type":"event","event":"tick","payload":{"ts":1}}"#, numbered]);
    }

    #[test]
    fn a_member_who_left_hears_nothing_and_numbers_go_on() {
        let hub = Arc::new(Hub::default());
        hub.broadcast(&announcement(None), None);
        let stays = member(Role::Operator, &[]);
        let seat = hub.join(Arc::clone(&stays), Wire::text("hello"));
        hub.broadcast(&announcement(None), Some(StateVersion { presence: 3, health: 4 }));
        drop(seat);
        hub.broadcast(&announcement(None), None);
        let expected =
            r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":2,"stateVersion":{"presence":3,"health":4}}"#;
        assert_eq!(heard(&stays), ["hello", expected]);
    }
}
