//! Reads formatted text as strictly as Telegram does.

use serde_json::{Value, json};

const TAGS: [&str; 16] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "code",
    "pre",
    "a",
    "tg-spoiler",
    "span",
    "blockquote",
    "tg-emoji",
];

/// The text without tags, and what the tags say of it.
#[derive(Debug, Default)]
pub(super) struct Plain {
    pub(super) text: String,
    pub(super) entities: Vec<Value>,
}

struct Open<'h> {
    name: &'h str,
    url: Option<String>,
    start: usize,
}

/// # Errors
/// What Telegram says of the formatting.
pub(super) fn parse(html: &str) -> Result<Plain, String> {
    let mut plain = Plain::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut units = 0;
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let at = html.len() - rest.len();
        if c == '<' {
            let (tag, behind) = rest
                .strip_prefix('<')
                .and_then(|rest| rest.split_once('>'))
                .ok_or_else(|| format!("Unclosed start tag at byte offset {at}"))?;
            rest = behind;
            if let Some(name) = tag.strip_prefix('/') {
                let last = open.pop().ok_or_else(|| format!("Unexpected end tag at byte offset {at}"))?;
                if last.name != name.trim() {
                    return Err(format!("Unmatched end tag at byte offset {at}, expected \"</{}>\"", last.name));
                }
                if units > last.start {
                    plain.entities.push(entity(&last, units - last.start));
                }
            } else {
                let name = tag.split([' ', '\n']).next().unwrap_or_default();
                if !TAGS.contains(&name) {
                    return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}"));
                }
                let url =
                    tag.split_once("href=\"").and_then(|(_, url)| url.split_once('"')).map(|(url, _)| decode(url));
                open.push(Open { name, url, start: units });
            }
            continue;
        }
        let (c, length) = if c == '&' { entity_at(rest).unwrap_or(('&', 1)) } else { (c, c.len_utf8()) };
        plain.text.push(c);
        units += c.len_utf16();
        rest = rest.get(length..).unwrap_or_default();
    }
    match open.pop() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", tag.name)),
        None => Ok(plain),
    }
}

fn entity_at(text: &str) -> Option<(char, usize)> {
    let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"')];
    known.into_iter().find(|(name, _)| text.starts_with(name)).map(|(name, c)| (c, name.len()))
}

fn decode(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn entity(tag: &Open<'_>, length: usize) -> Value {
    let kind = match tag.name {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "a" => "text_link",
        "tg-spoiler" | "span" => "spoiler",
        other => other,
    };
    let mut entity = json!({ "type": kind, "offset": tag.start, "length": length });
    if let (Some(url), Some(entity)) = (&tag.url, entity.as_object_mut()) {
        entity.insert("url".to_owned(), url.as_str().into());
    }
    entity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_entities_in_utf16_units() {
        let plain = parse("👋 <b>a&lt;</b> <a href=\"https://x.y/?a&amp;b\">l</a>").unwrap();
        assert_eq!(plain.text, "👋 a< l");
        let bold = json!({ "type": "bold", "offset": 3, "length": 2 });
        let link = json!({ "type": "text_link", "offset": 6, "length": 1, "url": "https://x.y/?a&b" });
        assert_eq!(plain.entities, [bold, link]);
    }

    #[test]
    fn what_telegram_refuses_is_refused() {
        for html in ["<b>a", "a</b>", "<b><i>a</b></i>", "<table>", "a <b"] {
            assert!(parse(html).is_err(), "{html}");
        }
    }
}
