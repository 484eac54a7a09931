//! `--generate`: what can be written about this program without asking the kernel, completions from the tables of options
//! and commands, and the manual.
//!
//! clap_complete knows a command only by its word: `-L` and `--dump`, options before a command, the states of the protocol
//! that was named, and lists with commas are beyond it. The scripts are whole and do not call back, because /usr/sbin is not
//! on the PATH of whoever completes behind `sudo`.

mod place;
mod shell;
mod tables;
mod values;

use crate::command::help::Help;
use crate::error::Usage;
use shell::{BASH, FISH, ZSH};

const MANUAL: &str = include_str!("../../../man/conntrack.8");

type Text = fn() -> String;

static GENERATED: [(&str, Text); 4] = [
    ("complete-bash", || BASH.script()),
    ("complete-zsh", || ZSH.script()),
    ("complete-fish", || FISH.script()),
    ("man", || MANUAL.to_owned()),
];

/// What was asked for, by its whole name.
pub fn text(name: &[u8]) -> Result<Help, Usage> {
    let (_, text) = GENERATED
        .iter()
        .find(|(known, _)| known.as_bytes() == name)
        .ok_or_else(|| Usage::Generated(name.into()))?;
    Ok(Help { text: text() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::opt::Opt;
    use crate::cli::options;

    fn refusal(name: &str) -> String {
        text(name.as_bytes()).err().unwrap().to_string()
    }

    #[test]
    fn what_can_be_generated_is_typed_in_full() {
        for name in ["", "ma", "complete", "MAN", "man "] {
            let begin = format!("`{name}' cannot be generated: it is ");
            assert!(refusal(name).starts_with(&begin), "{name}");
        }
    }

    #[test]
    fn the_refusal_the_help_and_the_manual_name_all_that_can_be_generated() {
        let spec = options::all().find(|spec| spec.option == Opt::Generate);
        let help = spec.unwrap().help;
        let manual = MANUAL.replace("\\-", "-");
        for (name, text) in GENERATED {
            assert!(!text().is_empty(), "{name}");
            for said in [help, &refusal("nothing"), &manual] {
                assert!(said.contains(name), "{name}: {said}");
            }
        }
    }
}
