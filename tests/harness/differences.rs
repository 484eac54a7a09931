//! Everything that may differ between the two programs: each difference is a named function, or a name in DELIBERATE.

use std::ops::Range;

/// Where in a line a number stands that runs while the programs run. Between two runs a second may pass.
type Running = fn(&str) -> Option<Range<usize>>;

const RUNNING: &[Running] = &[row_timeout, expectation_timeout, xml_timeout, save_timeout, age, xml_age];

/// So far the running numbers of two runs may be apart.
const APART: u64 = 2;

/// A line without what does not count; `None` where all of it does not.
pub type Trim = fn(&str) -> Option<String>;

/// What no two runs or no two programs share.
pub const IGNORED: &[Trim] = &[our_version, clock, xml_clock];

/// What twin namespaces do not share, although the same was done in both. An id is a hash of the kernel's address of
/// the flow, and the ports of netlink sockets are given out at random.
pub const TWINS: &[Trim] = &[row_id, xml_id];

/// What a process that changes the table is called by the kernel, and who it was if it still ran when we looked.
pub const EVENTS: &[Trim] = &[userspace];

/// Where 1.4.9 is wrong and we are not: a case `[differs=NAME] …` fails as soon as the two programs agree.
/// README.md tells the users the same under "Differences".
pub const DELIBERATE: &[(&str, &str)] = &[
    ("glued-nat", "an address glued to -n -g -j is dropped by 1.4.9"),
    ("glued-table", "a table after `=` is dropped by 1.4.9"),
    ("protocol-option", "protocol options without or before their protocol are unknown to 1.4.9"),
    ("full-disk", "1.4.9 does not notice that nothing could be written"),
];

/// How the help text of 1.4.9 begins. Ours is our own, so it only has to be there.
const HELP: &str = "Command line interface for the connection tracking system.";

/// Both texts with everything settled that may differ, line by line.
pub fn settle(ours: &str, reference: &str, ignored: &[&[Trim]]) -> (String, String) {
    if reference.starts_with(HELP) && !ours.is_empty() {
        return Default::default();
    }
    let lines = |text: &str| text.split_inclusive('\n').filter_map(|line| trim(line, ignored)).collect();
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
    ignored.iter().copied().flatten().try_fold(line.to_owned(), |line, trim| trim(&line))
}

fn near(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    number(one).zip(number(other)).is_some_and(|(one, other)| one.abs_diff(other) <= APART)
}

/// `tcp      6 431999 ESTABLISHED src=…`: the second number before the first field, with or without a layer 3.
fn row_timeout(line: &str) -> Option<Range<usize>> {
    let head = &line[..line.find(" src=")?];
    let mut numbers = head.match_indices(' ').filter_map(|(place, _)| number_at(head, place + 1));
    let layers = if head.contains("ipv4 ") || head.contains("ipv6 ") { 2 } else { 1 };
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
    Some(masked(line, when.map(|(start, end)| start + "<when>".len()..end)))
}

/// The ` id=` that is not the one of an ICMP tuple, which follows the code.
fn row_id(line: &str) -> Option<String> {
    let of_row = |place: &usize| !line[..*place].rsplit(' ').next().is_some_and(|word| word.starts_with("code="));
    let place = line.match_indices(" id=").map(|(place, _)| place).find(of_row);
    Some(masked(line, place.and_then(|place| number_at(line, place + " id=".len()))))
}

fn xml_id(line: &str) -> Option<String> {
    Some(masked(line, number_after(line, "<id>")))
}

/// ` [USERSPACE] portid=4711 progname=conntrack` at the end of an event.
fn userspace(line: &str) -> Option<String> {
    let mark = "[USERSPACE] ";
    Some(masked(line, line.find(mark).map(|place| place + mark.len()..line.trim_end().len())))
}

fn number_after(line: &str, mark: &str) -> Option<Range<usize>> {
    number_at(line, line.find(mark)? + mark.len())
}

/// The digits that begin at a place.
fn number_at(line: &str, place: usize) -> Option<Range<usize>> {
    let rest = line.get(place..)?;
    let length = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    (length > 0).then_some(place..place + length)
}

fn masked(line: &str, part: Option<Range<usize>>) -> String {
    match part {
        Some(part) => [&line[..part.start], "*", &line[part.end..]].concat(),
        None => line.to_owned(),
    }
}
