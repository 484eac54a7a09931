//! `-C`: how many entries a table has.

use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::flow::{Family, stats};
use crate::format::Show;
use crate::netlink::dump::Dump;
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, reading, request};
use crate::task::{Entries, Task, Verb};
use std::fs;

/// Where the kernel says it to those who may not ask, and what else it has of numbers, below /proc.
const DIRECTORY: &str = "sys/net/netfilter";

#[derive(Debug)]
pub struct Count {
    pub entries: Entries,
    pub show: Show,
}

impl Command for Count {
    fn task(&self) -> Task {
        Task {
            verb: Verb::Count,
            entries: self.entries,
        }
    }

    /// The number that is known without privileges is shown also where the kernel refused to say more.
    fn run(self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        let counted = match self.entries {
            Entries::Flows => flows(),
            Entries::Expectations => expectations(),
        };
        let known = match (&counted, self.entries) {
            (Ok(number), _) => Some(*number),
            (Err(_), Entries::Flows) => from_file(cx),
            (Err(_), Entries::Expectations) => Some(0),
        };
        let style = self.show.style;
        let limits = match style.shows_limits() || cx.notes.watched {
            true => limits(self.entries, cx),
            false => stats::Count::default(),
        };
        let count = stats::Count {
            entries: known,
            ..limits
        };
        cx.out.row(|buffer| style.count(buffer, &count))?;
        if cx.notes.watched {
            let share = known.zip(count.maximum);
            let share = share.and_then(|(number, most)| share_of(number, most));
            share.into_iter().for_each(|share| cx.notes.notice(share));
        }
        counted.map(|_| Exit::DONE)
    }
}

/// How full a table is, where it has an end.
fn share_of(number: u64, most: u64) -> Option<String> {
    let percent = number.saturating_mul(100).checked_div(most)?;
    Some(format!("of {most} ({percent} %)"))
}

/// The number of flows, for everybody.
pub fn from_file(cx: &Context) -> Option<u64> {
    number_in(cx, "nf_conntrack_count")
}

/// How many there may be.
fn limits(entries: Entries, cx: &Context) -> stats::Count {
    let (maximum, buckets) = match entries {
        Entries::Flows => ("nf_conntrack_max", Some("nf_conntrack_buckets")),
        Entries::Expectations => ("nf_conntrack_expect_max", None),
    };
    stats::Count {
        entries: None,
        maximum: number_in(cx, maximum),
        buckets: buckets.and_then(|name| number_in(cx, name)),
    }
}

fn number_in(cx: &Context, name: &str) -> Option<u64> {
    let text = fs::read_to_string(cx.proc.join(DIRECTORY).join(name)).ok()?;
    text.trim().parse().ok()
}

fn flows() -> Result<u64, Error> {
    let mut bytes = Vec::new();
    request::count(&mut bytes);
    let mut count = 0;
    Socket::open()?.exchange(&mut bytes, |_, answer| match answer {
        Answer::Refused(errno) => Err(netlink::Error::Refused(errno).into()),
        Answer::Entry(Content::Flow(body)) => {
            count = decode::entry_count(body.attributes).map_err(netlink::Error::from)?;
            Ok::<(), Error>(())
        }
        Answer::Entry(_) => Ok(()),
    })?;
    Ok(count.into())
}

/// The kernel keeps no count of expectations.
fn expectations() -> Result<u64, Error> {
    let mut count = 0;
    reading::one(Dump::Expectations, Family::ANY, &Hints::default(), |_| {
        count += 1;
        Ok::<(), Error>(())
    })?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Notes;
    use crate::output::{Kind, Output};
    use crate::stop::Stop;

    #[test]
    fn a_table_without_an_end_has_no_share() {
        for (number, most, expected) in [
            (31_000, 262_144, Some("of 262144 (11 %)")),
            (0, 4096, Some("of 4096 (0 %)")),
            (9, 8, Some("of 8 (112 %)")),
            (u64::MAX, 1, Some("of 1 (18446744073709551615 %)")),
            (5, 0, None),
        ] {
            assert_eq!(share_of(number, most).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn files_are_looked_for_below_the_root_of_proc() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join(DIRECTORY);
        fs::create_dir_all(&directory).unwrap();
        let stop = Stop::default();
        let cx = Context {
            out: Output::new(Vec::new(), Kind::Stream),
            notes: Notes::new(Vec::new()),
            quiet: false,
            proc: root.path(),
            stop: &stop,
        };
        let file = directory.join("nf_conntrack_count");
        for (text, number) in [("17\n", Some(17)), ("", None), ("x\n", None)] {
            fs::write(&file, text).unwrap();
            assert_eq!(from_file(&cx), number, "{text:?}");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(from_file(&cx), None);
        assert_eq!(limits(Entries::Flows, &cx), stats::Count::default());
        for (name, text) in [
            ("nf_conntrack_max", "7"),
            ("nf_conntrack_buckets", "8"),
            ("nf_conntrack_expect_max", "9"),
        ] {
            fs::write(directory.join(name), text).unwrap();
        }
        for (entries, maximum, buckets) in [
            (Entries::Flows, 7, Some(8)),
            (Entries::Expectations, 9, None),
        ] {
            let limits = limits(entries, &cx);
            assert_eq!((limits.maximum, limits.buckets), (Some(maximum), buckets));
        }
    }
}
