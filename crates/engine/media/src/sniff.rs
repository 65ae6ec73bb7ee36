//! What a file is, by its content.
//!
//! A claim counts only where the content says nothing and the claim is harmless: nothing is a picture, a sound or a
//! film because somebody says so.

use channel::MediaKind;
use infer::MatcherType;

use crate::Sniffed;

const UNKNOWN: &str = "application/octet-stream";
/// Longest extension that is taken from a name.
const EXTENSION: usize = 8;

/// What the content is; `claimed` and `name` are the sender's.
#[must_use]
pub fn sniff(content: &[u8], claimed: Option<&str>, name: Option<&str>) -> Sniffed {
    let claimed = claimed.map(|claim| claim.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let claimed = claimed.filter(|claim| claim.contains('/'));
    let named = name.and_then(extension_of);
    if let Some(found) = infer::get(content) {
        let kind = match found.matcher_type() {
            MatcherType::Image => MediaKind::Image,
            MatcherType::Audio => MediaKind::Audio,
            MatcherType::Video => MediaKind::Video,
            _ => MediaKind::Document,
        };
        // Many formats are archives inside; the claim tells them apart.
        let inside =
            claimed.filter(|claim| found.mime_type() == "application/zip" && claim.starts_with("application/"));
        return match inside {
            Some(mime) => Sniffed { kind, mime, extension: named.unwrap_or_else(|| "zip".to_owned()) },
            None => Sniffed { kind, mime: found.mime_type().to_owned(), extension: found.extension().to_owned() },
        };
    }
    let is_text = std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0'));
    let harmless = claimed.filter(|claim| {
        let is_media = ["image/", "audio/", "video/"].iter().any(|kind| claim.starts_with(kind));
        !is_media && (is_text || !claim.starts_with("text/"))
    });
    let mime = harmless.unwrap_or_else(|| if is_text { "text/plain" } else { UNKNOWN }.to_owned());
    let usual = if mime.starts_with("text/") { "txt" } else { "bin" };
    Sniffed { kind: MediaKind::Document, mime, extension: named.unwrap_or_else(|| usual.to_owned()) }
}

fn extension_of(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    let fits = (1..=EXTENSION).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &[u8], claimed: &str, name: &str) -> (MediaKind, String, String) {
        let found = sniff(content, Some(claimed), Some(name));
        (found.kind, found.mime, found.extension)
    }

    fn document(mime: &str, extension: &str) -> (MediaKind, String, String) {
        (MediaKind::Document, mime.to_owned(), extension.to_owned())
    }

    #[test]
    fn the_content_counts_more_than_the_claim() {
        let jpeg = (MediaKind::Image, "image/jpeg".to_owned(), "jpg".to_owned());
        assert_eq!(of(b"\xff\xd8\xff\xe0aaaaaaaaaa", "application/pdf", "x.pdf"), jpeg);
        assert_eq!(of(b"%PDF-1.7", "image/png", "x.png"), document("application/pdf", "pdf"));
    }

    #[test]
    fn nothing_is_a_picture_because_somebody_says_so() {
        assert_eq!(of(b"<svg onload=x>", "image/svg+xml", "x.svg"), document("text/plain", "svg"));
        assert_eq!(of(b"\x00\x01\x02", "image/png", "x.png"), document(UNKNOWN, "png"));
    }

    #[test]
    fn texts_and_archives_keep_what_their_sender_called_them() {
        assert_eq!(of(b"a,b\n", "text/csv; charset=utf-8", "t.CSV"), document("text/csv", "csv"));
        assert_eq!(of(b"hi", "", "notes"), document("text/plain", "txt"));
        assert_eq!(of(b"\x00\xff", "text/plain", "x.../etc"), document(UNKNOWN, "bin"));
    }
}
