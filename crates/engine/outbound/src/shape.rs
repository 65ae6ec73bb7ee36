//! From what a model said to what a person sees. The only maker of [`Visible`] text.
//!
//! Reasoning tags, silence and heartbeat marks and directives to us never reach a person; what is left may be nothing.

/// Text that a person may see. Has no public constructor: everything that leaves went through this module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible(String);

impl Visible {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a reply, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(Visible),
    /// A file the reply names, by path.
    Media(String),
}

const SILENT: &str = "NO_REPLY";
const HEARTBEAT: &str = "HEARTBEAT_OK";

/// A sentence of ours for the person: an error, a command's answer. Marks and tags in it (from a vendor's error text,
/// say) are cleaned like a model's.
#[must_use]
pub fn notice(text: &str) -> Option<Visible> {
    visible(text)
}

/// What a model thought, for a person who asked to see it: the one text made of what is otherwise hidden.
pub(crate) fn reasoning(thought: &str) -> Option<Visible> {
    let line = |line: &str| if line.trim().is_empty() { String::new() } else { format!("_{}_", line.trim()) };
    let lines: Vec<String> = thought.trim().lines().map(line).collect();
    (!lines.is_empty()).then(|| Visible(format!("Reasoning:\n{}", lines.join("\n"))))
}

/// A line of ours below the last text; a reply without text gets none.
pub(crate) fn with_footer(mut parts: Vec<Part>, footer: Option<&str>) -> Vec<Part> {
    let last = parts.iter_mut().rev().find_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Media(_) => None,
    });
    if let (Some(text), Some(footer)) = (last, footer) {
        text.0.push('\n');
        text.0.push_str(footer);
    }
    parts
}

/// Which message a reply quotes, when the model asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quote {
    /// The one that is answered.
    Current,
    Message(String),
}

/// What the reply quotes; the last explicit id wins.
#[must_use]
pub fn quote(raw: &str) -> Option<Quote> {
    let text = strip_reasoning(raw);
    let mut found = None;
    for (at, _) in text.match_indices("[[") {
        let inner = text.get(at + 2..).and_then(|rest| rest.split_once("]]")).map(|(inner, _)| inner.trim());
        match inner {
            Some("reply_to_current") if found.is_none() => found = Some(Quote::Current),
            Some(inner) => {
                if let Some(id) = inner.strip_prefix("reply_to:").map(str::trim).filter(|id| !id.is_empty()) {
                    found = Some(Quote::Message(id.to_owned()));
                }
            }
            None => {}
        }
    }
    found
}

/// The parts of a reply.
#[must_use]
pub fn shape(raw: &str, prefix: Option<&str>) -> Vec<Part> {
    let without_tags = strip_reasoning(raw);
    let (body, media) = take_media(&without_tags);
    let mut parts = Vec::new();
    if let Some(text) = (!is_silent(&body)).then(|| visible(&body)).flatten() {
        parts.push(Part::Text(with_prefix(text, prefix)));
    }
    parts.extend(media.into_iter().map(Part::Media));
    parts
}

fn with_prefix(text: Visible, prefix: Option<&str>) -> Visible {
    match prefix.map(str::trim).filter(|prefix| !prefix.is_empty() && !text.0.starts_with(prefix)) {
        Some(prefix) => Visible(format!("{prefix} {}", text.0)),
        None => text,
    }
}

fn visible(text: &str) -> Option<Visible> {
    let cleaned = strip_directives(&strip_reasoning(text));
    let cleaned = strip_mark(cleaned.trim(), HEARTBEAT);
    let cleaned = strip_mark(cleaned, SILENT).trim();
    (!cleaned.is_empty()).then(|| Visible(cleaned.to_owned()))
}

/// Silent when the text starts or ends with the silence mark as a word.
fn is_silent(text: &str) -> bool {
    let before = text.trim().strip_suffix(SILENT).is_some_and(|rest| !rest.ends_with(is_word));
    starts_silent(text) || before
}

/// Whether a text begins with a mark, or with what may become one when more of it comes.
pub(crate) fn may_be_mark(raw: &str) -> bool {
    let text = strip_directives(&strip_reasoning(raw));
    let text = text.trim_start().trim_start_matches(['*', '`']);
    let text = text.strip_prefix("<b>").unwrap_or(text);
    let begins = |mark: &str| text.strip_prefix(mark).is_some_and(|rest| !rest.starts_with(is_word));
    [SILENT, HEARTBEAT].into_iter().any(|mark| mark.starts_with(text) || begins(mark))
}

