//! Where it was measured: the kind of machine, never its name.

use std::fs;

/// For example `2 cores of an AMD EPYC, 24 GiB, Linux 6.18`.
pub(crate) fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&processors, "model name").unwrap_or("an unnamed processor");
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: f64 = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0.0);
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    let release: Vec<&str> = release.split(['.', '-']).take(2).collect();
    format!(
        "{cores} cores of {model}, {:.0} GiB, {} {}",
        kib / 1_048_576.0,
        system.sysname().to_string_lossy(),
        release.join(".")
    )
}

/// How busy it was: the load average over one minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Whether other work on the machine had to stand back.
pub(crate) fn is_preferred() -> bool {
    rustix::process::getpriority_process(None).is_ok_and(|nice| nice < 0)
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}
