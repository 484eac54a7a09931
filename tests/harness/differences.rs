//! Everything that may differ between the two programs: each difference is a named function, or a name in DELIBERATE.

use std::ops::Range;

use libtest_mimic::{Completion, Failed};

use super::program;

/// Where in a line a number stands that runs while the programs run. Between two runs a second may pass.
type Running = fn(&str) -> Option<Range<usize>>;

const RUNNING: &[Running] = &[
    row_timeout,
    expectation_timeout,
    xml_timeout,
    save_timeout,
    age,
    xml_age,
];

/// So far the running numbers of two runs may be apart.
const APART: u64 = 2;

/// A line without what does not count; `None` where all of it does not.
pub type Trim = fn(&str) -> Option<String>;

/// What no two runs or no two programs share.
pub const IGNORED: &[Trim] = &[our_version, clock, xml_clock, sctp_state, saved, file_line];

/// What twin namespaces do not share, although the same was done in both. An id is a hash of the kernel's address of
/// the flow, and the ports of netlink sockets are given out at random.
pub const TWINS: &[Trim] = &[row_id, xml_id];

/// What a process that changes the table is called by the kernel, and who it was if it still ran when we looked.
pub const EVENTS: &[Trim] = &[userspace];

/// Where 1.4.9 is wrong and we are not: a case `[differs=NAME] …` fails as soon as the two programs agree.
/// README.md tells the users the same under "Differences".
pub const DELIBERATE: &[(&str, &str)] = &[
    (
        "absurd-message",
        "1.4.9 makes something of a message that no kernel sends",
    ),
    ("both-families", "1.4.9 looks at expectations of IPv4 only"),
    (
        "buffer-size",
        "1.4.9 sets the buffer of a socket that receives no events",
    ),
    (
        "deleted-labels",
        "1.4.9 shows no labels and kernel times of a flow that it deletes",
    ),
    ("directory", "1.4.9 takes a directory for an empty file"),
    ("expect-option", "1.4.9 has no -X"),
    (
        "family-filter",
        "1.4.9 trusts the kernel that -f was heeded",
    ),
    ("flush-family", "-F -f empties both families with 1.4.9"),
    (
        "full-disk",
        "1.4.9 does not notice that nothing could be written",
    ),
    ("get-reply", "1.4.9 does not ask by the reply tuple"),
    (
        "glued-label",
        "a label glued to --label-del is dropped by 1.4.9",
    ),
    (
        "glued-nat",
        "an address glued to -n -g -j is dropped by 1.4.9",
    ),
    ("glued-table", "a table after `=` is dropped by 1.4.9"),
    ("gre-keys", "1.4.9 does not compare the keys of GRE"),
    (
        "label-list",
        "1.4.9 looks at the first of several labels only",
    ),
    (
        "line-limits",
        "1.4.9 refuses long words and many words in a load file",
    ),
    (
        "load-leaks",
        "-m of -U and -o leak from one line of a load file to others with 1.4.9",
    ),
    ("long-rows", "1.4.9 cuts long rows"),
    (
        "malformed",
        "1.4.9 ends with success or with an odd text where a message is malformed",
    ),
    (
        "mirror",
        "1.4.9 does not complete a tuple by its mirror, or by only part of it",
    ),
    (
        "nat-filter",
        "1.4.9 takes ICMP's numbers for ports, and misses translations",
    ),
    ("numbers", "1.4.9 reads a number as far as it goes"),
    ("overruns", "1.4.9 does not say how often events were lost"),
    (
        "protocol-option",
        "protocol options without or before their protocol are unknown to 1.4.9",
    ),
    (
        "saved-nat",
        "1.4.9 saves no mark, no translated port, and not every state",
    ),
    ("secmark", "1.4.9 ignores -c in a filter"),
    (
        "status-filter",
        "1.4.9 has no status filter of both set and clear bits, and none at all for -D",
    ),
    (
        "timeout-filter",
        "1.4.9 ignores -t with -D unless another filter is given",
    ),
    (
        "two-protocols",
        "1.4.9 mixes the options of several protocols up",
    ),
    (
        "update-nat",
        "1.4.9 asks the kernel for what it refuses where -U filters by NAT",
    ),
    (
        "update-zone",
        "1.4.9 does not name the zone of a flow that it changes",
    ),
    ("xml-closed", "1.4.9 does not close the document"),
    (
        "xml-text",
        "1.4.9 does not escape text, and names the states of SCTP and DCCP as if they were TCP's",
    ),
];

