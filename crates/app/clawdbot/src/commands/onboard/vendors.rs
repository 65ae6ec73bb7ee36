//! Vendors whose keys we know: by variable, or by how a key begins.

use anyhow::Result;
use stdx::Secret;

use super::{Answer, Choice, Key, Wrong};

const LIST: &str = include_str!("../../../data/vendors.txt");

/// One vendor.
#[derive(Debug, Clone)]
pub(super) struct Vendor {
    pub(super) provider: &'static str,
    pub(super) label: &'static str,
    beginning: &'static str,
    model: &'static str,
    pub(super) variables: Vec<&'static str>,
}

impl Vendor {
    /// Its model, or another of it.
    pub(super) fn choice(&self, model: Option<&str>, key: Key) -> Choice {
        let model = model.map_or_else(|| format!("{}/{}", self.provider, self.model), str::to_owned);
        Choice { label: format!("{} ({model})", self.label), model, key, entry: None }
    }
}

pub(super) fn all() -> impl Iterator<Item = Vendor> {
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.split('|').map(str::trim);
        Some(Vendor {
            provider: parts.next()?,
            label: parts.next()?,
            beginning: parts.next()?,
            model: parts.next()?,
            variables: parts.next()?.split_whitespace().collect(),
        })
    })
}

/// The vendor behind a key that somebody gave. A model's name decides where the key does not.
pub(super) fn by_key(key: &str, model: Option<&str>) -> Result<Choice> {
    let key = key.trim();
    let named = model.and_then(|model| model.split_once('/')).map(|(provider, _)| provider);
    let vendor = match named {
        Some(named) => all().find(|vendor| vendor.provider == named),
        None => all().find(|vendor| vendor.beginning != "-" && key.starts_with(vendor.beginning)),
    };
    match (vendor, model) {
        (Some(vendor), model) => Ok(vendor.choice(model, Key::Given(Secret::from(key)))),
        (None, Some(model)) if named.is_some() => Ok(Choice {
            model: model.to_owned(),
            label: model.to_owned(),
            key: Key::Given(Secret::from(key)),
            entry: None,
        }),
        (None, _) => Err(Wrong {
            answer: Answer::Key,
            message: "this key does not say whose it is: name the model too, as provider/model".to_owned(),
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_how_it_begins_unless_a_model_is_named() {
        let model = |key: &str, model: Option<&str>| by_key(key, model).map(|choice| choice.model).ok();
        assert_eq!(model("sk-ant-x", None).as_deref(), Some("anthropic/claude-opus-4-5"));
        assert_eq!(model("sk-or-v1-x", None).as_deref(), Some("openrouter/openrouter/auto"));
        assert_eq!(model("sk-proj-x", None).as_deref(), Some("openai/gpt-5.2"));
        assert_eq!(model("sk-x", Some("deepseek/chat")).as_deref(), Some("deepseek/chat"));
        assert_eq!(model("whatever", None), None);
    }

    #[test]
    fn every_vendor_of_the_list_is_whole_and_its_model_known() {
        assert_eq!(all().count(), LIST.lines().filter(|line| !line.starts_with('#')).count());
        for vendor in all() {
            assert!(provider::Catalogue::lookup(vendor.provider, vendor.model).is_some(), "{vendor:?}");
        }
    }
}
