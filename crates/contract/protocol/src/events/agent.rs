//! `agent`: every step of a run.

use std::borrow::Cow;

use ids::{RunId, ToolCallId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Event;

/// Named in `connect.caps` by clients that want every tool call and every change of model, whatever the session shows.
pub const TOOL_EVENTS: &str = "tool-events";

#[derive(Debug)]
pub struct Agent;

impl Event for Agent {
    const NAME: &'static str = "agent";
    type Payload = Payload;
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub run_id: RunId,
    #[serde(flatten)]
    pub step: Step,
    /// The spelling the run was registered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    /// Counts per run from 1; steps that are not shown count too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    pub ts: u64,
}

/// `stream` and its `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stream", content = "data", rename_all = "lowercase")]
pub enum Step {
    Lifecycle(Lifecycle),
    Assistant(Assistant),
    Tool(Tool),
    Compaction(Compaction),
    Error(StreamError),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Lifecycle {
    Start {
        started_at: u64,
    },
    End {
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<u64>,
        ended_at: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        aborted: Option<bool>,
    },
    Error {
        error: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        started_at: Option<u64>,
        ended_at: u64,
    },
    /// Another profile or model takes over. Only for clients with [`TOOL_EVENTS`].
    Failover {
        from: String,
        to: String,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assistant {
    /// All of the current message so far; starts anew with the next one.
    pub text: String,
    pub delta: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_urls: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Tool {
    Start {
        name: String,
        tool_call_id: ToolCallId,
        args: Value,
    },
    Update {
        name: String,
        tool_call_id: ToolCallId,
        partial_result: Value,
    },
    Result {
        name: String,
        tool_call_id: ToolCallId,
        /// The call in one line, for a person.
        #[serde(skip_serializing_if = "Option::is_none")]
        meta: Option<String>,
        is_error: bool,
        /// Texts are cut to 8000 characters, images left out.
        result: Value,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Compaction {
    Start {},
    End { will_retry: bool },
}

/// The relay itself missed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamError {
    pub reason: String,
    pub expected: u64,
    pub received: u64,
}

/// The schema leaves `data` open: streams are added without a new protocol.
impl JsonSchema for Payload {
    fn schema_name() -> Cow<'static, str> {
        "AgentEvent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "object",
            "properties": {
                "runId": generator.subschema_for::<RunId>(),
                "stream": { "type": "string", "minLength": 1 },
                "data": { "type": "object" },
                "sessionKey": { "type": "string" },
                "seq": { "type": "integer", "minimum": 0 },
                "ts": { "type": "integer", "minimum": 0 },
            },
            "required": ["runId", "stream", "data", "ts"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_written_as_stream_and_data() {
        let text = r#"{"runId":"r","stream":"tool","data":{"phase":"start","name":"exec","toolCallId":"t","args":{"command":"ls"}},"sessionKey":"agent:main:main","seq":3,"ts":7}"#;
        let payload: Payload = serde_json::from_str(text).unwrap();
        assert!(matches!(&payload.step, Step::Tool(Tool::Start { name, .. }) if name == "exec"));
        assert_eq!(serde_json::to_string(&payload).unwrap(), text);
    }
}
