//! Parses, runs, reports, exits.

use conntrack_cli::cli;
use conntrack_cli::command::{Exit, run};
use conntrack_cli::context::{Context, Notes, Stop};
use conntrack_cli::error::Error;
use conntrack_cli::output::{Kind, Output};

use std::fs::{File, Metadata};
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut cx = Context {
        out: Output::new(io::stdout().lock(), kind_of_stdout()),
        notes: Notes::new(io::stderr()),
        proc: Path::new("/proc"),
        stop: &Stop::Signals,
    };
    match run_typed(&mut cx) {
        Ok(Exit(status)) => ExitCode::from(status),
        Err(error) => ExitCode::from(cx.fail(error).exit_status()),
    }
}

fn run_typed(cx: &mut Context) -> Result<Exit, Error> {
    let mut warnings = Vec::new();
    let command = cli::parse(std::env::args_os().skip(1).collect(), &mut warnings);
    warnings.iter().for_each(|line| cx.notes.notice(line));
    run::run(command?, cx)
}

fn kind_of_stdout() -> Kind {
    if io::stdout().is_terminal() {
        return Kind::Terminal;
    }
    let same = match (metadata(io::stdout()), metadata(io::stderr())) {
        (Ok(out), Ok(err)) => (out.dev(), out.ino()) == (err.dev(), err.ino()),
        _ => false,
    };
    if same {
        Kind::SharedStream
    } else {
        Kind::Stream
    }
}

fn metadata(stream: impl AsFd) -> io::Result<Metadata> {
    File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}
