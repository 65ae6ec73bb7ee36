//! From the parts of a reply to the messages a network shows it in. Pure.
//!
//! Pictures and videos that follow each other are one album where the network has albums; a short text before a file
//! stands below it as its caption.

use ids::AgentId;

use crate::{Part, chunk, outbox::Body};

/// What one message of the network may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    pub(crate) text: usize,
    pub(crate) caption: usize,
    /// Below 2 where there are no albums.
    pub(crate) album: usize,
}

/// The messages. Without an agent there are no files: nobody says whose they are.
pub(crate) fn compose(parts: Vec<Part>, agent: Option<&AgentId>, room: Room) -> Vec<Body> {
    let mut bodies = Vec::new();
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        let mut paths = Vec::new();
        let mut text = String::new();
        match part {
            Part::Text(said) => text.push_str(said.as_str()),
            Part::Media(path) => paths.push(path),
        }
        while let Some(Part::Media(path)) = parts.next_if(|part| matches!(part, Part::Media(_))) {
            paths.push(path);
        }
        let files = agent.map(|agent| files(paths, agent, room.album)).unwrap_or_default();
        bodies.extend(with_caption(text, files, room));
    }
    bodies
}

/// The text below the first file, if it fits there, else before it.
fn with_caption(text: String, mut files: Vec<Body>, room: Room) -> Vec<Body> {
    let fits = text.encode_utf16().count() <= room.caption;
    if let (true, Some(Body::File { caption, .. } | Body::Album { caption, .. })) = (fits, files.first_mut()) {
        *caption = text;
        return files;
    }
    let pieces = if text.is_empty() { Vec::new() } else { chunk(&text, room.text) };
    pieces.into_iter().map(|markdown| Body::Text { markdown }).chain(files).collect()
}

fn files(paths: Vec<String>, agent: &AgentId, most: usize) -> Vec<Body> {
    let mut bodies = Vec::new();
    let mut paths = paths.into_iter().peekable();
    while let Some(path) = paths.next() {
        let mut together = vec![path];
        if together.iter().all(|path| looks_showable(path)) {
            while together.len() < most
                && let Some(path) = paths.next_if(|path| looks_showable(path))
            {
                together.push(path);
            }
        }
        let (agent, caption) = (agent.clone(), String::new());
        bodies.push(match <[String; 1]>::try_from(together) {
            Ok([path]) => Body::File { path, agent, caption },
            Err(paths) => Body::Album { paths, agent, caption },
        });
    }
    bodies
}

/// Whether a file of that name is shown in an album; what it really is shows when it leaves.
fn looks_showable(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    name.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "jpg" | "jpeg" | "png" | "webp" | "mp4"))
}

/// Whether the file is shown in an album.
pub(crate) fn is_showable(mime: &str) -> bool {
    matches!(mime, "image/jpeg" | "image/png" | "image/webp" | "video/mp4")
}

/// The files of an album, each alone; the caption stays with the first.
pub(crate) fn apart(paths: &[String], agent: &AgentId, caption: &str) -> Vec<Body> {
    let alone = |(number, path): (usize, &String)| {
        let caption = if number == 0 { caption.to_owned() } else { String::new() };
        Body::File { path: path.clone(), agent: agent.clone(), caption }
    };
    paths.iter().enumerate().map(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;

    const ROOM: Room = Room { text: 100, caption: 20, album: 3 };

    fn shown(raw: &str, room: Room) -> Vec<String> {
        let agent = AgentId::main();
        let of = |body: Body| match body {
            Body::Text { markdown } => format!("text {markdown}"),
            Body::File { path, caption, .. } => format!("file {path} “{caption}”"),
            Body::Album { paths, caption, .. } => format!("album {} “{caption}”", paths.join(" ")),
            Body::Reaction { .. } => "no part of a reply".to_owned(),
        };
        compose(shape(raw, None), Some(&agent), room).into_iter().map(of).collect()
    }

    #[test]
    fn pictures_and_videos_in_a_row_are_one_album_and_other_files_stand_alone() {
        let raw = "MEDIA:a.png\nMEDIA:b/c.JPG\nMEDIA:d.pdf\nMEDIA:e.mp4";
        assert_eq!(shown(raw, ROOM), ["album a.png b/c.JPG “”", "file d.pdf “”", "file e.mp4 “”"]);
    }

    #[test]
    fn an_album_holds_no_more_than_the_network_shows_together() {
        let raw = "MEDIA:1.png\nMEDIA:2.png\nMEDIA:3.png\nMEDIA:4.png";
        assert_eq!(shown(raw, ROOM), ["album 1.png 2.png 3.png “”", "file 4.png “”"]);
        let without = Room { album: 0, ..ROOM };
        assert_eq!(shown("MEDIA:1.png\nMEDIA:2.png", without), ["file 1.png “”", "file 2.png “”"]);
    }

    #[test]
    fn a_short_text_stands_below_the_first_file_and_a_long_one_before_it() {
        assert_eq!(shown("Look:\nMEDIA:1.png\nMEDIA:2.png", ROOM), ["album 1.png 2.png “Look:”"]);
        let long = "a text of more than twenty characters";
        assert_eq!(shown(&format!("{long}\nMEDIA:1.png"), ROOM), [format!("text {long}"), "file 1.png “”".to_owned()]);
    }
}
