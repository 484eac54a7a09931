//! The lines of a load file -> commands, one at a time.

use super::letters::Letters;
use super::line::Line;
use super::opt::Opt;
use super::{build, hall, rules};
use crate::command::load::{LineOfFile, Load};
use crate::command::passage::{Again, Place, Reread};
use crate::error::{Error, Usage};
use crate::task::{Table, Verb};
use crate::text::Text;
use memchr::memchr;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::mem;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};

/// How much of a file is read at a time, in bytes, so that only its requests are kept.
const PIECE: u64 = 256 << 10;

/// No line is longer, in bytes without its end: what is has no end, as /dev/zero has none.
const LONGEST_LINE: usize = 1 << 20;

const STDIN: &str = "/dev/stdin";

/// Reads a whole file, or standard input where it is `-`; nothing is carried out where a line is wrong. That a command has
/// no place in a file is reported only where no line is wrong by itself.
pub fn read(file: &OsStr, warnings: &mut Vec<String>) -> Result<Load, Error> {
    let source = open(file)?;
    let name = Text::from(file.as_bytes());
    let again = Readable::at_will(&source, &name).map(|again| Box::new(again) as Box<dyn Again>);
    read_all(source, Load::new(name, again), warnings)
}

/// The same once the file is open, which is read but once.
pub fn read_from(source: impl Read, name: Text, warnings: &mut Vec<String>) -> Result<Load, Error> {
    read_all(source, Load::new(name, None), warnings)
}

fn read_all(source: impl Read, mut load: Load, warnings: &mut Vec<String>) -> Result<Load, Error> {
    let mut lines = Lines::new(source, mem::take(warnings));
    let mut misplaced = None;
    let mut wrong = None;
    for line in &mut lines {
        match line {
            Ok((place, line)) => load.add(place, line),
            Err(error) if error.is_misplaced() => {
                misplaced.get_or_insert(error);
            }
            Err(error) => {
                wrong = Some(error);
                break;
            }
        }
    }
    *warnings = lines.warnings;
    match wrong.or(misplaced) {
        None => Ok(load),
        Some(Failed::Line(line, error)) => Err(Error::Line {
            error: Box::new(error),
            line,
            file: load.file,
        }),
        Some(Failed::LongLine(number)) => Err(Usage::LongLine(number).into()),
        Some(Failed::Reading(error)) => Err(Error::Read {
            file: load.file,
            error,
        }),
    }
}

fn open(file: &OsStr) -> Result<File, Error> {
    let unreadable = |name: &[u8]| Error::from(Usage::LoadFile(name.into()));
    if (file == "-" || file == STDIN) && was_closed(io::stdin()) {
        return Err(unreadable(STDIN.as_bytes()));
    }
    let opened = match file == "-" {
        true => io::stdin().as_fd().try_clone_to_owned().map(File::from),
        false => File::open(file),
    };
    opened.map_err(|_| unreadable(file.as_bytes()))
}

/// A file that can be read in any order, and where what was read of it begins.
#[derive(Debug)]
struct Readable {
    file: File,
    name: Text,
    start: u64,
}

impl Readable {
    /// None where a file can be read but once, as a pipe can.
    fn at_will(file: &File, name: &Text) -> Option<Readable> {
        let start = file.try_clone().ok()?.stream_position().ok()?;
        let readable = Readable {
            file: file.try_clone().ok()?,
            name: name.clone(),
            start,
        };
        file.metadata().ok()?.is_file().then_some(readable)
    }
}

impl Again for Readable {
    fn lines(&self, bytes: Range<u64>, number: usize) -> Box<dyn Iterator<Item = Reread> + '_> {
        let part = PartOfFile {
            file: &self.file,
            bytes: self.start + bytes.start..self.start + bytes.end,
        };
        let lines = Lines {
            number: number - 1,
            ..Lines::new(part, Vec::new())
        };
        Box::new(lines.map(move |line| match line {
            Ok((place, LineOfFile::Create(create))) => Ok((place.number, Some(create))),
            Ok((place, _)) => Ok((place.number, None)),
            // It was right when it was read first.
            Err(Failed::Line(number, _) | Failed::LongLine(number)) => {
                Err((number, Error::Changed))
            }
            Err(Failed::Reading(error)) => {
                let file = self.name.clone();
                Err((number, Error::Read { file, error }))
            }
        }))
    }
}

