//! A home folder for one test, and the binary called in it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_clawdbot");

#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
}

/// What a call said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join(".clawdbot/clawdbot.json")
    }

    pub(crate) fn write_config(&self, text: &str) {
        std::fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        std::fs::write(self.config(), text).unwrap();
    }

    pub(crate) fn read_config(&self) -> String {
        std::fs::read_to_string(self.config()).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words).env_clear().env("HOME", self.folder.path()).env("TMPDIR", self.folder.path());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Calls the binary and waits for its end.
    pub(crate) fn call(&self, words: &[&str]) -> Said {
        self.call_with(words, &[])
    }

    pub(crate) fn call_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Said {
        let output = self.command(words).envs(variables.iter().copied()).output().unwrap();
        let Output { status, stdout, stderr } = output;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { ok: status.success(), out: text(stdout), err: text(stderr) }
    }

    /// Starts a gateway on a free port and waits for its line.
    pub(crate) fn gateway(&self) -> Gateway {
        let mut child =
            self.command(&["gateway", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Gateway { child, line: line.trim().to_owned() }
    }
}

/// A gateway that ends with its owner.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    /// What it printed when it was up.
    pub(crate) line: String,
}

impl Gateway {
    pub(crate) fn port(&self) -> &str {
        self.line.split(['/', ':']).nth(4).unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may be gone already.
        let _gone = self.child.kill().and_then(|()| self.child.wait().map(drop));
    }
}
