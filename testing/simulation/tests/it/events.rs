//! What happens in schedules: each kind of event comes up, or nothing is proved of it.

use simulation::Bench;

#[test]
fn groups_clients_and_clocks_that_are_set_are_among_the_events() {
    let bench = Bench::new();
    let lines: Vec<String> = (0..80).flat_map(|seed| bench.trace(seed, None).lines).collect();
    let events = [
        r#""peer":"-200""#,
        r#""admission":"keep""#,
        r#""admission":"ignore""#,
        "the wall clock is set by -",
        "the wall clock is set by 7200000 ms",
        "chat.send req-",
        "agent req-",
        "chat.abort",
        "inbound.repeated",
        "run.steered",
        "run.interrupted",
    ];
    let missing: Vec<&str> =
        events.into_iter().filter(|event| !lines.iter().any(|line| line.contains(event))).collect();
    assert_eq!(missing, [""; 0]);
}
