//! Forms with files, as upload endpoints take them.

use std::fmt;

use bytes::Bytes;

/// A form of text fields and files, sent in the order of insertion.
#[derive(Debug, Default)]
pub struct Multipart {
    parts: Vec<(String, Part)>,
}

enum Part {
    Text(String),
    File(FilePart),
}

/// One file of a form.
#[derive(Clone)]
pub struct FilePart {
    /// What the other side should call it.
    pub name: String,
    /// Its media type, such as `image/png`.
    pub media_type: String,
    /// Its content; shared, so that a repeat costs no copy.
    pub content: Bytes,
}

impl Multipart {
    /// Adds a text field.
    #[must_use]
    pub fn text(mut self, field: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.push((field.into(), Part::Text(value.into())));
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn file(mut self, field: impl Into<String>, file: FilePart) -> Self {
        self.parts.push((field.into(), Part::File(file)));
        self
    }

    pub(crate) fn into_form(self) -> Result<reqwest::multipart::Form, reqwest::Error> {
        let mut form = reqwest::multipart::Form::new();
        for (field, part) in self.parts {
            form = match part {
                Part::Text(value) => form.text(field, value),
                Part::File(file) => {
                    let length = file.content.len() as u64;
                    let body = reqwest::Body::from(file.content);
                    let part = reqwest::multipart::Part::stream_with_length(body, length)
                        .file_name(file.name)
                        .mime_str(&file.media_type)?;
                    form.part(field, part)
                }
            };
        }
        Ok(form)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(value) => write!(out, "{} bytes of text", value.len()),
            Self::File(file) => file.fmt(out),
        }
    }
}

impl fmt::Debug for FilePart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({}, {} bytes)", self.name, self.media_type, self.content.len())
    }
}
