//! Keys that an older version wrote at another place: where they belong now.
//!
//! A move changes the tree and notes how, so that the same steps change the text of the file later and keep its
//! comments. What stands at the newer place already wins. Nothing here knows what the keys mean.

use serde_json::{Map, Value};

use crate::issue::Issues;
use crate::path::ConfigPath;

/// One move. They are made in the order of their list.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// What stands at the first place belongs at the second; `[]` is every item of a list, the same in both.
    Rename(&'static str, &'static str),
    /// What a renaming cannot say.
    Rework(fn(&mut Moving)),
}

/// A tree on its way to the places of this version.
#[derive(Debug)]
pub struct Moving {
    tree: Value,
    steps: Vec<Step>,
    told: Issues,
    has_loss: bool,
}

/// One change that a tree and a text can both make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Takes what stands at the first place to the second, where nothing stands.
    Take(ConfigPath, ConfigPath),
    Put(ConfigPath, Value),
    Drop(ConfigPath),
}

/// What became of a tree.
#[derive(Debug)]
pub(crate) struct Moved {
    pub tree: Value,
    pub steps: Vec<Step>,
    /// What stood at an older place, and what became of it.
    pub told: Issues,
    /// Something of it is not read any more.
    has_loss: bool,
}

impl Moved {
    /// Whether a part of a file does not say enough by itself: it reaches into a list that it does not hold, or something
    /// of it would get lost.
    pub(crate) fn is_partial(&self, part: &Value) -> bool {
        let is_held = |place: &ConfigPath| {
            let steps: Vec<&str> = place.steps().collect();
            let list = steps.iter().position(|step| step.parse::<usize>().is_ok());
            list.is_none_or(|at| steps.iter().take(at).copied().collect::<ConfigPath>().find(part).is_some())
        };
        let has_foreign_item = self.steps.iter().any(|step| {
            let (Step::Take(_, place) | Step::Put(place, _) | Step::Drop(place)) = step;
            !is_held(place)
        });
        self.has_loss || has_foreign_item
    }
}

/// Makes all moves.
pub(crate) fn all(moves: &[Move], tree: Value) -> Moved {
    let mut moving = Moving { tree, steps: Vec::new(), told: Issues::default(), has_loss: false };
    for one in moves {
        match one {
            Move::Rename(from, to) => moving.rename_all(from, to),
            Move::Rework(rework) => rework(&mut moving),
        }
    }
    let Moving { tree, steps, told, has_loss } = moving;
    Moved { tree, steps, told, has_loss }
}

/// Where a key stands now that an older version had at `path`; none if that never moved.
pub(crate) fn place(moves: &[Move], path: &ConfigPath) -> Option<ConfigPath> {
    let marks = [Value::from("mark"), Value::from(vec!["mark"]), Value::from(true)];
    marks.into_iter().find_map(|mark| {
        let moved = all(moves, alone(path, mark.clone()));
        if moved.steps.is_empty() { None } else { find(&moved.tree, &mark, &ConfigPath::root()) }
    })
}

/// A tree that holds one value.
pub(crate) fn alone(path: &ConfigPath, value: Value) -> Value {
    path.steps().rev().fold(value, |below, step| Value::Object(Map::from_iter([(step.to_owned(), below)])))
}

/// A tree with one value more; as it is, where nothing can hold the value.
pub(crate) fn with(mut tree: Value, path: &ConfigPath, value: Value) -> Value {
    // What cannot be put there is refused when it is written.
    let _unreachable = put(&mut tree, path, value);
    tree
}

/// What a tree says, each with its place; a list is one word.
pub(crate) fn leaves(tree: &Value) -> Vec<(ConfigPath, Value)> {
    fn below(value: &Value, path: &ConfigPath, leaves: &mut Vec<(ConfigPath, Value)>) {
        match value.as_object().filter(|map| !map.is_empty()) {
            Some(map) => map.iter().for_each(|(name, value)| below(value, &path.child(name), leaves)),
            None => leaves.push((path.clone(), value.clone())),
        }
    }
    let mut leaves = Vec::new();
    below(tree, &ConfigPath::root(), &mut leaves);
    leaves
}

