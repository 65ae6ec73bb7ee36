//! What becomes of a tool's output: text cut in the middle for the model and whole in a file, pictures made as small as
//! vendors take them, with its details for screens.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use media::{Bounds, shrink};
use serde_json::value::to_raw_value;
use sessions::Part;
use stdx::{AbsPath, Disk, Pool};
use tool::{Content, ToolError, ToolOutput};

use super::Finished;

/// Most bytes of text the model gets of one result.
pub(crate) const MOST: usize = 30 << 10;
/// Details are for screens and stay in the transcript: beyond this they are left out.
const MOST_DETAILS: usize = 64 << 10;

/// Where long results are kept whole.
#[derive(Debug, Clone)]
pub(crate) struct Spill {
    pub disk: Arc<dyn Disk>,
    pub folder: AbsPath,
}

/// `pictures` are made smaller where nothing else waits.
pub(crate) async fn finish(
    id: &Arc<str>,
    name: &Arc<str>,
    outcome: Result<ToolOutput, ToolError>,
    spill: &Spill,
    pictures: &Pool,
) -> Finished {
    let output = match outcome {
        Ok(output) => output,
        Err(error) => {
            let text = cut(&error.to_string(), id, spill);
            return Finished { was_cancelled: error == ToolError::Cancelled, ..Finished::failed(id, name, text) };
        }
    };
    let mut content = Vec::new();
    let mut text = String::new();
    let mut add = |more: &str| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    };
    for part in output.content {
        match part {
            Content::Text(more) => add(&more),
            Content::Image(picture) => match shown(picture, pictures).await {
                Ok(picture) => content.push(picture),
                Err(why) => add(&format!("[the picture cannot be shown: {why}]")),
            },
        }
    }
    if !text.is_empty() || content.is_empty() {
        let text = if text.trim().is_empty() { "(no output)" } else { text.as_str() };
        content.insert(0, Part::text(cut(text, id, spill)));
    }
    let details = (!output.details.is_empty()).then(|| to_raw_value(&output.details).ok()).flatten();
    let details = details.filter(|raw| raw.get().len() <= MOST_DETAILS).map(Arc::from);
    Finished {
        id: Arc::clone(id),
        name: Arc::clone(name),
        content,
        details,
        is_error: output.is_error,
        was_cancelled: false,
    }
}

/// The picture as every vendor takes it, or why there is none.
async fn shown(picture: Bytes, pool: &Pool) -> Result<Part, String> {
    let made =
        pool.run(move || shrink(&picture, Bounds::MODEL).map(|small| (STANDARD.encode(&small.content), small.mime)));
    let (data, mime) = made.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    Ok(Part::Image { data: data.into(), mime_type: mime.into() })
}

/// The text, or its beginning and end around a line that says where the whole is.
fn cut(text: &str, id: &str, spill: &Spill) -> String {
    let Some((head, left_out, tail)) = around_the_middle(text, MOST) else { return text.to_owned() };
    let mut kept = String::with_capacity(MOST + 256);
    kept.push_str(head);
    let whole = match keep(text, id, spill) {
        Ok(path) => format!("the whole text is in {path}"),
        Err(error) => format!("the whole text could not be kept: {error}"),
    };
    // Writing to a text cannot fail.
    let _infallible = write!(kept, "\n\n[… {left_out} bytes left out; {whole} …]\n\n");
    kept.push_str(tail);
    kept
}

/// Beginning, number of bytes between, and end; `None` when all of it fits.
fn around_the_middle(text: &str, most: usize) -> Option<(&str, usize, &str)> {
    if text.len() <= most {
        return None;
    }
    let mut head = most / 2;
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    let mut tail = text.len() - most / 2;
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    // Cutting at line ends, where one is near, keeps lines whole.
    let head = text.get(..head)?.rfind('\n').filter(|at| head - at < 400).map_or(head, |at| at + 1);
    let tail = text.get(tail..)?.find('\n').filter(|at| *at < 400).map_or(tail, |at| tail + at + 1);
    Some((text.get(..head)?, tail - head, text.get(tail..)?))
}

/// Files older than this are nobody's any more.
const KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

impl Spill {
    /// Takes old files away. What cannot be looked at or removed stays.
    pub(crate) fn tidy(&self, now_ms: i64) {
        for name in self.disk.list(&self.folder).unwrap_or_default() {
            let path = self.folder.join(name);
            if self.disk.stat(&path).is_ok_and(|stat| stat.modified_ms < now_ms - KEPT_MS)
                && let Err(error) = self.disk.remove(&path)
            {
                tracing::warn!(%path, %error, "an old tool result could not be removed");
            }
        }
    }
}

