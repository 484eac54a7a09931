//! `--netns` and `--dry-run` where no option of 1.4.9 stands: before the first word, and behind the file of `-R`; there `-o`
//! says how a dry run is shown.

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

/// Those among words of which all others are ignored. `before` are those that came first.
pub fn among(words: &[OsString], before: &[OsString]) -> Result<Vec<OsString>, Usage> {
    let mut found = anywhere(words)?;
    if before.iter().chain(&found).any(|extra| extra == DRY_RUN) {
        found.extend(outputs(words));
    }
    Ok(found)
}

/// What `-o` is given, in either form.
fn outputs(words: &[OsString]) -> impl Iterator<Item = OsString> {
    let with_next = words
        .iter()
        .zip(words.iter().skip(1).map(Some).chain([None]));
    with_next.filter_map(|(word, next)| {
        let bytes = word.as_bytes();
        let value = match (bytes.strip_prefix(b"--output="), bytes.strip_prefix(b"-o")) {
            (Some(glued), _) => OsStr::from_bytes(glued),
            (None, Some(glued)) if !glued.is_empty() => OsStr::from_bytes(glued),
            _ if word == "-o" || word == "--output" => next?,
            _ => return None,
        };
        Some([OsStr::new("--output"), value].join(OsStr::new("=")))
    })
}

fn anywhere(mut words: &[OsString]) -> Result<Vec<OsString>, Usage> {
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
            assert_eq!(among(&all, &[]).unwrap(), words(anywhere), "{line}");
        }
        for line in ["--netns", "--dry-run --netns"] {
            let refusal = "option `--netns' requires an argument";
            let all = words(line);
            assert_eq!(leading(&all).unwrap_err().to_string(), refusal, "{line}");
            assert_eq!(among(&all, &[]).unwrap_err().to_string(), refusal, "{line}");
        }
    }

    #[test]
    fn a_format_counts_where_nothing_is_loaded() {
        let dry = [OsString::from(DRY_RUN)];
        for (line, found) in [
            ("-o xml", "--output=xml"),
            ("-oxml x", "--output=xml"),
            ("--output id --output=labels", "--output=id --output=labels"),
            ("-o", ""),
            ("-L -p tcp", ""),
        ] {
            let all = words(line);
            assert_eq!(among(&all, &dry).unwrap(), words(found), "{line}");
            assert!(among(&all, &[]).unwrap().is_empty(), "{line}");
        }
        let all = words("-o json --dry-run");
        assert_eq!(among(&all, &[]).unwrap(), words("--dry-run --output=json"));
    }
}
