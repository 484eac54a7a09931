//! `-C`: how many entries a table has.

use super::run::{Command, Exit};
use crate::context::Context;
use crate::error::Error;
use crate::flow::Family;
use crate::netlink::dump::Dump;
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use crate::task::{Entries, Task, Verb};
use std::fs;

/// Where the kernel says it to those who may not ask, below /proc.
const COUNT_FILE: &str = "sys/net/netfilter/nf_conntrack_count";

#[derive(Debug)]
pub struct Count {
    pub entries: Entries,
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
        let text = known.map_or_else(String::new, |number| number.to_string());
        cx.out.text(format!("{text}\n").as_bytes())?;
        let number = counted?;
        if cx.notes.watched {
            let share = maximum(cx, self.entries).and_then(|most| share(number, most));
            share.into_iter().for_each(|share| cx.notes.notice(share));
        }
        Ok(Exit::DONE)
    }
}

/// How many entries a table may have.
fn maximum(cx: &Context, entries: Entries) -> Option<u64> {
    let text = fs::read_to_string(cx.proc.join(match entries {
        Entries::Flows => "sys/net/netfilter/nf_conntrack_max",
        Entries::Expectations => "sys/net/netfilter/nf_conntrack_expect_max",
    }));
    text.ok()?.trim().parse().ok()
}

/// How full a table is, where it has an end.
fn share(number: u64, most: u64) -> Option<String> {
    let percent = number.saturating_mul(100).checked_div(most)?;
    Some(format!("of {most} ({percent} %)"))
}

/// The number of flows, for everybody.
pub fn from_file(cx: &Context) -> Option<u64> {
    let text = fs::read_to_string(cx.proc.join(COUNT_FILE)).ok()?;
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
    let mut bytes = Vec::new();
    let hints = Hints::default();
    request::dump(&mut bytes, Dump::Expectations, Family::ANY, &hints);
    let mut count = 0;
    Socket::open()?.dump(&mut bytes, |_| {
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
    use std::path::Path;

    #[test]
    fn a_table_without_an_end_has_no_share() {
        for (number, most, expected) in [
            (31_000, 262_144, Some("of 262144 (11 %)")),
            (0, 4096, Some("of 4096 (0 %)")),
            (9, 8, Some("of 8 (112 %)")),
            (u64::MAX, 1, Some("of 1 (18446744073709551615 %)")),
            (5, 0, None),
        ] {
            assert_eq!(share(number, most).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn the_file_is_looked_for_below_the_root_of_proc() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(COUNT_FILE);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let known = |proc: &Path| {
            from_file(&Context {
                out: Output::new(Vec::new(), Kind::Stream),
                notes: Notes::new(Vec::new()),
                quiet: false,
                proc,
                stop: &Stop::default(),
            })
        };
        for (text, number) in [("17\n", Some(17)), ("", None), ("x\n", None)] {
            fs::write(&file, text).unwrap();
            assert_eq!(known(root.path()), number, "{text:?}");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(known(root.path()), None);
    }
}
