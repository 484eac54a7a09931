//! Parses, runs, reports, exits.

use conntrack_cli::cli;
use conntrack_cli::error::Error;
use conntrack_cli::output::{self, Output};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Err(error) = run() else {
        return ExitCode::SUCCESS;
    };
    match error.downcast_ref::<Error>() {
        Some(error) => {
            output::report(error);
            ExitCode::from(error.exit_status())
        }
        None => {
            output::message(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let args = std::env::args_os().skip(1);
    let args = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let mut warnings = Vec::new();
    let command = cli::parse(args, &mut warnings);
    warnings.iter().for_each(output::notice);
    Ok(command?.run(&mut Output::to_stdout())?)
}
