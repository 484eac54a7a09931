//! Stories that take more than one command: what must survive, what must be remade, and what must not be touched.

use std::collections::HashSet;
use std::process::Stdio;

use crate::harness::case::Table;
use crate::harness::namespace::{self, Namespace};
use crate::harness::program::Program;
use crate::harness::trials::{self, Group};

use super::standing::Standing;
use super::{connections, endings, places, terminals, watching};

type Story = fn(&Namespace);

/// What each is about, the difference from 1.4.9 that it shows, and the story.
const STORIES: [(&str, Option<&str>, Story); 31] = [
    (
        "a flow that took a tuple under -D stays",
        Some("deleted-identity"),
        delete_spares_newcomers,
    ),
    (
        "a flow that took a tuple under -U stays as it is",
        Some("updated-identity"),
        update_spares_newcomers,
    ),
    (
        "a refused line undoes what its batch made behind it",
        None,
        load_stops_at_the_refusal,
    ),
    (
        "-U shows what it changed before a refusal",
        Some("refusal-summary"),
        update_shows_what_it_did,
    ),
    (
        "no event of a burst is lost",
        Some("bursts"),
        watching::burst_is_shown_whole,
    ),
    (
        "-b sets the buffer that fills",
        Some("buffer-size"),
        watching::small_buffer_loses_events,
    ),
    (
        "the name of a process is shown whole",
        Some("progname"),
        watching::process_name_is_shown_whole,
    ),
    (
        "the name of a process forges nothing",
        Some("words-of-others"),
        watching::process_name_forges_nothing,
    ),
    (
        "a flow with another mark that took a tuple under -D -m stays",
        None,
        delete_by_mark_spares_successors,
    ),
    (
        "-D says how far it came when it is interrupted",
        Some("interrupted"),
        endings::delete_says_how_far_it_came,
    ),
    (
        "-U says how far it came when it is interrupted",
        None,
        endings::update_says_how_far_it_came,
    ),
    (
        "-R says how far it came when it is interrupted",
        None,
        endings::load_says_how_far_it_came,
    ),
    (
        "the second signal ends it at once",
        None,
        endings::second_signal_ends_it,
    ),
    (
        "an ignored signal is ignored",
        None,
        endings::ignored_signal_is_ignored,
    ),
    (
        "events that wait at the end are shown",
        None,
        endings::waiting_events_are_shown,
    ),
    (
        "threads are not needed",
        None,
        endings::threads_are_not_needed,
    ),
    (
        "capabilities are given up",
        None,
        endings::capabilities_are_given_up,
    ),
    (
        "-L of a large table shows IPv4 first",
        Some("row-order"),
        families_of_large_table_are_apart,
    ),
    (
        "-L of a large table is whole with one CPU and with two",
        None,
        large_table_is_whole,
    ),
    (
        "-U turns window checks off only with --state",
        Some("be-liberal"),
        only_states_are_liberal,
    ),
    (
        "a saved table comes back the same",
        None,
        connections::saved_table_comes_back,
    ),
    (
        "a created flow carries a real connection",
        None,
        connections::created_flow_carries_packets,
    ),
    (
        "an expected ftp data connection becomes a flow",
        None,
        connections::expectation_comes_true,
    ),
    (
        "a deleted NAT mapping is remade by the next packet",
        None,
        connections::nat_mapping_is_remade,
    ),
    (
        "--netns works in another namespace and not in this one",
        None,
        places::another_namespace_is_worked_in,
    ),
    (
        "the name of a namespace comes before a process",
        None,
        places::name_comes_before_a_process,
    ),
    (
        "--dry-run touches nothing",
        None,
        places::dry_runs_touch_nothing,
    ),
    (
        "--dry-run tells what will be done",
        None,
        places::dry_runs_tell_what_will_be_done,
    ),
    (
        "-C says on a terminal of how many",
        Some("count-share"),
        terminals::count_says_of_how_many,
    ),
    (
        "a long command shows on a terminal how far it is",
        Some("progress"),
        terminals::long_command_shows_how_far_it_is,
    ),
    (
        "a command that is short or unwatched does not show how far it is",
        None,
        terminals::short_or_unwatched_command_shows_nothing,
    ),
];

/// The differences from 1.4.9 that stories show.
pub fn differences() -> impl Iterator<Item = String> {
    let named = STORIES.iter().filter_map(|(_, differs, _)| *differs);
    named.map(str::to_owned)
}

