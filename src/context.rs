//! What a command may touch beside the kernel: where rows and notes go, the root of /proc, and what ends it.

use crate::error::{Error, PREFIX};
use crate::netlink;
use crate::output::Output;
use crate::progress::{ERASE, Progress};
use crate::stop::{Ignored, Stop};
use crate::text::to_bytes;
use std::fmt::Display;
use std::io::Write;
use std::path::Path;

pub struct Context<'a> {
    pub out: Output<'a>,
    pub notes: Notes<'a>,
    /// Whether summaries are left out, as for the lines of a load file.
    pub quiet: bool,
    /// `/proc`, but in tests.
    pub proc: &'a Path,
    pub stop: &'a Stop,
}

/// Lines for standard error. That nobody reads them is no reason to stop.
pub struct Notes<'a> {
    to: Box<dyn Write + 'a>,
    /// Whether a person reads them.
    pub watched: bool,
    /// A line that goes away before any other.
    progress: Progress,
}

impl Context<'_> {
    /// From here on a command is asked to stop by the first signal, unless whoever started it wants that ignored.
    pub fn stop_at_signals(&self) -> Result<(), Error> {
        let ignored = Ignored::of_this_process(self.proc);
        let armed = self.stop.arm(ignored);
        Ok(armed.map_err(netlink::Error::from)?)
    }

    /// Shows from here on how far a command has come, unless its rows show that, or a load file does.
    pub fn show_progress(&mut self, of: &'static str) {
        if !self.quiet && !self.out.is_terminal() {
            self.notes.begin_progress(of, None);
        }
    }

    /// Lets the rows out and says what was done. In a quiet context the rows of what comes next may join them.
    pub fn conclude(&mut self, summary: impl Display) -> Result<(), Error> {
        self.out.end_document()?;
        if self.quiet {
            Ok(())
        } else if self.out.waits() {
            self.notes.message(summary);
            self.out.flush()
        } else {
            self.out.flush()?;
            self.notes.message(summary);
            Ok(())
        }
    }

    /// Lets the rows out that were there before a command failed, and says why it did. That rows cannot be written is
    /// the worse of two failures.
    pub fn fail(&mut self, error: Error) -> Error {
        let ended = self.out.end_document();
        if ended.is_ok() && self.out.waits() {
            self.notes.report(&error);
            let Err(worse) = self.out.flush() else {
                return error;
            };
            self.notes.report(&worse);
            return worse;
        }
        let written = ended.and_then(|()| self.out.flush());
        let error = written.err().unwrap_or(error);
        self.notes.report(&error);
        error
    }
}

impl<'a> Notes<'a> {
    pub fn new(to: impl Write + 'a) -> Notes<'a> {
        Notes {
            to: Box::new(to),
            watched: false,
            progress: Progress::default(),
        }
    }

    /// The same for standard error where it is a terminal, or is none.
    pub fn on_terminal(self, watched: bool) -> Notes<'a> {
        Notes {
            watched,
            progress: Progress::watched(watched),
            ..self
        }
    }

    /// A line that begins as every message does.
    pub fn message(&mut self, text: impl Display) {
        self.notice(format_args!("{PREFIX}{text}"));
    }

    /// A line as it is.
    pub fn notice(&mut self, text: impl Display) {
        self.end_progress();
        let _ = self.to.write_all(&to_bytes(format_args!("{text}\n")));
    }

    /// From here on it is shown how much is done, of so much where that is known.
    pub fn begin_progress(&mut self, of: &'static str, total: Option<u64>) {
        self.progress.begin(of, total);
    }

    /// So much more is done.
    pub fn step(&mut self, count: u64) {
        if let Some(line) = self.progress.step(count) {
            let _ = self.to.write_all(line.as_bytes());
        }
    }

    pub fn end_progress(&mut self) {
        if self.progress.end() {
            let _ = self.to.write_all(ERASE.as_bytes());
        }
    }

    /// What there is to say of an error.
    pub fn report(&mut self, error: &Error) {
        self.end_progress();
        let _ = self.to.write_all(&error.report());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Kind;
    use std::cell::RefCell;
    use std::io;
    use std::rc::Rc;

    /// A stream that rows and notes share.
    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What stands in a stream that has both, once a command has ended.
    fn stream(kind: Kind, end: impl FnOnce(&mut Context)) -> String {
        let shared = Shared::default();
        let mut cx = Context {
            out: Output::new(shared.clone(), kind),
            notes: Notes::new(shared.clone()),
            quiet: false,
            proc: Path::new("/proc"),
            stop: &Stop::default(),
        };
        cx.out.text(b"row\n").unwrap();
        end(&mut cx);
        let bytes = shared.0.borrow().clone();
        String::from_utf8(bytes).unwrap().replace(PREFIX, "")
    }

    #[test]
    fn the_summary_of_few_rows_comes_first_where_both_share_a_stream() {
        let concluded = |cx: &mut Context| cx.conclude("done").unwrap();
        assert_eq!(stream(Kind::SharedStream, concluded), "done\nrow\n");
        assert_eq!(stream(Kind::Stream, concluded), "row\ndone\n");
        assert_eq!(stream(Kind::Terminal, concluded), "row\ndone\n");
    }

    #[test]
    fn an_error_stands_where_the_summary_would() {
        let failed = |cx: &mut Context| {
            cx.fail(Error::Usage(crate::error::Usage::Netmask));
        };
        assert!(stream(Kind::SharedStream, failed).ends_with("\nrow\n"));
        assert!(stream(Kind::Stream, failed).starts_with("row\n"));
    }

    #[test]
    fn a_quiet_context_has_no_summaries_but_messages() {
        let quiet = |cx: &mut Context| {
            cx.quiet = true;
            cx.notes.message("emptied");
            cx.conclude("done").unwrap();
            cx.out.flush().unwrap();
        };
        assert_eq!(stream(Kind::Stream, quiet), "emptied\nrow\n");
    }
}
