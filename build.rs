//! Links the unwinder into the program where the linker's compiler has it as an archive. To load libgcc_s.so.1 takes a
//! tenth of the time of a short command; without the archive the program is the same and does just that.

use std::env;
use std::path::PathBuf;
use std::process::Command;

const ARCHIVE: &str = "libgcc_eh.a";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let is_glibc = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|libc| libc == "gnu");
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let is_static = features.split(',').any(|feature| feature == "crt-static");
    let Some(archive) = archive().filter(|_| is_glibc && !is_static) else {
        return;
    };
    if let Some(directory) = archive.parent() {
        println!("cargo::rustc-link-search=native={}", directory.display());
        println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=gcc_eh");
    }
}

/// Where the archive is. A compiler that has none says just its name.
fn archive() -> Option<PathBuf> {
    let compiler = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let asked = format!("-print-file-name={ARCHIVE}");
    let said = Command::new(compiler).arg(asked).output().ok()?;
    let path = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim_end());
    path.is_absolute().then_some(path)
}
