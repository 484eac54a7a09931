//! Lists of names with commas: `-u`, `-e` and `-o`, which all read theirs in the same way.

use crate::error::Usage;
use crate::flow::{Event, Status};
use crate::format::{ADDED_OUTPUTS, OUTPUTS, Output};

/// The status bits by name, in the order in which a prefix is looked up.
pub const STATUS: [(&str, Status); 7] = [
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

pub const EVENTS: [(&str, &[Event]); 4] = [
    ("ALL", &Event::ALL),
    ("NEW", &[Event::New]),
    ("UPDATES", &[Event::Update]),
    ("DESTROY", &[Event::Destroy]),
];

/// The bits that a list of status names asks to be set, and to be clear.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatusList {
    pub set: Status,
    pub clear: Status,
}

impl StatusList {
    pub fn union(self, other: StatusList) -> StatusList {
        StatusList {
            set: self.set.union(other.set),
            clear: self.clear.union(other.clear),
        }
    }

    /// The value that the bits of a mask must have; none where there is no bit to look at.
    pub fn test(self) -> Option<(u32, u32)> {
        let mask = self.set.union(self.clear);
        (mask != Status::default()).then_some((self.set.0, mask.0))
    }
}

/// `warnings` receives lines for standard error.
pub fn status(text: &[u8], warnings: &mut Vec<String>) -> Result<StatusList, Usage> {
    let mut list = StatusList::default();
    for item in items(text) {
        if item.name == b"UNREPLIED" {
            list.clear = list.clear.union(Status::SEEN_REPLY);
        } else if let Some(name) = item.name.strip_prefix(b"!") {
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

pub fn events(text: &[u8], warnings: &mut Vec<String>) -> Result<Vec<Event>, Usage> {
    Ok(plain(text, &EVENTS, warnings)?.concat())
}

pub fn outputs(text: &[u8], warnings: &mut Vec<String>) -> Result<Vec<Output>, Usage> {
    items(text)
        .filter_map(|item| match added(item.name) {
            Some(output) => Some(Ok(output)),
            None => named(item.name, item.rest, &OUTPUTS, warnings).transpose(),
        })
        .collect()
}

/// What 1.4.9 lacks is typed in full.
fn added(name: &[u8]) -> Option<Output> {
    let is = |(full, _): &&(&str, Output)| full.as_bytes().eq_ignore_ascii_case(name);
    ADDED_OUTPUTS.iter().find(is).map(|(_, output)| *output)
}

fn plain<T: Copy>(
    text: &[u8],
    table: &[(&str, T)],
    warnings: &mut Vec<String>,
) -> Result<Vec<T>, Usage> {
    items(text)
        .filter_map(|item| named(item.name, item.rest, table, warnings).transpose())
        .collect()
}

/// An item of a list, and the list from there on, which is what errors show.
struct Item<'a> {
    name: &'a [u8],
    rest: &'a [u8],
}

/// A comma that begins what is left does not separate, so that `,id` is one bad item.
fn items(text: &[u8]) -> impl Iterator<Item = Item<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let behind_first = text.get(1..).unwrap_or_default();
        let comma = behind_first.iter().position(|byte| *byte == b',');
        let name = comma.map_or(text, |at| &text[..at + 1]);
        rest = comma.map(|at| &text[at + 2..]);
        Some(Item { name, rest: text })
    })
}

/// The first value whose name begins with `name`, in any case; `None` for a retired name.
fn named<T: Copy>(
    name: &[u8],
    rest: &[u8],
    table: &[(&str, T)],
    warnings: &mut Vec<String>,
) -> Result<Option<T>, Usage> {
    let begins = |full: &str| {
        let start = full.as_bytes().get(..name.len());
        !name.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    if let Some((full, option)) = RETIRED.iter().find(|(full, _)| begins(full)) {
        warnings.push(format!("WARNING: ignoring {full}, use {option} instead"));
        return Ok(None);
    }
    table
        .iter()
        .find(|(full, _)| begins(full))
        .map(|(_, value)| Some(*value))
        .ok_or_else(|| Usage::BadParameter(rest.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(text: &str) -> String {
        match status(text.as_bytes(), &mut Vec::new()) {
            Err(Usage::BadParameter(rest)) => rest.to_string(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_prefix_in_any_case_names_a_bit() {
        let list = status(b"assu,SE,!f", &mut Vec::new()).unwrap();
        assert_eq!(list.set, Status::ASSURED.union(Status::SEEN_REPLY));
        assert_eq!(list.clear, Status::FIXED_TIMEOUT);
    }

    #[test]
    fn unreplied_is_the_absence_of_a_reply_and_only_whole() {
        assert_eq!(
            status(b"UNREPLIED", &mut Vec::new()).unwrap().clear,
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
        assert_eq!(status(b"s", &mut warnings).unwrap(), StatusList::default());
        assert_eq!(
            warnings,
            ["WARNING: ignoring SRC_NAT, use --src-nat instead"]
        );
    }

    #[test]
    fn a_list_of_status_names_is_a_value_of_masked_bits() {
        let test = |text: &str| status(text.as_bytes(), &mut Vec::new()).unwrap().test();
        for (text, value) in [
            ("ASSURED", Some((4, 4))),
            ("!ASSURED", Some((0, 4))),
            ("ASSURED,!SEEN_REPLY", Some((4, 6))),
            ("ASSURED,SEEN_REPLY", Some((6, 6))),
            ("ASSURED,!ASSURED", Some((4, 4))),
            ("UNSET", None),
            ("!UNSET", None),
            ("UNSET,OFFLOAD", Some((1 << 14, 1 << 14))),
        ] {
            assert_eq!(test(text), value, "{text}");
        }
    }

    #[test]
    fn events_and_outputs_are_found_by_a_prefix() {
        let found = |text: &str| events(text.as_bytes(), &mut Vec::new()).unwrap();
        assert_eq!(found("n,DES"), [Event::New, Event::Destroy]);
        assert_eq!(found("all"), Event::ALL);
        for (text, name) in [("x", "xml"), ("i", "id"), ("s", "save"), ("l", "labels")] {
            let found = outputs(text.as_bytes(), &mut Vec::new());
            let shadowed = text == "s";
            let place = OUTPUTS.iter().position(|(full, _)| *full == name);
            assert!(place.is_some());
            assert_eq!(found.unwrap().len(), usize::from(!shadowed), "{text}");
        }
    }
}
