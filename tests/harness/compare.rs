//! Two outcomes of one command line, side by side.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use libtest_mimic::Failed;

use super::differences::{self, Trim};

/// What a program did, as far as its caller can see.
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub status: Option<i32>,
}

impl Outcome {
    /// Runs a command on a text, which is empty for most.
    pub fn of(command: &mut Command, stdin: &[u8]) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("a program under test");
        // A program need not read what it is given.
        child
            .stdin
            .take()
            .expect("a piped stdin")
            .write_all(stdin)
            .ok();
        child
            .wait_with_output()
            .expect("a program under test")
            .into()
    }

    /// For twin namespaces, see `differences::sorted`.
    pub fn sorted(self) -> Self {
        Self {
            stdout: differences::sorted(&self.stdout),
            ..self
        }
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        // Bytes that are no text are as good as any other where they are compared, and stay visible.
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).unwrap_or_else(|error| format!("{:?}", error.into_bytes()))
        };
        Self {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            status: output.status.code(),
        }
    }
}

/// Fails with all that differs, once everything that may differ is set aside.
pub fn same(ours: &Outcome, reference: &Outcome, ignored: &[&[Trim]]) -> Result<(), Failed> {
    let mut report = String::new();
    for (stream, ours, reference) in [
        ("stdout", &ours.stdout, &reference.stdout),
        ("stderr", &ours.stderr, &reference.stderr),
    ] {
        let (ours, reference) = differences::settle(ours, reference, ignored);
        if ours != reference {
            report += &format!(
                "{stream} differs (- conntrack 1.4.9, + ours):\n{}",
                difference(&reference, &ours)
            );
        }
    }
    if ours.status != reference.status {
        report += &format!(
            "exit status: 1.4.9 {:?}, ours {:?}\n",
            reference.status, ours.status
        );
    }
    if report.is_empty() {
        Ok(())
    } else {
        Err(report.into())
    }
}

/// A report is for reading: so many lines show what is wrong.
const SHOWN: usize = 20;

/// The lines that only one of them has; where both have the same ones, their order is what differs.
fn difference(old: &str, new: &str) -> String {
    let only = |sign: char, text: &str, other: &str| -> Vec<String> {
        let missing = text
            .split_inclusive('\n')
            .filter(|line| !other.split_inclusive('\n').any(|known| known == *line));
        let shown = missing.take(SHOWN).map(|line| {
            format!(
                "{sign} {}\n",
                line.trim_end_matches('\n').replace('\t', "\\t")
            )
        });
        shown.collect()
    };
    let lines = [only('-', old, new), only('+', new, old)].concat().concat();
    if lines.is_empty() {
        "the same lines, differently often or in another order\n".to_owned()
    } else {
        lines
    }
}
