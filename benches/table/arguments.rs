//! What is typed behind `cargo bench --bench table --`.

use crate::Result;
use anyhow::Context;

#[derive(Clone, Debug)]
pub struct Arguments {
    /// How many flows a full table has.
    pub entries: u32,
    pub rounds: usize,
    /// Only the jobs whose names have these words are done.
    pub words: String,
}

impl Arguments {
    pub fn read(words: &[String]) -> Result<Arguments> {
        let mut arguments = Arguments {
            entries: 1_000_000,
            rounds: 5,
            words: String::new(),
        };
        let mut chosen: Vec<&str> = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .with_context(|| format!("{word} needs a number"))
            };
            match word.as_str() {
                "--bench" => {}
                "--entries" => arguments.entries = value()?.parse()?,
                "--rounds" => arguments.rounds = value()?.parse()?,
                _ => chosen.push(word),
            }
        }
        arguments.words = chosen.join(" ");
        Ok(arguments)
    }

    /// The words that read back as these arguments.
    pub fn write(&self) -> [String; 5] {
        [
            "--entries".to_owned(),
            self.entries.to_string(),
            "--rounds".to_owned(),
            self.rounds.to_string(),
            self.words.clone(),
        ]
    }

    pub fn choose(&self, job: &str) -> bool {
        job.contains(&self.words)
    }
}
