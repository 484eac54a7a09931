//! Parses, runs, reports, exits.

use conntrack_cli::cli;
use conntrack_cli::error::Error;
use conntrack_cli::output::{self, Output};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::report(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

fn run() -> Result<(), Error> {
    let args = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let mut warnings = Vec::new();
    let command = cli::parse(args, &mut warnings);
    warnings.iter().for_each(output::notice);
    command?.run(&mut Output::to_stdout())
}