/// How the help text of 1.4.9 begins. Ours is our own, so it only has to be there.
const HELP: &str = "Command line interface for the connection tracking system.";

/// Both texts with everything settled that may differ, line by line.
pub fn settle(ours: &str, reference: &str, ignored: &[&[Trim]]) -> (String, String) {
    if reference.starts_with(HELP) && !ours.is_empty() {
        return Default::default();
    }
    let lines = |text: &str| {
        text.split_inclusive('\n')
            .filter_map(|line| trim(line, ignored))
            .collect()
    };
    let mut ours: Vec<String> = lines(ours);
    let reference: Vec<String> = lines(reference);
    for (ours, reference) in ours.iter_mut().zip(&reference) {
        for find in RUNNING {
            if let (Some(mine), Some(theirs)) = (find(ours), find(reference))
                && near(&ours[mine.clone()], &reference[theirs.clone()])
            {
                ours.replace_range(mine, &reference[theirs]);
            }
        }
    }
    (ours.concat(), reference.concat())
}

/// Twin namespaces hash differently, so their rows come in an order of their own.
pub fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.sort_by_cached_key(|line| {
        let line = trim(line, &[IGNORED, TWINS]).unwrap_or_default();
        RUNNING.iter().fold(line, |mut line, find| {
            if let Some(number) = find(&line) {
                line.replace_range(number, "");
            }
            line
        })
    });
    lines.concat()
}

fn trim(line: &str, ignored: &[&[Trim]]) -> Option<String> {
    ignored
        .iter()
        .copied()
        .flatten()
        .try_fold(line.to_owned(), |line, trim| trim(&line))
}

/// Turns an agreement into its opposite where a deliberate difference is named: it must be there, or the list of them
/// would outlive its reasons.
pub fn judge(differs: Option<&str>, agreement: Result<(), Failed>) -> Result<Completion, Failed> {
    let Some(named) = differs else {
        return agreement.map(|()| Completion::Completed);
    };
    let (_, reason) = DELIBERATE
        .iter()
        .find(|(name, _)| *name == named)
        .ok_or("an unknown difference")?;
    match agreement {
        Err(_) => Ok(Completion::Completed),
        Ok(()) if program::stand_in().is_some() => {
            Ok(Completion::ignored_with("1.4.9 agrees with itself"))
        }
        Ok(()) => Err(format!("both agree, although {reason}").into()),
    }
}

fn near(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    number(one)
        .zip(number(other))
        .is_some_and(|(one, other)| one.abs_diff(other) <= APART)
}

/// `tcp      6 431999 ESTABLISHED src=…`: the second number before the first field, with or without a layer 3.
fn row_timeout(line: &str) -> Option<Range<usize>> {
    let head = &line[..line.find(" src=")?];
    let mut numbers = head
        .match_indices(' ')
        .filter_map(|(place, _)| number_at(head, place + 1));
    let layers = if head.contains("ipv4 ") || head.contains("ipv6 ") {
        2
    } else {
        1
    };
    numbers.nth(layers)
}

/// `299 proto=6 src=…`
fn expectation_timeout(line: &str) -> Option<Range<usize>> {
    let head = &line[..line.find(" proto=")?];
    number_at(line, head.rfind([' ', '\t']).map_or(0, |place| place + 1))
}

fn xml_timeout(line: &str) -> Option<Range<usize>> {
    number_after(line, "<timeout>")
}

fn save_timeout(line: &str) -> Option<Range<usize>> {
    number_after(line, " -t ")
}

fn age(line: &str) -> Option<Range<usize>> {
    number_after(line, "delta-time=")
}

fn xml_age(line: &str) -> Option<Range<usize>> {
    number_after(line, "<deltatime>")
}

/// 1.4.9 has no such line: -V of ours says in its second line who we are.
fn our_version(line: &str) -> Option<String> {
    (!line.starts_with("conntrack-cli ")).then(|| line.to_owned())
}

