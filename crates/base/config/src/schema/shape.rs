//! What may stand at one place of the tree: a small model of types that both sources are turned into.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::path::ConfigPath;

/// The kinds of value that may stand at a place. Empty means: not said yet, anything passes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shape {
    pub kinds: Vec<Kind>,
    /// Words that only a section of this program takes, where the list has words too.
    pub ours_alone: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Any,
    Null,
    Boolean,
    Text { shortest: u64 },
    Number { whole: bool, low: Option<Bound>, high: Option<f64> },
    Literal(Value),
    List(Box<Shape>),
    Object(Object),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    From(f64),
    Above(f64),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object {
    pub keys: BTreeMap<String, Key>,
    /// What keys that are not named may hold; `None` refuses them.
    pub rest: Option<Box<Key>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Key {
    pub shape: Shape,
    pub required: bool,
    /// In the list of keys the other version accepts.
    pub listed: bool,
    /// Read by a section of this program.
    pub read: bool,
    pub about: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Listed,
    Read,
}

/// What happens where two shapes speak of the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meet {
    /// The first decides what may be written.
    Keep,
    /// What either takes may be written.
    Widen,
}

impl Shape {
    pub(super) fn of(kind: Kind) -> Self {
        Self { kinds: vec![kind], ours_alone: Vec::new() }
    }

    /// An object with one known key.
    pub(super) fn object_of(name: &str, shape: Self, origin: Origin) -> Self {
        let mut key = Key { shape, ..Key::default() };
        key.come_from(origin);
        let keys = BTreeMap::from([(name.to_owned(), key)]);
        Self::of(Kind::Object(Object { keys, rest: None }))
    }

    /// Says of every key below where it comes from.
    pub(super) fn mark(&mut self, origin: Origin) {
        for kind in &mut self.kinds {
            match kind {
                Kind::List(items) => items.mark(origin),
                Kind::Object(object) => {
                    for key in object.keys.values_mut().chain(object.rest.as_deref_mut()) {
                        key.come_from(origin);
                        key.shape.mark(origin);
                    }
                }
                Kind::Any | Kind::Null | Kind::Boolean | Kind::Text { .. } | Kind::Number { .. } | Kind::Literal(_) => {
                }
            }
        }
    }

    /// Takes over what `other` knows beyond this.
    pub(super) fn merge(&mut self, other: Self, meet: Meet) {
        if self.kinds.is_empty() {
            *self = other;
            return;
        }
        for kind in other.kinds {
            match kind {
                Kind::Object(theirs) => {
                    if let Some(ours) = self.object_mut() {
                        ours.merge(theirs, meet);
                    } else if meet == Meet::Widen {
                        self.kinds.push(Kind::Object(theirs));
                    }
                }
                Kind::List(theirs) => {
                    if let Some(ours) = self.list_mut() {
                        ours.merge(*theirs, meet);
                    } else if meet == Meet::Widen {
                        self.kinds.push(Kind::List(theirs));
                    }
                }
                Kind::Any | Kind::Null | Kind::Boolean | Kind::Text { .. } | Kind::Number { .. } | Kind::Literal(_) => {
                    if meet == Meet::Widen && !self.kinds.contains(&kind) {
                        self.kinds.push(kind);
                    } else if let Kind::Literal(word) = kind {
                        self.add_word(word);
                    }
                }
            }
        }
    }

    /// Where the list has some words, a section may take more.
    fn add_word(&mut self, word: Value) {
        let has_words = self.kinds.iter().any(|kind| matches!(kind, Kind::Literal(_)));
        let takes_any = self.kinds.iter().any(|kind| matches!(kind, Kind::Any | Kind::Text { .. }));
        if has_words && !takes_any && !self.kinds.contains(&Kind::Literal(word.clone())) {
            self.kinds.push(Kind::Literal(word.clone()));
            self.ours_alone.push(word);
        }
    }

    pub(super) fn object(&self) -> Option<&Object> {
        self.kinds.iter().find_map(|kind| if let Kind::Object(object) = kind { Some(object) } else { None })
    }

    pub(super) fn object_mut(&mut self) -> Option<&mut Object> {
        self.kinds.iter_mut().find_map(|kind| if let Kind::Object(object) = kind { Some(object) } else { None })
    }

    /// The object at a place below.
    pub(super) fn object_at(&mut self, path: &ConfigPath) -> Option<&mut Object> {
        path.steps()
            .try_fold(self, |shape, step| Some(&mut shape.object_mut()?.keys.get_mut(step)?.shape))?
            .object_mut()
    }

    pub(super) fn list(&self) -> Option<&Self> {
        self.kinds.iter().find_map(|kind| if let Kind::List(items) = kind { Some(&**items) } else { None })
    }

    pub(super) fn list_mut(&mut self) -> Option<&mut Self> {
        self.kinds.iter_mut().find_map(|kind| if let Kind::List(items) = kind { Some(&mut **items) } else { None })
    }
}

impl Object {
    /// What is known of a key: by its name, else by the rule for all others.
    pub(super) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.get(name).or(self.rest.as_deref())
    }

    /// The rule for all keys becomes one for each of these, and for no other.
    pub(super) fn name_members(&mut self, names: &[String]) {
        let Some(rest) = self.rest.take() else { return };
        for name in names {
            self.keys.entry(name.clone()).or_insert_with(|| (*rest).clone());
        }
    }

    fn merge(&mut self, other: Self, meet: Meet) {
        // Their rule for all keys holds for those that only we name as well.
        if let Some(rest) = &other.rest {
            let only_ours = self.keys.iter_mut().filter(|(name, _)| !other.keys.contains_key(*name));
            only_ours.for_each(|(_, ours)| ours.merge((**rest).clone(), meet));
        }
        for (name, theirs) in other.keys {
            match self.keys.get_mut(&name) {
                Some(ours) => ours.merge(theirs, meet),
                None => {
                    // A name the list covers only by its rule for all others is accepted there as well.
                    let listed = self.rest.as_ref().is_some_and(|rest| rest.listed);
                    self.keys.insert(name, Key { listed: listed || theirs.listed, ..theirs });
                }
            }
        }
        match (&mut self.rest, other.rest) {
            (Some(ours), Some(theirs)) => ours.merge(*theirs, meet),
            (rest @ None, theirs) => *rest = theirs,
            (Some(_), None) => {}
        }
    }
}

impl Key {
    fn merge(&mut self, other: Self, meet: Meet) {
        if meet == Meet::Widen {
            self.required &= other.required;
        }
        self.listed |= other.listed;
        self.read |= other.read;
        self.about = other.about.or(self.about.take());
        self.shape.merge(other.shape, meet);
    }

    fn come_from(&mut self, origin: Origin) {
        match origin {
            Origin::Listed => self.listed = true,
            Origin::Read => self.read = true,
        }
    }
}
