//! The tools are told to the model with every request, so their words are counted.

use serde_json::json;

use crate::room::Room;

const TOKENS: usize = 650;

#[tokio::test]
async fn the_five_tools_cost_few_tokens() {
    let room = Room::new();
    let tools: Vec<_> = room
        .tools
        .iter()
        .map(|tool| {
            let spec = tool.spec();
            json!({"name": spec.name, "description": spec.about, "input_schema": spec.parameters})
        })
        .collect();
    let text = serde_json::to_string(&tools).unwrap();
    let summaries: String =
        room.tools.iter().map(|tool| format!("- {}: {}\n", tool.spec().name, tool.spec().summary)).collect();
    let tokens = tiktoken_rs::o200k_base().unwrap().encode_ordinary(&format!("{text}\n{summaries}")).len();
    assert!(tokens <= TOKENS, "{tokens} tokens");
}