/// Whether a text says with its first word that it is for nobody.
fn starts_silent(text: &str) -> bool {
    text.trim().strip_prefix(SILENT).is_some_and(|rest| !rest.starts_with(is_word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Takes a mark off both ends, also when it is bold or in a tag.
fn strip_mark<'a>(text: &'a str, mark: &str) -> &'a str {
    let mut text = text.trim();
    loop {
        let before = text;
        for dressed in [mark.to_owned(), format!("**{mark}**"), format!("<b>{mark}</b>"), format!("`{mark}`")] {
            text = text
                .strip_prefix(dressed.as_str())
                .filter(|rest| !rest.starts_with(is_word))
                .unwrap_or(text)
                .trim_start();
            text =
                text.strip_suffix(dressed.as_str()).filter(|rest| !rest.ends_with(is_word)).unwrap_or(text).trim_end();
        }
        if text == before {
            return text;
        }
    }
}

/// Takes `<think>…</think>` and its relatives out, and the `<final>` tags off. Tags inside code stay.
fn strip_reasoning(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hidden = 0usize;
    for segment in segments(text) {
        match segment {
            Segment::Code(code) if hidden == 0 => out.push_str(code),
            Segment::Code(_) => {}
            Segment::Prose(prose) => prose_without_reasoning(prose, &mut hidden, &mut out),
        }
    }
    out
}

fn prose_without_reasoning(prose: &str, hidden: &mut usize, out: &mut String) {
    let mut rest = prose;
    while let Some(at) = rest.find('<') {
        let (before, from_tag) = rest.split_at(at);
        if *hidden == 0 {
            out.push_str(before);
        }
        match reasoning_tag(from_tag) {
            Some((Tag::Open, length)) => {
                *hidden += 1;
                rest = from_tag.get(length..).unwrap_or_default();
            }
            Some((Tag::Close, length)) => {
                *hidden = hidden.saturating_sub(1);
                rest = from_tag.get(length..).unwrap_or_default();
            }
            Some((Tag::Transparent, length)) => rest = from_tag.get(length..).unwrap_or_default(),
            None => {
                if *hidden == 0 {
                    out.push('<');
                }
                rest = from_tag.get(1..).unwrap_or_default();
            }
        }
    }
    if *hidden == 0 {
        out.push_str(rest);
    }
}

pub(crate) enum Tag {
    Open,
    Close,
    Transparent,
}

/// Bytes of the longest tag that is looked for.
pub(crate) const LONGEST_TAG: usize = 40;

/// The tag around reasoning with which the text begins, and its length.
pub(crate) fn reasoning_tag(text: &str) -> Option<(Tag, usize)> {
    let end = text.bytes().take(LONGEST_TAG).position(|b| b == b'>')?;
    let inner = text.get(1..end)?.trim().to_ascii_lowercase();
    let (closes, name) = inner.strip_prefix('/').map_or((false, inner.as_str()), |name| (true, name));
    let name = name.trim().split_ascii_whitespace().next()?;
    let tag = match name {
        "think" | "thinking" | "thought" | "reasoning" | "antthinking" => {
            if closes {
                Tag::Close
            } else {
                Tag::Open
            }
        }
        "final" => Tag::Transparent,
        _ => return None,
    };
    Some((tag, end + 1))
}

enum Segment<'a> {
    Prose(&'a str),
    Code(&'a str),
}

/// Splits at fences and inline code, so that an example of a tag stays an example.
fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let ticks = rest.get(start..).unwrap_or_default().bytes().take_while(|b| *b == b'`').count();
        let fence = "`".repeat(ticks);
        let after = rest.get(start + ticks..).unwrap_or_default();
        let Some(length) = after.find(&fence) else { break };
        let end = start + ticks + length + ticks;
        let (before, code) = (rest.get(..start).unwrap_or_default(), rest.get(start..end).unwrap_or_default());
        found.push(Segment::Prose(before));
        found.push(Segment::Code(code));
        rest = rest.get(end..).unwrap_or_default();
    }
    found.push(Segment::Prose(rest));
    found
}

