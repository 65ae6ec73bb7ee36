//! What a settings patch does to a record, or why it is refused. Pure.

use ids::SessionKey;
use protocol::Change;
use protocol::sessions::patch::{Params, ResponseUsage};
use provider::{ModelRef, Thinking};

use crate::ports::{ModelChoice, Neighbours};
use crate::record::Record;

/// Applies everything but the label, which the store has to judge. `model` is what the patch's model word means.
pub(crate) fn apply(
    record: &mut Record,
    key: &SessionKey,
    patch: &Params,
    model: Option<&ModelChoice>,
    neighbours: &dyn Neighbours,
) -> Result<(), String> {
    spawned_by(record, key, &patch.spawned_by)?;
    apply_model(record, &patch.model, model);
    thinking(record, patch, neighbours)?;
    word(
        record,
        "verboseLevel",
        &patch.verbose_level,
        &["on", "off", "full"],
        r#"invalid verboseLevel (use "on"|"off")"#,
    )?;
    reasoning(record, &patch.reasoning_level)?;
    match &patch.response_usage {
        Change::Keep => {}
        Change::Clear | Change::Set(ResponseUsage::Off) => record.remove("responseUsage"),
        Change::Set(ResponseUsage::On | ResponseUsage::Tokens) => record.set("responseUsage", "tokens"),
        Change::Set(ResponseUsage::Full) => record.set("responseUsage", "full"),
    }
    let elevated = r#"invalid elevatedLevel (use "on"|"off"|"ask"|"full")"#;
    word(record, "elevatedLevel", &patch.elevated_level, &["on", "off", "ask", "full"], elevated)?;
    let host = r#"invalid execHost (use "sandbox"|"gateway"|"node")"#;
    word(record, "execHost", &patch.exec_host, &["sandbox", "gateway", "node"], host)?;
    let security = r#"invalid execSecurity (use "deny"|"allowlist"|"full")"#;
    word(record, "execSecurity", &patch.exec_security, &["deny", "allowlist", "full"], security)?;
    let ask = r#"invalid execAsk (use "off"|"on-miss"|"always")"#;
    word(record, "execAsk", &patch.exec_ask, &["off", "on-miss", "always"], ask)?;
    match &patch.exec_node {
        Change::Keep => {}
        Change::Clear => record.remove("execNode"),
        Change::Set(node) if node.trim().is_empty() => return Err("invalid execNode: empty".to_owned()),
        Change::Set(node) => record.set("execNode", node.trim()),
    }
    change(record, "sendPolicy", &patch.send_policy);
    change(record, "groupActivation", &patch.group_activation);
    Ok(())
}

fn spawned_by(record: &mut Record, key: &SessionKey, patch: &Change<protocol::Text>) -> Result<(), String> {
    let old = record.text("spawnedBy");
    match patch {
        Change::Keep => Ok(()),
        Change::Clear if old.is_some() => Err("spawnedBy cannot be cleared once set".to_owned()),
        Change::Clear => Ok(()),
        Change::Set(_) if !key.rest().starts_with("subagent:") => {
            Err("spawnedBy is only supported for subagent:* sessions".to_owned())
        }
        Change::Set(new) if old.as_deref().is_some_and(|old| old != new.trim()) => {
            Err("spawnedBy cannot be changed once set".to_owned())
        }
        Change::Set(new) if new.trim().is_empty() => Err("invalid spawnedBy: empty".to_owned()),
        Change::Set(new) => {
            record.set("spawnedBy", new.trim());
            Ok(())
        }
    }
}

fn apply_model(record: &mut Record, patch: &Change<protocol::Text>, model: Option<&ModelChoice>) {
    let choice = match (patch, model) {
        (Change::Keep, _) => return,
        (Change::Clear, _) => None,
        (Change::Set(_), choice) => choice.filter(|choice| !choice.is_default),
    };
    record.put("providerOverride", choice.map(|choice| &choice.provider));
    record.put("modelOverride", choice.map(|choice| &choice.model));
    for field in ["authProfileOverride", "authProfileOverrideSource", "authProfileOverrideCompactionCount"] {
        record.remove(field);
    }
}