pub fn group() -> Group {
    let trial = |(name, _, story): (&str, _, Story)| {
        trials::trial(format!("live::{name}"), String::new(), move || {
            story(&Namespace::new()?);
            Ok(())
        })
    };
    Group {
        name: "live::stories".to_owned(),
        missing: namespace::missing_namespaces(),
        trials: STORIES.into_iter().map(trial).collect(),
    }
}

/// More flows than a pipe and all buffers between have room for the rows of.
pub const MANY: usize = 6000;

pub fn flows(count: usize) -> String {
    let line = |i| {
        let (high, low) = (i / 250, i % 250);
        format!("-I -p udp -s 10.1.{high}.{low} -d 10.2.0.1 --sport 1000 --dport 53 -t 9000\n")
    };
    (0..count).map(line).collect()
}

pub fn ours(namespace: &Namespace, arguments: &str) -> String {
    let program = Program::Ours.path();
    let words = std::iter::once(program.to_str().expect("a readable path"));
    namespace.run(&words.chain(arguments.split(' ')).collect::<Vec<_>>())
}

pub fn load(namespace: &Namespace, lines: &str) {
    let program = Program::Ours.path();
    namespace.feed(
        &[program.to_str().expect("a readable path"), "-R", "-"],
        lines,
    );
}

pub fn count(namespace: &Namespace) -> usize {
    ours(namespace, "-C").trim().parse().expect("a number")
}

/// Runs a command whose rows nobody reads until it stands still, replaces every flow by another of the same tuple, and
/// only then reads. Returns the rows and what stands on standard error.
fn with_flows_replaced_under(
    namespace: &Namespace,
    arguments: &[&str],
) -> (usize, String, HashSet<String>) {
    load(namespace, &flows(MANY));
    let before = identities(namespace, "-L -o id");
    let standing = Standing::start(namespace, arguments);
    ours(namespace, "-F");
    load(namespace, &flows(MANY));
    let newcomers = &identities(namespace, "-L -o id") - &before;
    let (rows, stderr, _) = standing.read();
    (rows, stderr, newcomers)
}

/// The source and the id of each flow. The kernel makes an id of the tuple and of where in memory the flow is, so one that
/// takes the place of its predecessor cannot be told from it, and is no newcomer to anybody.
fn identities(namespace: &Namespace, list: &str) -> HashSet<String> {
    let identity = |row: &str| {
        let word = |key| {
            row.split(' ')
                .find(|word| word.starts_with(key))
                .map(str::to_owned)
        };
        Some(word("src=")? + &word("id=")?)
    };
    ours(namespace, list).lines().filter_map(identity).collect()
}

fn delete_spares_newcomers(namespace: &Namespace) {
    let (rows, stderr, newcomers) = with_flows_replaced_under(namespace, &["-D", "-p", "udp"]);
    assert!(rows > 0 && rows < MANY, "{rows} rows");
    assert!(
        stderr.contains(&format!("{rows} flow entries have been deleted.")),
        "{stderr}"
    );
    assert!(newcomers.is_subset(&identities(namespace, "-L -o id")));
    assert!(!newcomers.is_empty());
}

/// The successors have another mark, and mostly the ids of those whose place they took.
fn delete_by_mark_spares_successors(namespace: &Namespace) {
    let marked = |mark: u32| flows(MANY).replace(" -t 9000", &format!(" -t 9000 -m {mark}"));
    load(namespace, &marked(5));
    let standing = Standing::start(namespace, &["-D", "-m", "5"]);
    ours(namespace, "-F");
    load(namespace, &marked(6));
    let (rows, ..) = standing.read();
    assert!(rows > 0 && rows < MANY, "{rows} rows");
    assert_eq!(ours(namespace, "-L -m 6").lines().count(), MANY);
}

fn update_spares_newcomers(namespace: &Namespace) {
    let (rows, stderr, newcomers) =
        with_flows_replaced_under(namespace, &["-U", "-p", "udp", "-m", "7"]);
    assert!(rows > 0 && rows < MANY, "{rows} rows");
    assert!(
        stderr.contains(&format!("{rows} flow entries have been updated.")),
        "{stderr}"
    );
    assert!(newcomers.is_disjoint(&identities(namespace, "-L -m 7 -o id")));
    assert!(!newcomers.is_empty());
}

