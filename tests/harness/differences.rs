//! Where 1.4.9 is wrong and we are not. The manual names each difference, in a comment before its entry:
//!
//!     .\" difference: glued-nat
//!     .TP
//!     .B Values glued to \-n, \-g, \-j
//!
//! A case `[differs=glued-nat] …`, a `@differs glued-nat` of a golden file or a story shows that it is so.

use super::trims::{self, STATED, Trim, masked};

/// Differences that show in so many cases that those which do not name them set them aside.
const ASIDE: &[(&str, Trim)] = &[
    ("help", our_version),
    ("load-errors", file_line),
    ("saved-mark", saved_mark),
    ("saved-ports", saved_ports),
    ("verification-tags", saved_tags),
    ("xml-states", xml_state),
];

/// What 1.4.9 has no word for, and refuses.
pub const ADDITIONS: &str = "additions";

/// How the help text of 1.4.9 begins. Ours is our own.
pub const HELP: &str = "Command line interface for the connection tracking system.";

/// What a case sets aside that names this difference, or none.
pub fn aside(named: Option<&str>) -> impl Iterator<Item = Trim> {
    let others = ASIDE.iter().filter(move |(name, _)| named != Some(*name));
    others.map(|(_, trim)| *trim)
}

/// Namespaces hash differently, so their rows come in an order of their own. Where two programs differ in what is set
/// aside, they still have the same order.
pub fn sorted(text: &str) -> String {
    let common: Vec<Trim> = STATED.iter().copied().chain(aside(None)).collect();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.sort_by_cached_key(|line| {
        (
            trims::standing(line, &common),
            trims::standing(line, STATED),
        )
    });
    lines.concat()
}

/// 1.4.9 has no such line: -V of ours says in its second line who we are.
fn our_version(line: &str) -> Option<String> {
    (!line.starts_with("conntrack-cli ")).then(|| line.to_owned())
}

/// 1.4.9 does not say which line of a file is wrong.
fn file_line(line: &str) -> Option<String> {
    let place = line
        .find(" in line ")
        .filter(|_| line.trim_end().ends_with('\''));
    Some(place.map_or_else(|| line.to_owned(), |place| format!("{}\n", &line[..place])))
}

/// 1.4.9 saves no mark.
fn saved_mark(line: &str) -> Option<String> {
    Some(match line.split_once(" -m ") {
        Some((head, tail)) if is_saved(line) => {
            let end = tail.find([' ', '\n']).unwrap_or(tail.len());
            head.to_owned() + &tail[end..]
        }
        _ => line.to_owned(),
    })
}

/// 1.4.9 saves no translated port: `10.0.0.1:80` and `[fd00::1]:80`
fn saved_ports(line: &str) -> Option<String> {
    let without_port = |endpoint: &str| match endpoint.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest).to_owned(),
        None if endpoint.matches(':').count() == 1 => {
            endpoint.split(':').next().unwrap_or(endpoint).to_owned()
        }
        None => endpoint.to_owned(),
    };
    Some(with_values(line, &["-n", "-g"], without_port))
}

/// 1.4.9 swaps the bytes of SCTP's tags.
fn saved_tags(line: &str) -> Option<String> {
    let tags = ["--orig-vtag", "--reply-vtag"];
    Some(with_values(line, &tags, |_| "*".to_owned()))
}

/// 1.4.9 names the states of SCTP and DCCP in XML as if they were TCP's.
fn xml_state(line: &str) -> Option<String> {
    let theirs = ["protoname=\"sctp\"", "protoname=\"dccp\""]
        .iter()
        .any(|name| line.contains(name));
    let state = line
        .find("<state>")
        .zip(line.find("</state>"))
        .filter(|_| theirs)
        .map(|(start, end)| start + "<state>".len()..end);
    Some(masked(line, state))
}

fn is_saved(line: &str) -> bool {
    ["-A ", "-U ", "-D "]
        .iter()
        .any(|command| line.starts_with(command))
}

/// A saved row with the values of some options changed.
fn with_values(line: &str, options: &[&str], change: impl Fn(&str) -> String) -> String {
    if !is_saved(line) {
        return line.to_owned();
    }
    let words: Vec<&str> = line.trim_end_matches('\n').split(' ').collect();
    let before = std::iter::once("").chain(words.iter().copied());
    let changed = before.zip(&words).map(|(before, word)| {
        if options.contains(&before) {
            change(word)
        } else {
            (*word).to_owned()
        }
    });
    changed.collect::<Vec<_>>().join(" ") + "\n"
}
