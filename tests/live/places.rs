//! Stories of what is done elsewhere, or not at all: `--netns` and `--dry-run`.

use crate::harness::case::Table;
use crate::harness::namespace::Namespace;
use crate::harness::program::Program;

use super::stories::{count, flows, load, ours};
use super::watching;

/// What stands in the file that [`dry_runs_touch_nothing`] loads.
const LINES: &str =
    "-D -p udp\n-U -p tcp -m 7\n-I -p udp -s 9.9.9.9 -d 8.8.8.8 --sport 1 --dport 2 -t 60\n-F\n";

const DRY_RUNS: [&str; 9] = [
    "-D --dry-run",
    "-D -p udp -o xml --dry-run",
    "-U -m 77 -t 5 --dry-run",
    "-F --dry-run",
    "-F -f ipv6 --dry-run",
    "-F expect --dry-run",
    "-R - --dry-run",
    "--dry-run -R -",
    "load - --dry-run",
];

/// A process, its file and a name lead to the same place, and this one stays as it is.
pub fn another_namespace_is_worked_in(namespace: &Namespace) {
    let peer = namespace.peer("places");
    let id = peer.id();
    let here = |arguments: &str| ours(namespace, arguments);
    feed(
        namespace,
        &["-R", "-", "--netns", &id.to_string()],
        &flows(20),
    );
    assert_eq!((count(namespace), count(&peer)), (0, 20));
    load(namespace, &flows(3));
    assert_eq!(here(&format!("-C --netns {id}")), "20\n");
    assert_eq!(here(&format!("--netns=/proc/{id}/ns/net count")), "20\n");
    here(&format!("-D -s 10.1.0.1 --netns {id}"));
    here(&format!("--netns {id} update -m 9"));
    assert_eq!(here(&format!("-L -m 9 --netns {id}")).lines().count(), 19);
    assert_eq!((count(namespace), count(&peer)), (3, 19));
    here(&format!("-F --netns {id}"));
    assert_eq!((count(namespace), count(&peer)), (3, 0));
}

/// The name hides a process of that number. All of it ends with the mount namespace that it stands in.
pub fn name_comes_before_a_process(namespace: &Namespace) {
    const SCRIPT: &str = r#"mount -t tmpfs none /run && ip netns add "$$" && ip netns add blue || exit
printf -- '-I -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 -t 99' | "$0" --netns "$$" load - || exit
ip netns exec "$$" "$0" -C && "$0" --netns "$$" -C && "$0" -C --netns "/proc/$$/ns/net" && "$0" --netns=blue -C && "$0" -C"#;
    let program = Program::Ours.path();
    let program = program.to_str().expect("a readable path");
    let shown = namespace.run(&["unshare", "--mount", "sh", "-c", SCRIPT, program]);
    assert_eq!(shown, "1\n1\n0\n0\n0\n");
}

pub fn dry_runs_touch_nothing(_: &Namespace) {
    let stage = Table::named("plain").stage();
    let namespace = &stage.namespace;
    let table = || {
        let list = |what| ours(namespace, what);
        let rows = [list("-L -o id,labels"), list("-L expect")].concat();
        let row = |row: &str| {
            let words = row.split_whitespace().enumerate();
            // Only the timeout may have run.
            let words = words.filter(|(place, word)| *place > 2 || !word.starts_with(['9', '2']));
            words.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
        };
        let mut rows: Vec<String> = rows.lines().map(row).collect();
        rows.sort();
        rows
    };
    let before = table();
    let (rows, stderr) = watching::watched(namespace, &[], |_| {
        for arguments in DRY_RUNS {
            let words: Vec<&str> = arguments.split(' ').collect();
            let shown = feed(namespace, &words, LINES);
            assert!(!shown.is_empty(), "{arguments}");
        }
    });
    assert!(rows.is_empty(), "{rows:?}");
    assert!(
        stderr.contains("0 flow events have been shown."),
        "{stderr}"
    );
    assert_eq!(table(), before);
}

/// A dry run shows what the command itself shows right after it.
pub fn dry_runs_tell_what_will_be_done(_: &Namespace) {
    let stage = Table::named("plain").stage();
    let sorted = |arguments: &str| {
        let shown = ours(&stage.namespace, arguments);
        let mut rows: Vec<String> = shown.lines().map(timeless).collect();
        rows.sort();
        rows
    };
    for arguments in [
        "-U -m 9/12 -o id",
        "-U -p tcp -u ASSURED,OFFLOAD --state CLOSE -t 77",
        "-U -p udp --sport 7 --label-add five,one",
        "-U -p udp --sport 7 --label-del zero",
        "-U -p udp --sport 7 --label-del",
        "-U -p sctp -u SEEN_REPLY -o extended",
        "-D -p tcp -o save",
        "-D",
    ] {
        let planned = sorted(&format!("{arguments} --dry-run"));
        assert_eq!(planned, sorted(arguments), "{arguments}");
    }
}

/// A row without its timeout, which has run meanwhile, and without how many look at the flow.
fn timeless(row: &str) -> String {
    let is_timeout = |word: &str| {
        word.parse()
            .is_ok_and(|number: u32| (70..1000).contains(&number))
    };
    let words = row
        .split_whitespace()
        .filter(|word| !is_timeout(word) && !word.starts_with("use="));
    words.collect::<Vec<_>>().join(" ")
}

/// Runs our program, which must succeed, with something to read, and returns what it printed.
fn feed(namespace: &Namespace, arguments: &[&str], text: &str) -> String {
    let program = Program::Ours.path();
    let program = program.to_str().expect("a readable path");
    let script = r#""$0" "$@" 2>&1"#;
    let words = [&["sh", "-c", script, program], arguments].concat();
    namespace.feed(&words, text)
}