struct PartOfFile<'f> {
    file: &'f File,
    bytes: Range<u64>,
}

impl Read for PartOfFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.end.saturating_sub(self.bytes.start);
        let length = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut buffer[..length], self.bytes.start)?;
        self.bytes.start += read as u64;
        Ok(read)
    }
}

/// Whether the program was started without a standard stream. Rust then opens /dev/null for reading and writing in its
/// place, which nobody else does.
fn was_closed(stream: impl AsFd) -> bool {
    let device = |file: File| file.metadata().map(|data| data.rdev());
    let null = File::open("/dev/null").and_then(device);
    let own = stream.as_fd().try_clone_to_owned().map(File::from);
    let is_null = matches!((own.and_then(device), null), (Ok(own), Ok(null)) if own == null);
    let flags = fcntl(stream, FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    is_null && flags.is_ok_and(|flags| flags.contains(OFlag::O_RDWR))
}

/// Why there is no further command.
enum Failed {
    Reading(io::Error),
    LongLine(usize),
    /// The number of the line, counted from 1, and what is wrong with it.
    Line(usize, Error),
}

impl Failed {
    /// Whether the line is wrong only because it is in a file.
    fn is_misplaced(&self) -> bool {
        matches!(self, Failed::Line(_, Error::Usage(Usage::NotInLoadFile(_))))
    }
}

/// The commands of a file with the places of their lines. Its buffers are used again for each line.
struct Lines<R> {
    source: R,
    warnings: Vec<String>,
    /// How many bytes of the source came before those of the text.
    passed: u64,
    /// What was read and is not looked at yet begins at `start`.
    text: Vec<u8>,
    start: usize,
    at_end: bool,
    /// Of the line that was looked at last.
    number: usize,
    /// The words of a line, once as places and once as such.
    places: Vec<Range<usize>>,
    words: Vec<&'static [u8]>,
}

impl<R: Read> Lines<R> {
    fn new(source: R, warnings: Vec<String>) -> Lines<R> {
        Lines {
            source,
            warnings,
            passed: 0,
            text: Vec::new(),
            start: 0,
            at_end: false,
            number: 0,
            places: Vec::new(),
            words: Vec::new(),
        }
    }

    /// The place of the next line, without its end.
    fn advance(&mut self) -> Result<Option<Range<usize>>, Failed> {
        let mut searched = 0;
        loop {
            let rest = &self.text[self.start..];
            let newline = memchr(b'\n', &rest[searched..]);
            if newline.map_or(rest.len(), |newline| searched + newline) > LONGEST_LINE {
                return Err(Failed::LongLine(self.number + 1));
            }
            if let Some(newline) = newline {
                let line = self.start..self.start + searched + newline;
                self.start = line.end + 1;
                self.number += 1;
                return Ok(Some(line));
            }
            if self.at_end {
                let line = self.start..self.text.len();
                self.start = line.end;
                self.number += 1;
                return Ok(Some(line).filter(|line| !line.is_empty()));
            }
            searched = rest.len();
            self.text.drain(..self.start);
            self.passed += self.start as u64;
            self.start = 0;
            let mut piece = self.source.by_ref().take(PIECE);
            let received = piece.read_to_end(&mut self.text);
            self.at_end = received.map_err(Failed::Reading)? == 0;
        }
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<(Place, LineOfFile), Failed>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let bytes = match self.advance() {
                Ok(bytes) => bytes?,
                Err(failed) => {
                    self.start = self.text.len();
                    self.at_end = true;
                    return Some(Err(failed));
                }
            };
            let place = Place {
                number: self.number,
                bytes: self.passed + bytes.start as u64..self.passed + self.start as u64,
            };
            let line = &mut self.text[bytes];
            let begins_with_nul = line.first() == Some(&0);
            cut(line, &mut self.places);
            if self.places.is_empty() && !begins_with_nul {
                continue;
            }
            let line = &*line;
            let mut words = recycled(std::mem::take(&mut self.words));
            words.extend(self.places.iter().map(|place| &line[place.clone()]));
            let mut warnings = Vec::new();
            let line = hall::line(Letters::new(&words), &mut warnings);
            let command = line.and_then(command).map_err(Error::cut);
            // A million lines may give the same warning.
            warnings.retain(|warning| !self.warnings.contains(warning));
            self.warnings.append(&mut warnings);
            self.words = recycled(words);
            return Some(match command {
                Ok(command) => Ok((place, command)),
                Err(error) => Err(Failed::Line(place.number, error)),
            });
        }
    }
}

