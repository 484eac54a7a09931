//! What is stated of the cases in which ours differs from 1.4.9, beside their file: of nat.txt in nat.ours.
//!
//!     @case [differs=glued-nat] -D -n1.1.1.1      the line of the case
//!     tcp      6 1000 SYN_SENT src=…              what ours prints, see outcome.rs
//!     @left
//!     - tcp      6 1000 SYN_SENT src=…            how it changes the table: the rows that go, and those that come,
//!     + …                                         as 1.4.9 lists them; nothing where nothing changes
//!
//! `cargo test --test suite -- expect twin::nat` writes it, for review.

use std::fs;
use std::path::PathBuf;

use super::case::{Case, CaseFile};
use super::compare::Other;
use super::outcome::Outcome;
use super::script::Script;
use super::trims::STATED;

pub struct Stated {
    /// The line of the case.
    pub case: String,
    pub outcome: Outcome,
    /// The rows that it takes from the table, and adds.
    pub left: String,
}

impl Stated {
    /// All that is stated of the cases of a file.
    pub fn all(file: &CaseFile) -> Vec<Self> {
        let path = path(file);
        let blocks = if path.exists() {
            Script::read(path.clone()).blocks
        } else {
            Vec::new()
        };
        let mut all: Vec<Self> = Vec::new();
        for block in &blocks {
            match (block.name.as_str(), all.last_mut()) {
                ("case", _) => all.push(Self {
                    case: block.rest.clone(),
                    outcome: Outcome::begun(block),
                    left: String::new(),
                }),
                ("left", Some(stated)) => stated.left.clone_from(&block.body),
                (name, stated) => {
                    let known = stated.is_some_and(|stated| stated.outcome.continued(block));
                    assert!(known, "{}: @{name}", path.display());
                }
            }
        }
        all
    }

    /// Writes down what is stated of the cases of a file, in their order.
    pub fn write(file: &CaseFile, all: &[Self]) {
        let of_case = |case: &Case| all.iter().find(|stated| stated.case == case.text);
        let texts = file.cases.iter().filter_map(of_case).map(Self::to_text);
        fs::write(path(file), texts.collect::<String>()).expect("a writable file");
    }

    fn to_text(&self) -> String {
        let mut text = self.outcome.to_blocks(&format!("case {}", self.case));
        if !self.left.is_empty() {
            text += &format!("@left\n{}", self.left);
        }
        text
    }

    /// Fails where this is not what is stated, though timeouts may have run for some seconds.
    pub fn check(&self, stated: &Self, apart: u64) -> Result<(), String> {
        let other = Other {
            name: "stated",
            ignored: STATED,
            apart,
        };
        let outcome = other.same(&self.outcome, &stated.outcome);
        let left = other.difference("what is left", &self.left, &stated.left);
        match outcome {
            Ok(()) if left.is_empty() => Ok(()),
            outcome => Err(outcome.err().unwrap_or_default() + &left),
        }
    }
}

fn path(file: &CaseFile) -> PathBuf {
    file.path.with_extension("ours")
}
