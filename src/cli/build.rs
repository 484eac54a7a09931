//! A line whose options go together -> the command it means, a function each.

use super::line::Line;
use super::opt::Opt;
use super::select::filter;
use super::tuples::{expected, tuples};
use crate::command::count::Count;
use crate::command::create::Create;
use crate::command::delete::Delete;
use crate::command::event::Watch;
use crate::command::flush::Flush;
use crate::command::get::Get;
use crate::command::help::Version;
use crate::command::list::List;
use crate::command::stats::Stats;
use crate::command::update::Update;
use crate::command::{Command, expectation};
use crate::error::Error;
use crate::flow::{Change, Endpoint, Event, Flow, LabelChange, Labels, Nat, Status};
use crate::format::{Columns, Show};
use crate::task::{Entries, Table, Verb};

type Built = Result<Box<dyn Command>, Error>;

pub fn list(mut line: Line) -> Built {
    Ok(Box::new(List {
        table: table(&line),
        zero: line.has(Opt::Zero),
        family: line.family,
        filter: filter(&mut line),
        show: show(&line),
    }))
}

pub fn list_expectations(line: Line) -> Built {
    Ok(Box::new(expectation::List {
        family: line.family,
        show: show(&line),
    }))
}

pub fn delete(mut line: Line) -> Built {
    Ok(Box::new(Delete {
        family: line.family,
        filter: filter(&mut line),
        show: show(&line),
    }))
}

pub fn update(mut line: Line) -> Built {
    let change = Change {
        timeout: line.flow.timeout,
        status: status(&line),
        mark: line.mark,
        info: line.flow.info,
        labels: label_change(&line),
    };
    Ok(Box::new(Update {
        family: line.family,
        filter: filter(&mut line),
        change,
        show: show(&line),
    }))
}

pub fn get(mut line: Line) -> Built {
    let (mut orig, reply) = tuples(&line);
    orig.present = line.flow.orig.src.is_some() && line.flow.orig.dst.is_some();
    let flow = Flow {
        family: line.family.unwrap_or_default(),
        orig,
        reply,
        ..Flow::default()
    };
    Ok(Box::new(Get {
        flow,
        filter: filter(&mut line),
        show: show(&line),
    }))
}

pub fn make(line: Line) -> Built {
    Ok(Box::new(create(&line)))
}

/// The same for a load file, which may have a million of them.
pub fn create(line: &Line) -> Create {
    let (orig, reply) = tuples(line);
    let flow = Flow {
        family: line.family.unwrap_or_default(),
        orig,
        reply,
        status: status(line),
        mark: line.mark.map(|mark| mark.value),
        ..line.flow.clone()
    };
    let bits = line.label_bits(Opt::LabelAdd);
    Create {
        flow,
        labels: match bits.is_empty() {
            true => Labels::default(),
            false => Labels::setting(&bits),
        },
        nat: Nat {
            src: target(line.src_nat),
            dst: target(line.dst_nat),
        },
        overwrite: line.verb() == Some(Verb::Add),
    }
}

pub fn flush(line: Line) -> Built {
    Ok(Box::new(Flush {
        entries: entries(&line),
        family: line.family,
    }))
}

pub fn watch(mut line: Line) -> Built {
    let all = line.events.is_empty();
    let wanted = |event: &Event| all || line.events.contains(event);
    Ok(Box::new(Watch {
        entries: entries(&line),
        events: Event::ALL.into_iter().filter(wanted).collect(),
        filter: filter(&mut line),
        show: show(&line),
        buffer_size: line.buffer_size,
    }))
}

pub fn count(line: Line) -> Built {
    Ok(Box::new(Count {
        entries: entries(&line),
    }))
}

pub fn stats(line: Line) -> Built {
    Ok(Box::new(Stats {
        entries: entries(&line),
    }))
}

pub fn version(_: Line) -> Built {
    Ok(Box::new(Version))
}

pub fn create_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Create {
        family: line.family.unwrap_or_default(),
        master: expected(&line.flow.orig, line.protocol),
        expected: expected(&line.expected, line.protocol),
        mask: expected(&line.mask, line.protocol),
        timeout: line.flow.timeout.unwrap_or_default(),
    }))
}

pub fn get_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Get {
        family: line.family.unwrap_or_default(),
        tuple: expected(&line.flow.orig, line.protocol),
    }))
}

pub fn delete_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Delete {
        family: line.family.unwrap_or_default(),
        tuple: expected(&line.flow.orig, line.protocol),
    }))
}

fn table(line: &Line) -> Table {
    line.command.map(|(_, table)| table).unwrap_or_default()
}

fn entries(line: &Line) -> Entries {
    table(line).entries()
}

/// Labels that are named are shown as well.
fn show(line: &Line) -> Show {
    let default = Show::default();
    let named = !line.labels.is_empty() || line.has(Opt::LabelDel);
    Show {
        style: line.style_alone.or(line.style).unwrap_or(default.style),
        columns: match named {
            true => line.columns.union(Columns::LABELS),
            false => line.columns,
        },
        labels: line.map.clone(),
    }
}

fn label_change(line: &Line) -> LabelChange {
    if line.has(Opt::LabelAdd) {
        return LabelChange::Add(line.label_bits(Opt::LabelAdd));
    }
    let bits = line.label_bits(Opt::LabelDel);
    match line.has(Opt::LabelDel) {
        false => LabelChange::None,
        true if bits.is_empty() => LabelChange::Clear,
        true => LabelChange::Remove(bits),
    }
}

/// The kernel lets nobody take away that a flow is confirmed.
fn status(line: &Line) -> Option<Status> {
    line.has(Opt::Status)
        .then(|| line.status.set.union(Status::CONFIRMED))
}

/// An address that NAT shall map to, with its port.
fn target(typed: Option<Endpoint>) -> Option<Endpoint> {
    typed.filter(|target| target.address.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::hall;
    use crate::cli::letters::Letters;
    use crate::flow::State;

    fn line_of<'a>(words: &[&'a [u8]]) -> Line<'a> {
        hall::line(Letters::new(words), &mut Vec::new()).unwrap()
    }

    fn words(line: &str) -> Vec<&[u8]> {
        line.split_whitespace().map(str::as_bytes).collect()
    }

    #[test]
    fn what_an_update_sets_is_kept_for_the_change() {
        let words = words("-U -m 5/7 -t 1 -u SEEN_REPLY -p tcp --state CLOSE");
        let line = line_of(&words);
        assert_eq!(line.flow.timeout, Some(1));
        assert_eq!(line.mark.map(|mark| (mark.value, mark.mask)), Some((5, 7)));
        let set = Status::SEEN_REPLY.union(Status::CONFIRMED);
        assert_eq!(status(&line), Some(set));
        assert_eq!(line.flow.info.state.map(State::name), Some("CLOSE"));
    }
}
