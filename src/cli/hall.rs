//! Occurrences of options -> a command: read, look up, check, build, whoever found them.

use super::build;
use super::commands::LIST;
use super::generate;
use super::help;
use super::line::{Line, Occurrence, Reads, Rule};
use super::listing;
use super::opt::Opt;
use super::rules;
use crate::command::Command;
use crate::error::{self, Error, Usage};
use crate::format::Columns;
use crate::labelmap;
use crate::task::Table;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How many options a line seldom has more than.
const USUAL_LENGTH: usize = 16;

/// Reads a line and checks it, so far as 1.4.9 does before it carries out any. `warnings` receives lines for standard
/// error, also where the rest is wrong.
pub fn line<'a>(
    occurrences: impl Iterator<Item = Result<Occurrence<'a>, Usage>>,
    warnings: &mut Vec<String>,
) -> Result<Line<'a>, Error> {
    let mut found = Vec::with_capacity(USUAL_LENGTH);
    found.extend(occurrences);
    let mut line = Line::of(roles(found.iter().flatten()));
    let read = read(&mut line, found);
    warnings.append(&mut line.warnings);
    read?;
    look_up_labels(&mut line, warnings)?;
    rules::check(&line)?;
    listing::check(&line)?;
    match line.bad_number.take() {
        Some(error) => Err(error.into()),
        None => Ok(line),
    }
}

/// Makes a command of a line that was checked.
pub fn command(line: Line) -> Result<Box<dyn Command>, Error> {
    rules::check_late(&line)?;
    rules::check_status(&line)?;
    match line.rule().and_then(|rule| rule.build) {
        Some(build) => build::with_everything(line, build),
        None => Ok(Box::new(match line.generate {
            Some(what) => generate::text(what)?,
            None => help::of_everything(line.protocol),
        })),
    }
}

/// What the first command says of options.
fn roles<'o, 'a: 'o>(
    occurrences: impl Iterator<Item = &'o Occurrence<'a>>,
) -> Option<&'static Rule> {
    let mut expect = false;
    let mut found = None;
    for occurrence in occurrences {
        expect |= occurrence.spec.option == Opt::Expect;
        if let (Reads::Command(command), None) = (occurrence.spec.reads, found) {
            found = Some((command, occurrence.value));
            if !expect && command.expectations.is_none() {
                break;
            }
        }
    }
    let (command, table) = found?;
    let table = match table.map(super::line::table) {
        _ if expect => Table::Expect,
        Some(Ok(table)) => table,
        _ => Table::Conntrack,
    };
    Some(command.rule(table))
}

fn read<'a>(
    line: &mut Line<'a>,
    occurrences: Vec<Result<Occurrence<'a>, Usage>>,
) -> Result<(), Error> {
    for occurrence in occurrences {
        line.add(occurrence?)?;
    }
    // Alone, `-X` is the list.
    if line.expect && line.command.is_none() {
        line.command = Some((&LIST, Table::Expect));
    }
    Ok(line.settle_table()?)
}

