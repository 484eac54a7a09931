//! Two outcomes of one command line, side by side.

use super::outcome::Outcome;
use super::trims::{self, Trim};

/// What is compared with ours: its name, and how far running numbers may be apart.
#[derive(Clone, Copy)]
pub struct Other<'a> {
    pub name: &'a str,
    pub ignored: &'a [Trim],
    pub apart: u64,
}

impl Other<'_> {
    /// Fails with all that differs, once everything that may differ is set aside.
    pub fn same(self, ours: &Outcome, other: &Outcome) -> Result<(), String> {
        let mut report = String::new();
        report += &self.difference("stdout", &ours.stdout, &other.stdout);
        report += &self.difference("stderr", &ours.stderr, &other.stderr);
        if ours.status != other.status {
            let shown = |status: Option<i32>| {
                status.map_or_else(|| "killed".to_owned(), |status| status.to_string())
            };
            report += &format!(
                "exit status: {} {}, ours {}\n",
                self.name,
                shown(other.status),
                shown(ours.status)
            );
        }
        if report.is_empty() {
            Ok(())
        } else {
            Err(report)
        }
    }

    /// A report, which is empty where both texts are the same.
    pub fn difference(self, what: &str, ours: &str, other: &str) -> String {
        let other = trims::trimmed(other, self.ignored);
        let ours = trims::settled(&trims::trimmed(ours, self.ignored), &other, self.apart);
        if ours == other {
            return String::new();
        }
        format!(
            "{what} differs (- {}, + ours):\n{}",
            self.name,
            lines_of_one(&other, &ours)
        )
    }
}

/// A report is for reading: so many lines show what is wrong.
const SHOWN: usize = 20;

/// The lines that only one of them has; where both have the same ones, their order is what differs.
fn lines_of_one(old: &str, new: &str) -> String {
    let only = |sign: char, text: &str, other: &str| -> Vec<String> {
        let missing = text
            .lines()
            .filter(|line| !other.lines().any(|known| known == *line));
        let shown = missing.take(SHOWN);
        shown
            .map(|line| format!("{sign} {}\n", line.replace('\t', "\\t")))
            .collect()
    };
    let lines = [only('-', old, new), only('+', new, old)].concat().concat();
    if lines.is_empty() {
        "the same lines, differently often or in another order\n".to_owned()
    } else {
        lines
    }
}
