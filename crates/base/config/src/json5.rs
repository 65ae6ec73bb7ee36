//! Reads JSON5: comments, trailing commas, bare keys. A missing comma is an error, as everywhere else.

use jsonc_parser::errors::ParseError;
use jsonc_parser::{CollectOptions, ParseOptions};
use serde_json::{Map, Value};

/// Why a text is not JSON5, with line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SyntaxError: JSON5: {reason} at {line}:{column}")]
pub struct SyntaxError {
    pub reason: String,
    pub line: usize,
    pub column: usize,
}

impl From<ParseError> for SyntaxError {
    fn from(error: ParseError) -> Self {
        Self { reason: error.kind().to_string(), line: error.line_display(), column: error.column_display() }
    }
}

pub(crate) fn options() -> ParseOptions {
    ParseOptions { allow_missing_commas: false, allow_non_finite_numbers: false, ..ParseOptions::default() }
}

/// The value a text holds; a text of blanks and comments holds an empty object.
///
/// # Errors
/// If the text is not JSON5.
pub fn parse(text: &str) -> Result<Value, SyntaxError> {
    // The first pass bounds the nesting, which the second does not.
    let ast = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options())?;
    if ast.value.is_none() {
        return Ok(Value::Object(Map::new()));
    }
    Ok(jsonc_parser::parse_to_serde_value(text, &options())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comments_bare_keys_and_trailing_commas_are_read() {
        let text = "// mine\n{ gateway: { port: 0x10, bind: 'lan', }, list: [1, .5, +2,], /* end */ }\n";
        assert_eq!(parse(text).unwrap(), json!({"gateway": {"port": 16, "bind": "lan"}, "list": [1, 0.5, 2]}));
    }

    #[test]
    fn a_missing_comma_is_reported_with_its_place() {
        let error = parse("{\n  a: 1\n  b: 2\n}").unwrap_err();
        assert_eq!(error.to_string(), "SyntaxError: JSON5: Expected comma at 2:7");
    }

    #[test]
    fn numbers_without_end_are_refused() {
        assert!(parse("{a: Infinity}").is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn a_text_of_comments_holds_nothing() {
        assert_eq!(parse("  // later\n").unwrap(), json!({}));
    }
}
