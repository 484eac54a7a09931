//! What no two runs share: numbers that run, clocks, ids.

use std::ops::Range;

/// Where in a line a number stands that runs while the programs run.
type Running = fn(&str) -> Option<Range<usize>>;

const RUNNING: &[Running] = &[
    row_timeout,
    expectation_timeout,
    xml_timeout,
    save_timeout,
    age,
    xml_age,
    json_timeout,
];

/// A line without what does not count; `None` where all of it does not.
pub type Trim = fn(&str) -> Option<String>;

/// What no two runs share.
pub const RUNS: &[Trim] = &[clock, xml_clock];

/// What twin namespaces do not share, although the same was done in both. An id is a hash of the kernel's address of
/// the flow, and the ports of netlink sockets are given out at random.
pub const TWINS: &[Trim] = &[clock, xml_clock, row_id, xml_id];

/// What a process that changes the table is called by the kernel, and who it was if it still ran when we looked.
pub const EVENTS: &[Trim] = &[clock, xml_clock, userspace];

/// What is not stated of an outcome: which release of ours it is, and how many packets a real connection took.
pub const STATED: &[Trim] = &[
    clock, xml_clock, row_id, xml_id, userspace, release, segments, json,
];

/// A text without what does not count.
pub fn trimmed(text: &str, ignored: &[Trim]) -> String {
    text.split_inclusive('\n')
        .filter_map(|line| trim(line, ignored))
        .collect()
}

/// A text with the running numbers of another one, where they are no more than so far apart.
pub fn settled(text: &str, other: &str, apart: u64) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for (line, other) in lines.iter_mut().zip(other.split_inclusive('\n')) {
        for find in RUNNING {
            let numbers = find(line).zip(find(other));
            let near = |(mine, theirs): &(Range<usize>, Range<usize>)| {
                near(&line[mine.clone()], &other[theirs.clone()], apart)
            };
            if let Some((mine, theirs)) = numbers.filter(near) {
                line.replace_range(mine, &other[theirs]);
            }
        }
    }
    lines.concat()
}

/// A line without what does not count and without its running numbers.
pub fn standing(line: &str, ignored: &[Trim]) -> String {
    let line = trim(line, ignored).unwrap_or_default();
    RUNNING.iter().fold(line, |mut line, find| {
        if let Some(number) = find(&line) {
            line.replace_range(number, "");
        }
        line
    })
}

fn trim(line: &str, ignored: &[Trim]) -> Option<String> {
    ignored
        .iter()
        .try_fold(line.to_owned(), |line, trim| trim(&line))
}

fn near(one: &str, other: &str, apart: u64) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    number(one)
        .zip(number(other))
        .is_some_and(|(one, other)| one.abs_diff(other) <= apart)
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

fn json_timeout(line: &str) -> Option<Range<usize>> {
    number_after(line, "\"timeout\":")
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

/// In a line of JSON: the id of the entry, which stands behind that of an ICMP tuple; times; who caused an event; what depends
/// on the machine. A SYN proxy's nothing is there where its module is.
fn json(line: &str) -> Option<String> {
    if !line.starts_with('{') {
        return Some(line.to_owned());
    }
    let nothing = ",\"synproxy\":{\"isn\":0,\"its\":0,\"offset\":0}";
    let mut line = line.replace(nothing, "");
    let id = "\"id\":";
    let of_entry = |(place, _): &(usize, &str)| !line[..*place].ends_with("\"code\":0,");
    let place = line.match_indices(id).filter(of_entry).last();
    line = masked(
        &line,
        place.and_then(|(place, _)| number_at(&line, place + id.len())),
    );
    for name in ["maximum", "buckets", "portid"] {
        line = masked(&line, number_after(&line, &format!("\"{name}\":")));
    }
    for name in ["time", "start", "stop", "program"] {
        let mark = format!("\"{name}\":\"");
        let text = line.find(&mark).and_then(|place| {
            let start = place + mark.len();
            Some(start..start + line[start..].find('"')?)
        });
        line = masked(&line, text);
    }
    Some(line)
}

/// Our own line of -V.
fn release(line: &str) -> Option<String> {
    let name = "conntrack-cli ";
    let number = line
        .starts_with(name)
        .then(|| name.len()..line.trim_end().len());
    Some(masked(line, number))
}

/// How many segments carry a TCP connection depends on the moment.
fn segments(line: &str) -> Option<String> {
    let mut words: Vec<&str> = line.split(' ').collect();
    if words.contains(&"tcp") {
        for word in &mut words {
            for counter in ["packets=*", "bytes=*"] {
                if word.starts_with(&counter[..counter.len() - 1]) {
                    *word = counter;
                }
            }
        }
    }
    Some(words.join(" "))
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

pub fn masked(line: &str, part: Option<Range<usize>>) -> String {
    match part {
        Some(part) => [&line[..part.start], "*", &line[part.end..]].concat(),
        None => line.to_owned(),
    }
}
