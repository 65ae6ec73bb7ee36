//! What comes back of a good answer.

use futures_util::StreamExt as _;
use provider::{StopReason, Usage};

use super::ask::{Heard, ensure, hear, hear_over, http, profile, request, user};
use super::{Behaviour, Promise, Setup, Step};

pub(super) const PROMISES: &[(&str, Promise)] = &[
    ("text arrives whole and in order", |setup| Box::pin(text(setup))),
    ("turns that follow each other share a connection", |setup| Box::pin(one_connection(setup))),
    ("text in every script survives", |setup| Box::pin(scripts(setup))),
    ("reasoning arrives apart from text", |setup| Box::pin(thinking(setup))),
    ("tool calls arrive in order with ids of their own", |setup| Box::pin(calls(setup))),
    ("a call without arguments is a call with an empty object", |setup| Box::pin(no_arguments(setup))),
    ("broken arguments are passed on as they came", |setup| Box::pin(broken_arguments(setup))),
    ("the bill is read", |setup| Box::pin(usage(setup))),
    ("an answer at its limit says so", |setup| Box::pin(limit(setup))),
    ("an answer without content ends in good order", |setup| Box::pin(silent(setup))),
    ("a left answer closes its connection", |setup| Box::pin(abandon(setup))),
];

fn good(heard: &Heard, stop: StopReason) -> bool {
    heard.error.is_none() && heard.disorder.is_none() && heard.stop == Some(stop)
}

async fn text(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::says("Hello, ").then(Step::Text("world".to_owned()))).await;
    ensure(good(&heard, StopReason::End) && heard.text == "Hello, world", &heard)
}

async fn one_connection(setup: &Setup<'_>) -> Result<(), String> {
    let (http, before) = (http(), setup.vendor.connections());
    for _ in 0..3 {
        setup.vendor.will(Behaviour::says("hello"));
        let heard = hear_over(setup, &http, request(setup, vec![user("hello")])).await;
        ensure(heard.text == "hello" && heard.error.is_none(), &heard)?;
    }
    let connections = setup.vendor.connections() - before;
    ensure(connections == 1, &format!("{connections} connections"))
}

async fn scripts(setup: &Setup<'_>) -> Result<(), String> {
    let said = "𝄞 👩‍👩‍👧 שלום العربية \u{0} \\u0041 \"quoted\"\r\n\tdata: x\n\nevent: y\u{2028}";
    let heard = hear(setup, Behaviour::says(said)).await;
    ensure(good(&heard, StopReason::End) && heard.text == said, &heard)
}

async fn thinking(setup: &Setup<'_>) -> Result<(), String> {
    let thought = Step::Thinking { text: "let me think".to_owned(), signature: "SIGNED".to_owned() };
    let behaviour = Behaviour { steps: vec![thought], ..Behaviour::default() };
    let heard = hear(setup, behaviour.then(Step::Text("done".to_owned()))).await;
    let signed = heard.signature.as_deref().is_some_and(|signature| signature.contains("SIGNED"));
    let apart = heard.thinking == "let me think" && heard.text == "done";
    ensure(good(&heard, StopReason::End) && apart && signed == setup.signs_thinking, &heard)
}

async fn calls(setup: &Setup<'_>) -> Result<(), String> {
    let calls = [("exec", r#"{"command":"echo \"ü\""}"#), ("read", r#"{"path":"a"}"#)];
    let heard = hear(setup, Behaviour::calls(&calls)).await;
    let [(one, name_one, first), (two, name_two, second)] = heard.calls.as_slice() else {
        return Err(format!("{heard:?}"));
    };
    let named = name_one == "exec" && name_two == "read" && one != two && !one.is_empty() && !two.is_empty();
    let whole = first == calls[0].1 && second == calls[1].1;
    ensure(good(&heard, StopReason::ToolUse) && named && whole, &heard)
}

async fn no_arguments(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::calls(&[("exec", "")])).await;
    let empty = heard.calls.first().is_some_and(|(_, _, arguments)| arguments.is_empty() || arguments == "{}");
    ensure(good(&heard, StopReason::ToolUse) && empty, &heard)
}

async fn broken_arguments(setup: &Setup<'_>) -> Result<(), String> {
    let broken = r#"{"command": "ls"#;
    let heard = hear(setup, Behaviour::calls(&[("exec", broken)])).await;
    let passed = heard.calls.first().is_some_and(|(_, _, arguments)| arguments == broken);
    ensure(good(&heard, StopReason::ToolUse) && passed, &heard)
}

async fn usage(setup: &Setup<'_>) -> Result<(), String> {
    let cached = if setup.counts_cache { 30 } else { 0 };
    let heard = hear(setup, Behaviour { usage: Some((100, 7, cached)), ..Behaviour::says("hi") }).await;
    let expected = Usage { input: 100 - cached, output: 7, cache_read: cached, cache_write: 0 };
    ensure(good(&heard, StopReason::End) && heard.usage == Some(expected), &heard)
}

async fn limit(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour { cut_short: true, ..Behaviour::says("and then") }).await;
    ensure(good(&heard, StopReason::Length) && heard.text == "and then", &heard)
}

async fn silent(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::default()).await;
    ensure(good(&heard, StopReason::End) && heard.text.is_empty() && heard.calls.is_empty(), &heard)
}

async fn abandon(setup: &Setup<'_>) -> Result<(), String> {
    setup.vendor.will(Behaviour::says("first").then(Step::Stall));
    let asked = setup.provider.stream(&http(), request(setup, vec![user("hello")]), &profile()).await;
    let mut stream = asked.map_err(|error| error.to_string())?;
    let first = stream.next().await;
    drop(stream);
    setup.vendor.abandoned().await;
    ensure(matches!(first, Some(Ok(_))), &first)
}
