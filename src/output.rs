//! Rows on their way out: the one place that decides when they are written.

use crate::error::Error;
use crate::format::Frame;
use std::io::Write;

/// How much is gathered for one write to a file or a pipe, in bytes.
const LARGE_WRITE: usize = 64 << 10;

/// How much of its rows 1.4.9 holds back before it writes any, in bytes.
const HELD_BACK: usize = 4096;

/// Where rows go, as far as it matters to when they go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person watches: each row is written at once.
    Terminal,
    /// A file or a pipe.
    Stream,
    /// The file or pipe that standard error goes to as well. There 1.4.9's few rows stand behind its summary, because its
    /// buffer is written last, and scripts take the first line for the summary; so few rows wait here too.
    SharedStream,
}

/// Gathers rows, and the text around them, which is only written where there are rows.
pub struct Output<'a> {
    to: Box<dyn Write + 'a>,
    kind: Kind,
    buffer: Vec<u8>,
    frame: Frame,
    opened: bool,
    /// Whether anything was written so far.
    begun: bool,
}

impl<'a> Output<'a> {
    pub fn new(to: impl Write + 'a, kind: Kind) -> Output<'a> {
        Output {
            to: Box::new(to),
            kind,
            buffer: Vec::with_capacity(2 * LARGE_WRITE),
            frame: Frame::default(),
            opened: false,
            begun: false,
        }
    }

    /// Sets the text around the rows that follow.
    pub fn set_frame(&mut self, frame: Frame) {
        self.frame = frame;
    }

    /// Appends a row, which `write` puts at the end of the buffer.
    pub fn row(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
        if !self.opened {
            self.opened = true;
            self.buffer.extend_from_slice(self.frame.opening.as_bytes());
        }
        write(&mut self.buffer);
        if self.buffer.len() > self.limit() {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Appends text that is no row.
    pub fn text(&mut self, text: &[u8]) -> Result<(), Error> {
        self.row(|buffer| buffer.extend_from_slice(text))
    }

    /// Whether a person watches the rows.
    pub fn is_terminal(&self) -> bool {
        self.kind == Kind::Terminal
    }

    /// Whether what is said on standard error comes before the rows.
    pub fn waits(&self) -> bool {
        self.kind == Kind::SharedStream && !self.begun
    }

    /// Whether colours are welcome: to a person who has not asked for none, see no-color.org.
    pub fn colours(&self) -> bool {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.kind == Kind::Terminal && !unwanted
    }

    /// Ends the document, where one was begun. A whole document goes out before whatever is said of it.
    pub fn end_document(&mut self) -> Result<(), Error> {
        let ended = std::mem::take(&mut self.opened) && !self.frame.closing.is_empty();
        if !ended {
            return Ok(());
        }
        self.buffer.extend_from_slice(self.frame.closing.as_bytes());
        self.flush()
    }

    /// Writes what waits.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.begun |= !self.buffer.is_empty();
        let written = self.to.write_all(&self.buffer);
        let written = written.and_then(|()| self.to.flush());
        self.buffer.clear();
        written.map_err(Error::output)
    }

    /// How many bytes may wait.
    fn limit(&self) -> usize {
        match self.kind {
            Kind::Terminal => 0,
            Kind::SharedStream if !self.begun => HELD_BACK,
            Kind::Stream | Kind::SharedStream => LARGE_WRITE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written when rows of these lengths had been appended, and once they were flushed.
    fn written(kind: Kind, lengths: &[usize]) -> (usize, usize) {
        let mut to = Vec::new();
        let mut out = Output::new(&mut to, kind);
        for length in lengths {
            out.text(&vec![b'x'; *length]).unwrap();
        }
        let waiting = out.buffer.len();
        out.flush().unwrap();
        drop(out);
        (to.len() - waiting, to.len())
    }

    #[test]
    fn rows_wait_as_long_as_their_kind_allows() {
        for (kind, lengths, before, after) in [
            (Kind::Terminal, &[10, 10][..], 20, 20),
            (Kind::Stream, &[10, 10], 0, 20),
            (
                Kind::Stream,
                &[LARGE_WRITE, 1],
                LARGE_WRITE + 1,
                LARGE_WRITE + 1,
            ),
            (Kind::SharedStream, &[4096], 0, 4096),
            (Kind::SharedStream, &[4096, 1], 4097, 4097),
            (Kind::SharedStream, &[4096, 1, 5000], 4097, 9097),
        ] {
            assert_eq!(
                written(kind, lengths),
                (before, after),
                "{kind:?} {lengths:?}"
            );
        }
    }

    #[test]
    fn only_what_has_not_begun_on_a_shared_stream_waits() {
        for (kind, length, waits) in [
            (Kind::Terminal, 10, false),
            (Kind::Stream, 10, false),
            (Kind::SharedStream, 10, true),
            (Kind::SharedStream, 4097, false),
        ] {
            let mut out = Output::new(Vec::new(), kind);
            out.text(&vec![b'x'; length]).unwrap();
            assert_eq!(out.waits(), waits, "{kind:?} {length}");
        }
    }

    #[test]
    fn a_document_has_its_frame_only_around_rows() {
        let frame = Frame {
            opening: "<a>",
            closing: "</a>",
        };
        for (rows, expected) in [(0, ""), (1, "<a>x</a>"), (2, "<a>xx</a>")] {
            let mut to = Vec::new();
            let mut out = Output::new(&mut to, Kind::SharedStream);
            out.set_frame(frame);
            (0..rows).for_each(|_| out.text(b"x").unwrap());
            out.end_document().unwrap();
            assert!(out.buffer.is_empty());
            drop(out);
            assert_eq!(to, expected.as_bytes());
        }
    }
}
