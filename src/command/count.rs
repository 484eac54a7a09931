//! `-C`: how many entries a table has.

use crate::error::Error;
use crate::flow::Family;
use crate::format::Entries;
use crate::netlink::encode::{self, Dump};
use crate::netlink::kernel_filter::Hints;
use crate::netlink::message::Content;
use crate::netlink::socket::{Reply, Socket};
use crate::netlink::{self, decode};
use crate::output::Output;
use std::fs;

/// Where the kernel says it to those who may not ask.
pub const COUNT_FILE: &str = "/proc/sys/net/netfilter/nf_conntrack_count";

#[derive(Debug)]
pub struct Count {
    pub entries: Entries,
}

impl Count {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let counted = match self.entries {
            Entries::Flows => flows(),
            Entries::Expectations => expectations(),
        };
        let number = match &counted {
            Ok(number) => number.to_string(),
            Err(_) => fallback(self.entries),
        };
        out.row(|buffer| buffer.extend_from_slice(number.as_bytes()))?;
        out.row(|buffer| buffer.push(b'\n'))?;
        out.flush()?;
        counted.map(drop)
    }
}

fn flows() -> Result<u64, Error> {
    let mut request = Vec::new();
    encode::count(&mut request);
    let mut count = 0;
    Socket::open()?.exchange(&mut request, |_, reply| match reply {
        Reply::Refused(number) => Err(netlink::Error::Refused(number).into()),
        Reply::Entry(Content::Flow(body)) => {
            count = decode::entry_count(body.attributes).map_err(netlink::Error::from)?;
            Ok::<(), Error>(())
        }
        Reply::Entry(_) => Ok(()),
    })?;
    Ok(count.into())
}

/// The kernel keeps no count of expectations.
fn expectations() -> Result<u64, Error> {
    let mut request = Vec::new();
    encode::dump(
        &mut request,
        Dump::Expectations,
        Family::ANY,
        &Hints::default(),
    );
    let mut count = 0;
    Socket::open()?.dump(&mut request, |_| {
        count += 1;
        Ok::<(), Error>(())
    })?;
    Ok(count)
}

fn fallback(entries: Entries) -> String {
    match entries {
        Entries::Flows => fs::read_to_string(COUNT_FILE)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        Entries::Expectations => "0".to_owned(),
    }
}
