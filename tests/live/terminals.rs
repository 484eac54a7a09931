//! Stories of a terminal, on which a person is told more.

use crate::harness::namespace::Namespace;
use crate::harness::program::Program;

use super::stories::{MANY, count, flows, load, ours};

/// `-D` waits for a reader that takes longer than a second to begin.
const SLOW: &str = "| { sleep 1.5; cat >/dev/null; }";

/// So few flows that no machine takes a second for them.
const FEW: usize = 100;

/// What a terminal takes back a line with.
const ERASED: &str = "\u{1b}[2K";

/// What stands on the terminal that is standard error of a shell's line, in which `$C` is our program.
fn on_terminal(namespace: &Namespace, line: &str) -> String {
    let program = Program::Ours.path();
    let program = program.to_str().expect("a readable path");
    // A terminal of no kind can take nothing back.
    let line = format!("TERM=xterm; export TERM; C='{program}'; {line}");
    namespace.run(&["script", "-qec", &line, "/dev/null"])
}

pub fn count_says_of_how_many(namespace: &Namespace) {
    let most = ours_of(namespace, "net.netfilter.nf_conntrack_max");
    load(namespace, &flows(3));
    let share = format!("of {most} ({} %)\r\n", 300 / most);
    assert_eq!(on_terminal(namespace, "$C -C"), format!("3\r\n{share}"));
    assert_eq!(on_terminal(namespace, "$C -C >/dev/null"), share);
    assert_eq!(on_terminal(namespace, "$C -C 2>/dev/null"), "3\r\n");
    assert_eq!(on_terminal(namespace, "$C -C 2>&1 | cat"), "3\r\n");
    let most = ours_of(namespace, "net.netfilter.nf_conntrack_expect_max");
    let shown = on_terminal(namespace, "$C -C expect");
    assert_eq!(shown, format!("0\r\nof {most} (0 %)\r\n"));
}

fn ours_of(namespace: &Namespace, key: &str) -> u64 {
    let path = format!("/proc/sys/{}", key.replace('.', "/"));
    let text = namespace.run(&["cat", &path]);
    text.trim().parse().expect("a number")
}

pub fn long_command_shows_how_far_it_is(namespace: &Namespace) {
    load(namespace, &flows(MANY));
    let shown = on_terminal(namespace, &format!("$C -D {SLOW}"));
    let summary =
        format!("conntrack v1.4.9 (conntrack-tools): {MANY} flow entries have been deleted.\r\n");
    let line = shown.strip_suffix(&summary).expect("a summary at the end");
    assert!(line.contains(" flow entries looked at"), "{shown:?}");
    assert!(line.ends_with(ERASED), "{shown:?}");
    assert!(!line.contains('\n'), "{shown:?}");
}

/// Neither where it is soon done, nor where rows show it, nor where nobody looks.
pub fn short_or_unwatched_command_shows_nothing(namespace: &Namespace) {
    for (line, many, rows) in [
        ("$C -U -m 5 >/dev/null", FEW, 1),
        ("$C -U -m 6", MANY, MANY + 1),
        (&format!("$C -U -m 7 2>&1 >/dev/null {SLOW}"), MANY, 0),
        (&format!("{{ $C -U -m 8 {SLOW}; }} 2>&1 | cat"), MANY, 1),
    ] {
        load(namespace, &flows(many));
        let shown = on_terminal(namespace, line);
        assert!(!shown.contains("looked at"), "{line}");
        assert!(!shown.contains(ERASED), "{line}");
        assert_eq!(shown.lines().count(), rows, "{line}");
        ours(namespace, "-F");
        assert_eq!(count(namespace), 0);
    }
}
