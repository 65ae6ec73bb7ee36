//! A tool call as a short line in the chat, for people who asked to see what the agent does. Pure.

use crate::shape::{self, Visible};

/// Characters of what a call is about.
const ABOUT: usize = 160;
/// Characters of a result.
const RESULT: usize = 1500;

/// The line of a call that begins.
pub(crate) fn called(name: &str, about: Option<&str>) -> Option<Visible> {
    shape::notice(&line(name, about))
}

/// What came of a call.
pub(crate) fn answered(name: &str, text: &str, is_error: bool) -> Option<Visible> {
    let (result, fence) = (cut(text.trim(), RESULT), "`".repeat(longest_ticks(text).max(2) + 1));
    let failed = if is_error { " failed" } else { "" };
    shape::notice(&format!("{}{failed}:\n{fence}\n{result}\n{fence}", line(name, None)))
}

fn line(name: &str, about: Option<&str>) -> String {
    let about = about.and_then(|about| about.trim().lines().next()).filter(|about| !about.is_empty());
    let about = about.map_or(String::new(), |about| {
        let ticks = "`".repeat(longest_ticks(about) + 1);
        format!(": {ticks}{}{ticks}", cut(about, ABOUT))
    });
    format!("{} {name}{about}", emoji(name))
}

fn emoji(name: &str) -> &'static str {
    match name {
        "exec" => "🛠️",
        "process" => "🧰",
        "read" => "📖",
        "write" => "✍️",
        "edit" | "apply_patch" => "📝",
        "message" => "✉️",
        "image" => "🖼️",
        "web_search" => "🔎",
        "web_fetch" => "📄",
        _ => "🧩",
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn longest_ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, about: Option<&str>) -> String {
        called(name, about).unwrap().as_str().to_owned()
    }

    #[test]
    fn a_call_is_one_short_line_whatever_it_is_about() {
        assert_eq!(shown("exec", Some("ls -l\nrm x")), "🛠️ exec: `ls -l`");
        assert_eq!(shown("exec", Some("echo `date`")), "🛠️ exec: ``echo `date```");
        assert_eq!(shown("sessions_list", None), "🧩 sessions_list");
        assert_eq!(shown("read", Some(&"x".repeat(300))).chars().count(), 160 + "📖 read: ``…".chars().count());
    }

    #[test]
    fn a_result_is_code_below_its_call_and_is_cut_when_it_is_long() {
        let of = |text: &str, is_error| answered("read", text, is_error).unwrap().as_str().to_owned();
        assert_eq!(of("<think>kept</think>\n", false), "📖 read:\n```\n<think>kept</think>\n```");
        assert_eq!(of("```\nx\n```", true), "📖 read failed:\n````\n```\nx\n```\n````");
        assert!(of(&"x".repeat(9000), false).chars().count() < 1600);
    }
}
