//! What a busy session does with another message, as tables and as a property over random schedules.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn turn(name: &str) -> Box<Turn> {
    Box::new(Turn::sample(name))
}

struct Bench {
    lane: Lane,
    now: Instant,
    next: u64,
    settings: QueueSettings,
}

impl Bench {
    fn new(mode: QueueMode) -> Self {
        let now = Instant::now();
        Self { lane: Lane::default(), now, next: 0, settings: QueueSettings { mode, ..QueueSettings::default() } }
    }

    fn on(&mut self, event: Event) -> Vec<String> {
        let mut effects = Vec::new();
        self.lane.on(event, self.now, &mut effects);
        effects
            .into_iter()
            .map(|effect| match effect {
                Effect::Start(turn) => format!("start {}", turn.run),
                Effect::Steer(turn) => format!("steer {}", turn.run),
                Effect::Stop(cause) => format!("stop {cause:?}"),
                Effect::Merged { turn, into } => format!("merge {} into {into}", turn.run),
                Effect::Dropped(turn) => format!("drop {}", turn.run),
            })
            .collect()
    }

    fn says(&mut self, name: &str) -> Vec<String> {
        let ticket = self.reserve();
        self.fill(ticket, name)
    }

    fn reserve(&mut self) -> u64 {
        self.next += 1;
        let ticket = self.next;
        assert_eq!(self.on(Event::Reserve(ticket)), Vec::<String>::new());
        ticket
    }

    fn fill(&mut self, ticket: u64, name: &str) -> Vec<String> {
        let settings = self.settings;
        self.on(Event::Fill { ticket, turn: turn(name), settings })
    }

    fn later(&mut self, by: Duration) -> Vec<String> {
        self.now += by;
        self.on(Event::Wake)
    }
}

#[test]
fn a_steered_copy_that_comes_back_does_not_run_beside_its_own_turn() {
    let mut bench = Bench::new(QueueMode::SteerBacklog);
    bench.settings.debounce = Duration::ZERO;
    assert_eq!(bench.says("a"), ["start a"]);
    assert_eq!(bench.says("b"), ["steer b"]);
    assert!(bench.on(Event::Return(turn("b"))).is_empty());
    assert_eq!(bench.on(Event::Ended), ["start b"]);
    assert!(bench.on(Event::Ended).is_empty());
}

#[test]
fn an_idle_session_starts_a_turn_at_once() {
    let mut bench = Bench::new(QueueMode::Collect);
    assert_eq!(bench.says("a"), ["start a"]);
    assert_eq!(bench.on(Event::Ended), Vec::<String>::new());
    assert!(bench.lane.is_idle());
}

#[test]
fn collected_messages_become_one_turn_after_a_quiet_second() {
    let mut bench = Bench::new(QueueMode::Collect);
    bench.says("a");
    assert!(bench.says("b").is_empty());
    assert!(bench.says("c").is_empty());
    assert!(bench.on(Event::Ended).is_empty());
    assert_eq!(bench.later(Duration::from_secs(1)), ["merge b into c", "start c"]);
}

#[test]
fn followups_run_one_by_one_in_order() {
    let mut bench = Bench::new(QueueMode::Followup);
    bench.says("a");
    bench.says("b");
    bench.says("c");
    bench.on(Event::Ended);
    assert_eq!(bench.later(Duration::from_secs(1)), ["start b"]);
    assert_eq!(bench.on(Event::Ended), ["start c"]);
}

#[test]
fn a_steered_message_goes_into_the_running_turn_and_comes_back_if_the_run_is_over() {
    let mut bench = Bench::new(QueueMode::Steer);
    bench.says("a");
    assert_eq!(bench.says("b"), ["steer b"]);
    bench.on(Event::Return(turn("b")));
    bench.on(Event::Ended);
    assert_eq!(bench.later(Duration::from_secs(1)), ["start b"]);
}

#[test]
fn an_interrupting_message_stops_the_run_and_runs_next() {
    let mut bench = Bench::new(QueueMode::Interrupt);
    bench.says("a");
    assert_eq!(bench.says("b"), ["stop Interrupt"]);
    assert_eq!(bench.says("c"), ["drop b", "stop Interrupt"]);
    assert_eq!(bench.on(Event::Ended), ["start c"]);
}

#[test]
fn a_slow_picture_does_not_let_a_later_message_overtake() {
    let mut bench = Bench::new(QueueMode::Followup);
    let slow = bench.reserve();
    let quick = bench.reserve();
    assert!(bench.fill(quick, "second").is_empty());
    assert_eq!(bench.fill(slow, "first"), ["start first"]);
    assert_eq!(bench.on(Event::Ended), ["start second"]);
}