/// `[1795245437.193530]\t` at the beginning of a line: when it was printed.
fn clock(line: &str) -> Option<String> {
    Some(match line.split_once("]\t") {
        Some((clock, row)) if clock.starts_with('[') => format!("[*]\t{row}"),
        _ => line.to_owned(),
    })
}

/// The same in XML: `<when><hour>6</hour>…</when>`
fn xml_clock(line: &str) -> Option<String> {
    let when = line.find("<when>").zip(line.find("</when>"));
    Some(masked(
        line,
        when.map(|(start, end)| start + "<when>".len()..end),
    ))
}

/// 1.4.9 names the states of SCTP and DCCP in XML as if they were TCP's.
fn sctp_state(line: &str) -> Option<String> {
    let theirs = ["protoname=\"sctp\"", "protoname=\"dccp\""]
        .iter()
        .any(|name| line.contains(name));
    let state = line
        .find("<state>")
        .zip(line.find("</state>"))
        .filter(|_| theirs);
    Some(masked(
        line,
        state.map(|(start, end)| start + "<state>".len()..end),
    ))
}

/// 1.4.9 saves neither the mark nor the translated port of a flow, and swaps the bytes of SCTP's tags, so what it saves is
/// not what was there.
fn saved(line: &str) -> Option<String> {
    if !["-A ", "-U ", "-D "]
        .iter()
        .any(|command| line.starts_with(command))
    {
        return Some(line.to_owned());
    }
    let mut words: Vec<&str> = line.split(' ').collect();
    if let Some(place) = words.iter().position(|word| *word == "-m") {
        words.drain(place..place + 2);
    }
    for place in 1..words.len() {
        if ["-n", "-g"].contains(&words[place - 1]) {
            words[place] = without_port(words[place]);
        }
        if ["--orig-vtag", "--reply-vtag"].contains(&words[place - 1]) {
            words[place] = if words[place].ends_with('\n') {
                "*\n"
            } else {
                "*"
            };
        }
    }
    Some(words.join(" "))
}

/// 1.4.9 does not say which line of a file is wrong.
fn file_line(line: &str) -> Option<String> {
    let place = line
        .find(" in line ")
        .filter(|_| line.trim_end().ends_with('\''));
    Some(place.map_or_else(|| line.to_owned(), |place| format!("{}\n", &line[..place])))
}

/// `10.0.0.1:80` and `[fd00::1]:80`
fn without_port(endpoint: &str) -> &str {
    match endpoint.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None if endpoint.matches(':').count() == 1 => {
            endpoint.split(':').next().unwrap_or(endpoint)
        }
        None => endpoint,
    }
}

/// The ` id=` that is not the one of an ICMP tuple, which follows the code.
fn row_id(line: &str) -> Option<String> {
    let of_row = |place: &usize| {
        !line[..*place]
            .rsplit(' ')
            .next()
            .is_some_and(|word| word.starts_with("code="))
    };
    let place = line
        .match_indices(" id=")
        .map(|(place, _)| place)
        .find(of_row);
    Some(masked(
        line,
        place.and_then(|place| number_at(line, place + " id=".len())),
    ))
}

fn xml_id(line: &str) -> Option<String> {
    Some(masked(line, number_after(line, "<id>")))
}

/// ` [USERSPACE] portid=4711 progname=conntrack` at the end of an event.
fn userspace(line: &str) -> Option<String> {
    let mark = "[USERSPACE] ";
    Some(masked(
        line,
        line.find(mark)
            .map(|place| place + mark.len()..line.trim_end().len()),
    ))
}

fn number_after(line: &str, mark: &str) -> Option<Range<usize>> {
    number_at(line, line.find(mark)? + mark.len())
}

/// The digits that begin at a place.
fn number_at(line: &str, place: usize) -> Option<Range<usize>> {
    let rest = line.get(place..)?;
    let length = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(rest.len());
    (length > 0).then_some(place..place + length)
}

fn masked(line: &str, part: Option<Range<usize>>) -> String {
    match part {
        Some(part) => [&line[..part.start], "*", &line[part.end..]].concat(),
        None => line.to_owned(),
    }
}
