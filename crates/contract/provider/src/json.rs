//! Writes a request body straight into a buffer.
//!
//! A history may be megabytes; building a tree of it for every call would cost more than the call. Commas are placed
//! by the writer, so bodies read like their shape.

use serde::Serialize;
use serde_json::value::RawValue;

/// A JSON text under construction.
#[derive(Debug, Default)]
pub struct JsonWriter {
    out: Vec<u8>,
    /// The next key or value stands behind another one.
    comma: bool,
}

impl JsonWriter {
    /// A writer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), comma: false }
    }

    /// The text.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn next(&mut self) {
        if std::mem::replace(&mut self.comma, true) {
            self.out.push(b',');
        }
    }

    /// `{ … }` with what `fill` writes inside.
    pub fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.enclosed(*b"{}", fill);
    }

    /// `[ … ]` with what `fill` writes inside.
    pub fn array(&mut self, fill: impl FnOnce(&mut Self)) {
        self.enclosed(*b"[]", fill);
    }

    fn enclosed(&mut self, [open, close]: [u8; 2], fill: impl FnOnce(&mut Self)) {
        self.next();
        self.out.push(open);
        self.comma = false;
        fill(self);
        self.out.push(close);
        self.comma = true;
    }

    /// A key; its value must follow.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.value(key);
        self.out.push(b':');
        self.comma = false;
        self
    }

    /// A string, number, boolean or anything else that serialises.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.next();
        let before = self.out.len();
        if serde_json::to_writer(&mut self.out, value).is_err() {
            // Writing to memory cannot fail; a type that refuses to serialise becomes null and stays valid JSON.
            self.out.truncate(before);
            self.out.extend_from_slice(b"null");
        }
    }

    /// JSON text as it is.
    pub fn raw(&mut self, value: &RawValue) {
        self.next();
        self.out.extend_from_slice(value.get().as_bytes());
    }

    /// A string value made of pieces, so that they need not be joined first.
    pub fn text_of<'a>(&mut self, pieces: impl IntoIterator<Item = &'a str>) {
        self.next();
        self.out.push(b'"');
        for piece in pieces {
            let start = self.out.len();
            if serde_json::to_writer(&mut self.out, piece).is_ok() {
                self.out.pop();
                self.out.remove(start);
            }
        }
        self.out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_stand_between_and_nowhere_else() {
        let mut json = JsonWriter::default();
        json.object(|json| {
            json.key("a").array(|json| {
                json.value("x\"\n");
                json.object(|_| {});
                json.value(&1);
                json.array(|_| {});
            });
            json.key("b").text_of(["one ", "\"two\""]);
            json.key("c").value(&Option::<u8>::None);
        });
        let text = String::from_utf8(json.into_bytes()).unwrap();
        assert_eq!(text, r#"{"a":["x\"\n",{},1,[]],"b":"one \"two\"","c":null}"#);
    }
}
