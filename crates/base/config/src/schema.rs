//! The tree of known keys: what may be written, who reads it, and what a change costs.
//!
//! Two sources are merged: a list of keys another version of the product accepts (see [`notation`]), and the sections
//! this program reads (see [`crate::section`]). Where both know a key, the list decides what may be written there.
//! A key in neither is an error that is named; a key only in the list is accepted and not used yet; a key only in the
//! sections is one the other version would refuse.

mod check;
mod derived;
mod export;
mod hints;
mod nearest;
mod notation;
mod shape;
mod survey;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::issue::{Issue, Issues};
use crate::moves::Move;
use crate::path::ConfigPath;
use crate::section::{Reload, Section};
use shape::{Meet, Origin, Shape};

pub use hints::Hint;
pub use survey::Survey;

/// Everything that may be written in the file.
#[derive(Clone, Default)]
pub struct Schema {
    root: Shape,
    costs: Vec<(ConfigPath, Reload)>,
    rules: Vec<Rule>,
    moves: &'static [Move],
    /// Maps whose members are known by name.
    members: Vec<(ConfigPath, Vec<String>)>,
}

type Rule = Arc<dyn Fn(&Value) -> Issues + Send + Sync>;

impl Schema {
    /// Starts from a list of keys, one per line. A line that is not in the notation is an issue of every tree.
    #[must_use]
    pub fn known(list: &str) -> Self {
        let mut root = match notation::parse(list) {
            Ok(root) => root,
            Err(error) => {
                let issue = Issue::new(ConfigPath::root(), error.to_string());
                return Self::default().with_rule(move |_| Issues::one(issue.clone()));
            }
        };
        root.mark(Origin::Listed);
        Self { root, ..Self::default() }
    }

    /// Says which members of a map there are, for the sections that are added after: what they read in each they read in
    /// these, and in no other.
    #[must_use]
    pub fn with_members(mut self, map: ConfigPath, names: impl IntoIterator<Item = String>) -> Self {
        self.members.push((map, names.into_iter().collect()));
        self
    }

    /// Adds a section this program reads.
    #[must_use]
    pub fn with<T: Section>(self) -> Self {
        let path = section_path::<T>();
        let json = schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        self.with_json(&path, json.as_value(), T::RELOAD).with_rule(move |tree| match read_section::<T>(tree) {
            Ok(section) => {
                let mut issues = Issues::default();
                section.check(&mut issues);
                issues
            }
            Err(issue) => Issues::one(issue),
        })
    }

    /// Adds a section known only by its JSON Schema: what an adapter contributes.
    #[must_use]
    pub fn with_json(mut self, path: &ConfigPath, json: &Value, reload: Reload) -> Self {
        let mut shape = derived::shape(json);
        shape.mark(Origin::Read);
        for step in path.steps().rev() {
            shape = Shape::object_of(step, shape, Origin::Read);
        }
        for (map, names) in &self.members {
            if let Some(map) = shape.object_at(map) {
                map.name_members(names);
            }
        }
        self.root.merge(shape, Meet::Keep);
        self.costs.push((path.clone(), reload));
        self
    }

    /// Says what a change below `path` costs, where that differs from its section.
    #[must_use]
    pub fn with_cost(mut self, path: ConfigPath, reload: Reload) -> Self {
        self.costs.push((path, reload));
        self
    }

    /// Adds a rule over the whole tree, which types cannot say.
    #[must_use]
    pub fn with_rule(mut self, rule: impl Fn(&Value) -> Issues + Send + Sync + 'static) -> Self {
        self.rules.push(Arc::new(rule));
        self
    }

    /// Says which keys stood elsewhere in older versions.
    #[must_use]
    pub fn with_moves(mut self, moves: &'static [Move]) -> Self {
        self.moves = moves;
        self
    }

    pub(crate) fn moves(&self) -> &'static [Move] {
        self.moves
    }

    /// Everything wrong with a tree. Rules between fields are asked only when the shape is right.
    #[must_use]
    pub fn check(&self, tree: &Value) -> Issues {
        let mut issues = Issues::default();
        check::check(&self.root, tree, &ConfigPath::root(), &mut issues);
        if issues.is_empty() {
            for rule in &self.rules {
                issues.append(rule(tree));
            }
        }
        issues
    }

    /// Which written keys nobody reads yet, and which the other version would refuse.
    #[must_use]
    pub fn survey(&self, tree: &Value) -> Survey {
        survey::survey(&self.root, tree)
    }

    /// What a change at `path` costs: the longest matching declaration decides. A key no section reads costs nothing.
    #[must_use]
    pub fn cost(&self, path: &ConfigPath) -> Reload {
        let matching = self.costs.iter().filter(|(declared, _)| path.is_within(declared));
        matching.max_by_key(|(declared, cost)| (declared.steps().len(), *cost)).map_or(Reload::Now, |(_, cost)| *cost)
    }

    /// How an editor shows each key.
    #[must_use]
    pub fn hints(&self) -> BTreeMap<String, Hint> {
        hints::hints(&self.root)
    }

    /// The tree as JSON Schema (draft 7).
    #[must_use]
    pub fn to_json(&self) -> Value {
        export::document(&self.root)
    }
}

pub(crate) fn section_path<T: Section>() -> ConfigPath {
    T::PATH.split('.').filter(|step| !step.is_empty()).collect()
}

/// Reads one section; what is not written has its defaults.
pub(crate) fn read_section<T: Section>(tree: &Value) -> Result<T, Issue> {
    let path = section_path::<T>();
    match path.find(tree) {
        None => Ok(T::default()),
        Some(value) => T::deserialize(value).map_err(|error| Issue::new(path, error.to_string())),
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("costs", &self.costs).field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}
