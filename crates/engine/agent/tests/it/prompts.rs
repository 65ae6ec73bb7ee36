//! What every call carries: the prompt and the tools.

use channel::Target;
use ids::AccountId;
use lanes::ReplyTo;
use stdx::{AbsPath, Disk as _};

use crate::house::{CONFIG, House, turn};

/// What the fixed part of a call may take.
const TOKENS: usize = 2_000;

#[tokio::test(start_paused = true)]
async fn a_new_workspace_gets_its_starting_files_and_the_prompt_holds_them() {
    let house = House::with(&CONFIG.replace("\"skipBootstrap\": true", "\"skipBootstrap\": false"), "{}").await;
    house.model.says("Hello.");
    house.hears("hi").await;
    let names = house.disk.list(&AbsPath::new("/clawd").unwrap()).unwrap();
    assert_eq!(names.len(), 7);
    let system = house.model.request(0).system;
    assert!(system.contains("## AGENTS.md\n# How you work here") && system.contains("## BOOTSTRAP.md"));
}

#[tokio::test(start_paused = true)]
async fn a_changed_workspace_file_is_in_the_next_prompt_and_an_unchanged_prompt_stays_the_same() {
    let house = House::new().await;
    house.model.says("Hello.");
    house.hears("one").await;
    house.hears("two").await;
    assert_eq!(house.model.request(0).system, house.model.request(1).system);
    let path = AbsPath::new("/clawd/AGENTS.md").unwrap();
    house.disk.replace(&path, &mut |to| to.write_all(b"Speak like a pirate.")).unwrap();
    house.hears("three").await;
    assert!(house.model.request(2).system.contains("Speak like a pirate."));
}

#[tokio::test(start_paused = true)]
async fn a_callers_instructions_are_in_the_prompt_of_that_turn_only() {
    let house = House::new().await;
    house.model.says("Hello.");
    let mut with = turn("one");
    with.options.extra_system_prompt = Some("You are in the group Chess.".into());
    house.start(with).end().await;
    house.hears("two").await;
    assert!(house.model.request(0).system.contains("group Chess"));
    assert!(!house.model.request(1).system.contains("group Chess"));
}

#[tokio::test(start_paused = true)]
async fn the_fixed_part_of_a_call_stays_below_two_thousand_tokens_with_all_tools() {
    let house = House::with_shipped_tools().await;
    house.model.says("Hello.");
    // In a chat all of them are shown.
    let mut in_a_chat = turn("hi");
    in_a_chat.reply = ReplyTo::Channel {
        channel: "net".parse().unwrap(),
        account: AccountId::default_account(),
        target: Target { peer: "7".parse().unwrap(), thread: None },
        message: None,
    };
    house.start(in_a_chat).end().await;
    let request = house.model.request(0);
    // What people write into their workspace is theirs.
    let (fixed, rest) = request.system.split_once("# Project Context").unwrap();
    let (_, end) = rest.split_once("## Silent Replies").unwrap();
    let tools: Vec<serde_json::Value> = request
        .tools
        .iter()
        .map(|tool| {
            let schema: serde_json::Value = serde_json::from_str(tool.parameters.get()).unwrap();
            serde_json::json!({ "name": tool.name, "description": tool.about, "input_schema": schema })
        })
        .collect();
    assert_eq!(tools.len(), 6);
    let counter = tiktoken_rs::o200k_base().unwrap();
    let count = |text: &str| counter.encode_ordinary(text).len();
    let parts = [count(fixed), count(end), count(&serde_json::to_string(&tools).unwrap())];
    assert!(parts.iter().sum::<usize>() < TOKENS, "prompt, its end and the tools take {parts:?} tokens");
}