/// Looks labels up, where there are any or where they are to be shown.
fn look_up_labels(line: &mut Line, warnings: &mut Vec<String>) -> Result<(), Usage> {
    let named = !line.labels.is_empty() || line.has(Opt::LabelDel);
    let asked = named || line.columns.has(Columns::LABELS);
    let shown = line.style().is_some_and(|style| style.always_labels());
    if !asked && !shown {
        return Ok(());
    }
    let file = line.labelmap.unwrap_or(labelmap::DEFAULT_PATH.as_bytes());
    // A map that cannot be read, or that has no names, is warned of and does without.
    let reason = match labelmap::load(Path::new(OsStr::from_bytes(file))) {
        Ok(map) if map.is_empty() => Some("Success".to_owned()),
        Ok(map) => {
            line.map = Some(map);
            None
        }
        Err(error) => Some(error::describe(&error)),
    };
    // Whoever did not ask for names need not know that there are none.
    let reason = reason.filter(|_| asked || line.labelmap.is_some());
    warnings.extend(reason.map(|reason| format!("nfct_labelmap_new: {reason}")));
    for (option, name) in &line.labels {
        let bit = line.map.as_ref().and_then(|map| map.bit(name));
        let bit = bit.ok_or_else(|| Usage::Label((*name).into()))?;
        line.label_bits.push((*option, bit));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::letters::Letters;
    use std::fs;
    use tempfile::NamedTempFile;

    fn words(line: &str) -> Vec<&[u8]> {
        line.split_whitespace().map(str::as_bytes).collect()
    }

    /// What a line is refused with, if it is, and the warnings.
    fn read(line: &str) -> (String, Vec<String>) {
        let mut warnings = Vec::new();
        let read = super::line(Letters::new(&words(line)), &mut warnings).and_then(command);
        let refusal = read.map_or_else(|error| error.to_string(), |_| "nothing".to_owned());
        (refusal, warnings)
    }

    fn label_map(text: &str) -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn labels_are_looked_up_in_the_order_in_which_they_were_given() {
        let file = label_map("1 one\n2 two\n");
        let map = file.path().display();
        for (options, refusal) in [
            ("-l one,two", "nothing"),
            ("-l one --label-add two", "nothing"),
            ("-l nope --label-add never", "unknown label 'nope'"),
            ("--label-add never -l nope", "unknown label 'never'"),
            ("-l one,", "unknown label ''"),
            ("--label-del", "nothing"),
        ] {
            let line = format!("-U --labelmap {map} {options}");
            assert_eq!(read(&line), (refusal.to_owned(), vec![]), "{options}");
        }
        let line = format!("-U --labelmap {map} -l one --label-add two,one");
        let words = words(&line);
        let line = super::line(Letters::new(&words), &mut Vec::new()).unwrap();
        assert_eq!(line.label_bits(Opt::Label), [1]);
        assert_eq!(line.label_bits(Opt::LabelAdd), [2, 1]);
    }

    #[test]
    fn a_map_without_names_is_warned_of_where_names_are_wanted() {
        let file = label_map("# nothing\n");
        let map = file.path().display();
        let missing = "nfct_labelmap_new: No such file or directory";
        for (line, refusal, warning) in [
            (
                format!("-L -o labels --labelmap {map}"),
                "nothing",
                Some("nfct_labelmap_new: Success"),
            ),
            (
                "-L -o labels --labelmap /nowhere".into(),
                "nothing",
                Some(missing),
            ),
            (
                "-L -l x --labelmap /nowhere".into(),
                "unknown label 'x'",
                Some(missing),
            ),
            (
                "-U --label-del --labelmap /nowhere".into(),
                "nothing",
                Some(missing),
            ),
            ("-L --labelmap /nowhere".into(), "nothing", None),
        ] {
            let warnings: Vec<String> = warning.into_iter().map(str::to_owned).collect();
            assert_eq!(read(&line), (refusal.to_owned(), warnings), "{line}");
        }
    }

    #[test]
    fn one_command_is_given_once() {
        for (line, refusal) in [
            ("--dump=expect", "nothing"),
            ("-L --dump=foo", "Invalid commands combination"),
            ("-L -D", "Invalid commands combination"),
            ("-L -D foo", "unknown type `foo'"),
        ] {
            assert_eq!(read(line).0, refusal, "{line}");
        }
    }

    #[test]
    fn what_shows_labels_anyhow_does_without_a_map_in_silence() {
        let missing = "nfct_labelmap_new: No such file or directory";
        for (line, warnings) in [
            ("-L -o json", &[][..]),
            ("-C -o json", &[]),
            ("-L -o json --labelmap /nowhere", &[missing]),
            ("-L -o labels --labelmap /nowhere", &[missing]),
            ("-L --labelmap /nowhere", &[]),
        ] {
            assert_eq!(
                read(line),
                (
                    "nothing".to_owned(),
                    warnings.iter().map(|line| (*line).to_owned()).collect()
                ),
                "{line}"
            );
        }
    }

    /// An option is read for its role in the command, wherever that stands.
    #[test]
    fn the_command_gives_an_option_its_role() {
        let timeout = |line: &str| {
            let words = words(line);
            let line = super::line(Letters::new(&words), &mut Vec::new()).unwrap();
            line.flow.timeout
        };
        for (line, set) in [
            ("-U -t 5", Some(5)),
            ("-t 5 -U", Some(5)),
            ("-D -t 5", None),
            ("-t 5 -D", None),
        ] {
            assert_eq!(timeout(line), set, "{line}");
        }
        let create = "-s 1.1.1.1 -d 2.2.2.2 -p udp -t 5 --tuple-src 1.1.1.1 --tuple-dst 2.2.2.2 \
            --mask-src 1.1.1.1 --mask-dst 2.2.2.2 --sport 1 --dport 2 --tuple-port-src 3 \
            --tuple-port-dst 4 --mask-port-src 5 --mask-port-dst 6";
        for line in [
            format!("-I expect {create}"),
            format!("{create} -X -I"),
            format!("-I -X {create}"),
        ] {
            assert_eq!(read(&line).0, "nothing", "{line}");
            assert_eq!(timeout(&line), Some(5), "{line}");
        }
    }
}
