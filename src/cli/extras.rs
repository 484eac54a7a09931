//! `--netns` and `--dry-run` where no option of 1.4.9 stands: before the first word, and behind the file of `-R`.

use crate::error::Usage;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

const DRY_RUN: &str = "--dry-run";
const NETNS: &str = "--netns";

/// Those that the line begins with, each in one word, and the rest of the line.
pub fn leading(mut words: &[OsString]) -> Result<(Vec<OsString>, &[OsString]), Usage> {
    let mut found = Vec::new();
    while let Some((extra, rest)) = first(words)? {
        found.push(extra);
        words = rest;
    }
    Ok((found, words))
}

/// Those among words of which all others are ignored.
pub fn among(mut words: &[OsString]) -> Result<Vec<OsString>, Usage> {
    let mut found = Vec::new();
    while let Some((_, behind)) = words.split_first() {
        words = match first(words)? {
            Some((extra, rest)) => {
                found.push(extra);
                rest
            }
            None => behind,
        };
    }
    Ok(found)
}

/// The one that comes first, where one does, and what stands behind it.
fn first(words: &[OsString]) -> Result<Option<(OsString, &[OsString])>, Usage> {
    let Some((word, rest)) = words.split_first() else {
        return Ok(None);
    };
    let glued = word.as_bytes().strip_prefix(NETNS.as_bytes());
    if word == DRY_RUN || glued.is_some_and(|glued| glued.starts_with(b"=")) {
        return Ok(Some((word.clone(), rest)));
    }
    if word != NETNS {
        return Ok(None);
    }
    let missing = || Usage::MissingArgument(NETNS.into());
    let (value, rest) = rest.split_first().ok_or_else(missing)?;
    let glued = [OsStr::new(NETNS), value].join(OsStr::new("="));
    Ok(Some((glued, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn they_are_found_before_the_line_and_anywhere_behind_a_file() {
        for (line, before, anywhere) in [
            ("", "", ""),
            ("-L --netns a", "", "--netns=a"),
            ("--netns a -L", "--netns=a", "--netns=a"),
            (
                "--netns=a --dry-run x --dry-run",
                "--netns=a --dry-run",
                "--netns=a --dry-run --dry-run",
            ),
            (
                "--netns --dry-run",
                "--netns=--dry-run",
                "--netns=--dry-run",
            ),
            ("--netnsx --dry --dry-run=1", "", ""),
            ("-- --dry-run", "", "--dry-run"),
        ] {
            let all = words(line);
            let (found, rest) = leading(&all).unwrap();
            assert_eq!(found, words(before), "{line}");
            assert!(all.ends_with(rest));
            assert_eq!(among(&all).unwrap(), words(anywhere), "{line}");
        }
        for line in ["--netns", "--dry-run --netns"] {
            let refusal = "option `--netns' requires an argument";
            let all = words(line);
            assert_eq!(leading(&all).unwrap_err().to_string(), refusal, "{line}");
            assert_eq!(among(&all).unwrap_err().to_string(), refusal, "{line}");
        }
    }
}
