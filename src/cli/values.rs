//! How the options are read whose values are more than a number of a field.

use super::line::Line;
use super::lists;
use super::many;
use super::opt::Opt;
use super::refusals;
use crate::error::{Error, Usage, Value};
use crate::field::{Field, field, read};
use crate::filter::read::{is_list, is_several};
use crate::filter::{Filter, Test};
use crate::flow::Family;
use crate::format::{Columns, Output};
use crate::{names, number};

static STATUS: &Field = field("status");
static MARK: &Field = field("mark");
static STATE: &Field = field("state");

type Read = Result<(), Error>;

pub fn expect(line: &mut Line, _: Option<&[u8]>) -> Read {
    line.expect = true;
    Ok(())
}

/// An option that needs no more than to be given.
pub fn given(_: &mut Line, _: Option<&[u8]>) -> Read {
    Ok(())
}

pub fn protonum(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    match names::protocol(text) {
        Some(number) => Ok(line.set_protocol(number)?),
        None if is_several(text) && line.may_be_many(Opt::Protonum) => many::protocols(line, text),
        None => Err(Usage::UnsupportedProtocol(text.into()).into()),
    }
}

/// Whatever follows `ipv4` or `ipv6` has always been passed over, but a comma looks like two families.
pub fn family(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    let family = match text.get(..4).filter(|_| !is_list(text)) {
        Some(b"ipv4") => Family::IPV4,
        Some(b"ipv6") => Family::IPV6,
        _ => return Err(Usage::UnsupportedProtocol(text.into()).into()),
    };
    Ok(line.fix_family(family)?)
}

/// Several lists add up.
pub fn status(line: &mut Line, text: Option<&[u8]>) -> Read {
    let list = lists::status(text.unwrap_or_default(), &mut line.warnings)?;
    line.status = line.status.union(list);
    if let Some((value, mask)) = line.status.test() {
        let test = Test::masked(value, mask);
        line.select(Opt::Status, || Filter::is(STATUS, test));
    }
    Ok(())
}

pub fn mark(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    let mark = read::mark(text).ok_or_else(|| Value::Unexpected(text.into(), 'm'))?;
    line.mark = Some(mark);
    let test = Test::masked(mark.value, mark.mask);
    line.select(Opt::Mark, || Filter::is(MARK, test));
    Ok(())
}

/// A state of the protocol that was named last, or of every protocol that has it. A flow is given the first of them.
pub fn state(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    if line.may_be_many(Opt::State) && (is_list(text) || !line.several_protocols.is_empty()) {
        return many::states(line, text);
    }
    let protocol = line.protocols.last_with_states();
    let states = read::states(text, protocol);
    if states.is_empty() {
        return Err(refusals::unknown_state(protocol, text).into());
    }
    line.flow.info.state = states.first().copied();
    let tests = || states.into_iter().map(Test::state).collect();
    line.select(Opt::State, || Filter::one_of(STATE, tests()));
    Ok(())
}

pub fn role(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    let begins = |role: &str| {
        let start = role.as_bytes().get(..text.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(text))
    };
    let role = ["client", "server"].into_iter().position(begins);
    let role = role.ok_or_else(|| Usage::Role(text.into()))?;
    line.flow.info.role = Some(role as u8);
    Ok(())
}

pub fn nat_range(line: &mut Line, _: Option<&[u8]>) -> Read {
    let warning = "WARNING: ignoring -a, deprecated option.";
    line.warnings.push(warning.to_owned());
    Ok(())
}

/// Words of `-o` add up, unless one stands alone.
pub fn output(line: &mut Line, text: Option<&[u8]>) -> Read {
    for output in lists::outputs(text.unwrap_or_default(), &mut line.warnings)? {
        line.output_known |= !matches!(output, Output::Addition(_));
        match output {
            Output::Table => {
                line.listing.table = true;
                continue;
            }
            Output::Addition(style) => {
                line.style_added = Some(style);
                continue;
            }
            Output::Columns(columns) => line.columns = line.columns.union(columns),
            Output::Style(style) if style.stands_alone() => line.style_alone = Some(style),
            Output::Style(style) => line.style = Some(style),
        }
        line.listing.rows = true;
    }
    if line.style_added.is_some() && line.output_known {
        return Err(Usage::OutputAlone("json").into());
    }
    let others = line.style.is_some() || line.columns != Columns::NONE;
    if line.style_alone.is_some() && others {
        return Err(Value::SaveAlone.into());
    }
    Ok(())
}

pub fn event_mask(line: &mut Line, text: Option<&[u8]>) -> Read {
    let events = lists::events(text.unwrap_or_default(), &mut line.warnings)?;
    line.events.extend(events);
    Ok(())
}

pub fn buffer_size(line: &mut Line, text: Option<&[u8]>) -> Read {
    let text = text.unwrap_or_default();
    let size = number::decimal(text).filter(|size| *size <= i32::MAX as u64);
    let refused = || Usage::Number(text.into(), "buffer-size");
    let size = line.later(size.ok_or_else(refused));
    line.buffer_size = size.map(|size| size as usize);
    Ok(())
}

pub fn label<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    add_labels(line, Opt::Label, text);
    Ok(())
}

pub fn label_add<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    add_labels(line, Opt::LabelAdd, text);
    refuse_both(line, Opt::LabelDel)
}

pub fn label_del<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    add_labels(line, Opt::LabelDel, text);
    refuse_both(line, Opt::LabelAdd)
}

fn add_labels<'a>(line: &mut Line<'a>, option: Opt, text: Option<&'a [u8]>) {
    let names = text.map(|text| text.split(|byte| *byte == b','));
    let names = names.into_iter().flatten();
    line.labels.extend(names.map(|name| (option, name)));
}

