//! The local time zone: that of TZ, or of the machine, found as the C library finds it.

use super::posix;
use jiff::tz::TimeZone;
use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The zone of the machine, where TZ is not set.
const LOCALTIME: &str = "/etc/localtime";

/// Where zones have their names, unless TZDIR says otherwise.
const ZONEINFO: &str = "/usr/share/zoneinfo";

/// No zone comes near this; what TZ names need not be one.
const LONGEST_FILE: u64 = 1 << 20;

pub fn local() -> TimeZone {
    let directory = env::var_os("TZDIR").filter(|directory| !directory.is_empty());
    let directory = directory.as_deref().unwrap_or(OsStr::new(ZONEINFO));
    find(env::var_os("TZ").as_deref(), Path::new(directory))
}

/// A colon before a name means nothing. A file comes before a rule; what is neither is UTC.
fn find(tz: Option<&OsStr>, directory: &Path) -> TimeZone {
    let name = tz.map_or(LOCALTIME.as_bytes(), OsStr::as_bytes);
    let name = name.strip_prefix(b":").unwrap_or(name);
    // An absolute name takes the place of the directory.
    file(&directory.join(OsStr::from_bytes(name)))
        .or_else(|| posix::zone(name))
        .unwrap_or(TimeZone::UTC)
}

fn file(path: &Path) -> Option<TimeZone> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LONGEST_FILE).read_to_end(&mut bytes).ok()?;
    TimeZone::tzif("", &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    /// The smallest file of a zone: one kind of time, an hour before UTC, and no changes.
    const ZONE: &[u8] = b"TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x04\0\0\x0e\x10\0\0ONE\0";

    #[test]
    fn a_zone_is_a_file_or_a_rule_or_utc() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        std::fs::create_dir_all(directory.join("Some")).unwrap();
        for name in ["Some/Where", "UTC5"] {
            std::fs::write(directory.join(name), ZONE).unwrap();
        }
        let absolute = directory.join("Some/Where").into_os_string();
        let table: &[(&[u8], i32)] = &[
            (b"Some/Where", 3600),
            (b":Some/Where", 3600),
            (b"Some//Where", 3600),
            (b"Some/../Some/Where", 3600),
            (absolute.as_bytes(), 3600),
            (b"UTC5", 3600),
            (b"UTC6", -21600),
            (b":UTC6", -21600),
            (b"::UTC6", 0),
            (b"", 0),
            (b":", 0),
            (b"Some", 0),
            (b"some/where", 0),
            (b"Some/Where ", 0),
            (b"/Some/Where", 0),
            (b"/dev/null", 0),
            (b"/dev/zero", 0),
            (b"/etc/passwd", 0),
            (b"\xff", 0),
        ];
        for (name, expected) in table {
            let zone = find(Some(OsStr::from_bytes(name)), directory);
            let seconds = zone.to_offset(Timestamp::UNIX_EPOCH).seconds();
            assert_eq!(seconds, *expected, "{}", name.escape_ascii());
        }
    }
}