fn load_stops_at_the_refusal(namespace: &Namespace) {
    let mut lines: Vec<String> = flows(300).lines().map(str::to_owned).collect();
    lines[199] = lines[0].clone();
    let mut child = namespace
        .bounded()
        .arg(Program::Ours.path())
        .args(["-R", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("our program");
    let mut stdin = child.stdin.take().expect("a piped stdin");
    std::io::Write::write_all(&mut stdin, lines.join("\n").as_bytes()).expect("a reader");
    drop(stdin);
    let output = child.wait_with_output().expect("our program's end");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("try -U to update in line 200 of `-'"),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(count(namespace), 199);
}

fn update_shows_what_it_did(namespace: &Namespace) {
    let mut lines: Vec<String> = flows(20).lines().map(str::to_owned).collect();
    lines[10] += " -u FIXED_TIMEOUT";
    load(namespace, &lines.join("\n"));
    let output = namespace
        .bounded()
        .arg(Program::Ours.path())
        .args(["-U", "-t", "500", "-m", "3"])
        .output()
        .expect("our program");
    let shown = String::from_utf8_lossy(&output.stdout).lines().count();
    let changed = ours(namespace, "-L -m 3").lines().count();
    assert_eq!((shown, output.status.code()), (changed, Some(1)));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("Operation failed: "), "{stderr}");
}

/// A small table may say that it is a large one.
const CLAIM_TO_BE_LARGE: &str =
    "mount --bind files/large-table /proc/sys/net/netfilter/nf_conntrack_count && exec";

/// Runs what a shell is told, `$0` being our program, in a table that says that it is large.
fn on_large_table(namespace: &Namespace, command: &str) -> String {
    let program = Program::Ours.path();
    let program = program.to_str().expect("a readable path");
    let command = format!("{CLAIM_TO_BE_LARGE} {command}");
    namespace.run(&["unshare", "--mount", "sh", "-c", &command, program])
}

fn families_of_large_table_are_apart(_: &Namespace) {
    let stage = Table::named("rich").stage();
    let rows = on_large_table(&stage.namespace, "\"$0\" -L -o extended -p tcp");
    let families: Vec<&str> = rows
        .lines()
        .filter_map(|row| row.split(' ').next())
        .collect();
    assert!(families.contains(&"ipv6"), "{rows}");
    assert!(families.is_sorted(), "{rows}");
    let whole = ours(&stage.namespace, "-L -o extended -p tcp");
    assert_eq!(whole.lines().count(), families.len());
    assert!(!whole.lines().is_sorted_by_key(|row| row.split(' ').next()));
}

/// Both families are walked at once, and the second one has more rows than wait in memory for their turn.
fn large_table_is_whole(namespace: &Namespace) {
    const MANY: usize = 14_000;
    load(namespace, &flows(1_000));
    let ipv6 = (0..MANY).map(|number| {
        format!("-A -s fd00::{number:x} -d fd00::1 -p udp --sport 9 --dport 9 -t 900\n")
    });
    load(namespace, &ipv6.collect::<String>());
    let names = |rows: String| -> Vec<String> {
        let fields = ["src=", "sport="];
        let is_name = |word: &&str| fields.iter().any(|field| word.starts_with(field));
        let name = |row: &str| row.split(' ').filter(is_name).collect::<Vec<_>>().join(" ");
        rows.lines().map(name).collect()
    };
    let [ipv4, ipv6] =
        ["ipv4", "ipv6"].map(|family| names(ours(namespace, &format!("-L -p udp -f {family}"))));
    assert_eq!(ipv6.len(), MANY);
    let expected = [ipv4, ipv6].concat();
    for command in ["\"$0\" -L -p udp", "taskset -c 0 \"$0\" -L -p udp"] {
        assert!(
            names(on_large_table(namespace, command)) == expected,
            "{command}"
        );
    }
}

/// Setting a mark leaves the window checks of a connection as they are; setting its state turns them off.
fn only_states_are_liberal(_: &Namespace) {
    let stage = Table::named("plain").stage();
    let flags = |arguments| {
        ours(&stage.namespace, arguments);
        stage.namespace.inside("tcp-flags", "")
    };
    assert!(!flags("-U -p tcp -m 77").contains("liberal"));
    assert!(flags("-U -p tcp --state ESTABLISHED").contains("liberal"));
}
