//! `-I` and `-A`: makes a flow.

use crate::error::Error;
use crate::flow::Flow;
use crate::netlink;
use crate::netlink::encode::{self, Labels, Nat};
use crate::netlink::socket::{Reply, Socket};
use crate::output;

#[derive(Debug)]
pub struct Create {
    pub flow: Flow<'static>,
    pub labels: Labels,
    pub nat: Nat,
    /// Whether a flow that exists already is changed (`-A`) or an error (`-I`).
    pub overwrite: bool,
}

impl Create {
    pub fn run(self) -> Result<(), Error> {
        let mut request = Vec::new();
        encode::create(
            &mut request,
            &self.flow,
            &self.labels,
            &self.nat,
            !self.overwrite,
        );
        request_one(&mut Socket::open()?, &mut request)?;
        let done = if self.overwrite { "added" } else { "created" };
        output::message(format_args!("1 flow entries have been {done}."));
        Ok(())
    }
}

/// Sends one request, of which only the success matters.
pub fn request_one(socket: &mut Socket, request: &mut [u8]) -> Result<(), Error> {
    socket.exchange(request, |_, reply| match reply {
        Reply::Refused(number) => Err(netlink::Error::Refused(number).into()),
        Reply::Entry(_) => Ok(()),
    })
}