#[test]
fn a_withdrawn_ticket_lets_those_behind_it_start() {
    let mut bench = Bench::new(QueueMode::Collect);
    let gone = bench.reserve();
    bench.says("b");
    assert_eq!(bench.on(Event::Withdraw(gone)), ["start b"]);
}

#[test]
fn the_oldest_held_message_is_dropped_when_the_line_is_full_and_a_line_about_it_stays() {
    let mut bench = Bench::new(QueueMode::Collect);
    bench.settings.cap = 2;
    bench.says("a");
    bench.says("b");
    bench.says("c");
    assert_eq!(bench.says("d"), ["drop b"]);
    bench.on(Event::Ended);
    bench.now += Duration::from_secs(1);
    let mut effects = Vec::new();
    bench.lane.on(Event::Wake, bench.now, &mut effects);
    let Some(Effect::Start(turn)) = effects.pop() else { unreachable!("a turn starts") };
    assert!(turn.text.contains("says b"), "{}", turn.text);
    assert!(turn.text.contains("Dropped 1"), "{}", turn.text);
}

#[test]
fn a_stop_word_ends_the_run_and_everything_that_waits() {
    let mut bench = Bench::new(QueueMode::Collect);
    bench.says("a");
    bench.says("b");
    assert_eq!(bench.on(Event::Stop(StopCause::Stop)), ["drop b", "stop Stop"]);
    assert!(bench.on(Event::Ended).is_empty());
    assert!(bench.lane.is_idle());
}

#[test]
fn a_turn_that_is_let_go_while_it_waits_never_runs() {
    let mut bench = Bench::new(QueueMode::Followup);
    bench.says("a");
    bench.says("b");
    bench.says("c");
    assert_eq!(bench.on(Event::Remove("b".parse().unwrap())), ["drop b"]);
    bench.on(Event::Ended);
    assert_eq!(bench.later(Duration::from_secs(1)), ["start c"]);
}

#[derive(Debug, Clone)]
enum Step {
    Reserve,
    Fill(usize),
    Withdraw(usize),
    End,
    Pass,
    Stop,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Reserve),
        4 => (0usize..4).prop_map(Step::Fill),
        1 => (0usize..4).prop_map(Step::Withdraw),
        3 => Just(Step::End),
        2 => Just(Step::Pass),
        1 => Just(Step::Stop),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Whatever happens: at most one run, every turn leaves the line exactly once, nothing is left behind.
    #[test]
    fn every_turn_is_started_merged_steered_or_dropped_exactly_once(
        steps in steps(),
        mode in prop::sample::select(vec![QueueMode::Collect, QueueMode::Followup, QueueMode::Steer, QueueMode::Interrupt]),
    ) {
        let mut bench = Bench::new(mode);
        let mut open: Vec<u64> = Vec::new();
        let mut given: Vec<String> = Vec::new();
        let mut left: Vec<String> = Vec::new();
        let mut running = false;
        let note = |effects: Vec<String>, running: &mut bool, left: &mut Vec<String>| {
            for effect in effects {
                let mut words = effect.split(' ');
                let (verb, name) = (words.next().unwrap(), words.next().unwrap());
                if verb == "start" {
                    assert!(!*running, "two runs at once");
                    *running = true;
                }
                if verb != "stop" {
                    left.push(name.to_owned());
                }
            }
        };
        for step in steps {
            let effects = match step {
                Step::Reserve => { open.push(bench.reserve()); Vec::new() }
                Step::Fill(at) if !open.is_empty() => {
                    let ticket = open.remove(at % open.len());
                    let name = format!("t{ticket}");
                    given.push(name.clone());
                    bench.fill(ticket, &name)
                }
                Step::Withdraw(at) if !open.is_empty() => { let ticket = open.remove(at % open.len()); bench.on(Event::Withdraw(ticket)) }
                Step::End if running => { running = false; bench.on(Event::Ended) }
                Step::Pass => bench.later(Duration::from_secs(1)),
                Step::Stop => bench.on(Event::Stop(StopCause::Rpc)),
                Step::Fill(_) | Step::Withdraw(_) | Step::End => Vec::new(),
            };
            note(effects, &mut running, &mut left);
        }
        for ticket in open { let effects = bench.on(Event::Withdraw(ticket)); note(effects, &mut running, &mut left); }
        for _ in 0..200 {
            if running { running = false; let effects = bench.on(Event::Ended); note(effects, &mut running, &mut left); }
            let effects = bench.later(Duration::from_secs(1));
            note(effects, &mut running, &mut left);
        }
        prop_assert!(bench.lane.is_idle());
        given.sort();
        left.sort();
        prop_assert_eq!(given, left);
    }
}
