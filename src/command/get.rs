//! `-G`: shows one flow.

use crate::error::Error;
use crate::filter::Filter;
use crate::flow::Flow;
use crate::format::{Entries, Format, Occasion, Row};
use crate::netlink::message::Content;
use crate::netlink::socket::{Reply, Socket};
use crate::netlink::{self, decode, encode};
use crate::output::{self, Output};
use std::time::SystemTime;

#[derive(Debug)]
pub struct Get {
    /// Its tuples, of which one is enough.
    pub flow: Flow<'static>,
    /// What else it must be.
    pub filter: Filter,
    pub format: Format,
}

impl Get {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let mut request = Vec::new();
        encode::get(&mut request, &self.flow);
        let mut shown = 0;
        out.set_frame(self.format.frame(Entries::Flows));
        Socket::open()?.exchange(&mut request, |_, reply| match reply {
            Reply::Refused(number) => Err(netlink::Error::Refused(number).into()),
            Reply::Entry(Content::Flow(body)) => {
                let flow =
                    decode::flow(body.family, body.attributes).map_err(netlink::Error::from)?;
                if !self.filter.matches(&flow) {
                    return Ok(());
                }
                shown += 1;
                let row = Row {
                    flow: &flow,
                    occasion: Occasion::Listed,
                    now: SystemTime::now(),
                };
                out.row(|buffer| self.format.flow(buffer, &row))
            }
            Reply::Entry(_) => Ok(()),
        })?;
        out.close()?;
        output::message(format_args!("{shown} flow entries have been shown."));
        if shown == 0 {
            Err(Error::Nothing)
        } else {
            Ok(())
        }
    }
}
