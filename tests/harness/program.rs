//! The two programs that are compared.

use std::ffi::OsString;
use std::process::Command;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug)]
pub enum Program {
    Reference,
    Ours,
}

const REFERENCE_VERSION: &str = "conntrack v1.4.9 (conntrack-tools)";

impl Program {
    /// Panics where there is no reference: trials that need it ask `missing_reference` first.
    pub fn path(self) -> OsString {
        match self {
            Self::Reference => REFERENCE.clone().expect("conntrack 1.4.9"),
            Self::Ours => stand_in().unwrap_or_else(|| env!("CARGO_BIN_EXE_conntrack").into()),
        }
    }
}

/// Lets the harness check itself: 1.4.9 must agree with 1.4.9.
pub fn stand_in() -> Option<OsString> {
    std::env::var_os("CONNTRACK_UNDER_TEST")
}

/// Why there is nothing to compare with.
pub fn missing_reference() -> Option<&'static str> {
    REFERENCE.as_ref().err().map(String::as_str)
}

static REFERENCE: LazyLock<Result<OsString, String>> = LazyLock::new(|| {
    let named = std::env::var_os("CONNTRACK_REFERENCE");
    let path = named.unwrap_or_else(|| "conntrack".into());
    // Programs run in directories of their own; what stands on PATH does not care.
    let path = std::fs::canonicalize(&path).map_or(path, OsString::from);
    let output = Command::new(&path).arg("-V").output().map_err(|error| {
        format!(
            "no conntrack 1.4.9 to compare with: {}: {error}",
            path.to_string_lossy()
        )
    })?;
    if output.stdout.starts_with(REFERENCE_VERSION.as_bytes()) {
        Ok(path)
    } else {
        Err(format!("{} is not conntrack 1.4.9", path.to_string_lossy()))
    }
});
