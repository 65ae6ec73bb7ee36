//! `read`: a text file in pieces, or a picture.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use tool::{Content, Need, Tool, ToolContext, ToolError, ToolOutput, WorldPath};

use super::input::count;
use super::seen::Seen;

/// The largest file that is opened at all.
pub(super) const FILE_BYTES: u64 = 32 * 1024 * 1024;
const LINES: usize = 2_000;
const BYTES: usize = 50 * 1024;

#[derive(Debug)]
pub(super) struct Read {
    pub(super) seen: Arc<Seen>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Input {
    #[serde(alias = "file_path")]
    path: String,
    /// First line, from 1.
    #[serde(default, deserialize_with = "count")]
    offset: Option<u64>,
    /// Lines.
    #[serde(default, deserialize_with = "count")]
    limit: Option<u64>,
}

impl Tool for Read {
    const NAME: &'static str = "read";
    const ABOUT: &'static str = "Read a text file (at most 2000 lines or 50 KB at once) or look at an image.";
    const SUMMARY: &'static str = "read files and images";
    type Input = Input;

    fn needs(&self, input: &Input) -> Vec<Need> {
        vec![Need::Read(WorldPath(input.path.clone()))]
    }

    async fn run(&self, input: Input, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        let path = WorldPath(input.path.clone());
        let read = cx.world.read(&path, FILE_BYTES).await.map_err(|e| ToolError::Failed(e.to_string()))?;
        let (content, stamp) = read;
        if let Some(mime) = image(&content) {
            return Ok(picture(&input.path, mime, content, cx.sees_images));
        }
        let Some(text) = text(&content) else {
            return Ok(ToolOutput::text(format!("{} is a binary file of {} bytes", input.path, content.len())));
        };
        let first = input.offset.unwrap_or(1).max(1);
        let shown = lines(text, number(first), input.limit.map_or(LINES, number).min(LINES))?;
        self.seen.saw(&cx.session, stamp);
        Ok(ToolOutput::text(shown))
    }
}

/// The text of a file, unless it is binary.
pub(super) fn text(content: &[u8]) -> Option<&str> {
    std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'))
}

fn image(content: &[u8]) -> Option<&'static str> {
    match content {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

fn picture(path: &str, mime: &str, content: Bytes, sees_images: bool) -> ToolOutput {
    if !sees_images {
        let size = content.len();
        return ToolOutput::text(format!("{path} is an image ({mime}, {size} bytes); this model sees no images"));
    }
    let note = Content::Text(format!("{path} ({mime})"));
    ToolOutput { content: vec![note, Content::Image(content)], ..ToolOutput::default() }
}

/// These lines, cut at the bound on bytes, with a word about what is missing.
fn lines(text: &str, first: usize, limit: usize) -> Result<String, ToolError> {
    let total = text.lines().count();
    if first > total.max(1) {
        return Err(ToolError::Failed(format!("the file has {total} lines, so there is no line {first}")));
    }
    let (mut shown, mut last) = (String::new(), first - 1);
    for line in text.split_inclusive('\n').skip(first - 1).take(limit) {
        let room = BYTES - shown.len();
        if line.len() > room {
            if shown.is_empty() {
                shown.push_str(line.get(..line.floor_char_boundary(room)).unwrap_or_default());
                last += 1;
                // A string takes whatever is written to it.
                let _ = write!(shown, "\n[line {last} is {} bytes long; its start is shown]", line.len());
            }
            break;
        }
        shown.push_str(line);
        last += 1;
    }
    if last < total {
        if !shown.ends_with('\n') {
            shown.push('\n');
        }
        let _ = write!(shown, "[lines {first} to {last} of {total}; go on with offset {}]", last + 1);
    }
    Ok(shown)
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_longer_than_the_bound_says_how_to_go_on() {
        let text = "x\n".repeat(2_500);
        let shown = lines(&text, 1, LINES).unwrap();
        assert!(shown.ends_with("x\n[lines 1 to 2000 of 2500; go on with offset 2001]"), "{}", &shown[3_990..]);
        assert_eq!(lines(&text, 2_500, LINES).unwrap(), "x\n");
        assert_eq!(
            lines(&text, 2_501, LINES).unwrap_err().to_string(),
            "the file has 2500 lines, so there is no line 2501"
        );
    }

    #[test]
    fn one_endless_line_is_cut_between_characters() {
        let shown = lines(&"é".repeat(40_000), 1, LINES).unwrap();
        assert!(shown.ends_with("é\n[line 1 is 80000 bytes long; its start is shown]"));
    }

    #[test]
    fn an_empty_file_is_empty_and_no_error() {
        assert_eq!(lines("", 1, LINES).unwrap(), "");
    }

    proptest! {
        #[test]
        fn reading_on_from_each_notice_gives_the_whole_file(text in "([a-z€]{0,9}\n){0,40}", limit in 1_usize..7) {
            let (mut whole, mut first) = (String::new(), 1);
            let total = text.lines().count();
            while first <= total {
                let shown = lines(&text, first, limit).unwrap();
                whole.push_str(shown.rsplit_once("[lines").map_or(shown.as_str(), |(lines, _)| lines));
                first += limit;
            }
            prop_assert_eq!(whole, text);
        }
    }
}
