//! The list of known keys as text: one place per line, its kinds behind it.
//!
//! ```text
//! gateway.port                 integer >0
//! gateway.bind                 "auto" | "lan" | "loopback"
//! agents.list[].id!            text
//! agents.list[].model          text | object
//! env.*                        text
//! agents.list[].sandbox        as agents.defaults.sandbox without prune
//! ```
//!
//! `!` marks what must be there, `*` any other name; `words` is text that is not empty. Objects and lists on the way
//! are implied, and their contents have lines of their own.
//! `as` copies everything said above about another place.

use std::iter::Peekable;
use std::str::Chars;

use super::shape::{Bound, Key, Kind, Object, Shape};

/// A line that is not in the notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the list of known keys: {reason}")]
pub(super) struct BadNotation {
    line: usize,
    reason: String,
}

pub(super) fn parse(list: &str) -> Result<Shape, BadNotation> {
    let mut root = Shape::of(Kind::Object(Object::default()));
    for (index, line) in list.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        read_line(&mut root, line).map_err(|reason| BadNotation { line: index + 1, reason })?;
    }
    Ok(root)
}

fn read_line(root: &mut Shape, line: &str) -> Result<(), String> {
    let (place, kinds) = line.split_once(char::is_whitespace).ok_or("a place without kinds")?;
    let kinds = kinds.trim();
    let steps = steps(place)?;
    let shape = match kinds.strip_prefix("as ") {
        Some(reference) => copy(root, reference)?,
        None => Shape { kinds: Kinds { text: kinds.chars().peekable() }.all()?, ours_alone: Vec::new() },
    };
    let required = place.ends_with('!');
    let target = descend(root, &steps, required)?;
    for kind in shape.kinds {
        // Contents on lines of their own join the object or list that is already there.
        let is_there = match &kind {
            Kind::Object(Object { keys, rest: None }) => keys.is_empty() && target.object().is_some(),
            Kind::List(_) => target.list().is_some(),
            _ => false,
        };
        if !is_there {
            target.kinds.push(kind);
        }
    }
    Ok(())
}

/// A step down: into a named key, any other key, or the items of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step<'a> {
    Key(&'a str),
    Rest,
    Items,
}

fn steps(place: &str) -> Result<Vec<Step<'_>>, String> {
    let mut steps = Vec::new();
    for part in place.trim_end_matches('!').split('.') {
        let name = part.trim_end_matches("[]");
        match name {
            "" => return Err(format!("an empty step in {place}")),
            "*" => steps.push(Step::Rest),
            _ => steps.push(Step::Key(name)),
        }
        steps.extend(std::iter::repeat_n(Step::Items, (part.len() - name.len()) / 2));
    }
    Ok(steps)
}

/// The shape at the end of the steps, made on the way where it is missing.
fn descend<'s>(shape: &'s mut Shape, steps: &[Step<'_>], required: bool) -> Result<&'s mut Shape, String> {
    let Some((step, below)) = steps.split_first() else { return Ok(shape) };
    let is_last = below.is_empty();
    let next = match step {
        Step::Items => {
            if shape.list().is_none() {
                shape.kinds.push(Kind::List(Box::default()));
            }
            shape.list_mut().ok_or("no list to descend into")?
        }
        Step::Key(_) | Step::Rest => {
            if shape.object().is_none() {
                shape.kinds.push(Kind::Object(Object::default()));
            }
            let object = shape.object_mut().ok_or("no object to descend into")?;
            let key = match step {
                Step::Key(name) => object.keys.entry((*name).to_owned()).or_default(),
                Step::Rest | Step::Items => &mut **object.rest.get_or_insert_default(),
            };
            key.required |= required && is_last;
            &mut key.shape
        }
    };
    descend(next, below, required)
}

/// What is already known of another place, without the named keys.
fn copy(root: &Shape, reference: &str) -> Result<Shape, String> {
    let (place, without) = reference.split_once(" without ").unwrap_or((reference, ""));
    let mut shape = steps(place)?
        .into_iter()
        .try_fold(root, |shape, step| match step {
            Step::Items => shape.list(),
            Step::Key(name) => shape.object()?.keys.get(name).map(|key| &key.shape),
            Step::Rest => shape.object()?.rest.as_deref().map(|key: &Key| &key.shape),
        })
        .ok_or_else(|| format!("nothing is known of {place} above this line"))?
        .clone();
    for name in without.split_whitespace() {
        let removed = shape.object_mut().and_then(|object| object.keys.remove(name));
        removed.ok_or_else(|| format!("{place} has no key {name}"))?;
    }
    Ok(shape)
}

/// Reads `text | "auto" | integer 1..65535`.
struct Kinds<'a> {
    text: Peekable<Chars<'a>>,
}

impl Kinds<'_> {
    fn all(mut self) -> Result<Vec<Kind>, String> {
        let mut kinds = Vec::new();
        loop {
            kinds.push(self.one()?);
            self.skip_space();
            match self.text.next() {
                None => return Ok(kinds),
                Some('|') => {}
                Some(other) => return Err(format!("expected | and found {other:?}")),
            }
        }
    }

    fn one(&mut self) -> Result<Kind, String> {
        self.skip_space();
        if self.text.peek() == Some(&'"') {
            return self.literal();
        }
        let word = self.word();
        match word.as_str() {
            "any" => Ok(Kind::Any),
            "null" => Ok(Kind::Null),
            "boolean" => Ok(Kind::Boolean),
            "text" => Ok(Kind::Text { shortest: 0 }),
            "words" => Ok(Kind::Text { shortest: 1 }),
            "number" => self.number(false),
            "integer" => self.number(true),
            "list" => Ok(Kind::List(Box::default())),
            "object" => Ok(Kind::Object(Object::default())),
            "true" | "false" => Ok(Kind::Literal((word == "true").into())),
            _ => Err(format!("unknown kind {word:?}")),
        }
    }

    fn literal(&mut self) -> Result<Kind, String> {
        self.text.next();
        let mut literal = String::new();
        loop {
            match self.text.next() {
                Some('"') => return Ok(Kind::Literal(literal.into())),
                Some(character) => literal.push(character),
                None => return Err("a literal without its closing quote".to_owned()),
            }
        }
    }

    /// `>0`, `1..`, `0..10` or nothing.
    fn number(&mut self, whole: bool) -> Result<Kind, String> {
        self.skip_space();
        let range = self.word();
        let parse = |text: &str| text.parse::<f64>().map_err(|_| format!("not a range: {range}"));
        let (low, high) = if let Some(above) = range.strip_prefix('>') {
            let (above, high) = above.split_once("..").unwrap_or((above, ""));
            (Some(Bound::Above(parse(above)?)), if high.is_empty() { None } else { Some(parse(high)?) })
        } else if range.is_empty() {
            (None, None)
        } else {
            let (low, high) = range.split_once("..").ok_or_else(|| format!("not a range: {range}"))?;
            let low = if low.is_empty() { None } else { Some(Bound::From(parse(low)?)) };
            (low, if high.is_empty() { None } else { Some(parse(high)?) })
        };
        Ok(Kind::Number { whole, low, high })
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(character) = self.text.next_if(|c| !c.is_whitespace() && *c != '|') {
            word.push(character);
        }
        word
    }

    fn skip_space(&mut self) {
        while self.text.next_if(|c| c.is_whitespace()).is_some() {}
    }
}
