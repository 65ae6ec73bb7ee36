//! `clawdbot doctor`: looks for what is wrong with this installation and says what to do. Changes nothing, unless it is
//! asked to write the keys of an older version where they belong now.

use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;

use anyhow::Result;
use config::{Base, ConfigFile, Snapshot, WriteError};
use serde::Serialize;
use serde_json::json;
use store::Lease;

use crate::config::{BindMode, GatewaySection, TailscaleMode};
use crate::context::Context;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write the keys of an older version where they belong now; the file as it was stays beside it as .bak
    #[arg(long, visible_alias = "repair")]
    fix: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Ask nothing (this command never does)
    #[arg(long)]
    non_interactive: bool,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Ok,
    Note,
    Warning,
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    severity: Severity,
    message: String,
}

/// Room the state folder's disk should have: less, and the journal may soon be refused.
const LITTLE_ROOM: u64 = 256 << 20;

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let file = context.config_file();
    let mut snapshot = file.load();
    let mut findings = Vec::new();
    if !snapshot.moved.is_empty() {
        findings.push(moved(&file, &snapshot, arguments.fix));
        snapshot = file.load();
    }
    findings.insert(0, config(&snapshot));
    let survey = file.schema().survey(&snapshot.effective);
    let names = |paths: &[config::ConfigPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !survey.unused.is_empty() {
        let message = format!("accepted, but not used by this release: {}", names(&survey.unused));
        findings.push(Finding { check: "unused keys", severity: Severity::Note, message });
    }
    if !survey.ours_alone.is_empty() {
        let message = format!("clawdbot 2026.1.24 refuses a file with these keys: {}", names(&survey.ours_alone));
        findings.push(Finding { check: "later keys", severity: Severity::Warning, message });
    }
    if snapshot.is_valid() {
        findings.push(auth(context, &snapshot)?);
        findings.extend(tailscale(&snapshot)?);
    }
    findings.extend(pairing(context));
    findings.extend(permissions(context));
    findings.push(holder(context));
    findings.extend(room(context));
    let is_well = findings.iter().all(|finding| finding.severity != Severity::Error);
    show(arguments, context, &findings, is_well);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(arguments: &Arguments, context: &Context, findings: &[Finding], is_well: bool) {
    let output = context.output.with_json(arguments.json);
    if output.json {
        output.value(&json!({"ok": is_well, "findings": findings}));
        return;
    }
    for finding in findings {
        let mark = match finding.severity {
            Severity::Ok => "ok",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        output.line(format!("{:8} {}: {}", mark, output.strong(finding.check), finding.message));
    }
}

fn config(snapshot: &Snapshot) -> Finding {
    let (severity, message) = match (snapshot.exists(), snapshot.is_valid()) {
        (false, _) => {
            (Severity::Note, format!("{} does not exist; run `clawdbot onboard` to write one", snapshot.path))
        }
        (true, true) => (Severity::Ok, format!("{} is valid", snapshot.path)),
        (true, false) => (Severity::Error, format!("{} is not valid:\n{}", snapshot.path, snapshot.issues)),
    };
    Finding { check: "config", severity, message }
}

/// Keys at the places of an older version, moved if that is wished.
fn moved(file: &ConfigFile, snapshot: &Snapshot, fix: bool) -> Finding {
    let (moved, path) = (&snapshot.moved, &snapshot.path);
    let found = |severity, message| Finding { check: "moved keys", severity, message };
    if !fix {
        let message =
            format!("they are read where they stand; run `clawdbot doctor --fix` to write them anew:\n{moved}");
        return found(Severity::Warning, message);
    }
    match file.write(&[], &Base::Whatever) {
        Ok(after) if after.moved.is_empty() => {
            found(Severity::Ok, format!("written anew, and {path}.bak holds the file as it was:\n{moved}"))
        }
        Ok(after) => {
            let message = "included files say something about these; move them by hand".to_owned();
            found(Severity::Warning, format!("{message}:\n{}", after.moved))
        }
        Err(WriteError::Invalid(issues)) => {
            found(Severity::Error, format!("nothing was written, because the file has other mistakes:\n{issues}"))
        }
        Err(error) => found(Severity::Error, error.to_string()),
    }
}

fn auth(context: &Context, snapshot: &Snapshot) -> Result<Finding> {
    let gateway: GatewaySection = crate::config::section(snapshot)?;
    let is_open = context.shared(&gateway).is_none();
    let is_remote = !matches!(gateway.bind, None | Some(BindMode::Loopback | BindMode::Auto));
    let (severity, message) = match (snapshot.exists(), is_open, is_remote) {
        (_, false, _) => (Severity::Ok, "clients must show a token or password".to_owned()),
        (false, true, _) => (Severity::Note, "a token is made at the first start".to_owned()),
        (true, true, true) => (
            Severity::Error,
            "gateway.bind opens the gateway to others and no gateway.auth.token is set: it will refuse to start; \
             run `clawdbot config set gateway.auth.token <TOKEN>`"
                .to_owned(),
        ),
        (true, true, false) => (
            Severity::Warning,
            "no gateway.auth.token is set: every program on this machine may speak to the gateway; \
             run `clawdbot config set gateway.auth.token <TOKEN>`"
                .to_owned(),
        ),
    };
    Ok(Finding { check: "auth", severity, message })
}

/// A wish that is accepted and not carried out must be known to whoever has it.
fn tailscale(snapshot: &Snapshot) -> Result<Option<Finding>> {
    let gateway: GatewaySection = crate::config::section(snapshot)?;
    Ok(gateway.tailscale.mode.and_then(TailscaleMode::wished).map(|mode| {
        let message =
            format!("gateway.tailscale.mode is not carried out by this release; run `tailscale {mode}` yourself");
        Finding { check: "tailscale", severity: Severity::Warning, message }
    }))
}

/// Who was let in, and who asks to be: a store that is broken lets nobody in until a person looks at it.
fn pairing(context: &Context) -> Vec<Finding> {
    let found = |problem: String| Finding {
        check: "pairing",
        severity: Severity::Error,
        message: format!("{problem}; until this file is mended or moved away, it lets nobody in"),
    };
    pairing::Pairing::broken(&context.places.state).into_iter().map(found).collect()
}

fn permissions(context: &Context) -> Vec<Finding> {
    let places = &context.places;
    let checked = [&places.state, &places.config, &places.state.join("credentials"), &places.database()];
    let mut findings = Vec::new();
    for path in checked {
        let Ok(found) = std::fs::metadata(path) else { continue };
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let wanted = if found.is_dir() { "700" } else { "600" };
            let message = format!("{path} can be read by others (mode {mode:o}); run `chmod {wanted} {path}`");
            findings.push(Finding { check: "permissions", severity: Severity::Warning, message });
        }
    }
    if findings.is_empty() {
        let message = "nobody else can read the state folder".to_owned();
        findings.push(Finding { check: "permissions", severity: Severity::Ok, message });
    }
    findings
}

fn holder(context: &Context) -> Finding {
    let message = match Lease::holder(&context.places.lease()) {
        Some(Some(pid)) => format!("process {pid} holds {}", context.places.state),
        Some(None) => format!("a process holds {}", context.places.state),
        None => "no gateway is running here".to_owned(),
    };
    Finding { check: "gateway", severity: Severity::Ok, message }
}

fn room(context: &Context) -> Option<Finding> {
    let found = rustix::fs::statvfs(context.places.state.as_path()).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let mib = free >> 20;
    let (severity, message) = if free < LITTLE_ROOM {
        (Severity::Warning, format!("only {mib} MiB are free on the disk of {}", context.places.state))
    } else {
        (Severity::Ok, format!("{mib} MiB are free"))
    };
    Some(Finding { check: "disk", severity, message })
}
