//! Standard output: the one place that decides when rows are written.

use crate::error::{Error, PREFIX};
use crate::format::Frame;
use std::io::{self, IsTerminal, StdoutLock, Write};

/// How much is gathered for one write to a file or a pipe, in bytes.
const LARGE_WRITE: usize = 64 << 10;

/// Gathers rows, and the text around them, which is only written where there are rows.
pub struct Output {
    stdout: StdoutLock<'static>,
    buffer: Vec<u8>,
    frame: Frame,
    opened: bool,
    /// How many bytes may wait.
    limit: usize,
}

impl Output {
    pub fn to_stdout() -> Output {
        let stdout = io::stdout().lock();
        let limit = if stdout.is_terminal() { 0 } else { LARGE_WRITE };
        let buffer = Vec::with_capacity(limit + LARGE_WRITE);
        Output {
            stdout,
            buffer,
            frame: Frame::default(),
            opened: false,
            limit,
        }
    }

    /// Sets the text around the rows that follow.
    pub fn set_frame(&mut self, frame: Frame) {
        self.frame = frame;
    }

    /// Appends a row, which `write` puts at the end of the buffer. To a terminal it goes out at once.
    pub fn row(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        if !self.opened {
            self.opened = true;
            self.buffer.extend_from_slice(self.frame.opening.as_bytes());
        }
        write(&mut self.buffer);
        if self.buffer.len() > self.limit {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Ends the document, where one was begun.
    pub fn close(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.opened) {
            self.buffer.extend_from_slice(self.frame.closing.as_bytes());
        }
        self.flush()
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<(), Error> {
        let written = self
            .stdout
            .write_all(&self.buffer)
            .and_then(|()| self.stdout.flush());
        self.buffer.clear();
        written.map_err(Error::output)
    }
}

/// A line on standard error that begins as every message does. That nobody reads it is no reason to stop.
pub fn message(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{PREFIX}{text}");
}

/// What there is to say of an error.
pub fn report(error: &Error) {
    let _ = io::stderr().write_all(error.report().as_bytes());
}

/// A line on standard error as it is.
pub fn notice(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
