//! The models we know of without being told, as data.
//!
//! The list is embedded as text and read line by line when somebody asks: an idle gateway holds nothing of it but where
//! each vendor's part begins.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Input, Price};

const EMBEDDED: &str = include_str!("catalogue.tsv");

/// Read once: the list never changes, and reading all of it takes longer than a message.
static DEAREST: LazyLock<Price> = LazyLock::new(Catalogue::read_dearest);

/// One known model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownModel {
    pub provider: String,
    pub id: String,
    pub name: String,
    /// The wire format's name; formats we do not speak yet are listed all the same.
    pub api: String,
    pub base_url: String,
    pub reasoning: bool,
    pub input: Vec<Input>,
    pub context_window: u32,
    pub max_tokens: u32,
    pub price: Price,
}

/// The embedded list, parsed when asked for and forgotten afterwards: it costs an idle gateway nothing.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    models: Vec<KnownModel>,
}

impl Catalogue {
    /// A list from elsewhere.
    #[must_use]
    pub fn new(models: Vec<KnownModel>) -> Self {
        Self { models }
    }

    /// The embedded list, whole. Let it go after use.
    #[must_use]
    pub fn embedded() -> Self {
        Self { models: entries().map(|entry| entry.model()).collect() }
    }

    /// One model of the embedded list, without reading the other vendors' or building the rest.
    #[must_use]
    pub fn lookup(provider: &str, id: &str) -> Option<KnownModel> {
        let mut parts = PARTS.iter().filter(|part| part.provider == provider);
        parts.find_map(|part| part.entries().find(|entry| entry.id == id)).map(|entry| entry.model())
    }

    /// The dearest figure of each kind in the embedded list: what an unknown price counts as.
    #[must_use]
    pub fn dearest() -> Price {
        *DEAREST
    }

    fn read_dearest() -> Price {
        entries().map(|entry| entry.price()).fold(Price::default(), |dearest, price| Price {
            input: dearest.input.max(price.input),
            output: dearest.output.max(price.output),
            cache_read: dearest.cache_read.max(price.cache_read),
            cache_write: dearest.cache_write.max(price.cache_write),
        })
    }

    #[must_use]
    pub fn models(&self) -> &[KnownModel] {
        &self.models
    }

    #[must_use]
    pub fn find(&self, provider: &str, id: &str) -> Option<&KnownModel> {
        self.models.iter().find(|model| model.provider == provider && model.id == id)
    }
}

/// Found once: whoever asks for a model, a turn of every conversation among them, names its vendor.
static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| {
    let parts = EMBEDDED.split("\n@").skip(1).filter_map(|part| {
        let (heading, lines) = part.split_once('\n')?;
        let mut fields = heading.split('\t');
        Some(Part { provider: fields.next()?, api: fields.next()?, base_url: fields.next()?, lines })
    });
    parts.collect()
});

/// A vendor's models in one format.
struct Part {
    provider: &'static str,
    api: &'static str,
    base_url: &'static str,
    lines: &'static str,
}

impl Part {
    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let lines = self.lines.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('\t')).map(|(id, rest)| Entry { part: self, id, rest })
    }
}

/// A line of the list with what stands above it.
struct Entry<'a> {
    part: &'a Part,
    id: &'static str,
    /// Name, abilities, context, limit and the four prices.
    rest: &'static str,
}

fn entries() -> impl Iterator<Item = Entry<'static>> {
    PARTS.iter().flat_map(Part::entries)
}

impl Entry<'_> {
    fn field(&self, index: usize) -> &'static str {
        self.rest.split('\t').nth(index).unwrap_or_default()
    }

    fn number<T: std::str::FromStr + Default>(&self, index: usize) -> T {
        self.field(index).parse().unwrap_or_default()
    }

    fn price(&self) -> Price {
        Price { input: self.number(4), output: self.number(5), cache_read: self.number(6), cache_write: self.number(7) }
    }

    fn model(&self) -> KnownModel {
        let abilities = self.field(1);
        let mut input = vec![Input::Text];
        input.extend(abilities.contains('i').then_some(Input::Image));
        KnownModel {
            provider: self.part.provider.to_owned(),
            id: self.id.to_owned(),
            name: self.field(0).to_owned(),
            api: self.part.api.to_owned(),
            base_url: self.part.base_url.to_owned(),
            reasoning: abilities.contains('r'),
            input,
            context_window: self.number(2),
            max_tokens: self.number(3),
            price: self.price(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_embedded_list_is_a_whole_model() {
        let catalogue = Catalogue::embedded();
        assert!(catalogue.models().len() > 600);
        for model in catalogue.models() {
            let named = !model.name.is_empty() && model.base_url.starts_with("https://") && !model.api.is_empty();
            assert!(named && model.context_window > 0 && model.max_tokens > 0, "{model:?}");
        }
    }

    #[test]
    fn the_default_model_is_known_with_its_price() {
        let model = Catalogue::lookup("anthropic", "claude-opus-4-5").unwrap();
        assert_eq!(Catalogue::embedded().find("anthropic", "claude-opus-4-5"), Some(&model));
        let price = Price { input: 5.0, output: 25.0, cache_read: 0.5, cache_write: 6.25 };
        assert_eq!((model.context_window, model.max_tokens, model.reasoning), (200_000, 64_000, true));
        assert_eq!((model.price, model.input), (price, vec![Input::Text, Input::Image]));
    }

    #[test]
    fn nothing_known_is_dearer_than_the_dearest() {
        let dearest = Catalogue::dearest();
        assert!(Catalogue::embedded().models().iter().all(|model| model.price.output <= dearest.output));
        assert!(dearest.input > 0.0);
    }
}
