//! Links the program with its addresses packed, where the system that builds it can also load such a program: half a
//! megabyte that would stay in memory is not there.

use std::process::Command;

/// The first release of the GNU C library that loads packed addresses.
const GLIBC: (u32, u32) = (2, 36);

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script what it builds for in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_native = variable("HOST") == variable("TARGET") && variable("TARGET").ends_with("-linux-gnu");
    if is_native && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library here.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
