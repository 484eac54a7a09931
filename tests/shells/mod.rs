//! Command lines that bash, zsh and fish complete with what `--generate` writes for them, each in its own interpreter.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::program::Program;
use crate::harness::trials::{self, Group};

/// A shell, and how it is asked.
struct Shell {
    name: &'static str,
    generate: &'static str,
    /// What keeps it from reading what its user has set up.
    bare: &'static [&'static str],
    /// Called with the script, the line and a directory.
    probe: &'static str,
    missing: &'static str,
    installed: Installed,
    /// What only this one completes so.
    own: &'static [(&'static str, &'static str)],
}

/// How a shell finds the script by itself once it is needed.
struct Installed {
    /// Where the script is kept then.
    script: &'static str,
    /// The file without which it does not, and what is said where that is missing.
    needs: Option<(&'static str, &'static str)>,
}

/// The script where it is sourced.
const SOURCED: &str = "sourced";

const SHELLS: [Shell; 3] = [
    Shell {
        name: "bash",
        generate: "complete-bash",
        bare: &["--noprofile", "--norc"],
        probe: "probe.bash",
        missing: "no bash to complete lines with",
        installed: Installed {
            script: "installed/completions/conntrack",
            needs: Some((
                "/usr/share/bash-completion/bash_completion",
                "no bash-completion to load completions with",
            )),
        },
        own: &[
            // What stands behind the last of these is a word of its own to readline.
            ("-L -p tcp --state=EST", "ESTABLISHED"),
            ("-L -s fe80:", ":1"),
        ],
    },
    Shell {
        name: "zsh",
        generate: "complete-zsh",
        bare: &["-f"],
        probe: "probe.zsh",
        missing: "no zsh to complete lines with",
        installed: Installed {
            script: "installed/_conntrack",
            needs: None,
        },
        own: &[
            ("-L -p tcp --state=EST", "--state=ESTABLISHED"),
            ("-L -s fe80:", "fe80::1"),
        ],
    },
    Shell {
        name: "fish",
        generate: "complete-fish",
        bare: &["--no-config"],
        probe: "probe.fish",
        missing: "no fish to complete lines with",
        installed: Installed {
            script: "installed/conntrack.fish",
            needs: None,
        },
        own: &[
            ("-L -p tcp --state=EST", "--state=ESTABLISHED"),
            ("-L -s fe80:", "fe80::1"),
        ],
    },
];

/// What stands behind `conntrack `, and all that it is completed with.
#[rustfmt::skip]
const LINES: [(&str, &str); 44] = [
    // Commands, as words and as letters.
    ("", "add count create delete dump event expect flush get help list load stats update version"),
    ("l", "list load"),
    ("-L", "-L"),
    ("--ge", "--generate --get"),
    ("--dry-run --v", "--version"),
    ("'' --v", "--version"),
    ("expect ", "count create delete dump event flush get help list stats version"),
    ("help d", "delete"),

    // Tables.
    ("-L ", "conntrack dying expect unconfirmed"),
    ("list d", "dying"),
    ("-D ", "conntrack expect"),
    ("-A ", "conntrack"),
    ("-V ", ""),

    // Options of the command, of the table and of the protocol.
    ("-L -p tcp --st", "--state --status"),
    ("list --pro", "--protonum"),
    ("list --he", "--help"),
    ("-L --he", ""),
    ("-L expect -", "--family --netns --output -f -o"),
    ("-X -L --", "--family --netns --output"),
    ("load table -", "--dry-run --help --netns --output -o"),
    ("-L -p icmp --icmp", "--icmp-code --icmp-id --icmp-type"),
    ("-L -p icmp --dp", ""),
    ("-L --dp", "--dport"),
    ("-L -p '' --dp", "--dport"),
    ("-p icmp -L --sp", ""),
    ("-p icmp,tcp -L --sp", "--sport"),
    ("-I -", "--dst --dst-nat --dport --dstkey --expect --icmp-code --icmp-id --icmp-type --icmpv6-code --icmpv6-id --icmpv6-type --label-add --mark --netns --orig-dst --orig-key-dst --orig-key-src --orig-port-dst --orig-port-src --orig-src --orig-vtag --orig-zone --protonum --reply-dst --reply-key-dst --reply-key-src --reply-port-dst --reply-port-src --reply-src --reply-vtag --reply-zone --role --sport --src --src-nat --srckey --state --status --timeout --zone -X -d -g -m -n -p -q -r -s -t -u -w"),

    // Values.
    ("-L -p tcp --state ", "CLOSE CLOSE_WAIT ESTABLISHED FIN_WAIT LAST_ACK NONE SYN_RECV SYN_SENT SYN_SENT2 TIME_WAIT"),
    ("-L --protonum=dccp --state ", "CLOSEREQ CLOSING IGNORE INVALID NONE OPEN PARTOPEN REQUEST RESPOND TIMEWAIT"),
    ("-L -psctp --state HEART", "HEARTBEAT_ACKED HEARTBEAT_SENT"),
    ("-L --state CLOSE", "CLOSE CLOSED CLOSEREQ CLOSE_WAIT"),
    ("-Lp ", "dccp gre icmp icmpv6 sctp tcp udp udplite"),
    ("-Lpud", "-Lpudp -Lpudplite"),
    ("-L -p tcp,ud", "tcp,udp tcp,udplite"),
    ("-L -u ", "ASSURED EXPECTED FIXED_TIMEOUT HW_OFFLOAD OFFLOAD SEEN_REPLY UNREPLIED UNSET"),
    ("-I -u UN", "UNSET"),
    ("-L -o ", "extended id json ktimestamp labels mark save table timestamp userspace xml"),
    ("-C -o ", "json"),
    ("-E -o t", "timestamp"),
    ("-L --sort-by -b", "-bytes"),
    ("-D -s 19", "192.0.2.2"),
    ("-R ta", "table"),
    ("-L -M ta", "table"),
    ("--generate ", "complete-bash complete-fish complete-zsh man"),
];

