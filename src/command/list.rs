//! `-L`: the flows of a table.

use super::run::{Command, Exit};
use super::scan::Scan;
use super::settle::{Unnoted, require, settle};
use crate::context::Context;
use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Family;
use crate::format::{Occasion, Row};
use crate::netlink::dump::Dump;
use crate::sink::Sink;
use crate::task::{Table, Task, Verb};

#[derive(Debug)]
pub struct List {
    pub table: Table,
    /// Whether the counters become zero.
    pub zero: bool,
    pub family: Option<Family>,
    pub filter: Filter,
    pub sink: Box<dyn Sink>,
}

impl Command for List {
    fn task(&self) -> Task {
        Task::flows(Verb::List)
    }

    fn run(mut self: Box<Self>, cx: &mut Context) -> Result<Exit, Error> {
        settle(&mut self.filter, Unnoted::Said, cx)?;
        let List { mut sink, .. } = *self;
        require(sink.requires(), Unnoted::Said, cx)?;
        let mut shown = 0u64;
        cx.out.set_frame(sink.frame());
        let scan = Scan {
            what: what(self.table, self.zero),
            family: self.family,
            filter: self.filter,
            needs: sink.needs(),
        };
        scan.run(cx, |flow, cx| {
            shown += 1;
            let row = Row {
                flow,
                occasion: Occasion::Listed,
            };
            sink.flow(&row, &mut cx.out)
        })?;
        sink.end(&mut cx.out)?;
        cx.conclude(format_args!("{shown} flow entries have been shown."))?;
        Ok(Exit::DONE)
    }
}

fn what(table: Table, zero: bool) -> Dump {
    match table {
        Table::Dying => Dump::Dying,
        Table::Unconfirmed => Dump::Unconfirmed,
        Table::Conntrack | Table::Expect if zero => Dump::FlowsZeroingCounters,
        Table::Conntrack | Table::Expect => Dump::Flows,
    }
}
