//! One way out of the machine: whoever opens a connection of their own goes past the rules of `net`.

use anyhow::Result;

use super::{Finding, source::Tree};

/// Who may: the way out, and the client of our own gateway.
const DOORS: [&str; 2] = ["crates/base/net", "crates/surface/client"];

/// What opens connections, by package.
const PACKAGES: [&str; 2] = ["reqwest", "tokio-tungstenite"];

/// What opens connections, in code.
const CALLS: [&str; 8] = [
    "reqwest::",
    "tokio_tungstenite::",
    "TcpStream::connect",
    "TcpSocket::",
    "UnixStream::connect",
    "hyper::client",
    "hyper_util::client",
    ".send_to(",
];

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let is_inside = |place: &str| {
        ["crates/", "adapters/"].iter().any(|layer| place.starts_with(layer))
            && !DOORS.iter().any(|door| place.starts_with(door))
    };
    let mut findings = Vec::new();
    for file in tree.rust.iter().filter(|file| is_inside(&file.path) && !file.is_test()) {
        for call in opened(file.production()) {
            let message = format!("`{call}`: let `net` make the request, with its egress stated");
            findings.push(Finding::new("egress", file.path.clone(), message));
        }
    }
    for package in tree.crates.iter().filter(|package| is_inside(&package.folder())) {
        let used = package.dependencies.iter().filter(|it| it.kind.is_none() && PACKAGES.contains(&it.name.as_str()));
        for dependency in used {
            let message = format!("depends on {}: only `net` and `client` open connections", dependency.name);
            findings.push(Finding::new("egress", package.folder(), message));
        }
    }
    Ok(findings)
}

/// The calls in lines that do something.
fn opened(text: &str) -> impl Iterator<Item = &'static str> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
    CALLS.into_iter().filter(move |call| lines.iter().any(|line| line.contains(call)))
}

#[cfg(test)]
mod held {
    use super::opened;

    #[test]
    fn a_connection_opened_in_code_is_found_and_one_told_of_in_a_comment_is_not() {
        let text = "// as reqwest::get would\nlet socket = TcpStream::connect(address).await?;\n";
        assert_eq!(opened(text).collect::<Vec<_>>(), ["TcpStream::connect"]);
    }
}
