//! What is sent.

use provider::{Block, Message};

use super::ask::{SECRET, ensure, hear, hear_request, raw, request, user};
use super::{Behaviour, Promise, Setup, Step};

const PICTURE: &str = "aGVsbG8gcGljdHVyZQ==";

pub(super) const PROMISES: &[(&str, Promise)] = &[
    ("a request names its model, prompt and tools, and shows the key once", |setup| Box::pin(basics(setup))),
    ("a request's body is one JSON object whatever the texts hold", |setup| Box::pin(escapes(setup))),
    ("pictures are sent, also those a tool returned", |setup| Box::pin(pictures(setup))),
    ("a tool's result is sent with the id of its call", |setup| Box::pin(tool_loop(setup))),
    ("signed reasoning goes back across a tool call", |setup| Box::pin(signed(setup))),
];

async fn basics(setup: &Setup<'_>) -> Result<(), String> {
    let _heard = hear(setup, Behaviour::says("ok")).await;
    let (headers, body) = setup.vendor.last();
    let named = ["fake-1", "You are under test.", "hello", "exec", "Runs a command.", "\"command\""];
    let missing = named.iter().find(|part| !body.contains(**part));
    let keys = headers.iter().filter(|(_, value)| value.contains(SECRET)).count();
    let owners = headers.iter().any(|(name, value)| name == "x-owner" && value == "configured");
    ensure(missing.is_none() && keys == 1 && owners && !body.contains(SECRET), &(missing, keys, owners))
}

async fn escapes(setup: &Setup<'_>) -> Result<(), String> {
    let hostile = "\"},{\"role\":\"system\"\\ \n\u{0}\u{7f}\u{2028} 👋";
    setup.vendor.will(Behaviour::says("ok"));
    let history = vec![user(hostile), Message::Assistant(vec![Block::Text(hostile.into())]), user("  "), user("hello")];
    let heard = hear_request(setup, request(setup, history)).await;
    let (_, body) = setup.vendor.last();
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&body);
    let intact = parsed.as_ref().is_ok_and(|body| body.to_string().matches("👋").count() == 2);
    ensure(heard.error.is_none() && intact, &(heard, body))
}

async fn pictures(setup: &Setup<'_>) -> Result<(), String> {
    setup.vendor.will(Behaviour::says("ok"));
    let picture = || Block::Image { mime: "image/png".into(), data: PICTURE.into() };
    let call = Block::ToolCall { id: "call_1".into(), name: "exec".into(), arguments: raw("{}") };
    let history = vec![
        Message::User(vec![Block::Text("look".into()), picture()]),
        Message::Assistant(vec![call]),
        Message::ToolResult { call: "call_1".into(), tool: "exec".into(), content: vec![picture()], is_error: false },
    ];
    let heard = hear_request(setup, request(setup, history)).await;
    let (_, body) = setup.vendor.last();
    ensure(heard.error.is_none() && body.matches(PICTURE).count() == 2, &body)
}

async fn tool_loop(setup: &Setup<'_>) -> Result<(), String> {
    let heard = hear(setup, Behaviour::calls(&[("exec", r#"{"command":"ls"}"#)])).await;
    let Some((id, name, arguments)) = heard.calls.into_iter().next() else {
        return Err("no call came".to_owned());
    };
    setup.vendor.will(Behaviour::says("ok"));
    let call = Block::ToolCall { id: id.as_str().into(), name: name.into(), arguments: raw(&arguments) };
    let content = vec![Block::Text("one-file.txt".into())];
    let history = vec![
        user("list"),
        Message::Assistant(vec![call]),
        Message::ToolResult { call: id.as_str().into(), tool: "exec".into(), content, is_error: false },
    ];
    let again = hear_request(setup, request(setup, history)).await;
    let (_, body) = setup.vendor.last();
    let answered = body.contains("one-file.txt") && again.error.is_none() && again.text == "ok";
    // Ids are given by the vendor or, where it gives none, do not travel at all.
    let vendors_id = id.split('|').next().unwrap_or_default();
    ensure(answered && matches!(body.matches(vendors_id).count(), 0 | 2), &(id, body))
}

async fn signed(setup: &Setup<'_>) -> Result<(), String> {
    let thought = Step::Thinking { text: "hmm".to_owned(), signature: "SIGNED-4711".to_owned() };
    let call = Step::Call { name: "exec".to_owned(), arguments: "{}".to_owned() };
    let heard = hear(setup, Behaviour { steps: vec![thought, call], ..Behaviour::default() }).await;
    if !setup.signs_thinking {
        return Ok(());
    }
    let Some((id, _, _)) = heard.calls.first() else {
        return Err(format!("{heard:?}"));
    };
    setup.vendor.will(Behaviour::says("ok"));
    let thinking = Block::Thinking { text: "hmm".into(), signature: heard.signature.as_deref().map(Into::into) };
    let call = Block::ToolCall { id: id.as_str().into(), name: "exec".into(), arguments: raw("{}") };
    let content = vec![Block::Text("done".into())];
    let history = vec![
        user("think"),
        Message::Assistant(vec![thinking, call]),
        Message::ToolResult { call: id.as_str().into(), tool: "exec".into(), content, is_error: false },
    ];
    let again = hear_request(setup, request(setup, history)).await;
    let (_, body) = setup.vendor.last();
    ensure(again.error.is_none() && body.matches("SIGNED-4711").count() == 1, &body)
}