/// An empty list in the memory of one that is needed no more.
fn recycled<'b>(mut words: Vec<&[u8]>) -> Vec<&'b [u8]> {
    words.clear();
    words.into_iter().map(|_| &[][..]).collect()
}

/// What has no place in a file: what is said of the whole of it, that a line may find nothing, which is no failure there, and
/// what is no command.
const OF_THE_WHOLE: [(Opt, &str); 4] = [
    (Opt::DryRun, "dry-run"),
    (Opt::Netns, "netns"),
    (Opt::IgnoreMissing, "ignore-missing"),
    (Opt::Generate, "generate"),
];

fn command(line: Line) -> Result<LineOfFile, Error> {
    let misplaced = OF_THE_WHOLE.iter().find(|(option, _)| line.has(*option));
    if let Some((_, name)) = misplaced {
        return Err(Usage::IllegalOption(name).into());
    }
    let (Some((command, table)), Some(rule)) = (line.command, line.rule()) else {
        return Err(Usage::NotInLoadFile("unknown".into()).into());
    };
    match (command.verb, table, rule.build) {
        (Verb::Create | Verb::Add, Table::Conntrack, _) => {
            Ok(LineOfFile::Create(build::create(&line)))
        }
        (Verb::Update | Verb::Delete | Verb::Flush, Table::Conntrack, Some(make)) => {
            rules::check_status(&line)?;
            match rules::check_late(&line) {
                Ok(()) if command.verb == Verb::Delete => {
                    Ok(LineOfFile::Delete(build::deletion(line)))
                }
                Ok(()) => Ok(LineOfFile::Other(build::with_everything(line, make)?)),
                Err(error) => Ok(LineOfFile::Wrong(error)),
            }
        }
        _ => {
            let letter = char::from(command.letter);
            let table = if table == Table::Expect {
                " expect"
            } else {
                ""
            };
            Err(Usage::NotInLoadFile(format!("-{letter}{table}").into()).into())
        }
    }
}

/// The bytes before which a word ends, or its part without quotes.
const ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    ends[b' ' as usize] = true;
    ends[b'\t' as usize] = true;
    ends[b'"' as usize] = true;
    ends
};