fn thinking(record: &mut Record, patch: &Params, neighbours: &dyn Neighbours) -> Result<(), String> {
    let defaults = neighbours.defaults();
    let provider = record.text("providerOverride").or(defaults.model_provider).unwrap_or_default();
    let model = record.text("modelOverride").or(defaults.model).unwrap_or_default();
    let takes_xhigh = ModelRef { provider: provider.into(), model: model.into() }.takes_xhigh();
    match &patch.thinking_level {
        Change::Keep => {
            // Another model may not take the level the old one had.
            if !takes_xhigh && record.text("thinkingLevel").as_deref() == Some("xhigh") {
                record.set("thinkingLevel", "high");
            }
        }
        Change::Clear => record.remove("thinkingLevel"),
        Change::Set(word) => match Thinking::from_word(word) {
            None => {
                let xhigh = if takes_xhigh { "|xhigh" } else { "" };
                return Err(format!("invalid thinkingLevel (use off|minimal|low|medium|high{xhigh})"));
            }
            Some(Thinking::Xhigh) if !takes_xhigh => {
                return Err(format!("invalid thinkingLevel: {}", Thinking::xhigh_hint()));
            }
            // Off is a choice too: without it a reasoning model thinks as much as it does by itself.
            Some(level) => record.set("thinkingLevel", level.as_str()),
        },
    }
    Ok(())
}

fn reasoning(record: &mut Record, patch: &Change<protocol::Text>) -> Result<(), String> {
    let refusal = r#"invalid reasoningLevel (use "on"|"off"|"stream")"#;
    word(record, "reasoningLevel", patch, &["on", "off", "stream"], refusal)?;
    if record.text("reasoningLevel").as_deref() == Some("off") {
        record.remove("reasoningLevel");
    }
    Ok(())
}

/// One of a few words, in any case.
fn word(
    record: &mut Record,
    field: &str,
    patch: &Change<protocol::Text>,
    allowed: &[&str],
    refusal: &str,
) -> Result<(), String> {
    match patch {
        Change::Keep => {}
        Change::Clear => record.remove(field),
        Change::Set(word) => {
            let word = word.trim().to_lowercase();
            let known = allowed.iter().find(|allowed| **allowed == word).ok_or_else(|| refusal.to_owned())?;
            record.set(field, known);
        }
    }
    Ok(())
}

