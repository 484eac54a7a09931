//! Parses, runs, reports, exits.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use conntrack_cli::cli::Typed;
use conntrack_cli::command::{Exit, run};
use conntrack_cli::context::{Context, Notes};
use conntrack_cli::error::Error;
use conntrack_cli::output::{Kind, Output};
use conntrack_cli::stop::{self, Stop};
use conntrack_cli::{cli, netns, privilege};
use nix::sys::stat::fstat;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let stop = Stop::default();
    let mut cx = Context {
        out: Output::new(stdout(), kind_of_stdout()),
        notes: Notes::new(io::stderr()).on_terminal(io::stderr().is_terminal()),
        quiet: false,
        proc: Path::new("/proc"),
        stop: &stop,
    };
    let error = match run_typed(&mut cx) {
        Ok(Exit(status)) => return ExitCode::from(status),
        Err(error) => cx.fail(error),
    };
    if let Error::Interrupted { signal, .. } = error {
        stop::die_of(signal);
    }
    ExitCode::from(error.exit_status())
}

fn run_typed(cx: &mut Context) -> Result<Exit, Error> {
    let mut warnings = Vec::new();
    let typed = cli::parse(std::env::args_os().skip(1).collect(), &mut warnings);
    warnings.iter().for_each(|line| cx.notes.notice(line));
    let Typed { netns, command } = typed?;
    if let Some(netns) = &netns {
        netns::enter(netns)?;
    }
    privilege::keep(command.task());
    let exit = run::run(command, cx)?;
    cx.out.flush()?;
    Ok(exit)
}

/// Standard output without the buffer of the standard library, which would keep the last row of a batch for the next.
fn stdout() -> Box<dyn io::Write> {
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(stdout) => Box::new(File::from(stdout)),
        Err(_) => Box::new(io::stdout()),
    }
}

fn kind_of_stdout() -> Kind {
    if io::stdout().is_terminal() {
        return Kind::Terminal;
    }
    match is_stderr_the_same() {
        Ok(true) => Kind::SharedStream,
        _ => Kind::Stream,
    }
}

fn is_stderr_the_same() -> nix::Result<bool> {
    let (out, err) = (fstat(io::stdout())?, fstat(io::stderr())?);
    Ok((out.st_dev, out.st_ino) == (err.st_dev, err.st_ino))
}