fn keep(text: &str, id: &str, spill: &Spill) -> io::Result<AbsPath> {
    let name: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-').take(80).collect();
    let path = spill.folder.join(format!("{name}.txt"));
    spill.disk.replace(&path, &mut |to| to.write_all(text.as_bytes()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stdx::MemoryDisk;

    fn spill() -> Spill {
        Spill { disk: Arc::new(MemoryDisk::new()), folder: AbsPath::new("/spill").unwrap() }
    }

    fn text_of(finished: &Finished) -> String {
        finished
            .content
            .iter()
            .filter_map(|part| match part {
                Part::Text { text, .. } => Some(text.to_string()),
                _ => None,
            })
            .collect()
    }

    async fn finished(outcome: Result<ToolOutput, ToolError>, spill: &Spill) -> Finished {
        finish(&"t/1".into(), &"exec".into(), outcome, spill, &Pool::inline()).await
    }

    #[tokio::test]
    async fn a_long_result_is_cut_in_the_middle_and_kept_whole_in_a_file() {
        let spill = spill();
        let text = (0..9000).map(|line| format!("line {line}\n")).collect::<String>();
        let finished = finished(Ok(ToolOutput::text(text.clone())), &spill).await;
        let shown = text_of(&finished);
        assert!(shown.starts_with("line 0\n") && shown.ends_with("line 8999\n") && shown.len() < MOST + 300);
        assert!(shown.contains("the whole text is in /spill/t1.txt"), "{shown}");
        let kept = spill.disk.read(&AbsPath::new("/spill/t1.txt").unwrap(), 0, usize::MAX >> 1).unwrap();
        assert_eq!(kept, text.as_bytes());
    }

    #[tokio::test]
    async fn nothing_to_say_is_said() {
        assert_eq!(text_of(&finished(Ok(ToolOutput::default()), &spill()).await), "(no output)");
        let failed = finished(Err(ToolError::Failed("exit 1".into())), &spill()).await;
        assert!(failed.is_error && text_of(&failed) == "exit 1");
    }

    fn png(width: u32, height: u32) -> Bytes {
        let picture =
            image::RgbaImage::from_fn(width, height, |x, y| image::Rgba([(x % 251) as u8, (y % 251) as u8, 7, 128]));
        let mut file = io::Cursor::new(Vec::new());
        picture.write_to(&mut file, image::ImageFormat::Png).unwrap();
        file.into_inner().into()
    }

    fn picture(content: Bytes) -> ToolOutput {
        ToolOutput { content: vec![Content::Text("wide.png".into()), Content::Image(content)], ..ToolOutput::default() }
    }

    #[tokio::test]
    async fn a_picture_of_twelve_thousand_pixels_is_shown_as_small_as_vendors_take_it() {
        let finished = finished(Ok(picture(png(12_000, 60))), &spill()).await;
        let [Part::Text { text, .. }, Part::Image { data, mime_type }] = finished.content.as_slice() else {
            panic!("{finished:?}")
        };
        assert_eq!((&**text, &**mime_type), ("wide.png", "image/png"));
        let shown = image::load_from_memory(&STANDARD.decode(&**data).unwrap()).unwrap();
        assert_eq!((shown.width(), shown.height()), (2_000, 10));
    }

    #[tokio::test]
    async fn a_torn_picture_becomes_words_that_say_so() {
        let whole = png(300, 300);
        let finished = finished(Ok(picture(whole.slice(..whole.len() / 2))), &spill()).await;
        assert_eq!(finished.content.len(), 1);
        let text = text_of(&finished);
        assert!(text.starts_with("wide.png\n[the picture cannot be shown: ") && !finished.is_error, "{text}");
    }

    proptest! {
        #[test]
        fn a_cut_never_breaks_a_character_and_counts_what_it_left_out(text in "[aä€😀\n]{0,300}", most in 8usize..120) {
            if let Some((head, left_out, tail)) = around_the_middle(&text, most) {
                prop_assert_eq!(head.len() + left_out + tail.len(), text.len());
                prop_assert!(head.len() + tail.len() <= most);
                prop_assert!(text.starts_with(head) && text.ends_with(tail));
            } else {
                prop_assert!(text.len() <= most);
            }
        }
    }
}