/// Addresses that do not depend on the machine.
const IP: &str = "#!/bin/sh
echo '1: lo    inet 127.0.0.1/8 scope host lo'
echo '2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0'
echo '2: eth0    inet6 fe80::1/64 scope link'
";

pub fn groups() -> Vec<Group> {
    SHELLS.iter().flat_map(of_shell).collect()
}

/// The trials of lines, and the one that the shell finds the script.
fn of_shell(shell: &'static Shell) -> [Group; 2] {
    let name = format!("shells::{}", shell.name);
    let found = Command::new(shell.name).arg("--version").output();
    let missing = found.is_err().then_some(shell.missing);
    let Installed { script, needs } = shell.installed;
    let lines = LINES.iter().chain(shell.own);
    let sourced = |&(line, expected): &(&'static str, &'static str)| {
        let run = move || completes(shell, SOURCED, line, expected);
        trials::trial(format!("{name}: {line}"), line.to_owned(), run)
    };
    let installed = || completes(shell, script, "-L --state LAST", "LAST_ACK");
    let installed = trials::trial(format!("{name}, installed"), script.to_owned(), installed);
    let needed = needs.filter(|(file, _)| !Path::new(file).exists());
    [
        Group {
            name: name.clone(),
            missing,
            trials: lines.map(sourced).collect(),
        },
        Group {
            name: format!("{name}, installed"),
            missing: missing.or(needed.map(|(_, missing)| missing)),
            trials: vec![installed],
        },
    ]
}

fn completes(shell: &Shell, script: &str, line: &str, expected: &str) -> Result<(), String> {
    let directory = Directory::new(shell, script).map_err(|error| error.to_string())?;
    let completed = directory.completed(shell, &format!("conntrack {line}"))?;
    let expected: BTreeSet<String> = expected.split_whitespace().map(str::to_owned).collect();
    match completed == expected {
        true => Ok(()),
        false => Err(format!("completed {completed:?}\nexpected {expected:?}")),
    }
}

/// Where a line is completed: a file to name, and the script, the program and `ip` apart from it.
struct Directory {
    place: tempfile::TempDir,
    script: PathBuf,
}

impl Directory {
    fn new(shell: &Shell, script: &str) -> std::io::Result<Directory> {
        let place = tempfile::tempdir()?;
        let apart = place.path().join("apart");
        fs::create_dir_all(apart.join("empty"))?;
        fs::write(place.path().join("table"), "")?;
        fs::write(apart.join("ip"), IP)?;
        fs::set_permissions(apart.join("ip"), fs::Permissions::from_mode(0o755))?;
        // fish loads nothing for a command that is not to be found.
        symlink(Program::Ours.path(), apart.join("conntrack"))?;
        let generated = Command::new(Program::Ours.path())
            .args(["--generate", shell.generate])
            .output()?;
        let script = apart.join(script);
        fs::create_dir_all(script.parent().unwrap_or(&apart))?;
        fs::write(&script, generated.stdout)?;
        Ok(Directory { place, script })
    }

    fn completed(&self, shell: &Shell, line: &str) -> Result<BTreeSet<String>, String> {
        let apart = self.place.path().join("apart");
        let probes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shells");
        let output = Command::new(shell.name)
            .args(shell.bare)
            .arg(probes.join(shell.probe))
            .arg(&self.script)
            .arg(line)
            .arg(apart.join("empty"))
            .env("PATH", with_path(&apart))
            .env("HOME", apart.join("empty"))
            .current_dir(self.place.path())
            .output()
            .map_err(|error| error.to_string())?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || !stderr.is_empty() {
            return Err(format!("{}: {stderr}", output.status));
        }
        let stdout = String::from_utf8_lossy(&output.stdout);
        Ok(stdout
            .lines()
            .map(|word| word.trim_end().to_owned())
            .collect())
    }
}

/// A directory before all others in which programs are looked for.
fn with_path(first: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&path);
    let all = std::iter::once(first.to_owned()).chain(others);
    std::env::join_paths(all).unwrap_or_default()
}
