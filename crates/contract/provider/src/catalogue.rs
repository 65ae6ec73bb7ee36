//! The models we know of without being told, as data.

use serde::Deserialize;

use crate::{Input, Price};

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

    #[must_use]
    pub fn models(&self) -> &[KnownModel] {
        &self.models
    }

    #[must_use]
    pub fn find(&self, provider: &str, id: &str) -> Option<&KnownModel> {
        self.models.iter().find(|model| model.provider == provider && model.id == id)
    }
}
