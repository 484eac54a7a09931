//! Private user, network and mount namespaces, with or without root.
//!
//! A namespace lives as long as the process that holds it, a `cat` on a pipe of ours: it ends when the `Namespace` is
//! dropped, and also when we are killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

/// Where Debian keeps the programs that an unprivileged user's PATH leaves out.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// No result may depend on the machine's own /etc, and the private one brings a label map.
const ETC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/etc");

/// Begins to hold a namespace, in which $0 is /etc. Debian's packages nftables and iproute2 must be there.
const BEGIN: &str = r#"command -v nft >&2 && mount --bind "$0" /etc && ip link set lo up && echo ready && exec cat"#;

/// Case files name the files beside them (`-R good.load`) as seen from here.
const DIRECTORY: &str = concat!("--wd=", env!("CARGO_MANIFEST_DIR"), "/tests/twin");

/// A program that hangs must not hang the suite.
const PATIENCE: [&str; 3] = ["timeout", "--kill-after=1", "20"];

/// Why no namespace is to be had on this machine.
pub fn missing_namespaces() -> Option<&'static str> {
    static REASON: LazyLock<Option<String>> = LazyLock::new(|| Namespace::new().err());
    REASON.as_deref()
}

pub struct Namespace {
    holder: Child,
}

impl Namespace {
    /// A user, network and mount namespace with nothing in it but lo.
    pub fn new() -> Result<Self, String> {
        let mut command = Command::new("unshare");
        command
            .args([
                "--user",
                "--map-root-user",
                "--net",
                "--mount",
                "--",
                "sh",
                "-c",
            ])
            .arg(BEGIN)
            .arg(ETC);
        Self::hold(command)
    }

    /// Another network namespace, joined to this one: `link` is the name of both ends.
    pub fn peer(&self, link: &str) -> Self {
        let mut command = self.enter();
        command.args([
            "unshare",
            "--net",
            "--",
            "sh",
            "-c",
            "ip link set lo up && echo ready && exec cat",
        ]);
        let peer = Self::hold(command).expect("a second network namespace");
        let id = peer.holder.id().to_string();
        self.run(&[
            "ip", "link", "add", link, "type", "veth", "peer", "name", link, "netns", &id,
        ]);
        self.run(&["ip", "link", "set", link, "up"]);
        peer.run(&["ip", "link", "set", link, "up"]);
        peer
    }

    fn hold(mut command: Command) -> Result<Self, String> {
        let unavailable = |error| format!("no user and network namespaces here: {error}");
        let mut holder = command
            .env("PATH", PATH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| unavailable(error.to_string()))?;
        let mut line = String::new();
        let stdout = holder.stdout.take().expect("a piped stdout");
        BufReader::new(stdout).read_line(&mut line).ok();
        if line == "ready\n" {
            return Ok(Self { holder });
        }
        let mut reason = String::new();
        let mut stderr = holder.stderr.take().expect("a piped stderr");
        stderr.read_to_string(&mut reason).ok();
        holder.wait().ok();
        Err(unavailable(reason.trim().to_owned()))
    }

    /// A command that runs in here: what is added to it is a program and its arguments.
    pub fn enter(&self) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--target={}", self.holder.id()))
            .args([
                "--user",
                "--mount",
                "--net",
                "--preserve-credentials",
                DIRECTORY,
                "--",
            ])
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::null());
        command
    }

    /// The same for a program that should soon be done.
    pub fn bounded(&self) -> Command {
        let mut command = self.enter();
        command.args(PATIENCE);
        command
    }

    /// Runs a program that must succeed, and returns what it printed.
    pub fn run(&self, words: &[&str]) -> String {
        checked(words, self.bounded().args(words).output())
    }

    /// The same with something to read on its standard input.
    pub fn feed(&self, words: &[&str], text: &str) -> String {
        let mut command = self.bounded();
        command
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("a program in a namespace");
        let mut stdin = child.stdin.take().expect("a piped stdin");
        // A program that reads no more says why on its stderr, which says more than our broken pipe.
        stdin.write_all(text.as_bytes()).ok();
        drop(stdin);
        checked(words, child.wait_with_output())
    }

    /// A job of this very program (see inside.rs), done in here, and what it prints.
    pub fn inside(&self, job: &str, script: &str) -> String {
        let program = std::env::current_exe().expect("our own path");
        self.run(&[
            program.to_str().expect("a readable path"),
            "inside",
            job,
            script,
        ])
    }

    /// The process that holds it.
    pub fn id(&self) -> u32 {
        self.holder.id()
    }

    /// What the holder sees in its part of /proc.
    pub fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.holder.id()))
            .expect("a file of /proc")
    }

    pub fn sysctl(&self, key: &str, value: &str) {
        let path = format!("/proc/sys/{}", key.replace('.', "/"));
        self.feed(&["tee", &path], value);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

fn checked(words: &[&str], output: std::io::Result<Output>) -> String {
    let output = output.expect("a program in a namespace");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{words:?}: {}\n{}",
        output.status,
        text(&output.stderr)
    );
    text(&output.stdout)
}