fn refuse_both(line: &Line, other: Opt) -> Read {
    match line.has(other) {
        true => Err(Value::LabelAddAndDel.into()),
        false => Ok(()),
    }
}

pub fn labelmap<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    match line.labelmap.replace(text.unwrap_or_default()) {
        Some(_) => Err(Usage::OptionTwice("labelmap").into()),
        None => Ok(()),
    }
}

/// Two could not both be meant.
pub fn netns<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    match line.netns.replace(text.unwrap_or_default()) {
        Some(_) => Err(Usage::OptionTwice("netns").into()),
        None => Ok(()),
    }
}

/// The same of two texts.
pub fn generate<'a>(line: &mut Line<'a>, text: Option<&'a [u8]>) -> Read {
    match line.generate.replace(text.unwrap_or_default()) {
        Some(_) => Err(Usage::OptionTwice("generate").into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::hall;
    use crate::cli::letters::Letters;

    /// What a line is refused with, if it is.
    fn refusal(line: &str) -> String {
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        let read = hall::line(Letters::new(&words), &mut Vec::new());
        read.map_or_else(|error| error.to_string(), |_| "nothing".to_owned())
    }

    #[test]
    fn a_state_is_refused_in_the_words_of_its_protocol() {
        for (line, expected) in [
            ("-L -p tcp --state x", "unknown TCP state `x'"),
            ("-L -p sctp --state x", "unknown SCTP state `x'"),
            ("-L -p dccp --state x", "Unknown DCCP state `x'"),
            ("-L --state x", "unknown state `x'"),
            ("-L -p dccp --role x", "Unknown DCCP role `x'"),
            (
                "-L -p dccp --role SERV --state OPEN",
                "Illegal option `--role' with this command",
            ),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }

    #[test]
    fn addresses_agree_on_a_family() {
        let mismatch = "mismatched address family";
        for (line, expected) in [
            ("-L -s 1.2.3.4 -d 5.6.7.8", "nothing"),
            ("-L -s 1.2.3.4 -d ::1", mismatch),
            ("-L -f ipv6 -s 1.2.3.4/33", mismatch),
            ("-L -s ::1 -q 1.2.3.0/24", mismatch),
            ("-L -f ipv4 -n ::1", mismatch),
            ("-L -f ipv4 -f ipv6", mismatch),
            ("-L -s 1.2.3.4/33", "Invalid netmask"),
            (
                "-G -r 1.2.3.4/24",
                "CIDR notation unavailable for `--reply-src'",
            ),
            (
                "-I -q 1.2.3.4/24",
                "CIDR notation unavailable for `--reply-dst'",
            ),
            ("-L -r 1.2.3.4/24 -q 1.2.3.4/33", "Invalid netmask"),
            ("-L -s 1.2.3.4,::1", mismatch),
            ("-L -s !1.2.3.4 -d ::1", mismatch),
            ("-L -s 1.2.3.4-::1", mismatch),
            ("-L -s ::1 -q local", "nothing"),
            ("-L -f ipv4,ipv6", "`ipv4,ipv6' unsupported protocol"),
            (
                "-L -n 1.2.3.4/24",
                "CIDR notation unavailable for `--src-nat'",
            ),
            ("-L -r x/8", "Invalid IP address `x/8'"),
            ("-L -f inet", "`inet' unsupported protocol"),
            ("-L -f ipv4x", "nothing"),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }

    #[test]
    fn save_and_json_stand_alone() {
        let alone = "cannot combine save output with any other output type, use -o save only";
        let json_alone = "cannot combine json output with any other output type";
        for (line, expected) in [
            ("-L -o save", "nothing"),
            ("-L -o save -o save", "nothing"),
            ("-L -o save,userspace", "nothing"),
            ("-L -o xml,id", "nothing"),
            ("-L -o save,id", alone),
            ("-L -o id -o save", alone),
            ("-L -o xml -o save", alone),
            ("-L -o save,xml", alone),
            ("-L -o json", "nothing"),
            ("-L -o json,json", "nothing"),
            ("-L -o json -o json", "nothing"),
            ("-L -o json,id", json_alone),
            ("-L -o labels -o json", json_alone),
            ("-L -o json -o xml", json_alone),
            ("-L -o save,json", json_alone),
            ("-L -o json,mark", json_alone),
            ("-L -o js", "Bad parameter `js'"),
            ("-L -o json,j", "Bad parameter `j'"),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }

    #[test]
    fn numbers_are_refused_once_the_rest_is_right() {
        for (line, expected) in [
            ("-L -p tcp --sport x", "Invalid port `x'"),
            ("-L -p gre --srckey x", "Invalid value `x' for `--srckey'"),
            (
                "-L -p tcp --sport x -t 5",
                "Illegal option `--timeout' with this command",
            ),
            ("-D -t x", "Invalid value `x' for `--timeout'"),
            ("-E -b x", "Invalid value `x' for `--buffer-size'"),
            (
                "-E -b 4294967296",
                "Invalid value `4294967296' for `--buffer-size'",
            ),
            ("-L -m x -k", "unexpected value 'x' with -m option"),
            ("-L -w 65536", "unexpected value '65536' with -w option"),
            (
                "-L -M a -M b",
                "option `--labelmap' can only be specified once",
            ),
            (
                "-U --label-add a --label-del b",
                "cannot use --label-add and --label-del at the same time",
            ),
        ] {
            assert_eq!(refusal(line), expected, "{line}");
        }
    }
}
