//! `-F`: empties a table.

use super::create::request_one;
use crate::error::Error;
use crate::flow::Family;
use crate::format::Entries;
use crate::netlink::encode;
use crate::netlink::socket::Socket;
use crate::output;

#[derive(Debug)]
pub struct Flush {
    pub entries: Entries,
    /// Only the flows of this family.
    pub family: Option<Family>,
}

impl Flush {
    pub fn run(self) -> Result<(), Error> {
        let mut request = Vec::new();
        let table = match self.entries {
            Entries::Flows => {
                encode::flush(&mut request, self.family);
                "connection tracking"
            }
            Entries::Expectations => {
                encode::flush_expectations(&mut request);
                "expectation"
            }
        };
        request_one(&mut Socket::open()?, &mut request)?;
        output::message(format_args!("{table} table has been emptied."));
        Ok(())
    }
}