fn change<T: serde::Serialize>(record: &mut Record, field: &str, patch: &Change<T>) {
    match patch {
        Change::Keep => {}
        Change::Clear => record.remove(field),
        Change::Set(value) => record.set(field, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;
    use ids::AgentId;
    use protocol::sessions::list::Defaults;

    #[derive(Debug)]
    struct Plain;

    impl Neighbours for Plain {
        fn default_agent(&self) -> AgentId {
            AgentId::main()
        }
        fn defaults(&self) -> Defaults {
            Defaults { model_provider: Some("anthropic".into()), model: Some("m".into()), context_tokens: None }
        }
        fn thinking_default(&self, _: &SessionKey) -> Option<String> {
            None
        }
        fn choose_model(&self, _: &SessionKey, _: &str) -> Result<ModelChoice, String> {
            Err("none".into())
        }
        fn end_runs(&self, _: &SessionKey) -> BoxFuture<'static, bool> {
            async { true }.boxed()
        }
    }

    fn patched(old: &str, key: &str, patch: &str) -> Result<String, String> {
        let mut record: Record = serde_json::from_str(old).unwrap();
        let mut with_key: serde_json::Value = serde_json::from_str(patch).unwrap();
        with_key["key"] = key.into();
        let patch: Params = serde_json::from_value(with_key).unwrap();
        let choice = ModelChoice { provider: "openai".into(), model: "gpt-5.2".into(), is_default: false };
        apply(&mut record, &key.parse().unwrap(), &patch, Some(&choice), &Plain)?;
        Ok(serde_json::to_string(&record).unwrap())
    }

    #[test]
    fn each_setting_is_stored_as_the_published_program_stores_it() {
        let patch = r#"{"thinkingLevel":"Ultra","verboseLevel":"off","reasoningLevel":"off","elevatedLevel":"off","responseUsage":"on","sendPolicy":"deny"}"#;
        let expected = r#"{"thinkingLevel":"high","verboseLevel":"off","responseUsage":"tokens","elevatedLevel":"off","sendPolicy":"deny"}"#;
        assert_eq!(patched("{}", "agent:main:a", patch).unwrap(), expected);
        let cleared = r#"{"thinkingLevel":"off","verboseLevel":null,"responseUsage":null,"elevatedLevel":null,"sendPolicy":null}"#;
        assert_eq!(patched(expected, "agent:main:a", cleared).unwrap(), r#"{"thinkingLevel":"off"}"#);
        assert_eq!(patched(expected, "agent:main:a", r#"{"thinkingLevel":null}"#).unwrap().find("thinking"), None);
    }

    #[test]
    fn the_highest_level_is_refused_for_a_model_that_does_not_take_it_and_lowered_when_the_model_changes() {
        let patch = r#"{"thinkingLevel":"xhigh"}"#;
        let refusal = patched("{}", "agent:main:a", patch).unwrap_err();
        assert!(refusal.contains("openai/gpt-5.2"), "{refusal}");
        let other = r#"{"providerOverride":"openai","modelOverride":"gpt-5.2-pro"}"#;
        assert!(patched(other, "agent:main:a", patch).is_err());
    }

    #[test]
    fn a_wrong_word_is_refused_with_the_allowed_ones() {
        for (patch, refusal) in [
            (r#"{"thinkingLevel":"bogus"}"#, "invalid thinkingLevel (use off|minimal|low|medium|high)"),
            (r#"{"verboseLevel":"loud"}"#, r#"invalid verboseLevel (use "on"|"off")"#),
            (r#"{"reasoningLevel":"loud"}"#, r#"invalid reasoningLevel (use "on"|"off"|"stream")"#),
            (r#"{"spawnedBy":"x"}"#, "spawnedBy is only supported for subagent:* sessions"),
        ] {
            assert_eq!(patched("{}", "agent:main:thinky", patch).unwrap_err(), refusal);
        }
    }

    #[test]
    fn a_model_sets_the_overrides_and_clears_the_profile() {
        let old = r#"{"authProfileOverride":"p"}"#;
        let set = r#"{"providerOverride":"openai","modelOverride":"gpt-5.2"}"#;
        assert_eq!(patched(old, "agent:main:a", r#"{"model":"openai/gpt-5.2"}"#).unwrap(), set);
        assert_eq!(patched(set, "agent:main:a", r#"{"model":null}"#).unwrap(), "{}");
        let xhigh = patched(set, "agent:main:a", r#"{"thinkingLevel":"xhigh"}"#).unwrap();
        assert!(patched(&xhigh, "agent:main:a", r#"{"model":null}"#).unwrap().contains(r#""thinkingLevel":"high""#));
    }

    #[test]
    fn a_parent_is_set_once_and_for_all() {
        let key = "agent:main:subagent:1";
        let set = patched("{}", key, r#"{"spawnedBy":"agent:main:main"}"#).unwrap();
        assert_eq!(set, r#"{"spawnedBy":"agent:main:main"}"#);
        let change = patched(&set, key, r#"{"spawnedBy":"agent:main:other"}"#).unwrap_err();
        assert_eq!(change, "spawnedBy cannot be changed once set");
        assert_eq!(patched(&set, key, r#"{"spawnedBy":null}"#).unwrap_err(), "spawnedBy cannot be cleared once set");
    }
}
