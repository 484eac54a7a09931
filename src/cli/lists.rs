//! Lists of names with commas: `-u`, `-e` and `-o`, which all read theirs in the same way.

use crate::error::Usage;
use crate::flow::Status;

/// The status bits by name, in the order in which a prefix is looked up.
const STATUS: [(&str, Status); 7] = [
    ("ASSURED", Status::ASSURED),
    ("SEEN_REPLY", Status::SEEN_REPLY),
    ("UNSET", Status(0)),
    ("FIXED_TIMEOUT", Status::FIXED_TIMEOUT),
    ("EXPECTED", Status::EXPECTED),
    ("OFFLOAD", Status::OFFLOAD),
    ("HW_OFFLOAD", Status::HW_OFFLOAD),
];

/// Names that once were status bits. They are recognized in every list, warned of and ignored.
const RETIRED: [(&str, &str); 2] = [("SRC_NAT", "--src-nat"), ("DST_NAT", "--dst-nat")];

/// The bits that a list of status names asks to be set, and to be clear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatusList {
    pub set: Status,
    pub clear: Status,
}

/// Which events are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventName {
    All,
    New,
    Updates,
    Destroy,
}

const EVENTS: [(&str, EventName); 4] = [
    ("ALL", EventName::All),
    ("NEW", EventName::New),
    ("UPDATES", EventName::Updates),
    ("DESTROY", EventName::Destroy),
];

/// What `-o` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputName {
    Xml,
    Extended,
    Timestamp,
    Id,
    Ktimestamp,
    Labels,
    Userspace,
    Save,
    Mark,
}

const OUTPUTS: [(&str, OutputName); 9] = [
    ("xml", OutputName::Xml),
    ("extended", OutputName::Extended),
    ("timestamp", OutputName::Timestamp),
    ("id", OutputName::Id),
    ("ktimestamp", OutputName::Ktimestamp),
    ("labels", OutputName::Labels),
    ("userspace", OutputName::Userspace),
    ("save", OutputName::Save),
    ("mark", OutputName::Mark),
];

/// `warnings` receives lines for standard error.
pub fn status(text: &str, warnings: &mut Vec<String>) -> Result<StatusList, Usage> {
    let mut list = StatusList::default();
    for item in items(text) {
        if item.name == "UNREPLIED" {
            list.clear = list.clear.union(Status::SEEN_REPLY);
        } else if let Some(name) = item.name.strip_prefix('!') {
            let rest = &item.rest[1..];
            if let Some(bits) = named(name, rest, &STATUS, warnings)? {
                list.clear = list.clear.union(bits);
            }
        } else if let Some(bits) = named(item.name, item.rest, &STATUS, warnings)? {
            list.set = list.set.union(bits);
        }
    }
    Ok(list)
}

pub fn events(text: &str, warnings: &mut Vec<String>) -> Result<Vec<EventName>, Usage> {
    plain(text, &EVENTS, warnings)
}

pub fn outputs(text: &str, warnings: &mut Vec<String>) -> Result<Vec<OutputName>, Usage> {
    plain(text, &OUTPUTS, warnings)
}

fn plain<T: Copy>(
    text: &str,
    table: &[(&str, T)],
    warnings: &mut Vec<String>,
) -> Result<Vec<T>, Usage> {
    items(text)
        .filter_map(|item| named(item.name, item.rest, table, warnings).transpose())
        .collect()
}

/// An item of a list, and the list from there on, which is what errors show.
struct Item<'a> {
    name: &'a str,
    rest: &'a str,
}

/// A comma that begins what is left does not separate, so that `,id` is one bad item.
fn items(text: &str) -> impl Iterator<Item = Item<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let comma = text
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == ',')
            .map(|(at, _)| at);
        let name = &text[..comma.unwrap_or(text.len())];
        rest = comma.map(|at| &text[at + 1..]);
        Some(Item { name, rest: text })
    })
}

/// The first value whose name begins with `name`, in any case; `None` for a retired name.
fn named<T: Copy>(
    name: &str,
    rest: &str,
    table: &[(&str, T)],
    warnings: &mut Vec<String>,
) -> Result<Option<T>, Usage> {
    let begins = |full: &str| {
        !name.is_empty()
            && full
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    if let Some((full, option)) = RETIRED.iter().find(|(full, _)| begins(full)) {
        warnings.push(format!("WARNING: ignoring {full}, use {option} instead"));
        return Ok(None);
    }
    table
        .iter()
        .find(|(full, _)| begins(full))
        .map(|(_, value)| Some(*value))
        .ok_or_else(|| Usage::BadParameter(rest.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(text: &str) -> String {
        match status(text, &mut Vec::new()) {
            Err(Usage::BadParameter(rest)) => rest,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_prefix_in_any_case_names_a_bit() {
        let list = status("assu,SE,!f", &mut Vec::new()).unwrap();
        assert_eq!(list.set, Status::ASSURED.union(Status::SEEN_REPLY));
        assert_eq!(list.clear, Status::FIXED_TIMEOUT);
    }

    #[test]
    fn unreplied_is_the_absence_of_a_reply_and_only_whole() {
        assert_eq!(
            status("UNREPLIED", &mut Vec::new()).unwrap().clear,
            Status::SEEN_REPLY
        );
        assert_eq!(bad("unreplied"), "unreplied");
        assert_eq!(bad("!UNREPLIED"), "UNREPLIED");
    }

    #[test]
    fn an_error_shows_the_list_from_the_bad_item_on() {
        for (text, rest) in [
            ("A,B,C", "B,C"),
            ("A,", ""),
            (",A", ",A"),
            ("A,,B", ",B"),
            ("!!A", "!A"),
            ("!", ""),
        ] {
            assert_eq!(bad(text), rest, "{text}");
        }
    }

    #[test]
    fn a_retired_name_is_warned_of_and_ignored() {
        let mut warnings = Vec::new();
        assert_eq!(status("s", &mut warnings).unwrap(), StatusList::default());
        assert_eq!(
            warnings,
            ["WARNING: ignoring SRC_NAT, use --src-nat instead"]
        );
    }
}
