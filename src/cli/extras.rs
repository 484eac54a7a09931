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
        found.append(&mut outputs(words)?);
    }
    Ok(found)
}

/// What `-o` is given, in either form.
fn outputs(words: &[OsString]) -> Result<Vec<OsString>, Usage> {
    let mut found = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let bytes = word.as_bytes();
        let missing = || Usage::MissingArgument(bytes.into());
        let value = match (bytes.strip_prefix(b"--output="), bytes.strip_prefix(b"-o")) {
            (Some(glued), _) => OsStr::from_bytes(glued),
            (None, Some(glued)) if !glued.is_empty() => OsStr::from_bytes(glued),
            _ if word == "-o" || word == "--output" => words.get(place + 1).ok_or_else(missing)?,
            _ => continue,
        };
        found.push([OsStr::new("--output"), value].join(OsStr::new("=")));
    }
    Ok(found)
}

fn anywhere(mut words: &[OsString]) -> Result<Vec<OsString>, Usage> {
    let mut found = Vec::new();
    while let Some((word, behind)) = words.split_first() {
        words = match first(words)? {
            Some((extra, rest)) => {
                found.push(extra);
                rest
            }
            None if is_like_one(word) => {
                return Err(Usage::UnknownOption(word.as_bytes().into()));
            }
            None => behind,
        };
    }
    Ok(found)
}

/// Whether a word is meant for one of them and misses it. Whoever typed it does not want the file to be loaded here and now.
fn is_like_one(word: &OsStr) -> bool {
    let name = word.as_bytes().trim_ascii().to_ascii_lowercase();
    let Some(name) = name.strip_prefix(b"-") else {
        return false;
    };
    let name = name.strip_prefix(b"-").unwrap_or(name);
    [&b"dry"[..], b"netn"]
        .iter()
        .any(|begin| name.starts_with(begin))
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
            ("--netx dry -x", "", ""),
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
    fn what_is_meant_for_one_and_misses_it_is_refused() {
        for word in [
            "--dry",
            "--dry-run=1",
            "--dry-run=",
            "--DRY-RUN",
            "--dry-run ",
            "-dry-run",
            "--netn",
            "--netnsx",
            "--netns ",
        ] {
            let refused = among(&[word.into(), "x".into()], &[]).unwrap_err();
            assert_eq!(refused.to_string(), format!("unknown option `{word}'"));
        }
    }

    #[test]
    fn a_format_counts_where_nothing_is_loaded() {
        let dry = [OsString::from(DRY_RUN)];
        for (line, found) in [
            ("-o xml", "--output=xml"),
            ("-oxml x", "--output=xml"),
            ("--output id --output=labels", "--output=id --output=labels"),
            ("-L -p tcp", ""),
        ] {
            let all = words(line);
            assert_eq!(among(&all, &dry).unwrap(), words(found), "{line}");
            assert!(among(&all, &[]).unwrap().is_empty(), "{line}");
        }
        assert!(among(&words("x -o"), &dry).is_err());
        let all = words("-o json --dry-run");
        assert_eq!(among(&all, &[]).unwrap(), words("--dry-run --output=json"));
    }
}