fn find(tree: &Value, mark: &Value, path: &ConfigPath) -> Option<ConfigPath> {
    if tree == mark {
        return Some(path.clone());
    }
    match tree {
        Value::Object(map) => map.iter().find_map(|(name, value)| find(value, mark, &path.child(name))),
        Value::Array(list) => list.iter().enumerate().find_map(|(at, value)| find(value, mark, &path.child(at))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

impl Moving {
    /// What stands at a place; nothing where `null` stands, which in a patch removes.
    #[must_use]
    pub fn get(&self, path: &ConfigPath) -> Option<&Value> {
        path.find(&self.tree).filter(|value| !value.is_null())
    }

    /// What stands at a place, if it is text.
    #[must_use]
    pub fn text(&self, path: &ConfigPath) -> Option<String> {
        self.get(path)?.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Moves what stands at `from`. Objects merge; elsewhere what stands at `to` wins.
    pub fn rename(&mut self, from: &ConfigPath, to: &ConfigPath) {
        if self.get(from).is_none() || from == to || !self.can_hold(to) {
            return;
        }
        let is_free = self.get(to).is_none_or(Value::is_object);
        let became = if is_free { format!("moved to {to}") } else { format!("not read, because {to} is set") };
        self.told.add(from, became);
        self.has_loss |= !is_free;
        self.merge(from, to);
        self.prune(from);
    }

    /// Writes a value.
    pub fn put(&mut self, path: &ConfigPath, value: Value) {
        if self.get(path) != Some(&value) && self.can_hold(path) {
            self.make(Step::Put(path.clone(), value));
        }
    }

    /// Removes what stands at a place, and says why.
    pub fn remove(&mut self, path: &ConfigPath, reason: &str) {
        if self.get(path).is_some() {
            self.told.add(path, reason);
            self.make(Step::Drop(path.clone()));
            self.prune(path);
        }
    }

    /// Removes what stands at a place without a place of today.
    pub fn leave_out(&mut self, path: &ConfigPath, reason: &str) {
        self.has_loss |= self.get(path).is_some();
        self.remove(path, reason);
    }

    /// Says that a value at a place has another form now.
    pub fn tell(&mut self, path: &ConfigPath, what: &str) {
        self.told.add(path, what);
    }

    fn rename_all(&mut self, from: &str, to: &str) {
        let (Some((list, from_item)), Some((_, to_item))) = (from.split_once("[]."), to.split_once("[].")) else {
            return self.rename(&at(from), &at(to));
        };
        let list = at(list);
        let items = self.get(&list).and_then(Value::as_array).map_or(0, Vec::len);
        for index in 0..items {
            let item = list.child(index);
            self.rename(&item.join(&at(from_item)), &item.join(&at(to_item)));
        }
    }

    fn merge(&mut self, from: &ConfigPath, to: &ConfigPath) {
        match (self.get(from), self.get(to)) {
            (Some(_), None) => self.make(Step::Take(from.clone(), to.clone())),
            (Some(Value::Object(source)), Some(Value::Object(_))) => {
                let names: Vec<String> = source.keys().cloned().collect();
                for name in names {
                    self.merge(&from.child(&name), &to.child(&name));
                }
                if self.get(from).is_some() {
                    self.make(Step::Drop(from.clone()));
                }
            }
            (Some(_), Some(_)) => self.make(Step::Drop(from.clone())),
            (None, _) => {}
        }
    }

    /// Removes the objects around a place that hold nothing any more.
    fn prune(&mut self, path: &ConfigPath) {
        let mut path = path.clone();
        while let Some((above, _)) = path.split_last() {
            let is_empty = self.get(&above).and_then(Value::as_object).is_some_and(Map::is_empty);
            if above.is_root() || !is_empty || self.is_item(&above) {
                return;
            }
            self.make(Step::Drop(above.clone()));
            path = above;
        }
    }

    fn is_item(&self, path: &ConfigPath) -> bool {
        path.split_last().is_some_and(|(above, _)| self.get(&above).is_some_and(Value::is_array))
    }

    /// Whether everything above a place is an object, a list that has or comes to have the item, or not there yet.
    fn can_hold(&self, path: &ConfigPath) -> bool {
        let Some((above, step)) = path.split_last() else { return false };
        match self.get(&above) {
            None => self.can_hold(&above),
            Some(Value::Object(_)) => true,
            Some(Value::Array(list)) => step.parse::<usize>().is_ok_and(|index| index <= list.len()),
            Some(_) => false,
        }
    }

    fn make(&mut self, step: Step) {
        let is_made = match &step {
            Step::Take(from, to) => match take(&mut self.tree, from) {
                Some(value) => put(&mut self.tree, to, value).is_some(),
                None => false,
            },
            Step::Put(path, value) => put(&mut self.tree, path, value.clone()).is_some(),
            Step::Drop(path) => take(&mut self.tree, path).is_some(),
        };
        if is_made {
            self.steps.push(step);
        }
    }
}

/// A path of plain steps.
fn at(text: &str) -> ConfigPath {
    text.split('.').collect()
}

fn take(tree: &mut Value, path: &ConfigPath) -> Option<Value> {
    let (above, last) = path.split_last()?;
    let place = above.steps().try_fold(tree, |value, step| match value {
        Value::Object(map) => map.get_mut(step),
        Value::Array(list) => list.get_mut(step.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })?;
    place.as_object_mut()?.shift_remove(last)
}

/// Writes a value; what is missing above it is made: a list where its first item is meant, else an object.
fn put(tree: &mut Value, path: &ConfigPath, value: Value) -> Option<()> {
    let steps: Vec<&str> = path.steps().collect();
    let mut place = tree;
    for (index, step) in steps.iter().enumerate() {
        if place.is_null() {
            *place = if *step == "0" { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        let next = match place {
            Value::Object(map) => map.entry(*step).or_insert(Value::Null),
            Value::Array(list) => {
                let at = step.parse::<usize>().ok()?;
                if at == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(at)?
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        if index + 1 == steps.len() {
            *next = value;
            return Some(());
        }
        place = next;
    }
    None
}
