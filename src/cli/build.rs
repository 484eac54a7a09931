//! A line whose options go together -> the command it means, a function each.

use super::line::{Build, Line};
use super::listing;
use super::opt::{Opt, OptSet};
use super::select::filter;
use super::tuples::{expected, tuples};
use crate::command::count::Count;
use crate::command::create::Create;
use crate::command::delete::Delete;
use crate::command::dry_run::DryRun;
use crate::command::event::Watch;
use crate::command::flush::{Flush, FlushZone};
use crate::command::get::Get;
use crate::command::help::Version;
use crate::command::list::List;
use crate::command::missing::IgnoreMissing;
use crate::command::stats::Stats;
use crate::command::update::Update;
use crate::command::{Command, expectation};
use crate::error::Error;
use crate::flow::{Change, Endpoint, Event, Flow, LabelChange, Labels, Nat, Status};
use crate::format::{Columns, Show};
use crate::task::{Entries, Table, Verb};

type Built = Result<Box<dyn Command>, Error>;

/// The command of a line, and what goes with several commands around it.
pub fn with_everything(line: Line, build: Build) -> Built {
    let given = line.given;
    Ok(around(given, build(line)?))
}

/// The same for a command that is made already.
pub fn with_extras(line: &Line, command: Box<dyn Command>) -> Box<dyn Command> {
    around(line.given, command)
}

/// How a dry run is shown, where that was said.
pub fn show_of_plan(line: &Line) -> Option<Show> {
    line.has(Opt::Output).then(|| show(line))
}

fn around(given: OptSet, mut command: Box<dyn Command>) -> Box<dyn Command> {
    if given.has(Opt::IgnoreMissing) {
        command = Box::new(IgnoreMissing(command));
    }
    if given.has(Opt::DryRun) {
        command = Box::new(DryRun(command));
    }
    command
}

pub fn list(mut line: Line) -> Built {
    Ok(Box::new(List {
        table: table(&line),
        zero: line.has(Opt::Zero),
        family: line.family,
        sink: listing::sink(&line, show(&line))?,
        filter: filter(&mut line),
    }))
}

pub fn list_expectations(line: Line) -> Built {
    Ok(Box::new(expectation::List {
        family: line.family,
        show: show(&line),
    }))
}

pub fn delete(line: Line) -> Built {
    Ok(Box::new(deletion(line)))
}