/// Takes `[[reply_to…]]` and voice directives out.
fn strip_directives(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("[[") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = from.find("]]").filter(|end| {
            let inner = from.get(2..*end).unwrap_or_default().trim();
            inner == "reply_to_current" || inner == "audio_as_voice" || inner.starts_with("reply_to:")
        });
        match end {
            Some(end) => rest = from.get(end + 2..).unwrap_or_default(),
            None => {
                out.push_str("[[");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Takes lines that name a file to send out of the text, outside fences.
fn take_media(text: &str) -> (String, Vec<String>) {
    let mut media = Vec::new();
    let mut kept = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let named = line.trim().strip_prefix("MEDIA:").filter(|_| !fenced);
        match named.map(|path| path.trim().trim_matches(['`', '"', '\''])).filter(|path| !path.is_empty()) {
            Some(path) => media.push(path.to_owned()),
            None => kept.push(line),
        }
    }
    if media.is_empty() { (text.to_owned(), media) } else { (kept.join("\n"), media) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(raw: &str) -> Vec<String> {
        shape(raw, None)
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str().to_owned(),
                Part::Media(path) => format!("media {path}"),
            })
            .collect()
    }

    #[test]
    fn planted_reasoning_and_marks_never_become_visible() {
        assert_eq!(texts("<think>secret plan</think>Hello"), ["Hello"]);
        assert_eq!(texts("Hi <Thinking a=1>x</Thinking>there"), ["Hi there"]);
        assert_eq!(texts("<think>never closed"), Vec::<String>::new());
        assert_eq!(texts("<final>Answer</final>"), ["Answer"]);
        assert_eq!(texts("HEARTBEAT_OK"), Vec::<String>::new());
        assert_eq!(texts("**HEARTBEAT_OK** all fine"), ["all fine"]);
        assert_eq!(texts("[[reply_to_current]] Sure."), ["Sure."]);
    }

    #[test]
    fn an_answer_that_says_no_reply_says_nothing() {
        assert_eq!(texts("NO_REPLY"), Vec::<String>::new());
        assert_eq!(texts("Nothing to add. NO_REPLY"), Vec::<String>::new());
        assert_eq!(texts("NO_REPLYING is a word"), ["NO_REPLYING is a word"]);
    }

    #[test]
    fn an_example_of_a_tag_in_code_stays() {
        assert_eq!(
            texts("Write `<think>` like ```\n<think>x</think>\n```"),
            ["Write `<think>` like ```\n<think>x</think>\n```"]
        );
    }

    #[test]
    fn a_media_line_becomes_a_file_and_its_text_stays() {
        assert_eq!(texts("Here:\nMEDIA: `./chart.png`\nDone"), ["Here:\nDone", "media ./chart.png"]);
        assert_eq!(texts("```\nMEDIA:/x\n```"), ["```\nMEDIA:/x\n```"]);
        assert_eq!(texts("NO_REPLY\nMEDIA:/tmp/a.png"), ["media /tmp/a.png"]);
    }

    #[test]
    fn a_reply_quotes_what_its_tag_names() {
        assert_eq!(quote("[[reply_to_current]] yes"), Some(Quote::Current));
        assert_eq!(quote("[[reply_to: 42]] yes [[reply_to_current]]"), Some(Quote::Message("42".into())));
        assert_eq!(quote("plain"), None);
    }

    #[test]
    fn reasoning_is_shown_in_italics_and_nothing_is_no_message() {
        assert_eq!(
            reasoning("a plan\n\nof two lines\n").map(|text| text.0).as_deref(),
            Some("Reasoning:\n_a plan_\n\n_of two lines_")
        );
        assert_eq!(reasoning(" \n"), None);
    }

    #[test]
    fn a_footer_stands_below_the_text_and_never_alone() {
        assert_eq!(
            with_footer(shape("hi\nMEDIA:/a.png", None), Some("42 in"))[0],
            Part::Text(Visible("hi\n42 in".into()))
        );
        assert_eq!(with_footer(shape("NO_REPLY", None), Some("42 in")), []);
    }

    #[test]
    fn the_prefix_is_put_once() {
        let parts = shape("[bot] hi", Some("[bot]"));
        assert_eq!(parts, [Part::Text(Visible("[bot] hi".into()))]);
        assert_eq!(shape("hi", Some("[bot]")), [Part::Text(Visible("[bot] hi".into()))]);
    }

    proptest! {
        #[test]
        fn what_stands_between_think_tags_is_gone_whatever_surrounds_it(before in "[a-z \n]{0,40}", after in "[a-z \n]{0,40}") {
            let raw = format!("{before}<think>PLANTED</think>{after}");
            for text in texts(&raw) {
                prop_assert!(!text.contains("PLANTED"));
            }
        }

        #[test]
        fn shaping_never_panics_on_any_text(raw in "(?s).{0,200}|([<`\\[\\]/a-z>:]{0,80})") {
            let _parts = shape(&raw, None);
        }
    }
}
