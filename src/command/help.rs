//! `-h` and `-V`.

use crate::cli::grammar;
use crate::error::Error;
use crate::output::Output;

#[derive(Debug)]
pub struct Help {
    /// The protocol whose options are shown as well.
    pub protocol: Option<u8>,
}

impl Help {
    pub fn run(self, out: &mut Output) -> Result<(), Error> {
        let mut text = grammar::help();
        if let Some(number) = self.protocol {
            text.push_str(&grammar::protocol_help(number));
        }
        out.row(|buffer| buffer.extend_from_slice(text.as_bytes()))?;
        out.flush()
    }
}

/// The first line is the reference's, because scripts parse it.
pub fn version(out: &mut Output) -> Result<(), Error> {
    let ours = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    let text = format!("conntrack v1.4.9 (conntrack-tools)\n{ours}\n");
    out.row(|buffer| buffer.extend_from_slice(text.as_bytes()))?;
    out.flush()
}