/// The same for a load file, where those of several lines may share a dump. That nothing is found is no failure there.
pub fn deletion(mut line: Line) -> Delete {
    Delete {
        family: line.family,
        filter: filter(&mut line),
        show: show(&line),
    }
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

pub fn flush(mut line: Line) -> Built {
    if line.has(Opt::Zone) {
        return Ok(Box::new(FlushZone {
            family: line.family,
            filter: filter(&mut line),
            show: show(&line),
        }));
    }
    Ok(Box::new(Flush {
        entries: entries(&line),
        family: line.family,
        show: show(&line),
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
        show: show(&line),
    }))
}

pub fn stats(line: Line) -> Built {
    Ok(Box::new(Stats {
        entries: entries(&line),
        show: show(&line),
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
        show: show(&line),
    }))
}

pub fn delete_expectation(line: Line) -> Built {
    Ok(Box::new(expectation::Delete {
        family: line.family.unwrap_or_default(),
        tuple: expected(&line.flow.orig, line.protocol),
        show: show(&line),
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
        style: line.style().unwrap_or(default.style),
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

    /// What a command is made of, as Debug shows it.
    fn built(line: &str) -> String {
        let words = words(line);
        let command = hall::command(line_of(&words)).unwrap();
        format!("{command:?}")
    }

    #[test]
    fn a_table_or_its_kind_of_entries_is_kept() {
        for (line, part) in [
            ("-L", "List { table: Conntrack, zero: false"),
            ("-L dying", "List { table: Dying"),
            ("-L unconfirmed", "List { table: Unconfirmed"),
            ("-L -z", "zero: true"),
            ("-L expect -f ipv6", "List { family: Some(Family(10))"),
            ("-F expect", "Flush { entries: Expectations"),
            (
                "-F -f ipv4",
                "Flush { entries: Flows, family: Some(Family(2))",
            ),
            ("-C expect", "Count { entries: Expectations"),
            ("-S expect", "Stats { entries: Expectations"),
            (
                "-E expect",
                "Watch { entries: Expectations, events: [New, Update, Destroy]",
            ),
            ("-E -e DESTROY,NEW", "events: [New, Destroy]"),
            ("-E -b 5", "buffer_size: Some(5)"),
            ("-V", "Version"),
            ("-S", "Stats { entries: Flows"),
            ("-F", "Flush { entries: Flows, family: None"),
            ("-D -t 5", "Delete { family: None"),
            ("-U -m 1", "Update { family: None"),
        ] {
            let built = built(line);
            assert!(built.contains(part), "{line}: {built}");
        }
    }

    #[test]
    fn a_flow_is_made_of_everything_that_was_given() {
        let tuple = "-s 1.1.1.1 -d 2.2.2.2 -p udp --sport 1 --dport 2 -t 60";
        let options = "-m 5 -w 3 -u ASSURED -n 3.3.3.3:9 --orig-zone 4";
        let line = format!("-I {tuple} {options}");
        let words = words(&line);
        let Create {
            flow,
            nat,
            overwrite,
            ..
        } = create(&line_of(&words));
        assert_eq!(flow.family, crate::flow::Family::IPV4);
        assert_eq!(
            (flow.timeout, flow.mark, flow.zone),
            (Some(60), Some(5), Some(3))
        );
        let status = Status::ASSURED.union(Status::CONFIRMED);
        assert_eq!((flow.status, flow.orig.zone), (Some(status), Some(4)));
        let snat = nat.src.map(|target| (target.address, target.port));
        assert_eq!(snat, Some(("3.3.3.3".parse().ok(), Some(9))));
        assert_eq!((nat.dst, overwrite), (None, false));
        let line = format!("-A {tuple} -g");
        let words = super::tests::words(&line);
        let Create {
            flow,
            nat,
            overwrite,
            ..
        } = create(&line_of(&words));
        assert_eq!((flow.status, nat, overwrite), (None, Nat::default(), true));
        let words = super::tests::words("-I -r 2.2.2.2 -q 1.1.1.1 -p 50 -t 60");
        let Create { flow, .. } = create(&line_of(&words));
        assert_eq!(flow.orig.src, "1.1.1.1".parse().ok());
    }

    #[test]
    fn a_flow_is_asked_for_by_the_direction_that_is_whole() {
        for (pair, orig) in [
            ("-s 1.1.1.1 -d 2.2.2.2", true),
            ("-r 1.1.1.1 -q 2.2.2.2", false),
            ("-s 1.1.1.1 -r 1.1.1.1 -q 2.2.2.2", false),
        ] {
            let built = built(&format!("-G -p udp {pair} --sport 1 --dport 2"));
            let expected = format!("orig: Tuple {{ present: {orig}");
            assert!(built.contains(&expected), "{pair}: {built}");
            assert!(
                built.contains("reply: Tuple { present: true"),
                "{pair}: {built}"
            );
        }
    }

    #[test]
    fn an_expectation_is_named_and_made_by_its_tuples() {
        let tuple = "-s 1.1.1.1 -d 2.2.2.2 -p tcp --sport 7 --dport 8";
        let reply = "--reply-port-src 1 --reply-port-dst 2";
        let parts = "parts: [Some(7), Some(8), None, None, None]";
        for command in ["-D expect", "-G expect", "-X -D", "-D -X"] {
            let built = built(&format!("{command} {tuple} {reply}"));
            assert!(built.contains("family: Family(2)"), "{built}");
            assert!(built.contains(parts), "{built}");
        }
        let built = built(&format!(
            "-I expect {tuple} -t 5 --tuple-src 3.3.3.3 --tuple-dst 4.4.4.4 --mask-src 5.5.5.5 \
             --mask-dst 6.6.6.6 --tuple-port-src 1 --tuple-port-dst 2 --mask-port-src 3 --mask-port-dst 4"
        ));
        for part in [
            parts,
            "parts: [Some(1), Some(2), None",
            "parts: [Some(3), Some(4), None",
            "src: Some(3.3.3.3)",
            "dst: Some(6.6.6.6)",
            "timeout: 5",
        ] {
            assert!(built.contains(part), "{part}: {built}");
        }
    }

    #[test]
    fn tags_and_zones_of_both_directions_are_kept() {
        let line = "-I -p sctp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2 -t 5 --state CLOSED \
            --orig-vtag 7 --reply-vtag 8 --orig-zone 3 --reply-zone 4";
        let words = words(line);
        let Create { flow, .. } = create(&line_of(&words));
        let info = flow.info;
        assert_eq!((info.orig_vtag, info.reply_vtag), (Some(7), Some(8)));
        assert_eq!((flow.orig.zone, flow.reply.zone), (Some(3), Some(4)));
        assert_eq!(flow.orig.src, "1.1.1.1".parse().ok());
        assert_eq!(flow.reply.src, "2.2.2.2".parse().ok());
        let built = built("-G -p udp -s 1.1.1.1 -d 2.2.2.2 --sport 1 --dport 2");
        assert!(
            built.starts_with("Get { flow: Flow { family: Family(2)"),
            "{built}"
        );
    }

    #[test]
    fn labels_that_are_cleared_are_all_or_those_named() {
        let change = |options: &str| {
            let words = words(options);
            label_change(&line_of(&words))
        };
        assert_eq!(change("-U -m 1"), LabelChange::None);
        assert_eq!(
            change("-U --label-del --labelmap /nowhere"),
            LabelChange::Clear
        );
        let shown = |line: &str| {
            let words = words(line);
            show(&line_of(&words)).columns.has(Columns::LABELS)
        };
        assert!(!shown("-L") && shown("-U --label-del --labelmap /nowhere"));
    }
}