/// Cuts a line at blanks, in place. A line that begins with `#` has no words. A NUL ends a line, as in C, and a carriage
/// return before its end is no part of it.
///
/// A double quote keeps blanks in a word, and a backslash behind it keeps the next byte; the closing quote ends the word. A
/// word without its quotes is no longer than with them, so it is written over itself.
fn cut(line: &mut [u8], words: &mut Vec<Range<usize>>) {
    words.clear();
    let mut end = memchr(0, line).unwrap_or(line.len());
    while end > 0 && line[end - 1] == b'\r' {
        end -= 1;
    }
    let line = &mut line[..end];
    let mut at = 0;
    loop {
        while at < end && matches!(line[at], b' ' | b'\t') {
            at += 1;
        }
        if at == end || (words.is_empty() && line[at] == b'#') {
            return;
        }
        let start = at;
        while at < end && !ENDS[usize::from(line[at])] {
            at += 1;
        }
        let mut written = at;
        if line.get(at) == Some(&b'"') {
            at += 1;
            while at < end && line[at] != b'"' {
                if line[at] == b'\\' {
                    at += 1;
                }
                if at < end {
                    line[written] = line[at];
                    written += 1;
                    at += 1;
                }
            }
            at = end.min(at + 1);
        }
        words.push(start..written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::create::Create;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    fn words(line: &str) -> Vec<String> {
        let mut line = line.as_bytes().to_vec();
        let mut places = Vec::new();
        cut(&mut line, &mut places);
        let word = |place: &Range<usize>| line[place.clone()].escape_ascii().to_string();
        places.iter().map(word).collect()
    }

    #[test]
    fn words_end_at_blanks_and_at_closing_quotes() {
        for (line, expected) in [
            ("-I  -p\ttcp", &["-I", "-p", "tcp"][..]),
            ("-F\r", &["-F"]),
            ("# -F", &[]),
            ("  # -F", &[]),
            ("   \t", &[]),
            ("", &[]),
            ("-F # -F", &["-F", "#", "-F"]),
            (r#"2.2".2.2""#, &["2.2.2.2"]),
            (r#"a"b c"d"#, &["ab c", "d"]),
            (r#"""a"#, &["", "a"]),
            (r#""a\"b\\c\n""#, &[r#"a\"b\\cn"#]),
            (r"a\b '-F'", &[r"a\\b", r"\'-F\'"]),
            ("\"open end", &["open end"]),
            ("\"open\\", &["open"]),
            ("-D\0junk", &["-D"]),
            ("\0-D", &[]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn memory_is_used_again_and_what_it_held_is_not() {
        let mut words = Vec::with_capacity(9);
        words.push(&b"-D"[..]);
        let again = recycled(words);
        assert!(again.is_empty() && again.capacity() >= 9);
    }

    #[test]
    fn a_stream_that_was_closed_is_dev_null_in_both_directions() {
        let null = |both: bool| File::options().read(true).write(both).open("/dev/null");
        assert!(was_closed(null(true).unwrap()));
        assert!(!was_closed(null(false).unwrap()));
        assert!(!was_closed(tempfile::tempfile().unwrap()));
    }

    #[test]
    fn a_file_is_opened_by_its_name() {
        let mut text = String::new();
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let mut source = open(OsStr::new(file)).ok().unwrap();
        source.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("[package]"));
        let refusal = open(OsStr::new("/nowhere")).err().unwrap().to_string();
        assert!(refusal.contains("/nowhere"), "{refusal}");
    }

    /// What a file comes to: the number of each line with a command, until one is wrong.
    fn lines(text: &str) -> Vec<Result<usize, String>> {
        let number = |line: Result<(Place, LineOfFile), Failed>| match line {
            Ok((place, _)) => Ok(place.number),
            Err(Failed::Line(number, error)) => Err(format!("{number}: {error}")),
            Err(Failed::LongLine(number)) => Err(format!("{number} is too long")),
            Err(Failed::Reading(error)) => Err(error.to_string()),
        };
        Lines::new(text.as_bytes(), Vec::new())
            .map(number)
            .collect()
    }

    #[test]
    fn a_part_of_a_file_is_read_as_it_was_before() {
        let text = "-F\n# 2\n-A -p 50 -s 1.2.3.4 -d 5.6.7.8 -t 5 -m 3\n\n-D -m 5\n-F";
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        let name = Text::from("name");
        let again = Readable::at_will(&file, &name).unwrap();
        let whole = Lines::new(&file, Vec::new()).map(|line| line.ok().unwrap());
        let whole: Vec<(Place, LineOfFile)> = whole.collect();
        let shown = |(number, create): (usize, Option<Create>)| format!("{number} {create:?}");
        let made = |line: &LineOfFile| match line {
            LineOfFile::Create(create) => format!("Some({create:?})"),
            _ => "None".to_owned(),
        };
        for (start, (first, _)) in whole.iter().enumerate() {
            for (end, (last, _)) in whole.iter().enumerate().skip(start) {
                let bytes = first.bytes.start..last.bytes.end;
                let part = again
                    .lines(bytes, first.number)
                    .map(|line| shown(line.unwrap()));
                let expected = whole[start..=end]
                    .iter()
                    .map(|(place, line)| format!("{} {}", place.number, made(line)));
                assert!(part.eq(expected), "{first:?} {last:?}");
            }
        }
    }

    #[test]
    fn a_stream_is_read_but_once() {
        let (reader, _writer) = UnixStream::pair().unwrap();
        let stream = File::from(OwnedFd::from(reader));
        assert!(Readable::at_will(&stream, &Text::from("name")).is_none());
    }

    #[test]
    fn lines_are_numbered_and_empty_ones_passed_over() {
        assert_eq!(lines("-F\n\n# x\n-D\r\n-F"), [Ok(1), Ok(4), Ok(5)]);
        assert_eq!(lines(""), []);
        assert_eq!(
            lines("-F\n-L\n\0\n-k\n"),
            [
                Ok(1),
                Err("2: Cannot use command `-L' with --load-file".into()),
                Err("3: Cannot use command `unknown' with --load-file".into()),
                Err("4: unknown option `-k'".into()),
            ]
        );
    }

    #[test]
    fn a_line_may_be_longer_than_a_piece() {
        let long = format!("-F c {}\n-D\n", "x".repeat(3 * PIECE as usize));
        assert_eq!(lines(&long), [Ok(1), Ok(2)]);
    }

    #[test]
    fn a_line_without_an_end_is_too_long() {
        let line = |length: usize| format!("-F c {}", "x".repeat(length - 5));
        assert_eq!(lines(&line(LONGEST_LINE)), [Ok(1)]);
        assert_eq!(
            lines(&format!("{}\n-D", line(LONGEST_LINE))),
            [Ok(1), Ok(2)]
        );
        let too_long = [Ok(1), Err("2 is too long".into())];
        assert_eq!(
            lines(&format!("-F\n{}", line(LONGEST_LINE + 1)))[..2],
            too_long
        );
        assert_eq!(
            lines(&format!("-F\n{}\n-D", line(LONGEST_LINE + 1)))[..2],
            too_long
        );
    }

    #[test]
    fn a_warning_is_given_once() {
        let mut lines = Lines::new(&b"-D -a 1\n-D -a 2\n-D -u s\n"[..], Vec::new());
        let count = lines.by_ref().count();
        assert_eq!((count, lines.warnings.len()), (3, 2));
    }

    #[test]
    fn an_error_that_counts_later_is_a_line_of_its_own() {
        let line = |text: &str| {
            let line = Lines::new(text.as_bytes(), Vec::new()).next();
            match line {
                Some(Ok((_, LineOfFile::Wrong(error)))) => error.to_string(),
                Some(Ok((_, LineOfFile::Create(create)))) => {
                    format!("makes {:?}", create.flow.mark)
                }
                Some(Err(Failed::Line(_, error))) => format!("at once: {error}"),
                _ => "a command".into(),
            }
        };
        for (text, expected) in [
            ("-D -s 1.2.3.4", "a command"),
            ("-F", "a command"),
            ("-I -p 50 -s 1.2.3.4 -d 5.6.7.8 -t 5 -m 7", "makes Some(7)"),
            ("-A -p 50 -s 1.2.3.4 -d 5.6.7.8 -t 5", "makes None"),
            (
                "-D --mask-src 1.2.3.4",
                "Can't use --mask-src without --src",
            ),
            (
                "-U --mask-dst 1.2.3.4",
                "Can't use --mask-dst without --dst",
            ),
            (
                "-D -u UNSET",
                "at once: Operation failed: invalid parameters",
            ),
            ("-D -s x", "at once: Invalid IP address `x'"),
            (
                "-L --mask-src 1.2.3.4",
                "at once: Cannot use command `-L' with --load-file",
            ),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }
}
