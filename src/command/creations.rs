//! Lines of a load file that make flows, which travel many in one send.

use super::ahead::Ahead;
use super::create::{Create, Line};
use super::plan;
use super::run::{InLine, request_one};
use super::undo::undo;
use crate::context::Context;
use crate::error::Error;
use crate::flow::Nat;
use crate::format::Show;
use crate::netlink;
use crate::netlink::request;
use crate::netlink::socket::{Answer, Socket};
use crate::task::{Task, Verb};
use nix::libc::EEXIST;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, scope};
use std::time::Instant;

/// How much memory the requests of a file may take, in bytes. Those of further lines are made when their turn comes.
const ROOM: usize = 26 << 20;

/// How many lines are read again at a time.
const PASSAGE: usize = 1024;

/// Where a line is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Counted from 1.
    pub number: usize,
    /// Its bytes in the file, with its end.
    pub bytes: Range<u64>,
}

/// A file that can be read once more.
pub trait Again: Debug + Send + Sync {
    /// The lines of a part of it, the first of which has this number.
    fn lines(&self, bytes: Range<u64>, number: usize) -> Box<dyn Iterator<Item = Reread> + '_>;
}

/// What a line makes, where it makes a flow, with the number of the line; or what is wrong with it.
pub type Reread = Result<(usize, Option<Create>), InLine>;

/// What there is room for in memory, and where the rest can be had from.
#[derive(Debug)]
pub struct Room {
    left: usize,
    again: Option<Box<dyn Again>>,
}

/// Lines in a row. A file may have a million of them, so only their requests are kept, and of those that there is no room
/// for only where they are in the file.
#[derive(Debug, Default)]
pub struct Creations {
    kept: Requests,
    rest: Option<Passage>,
}

/// Requests one behind the other, and their lines.
#[derive(Debug, Default)]
struct Requests {
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

/// Lines that are read again when their turn comes.
#[derive(Debug)]
struct Passage {
    bytes: Range<u64>,
    /// The number of the first one.
    number: usize,
    count: usize,
}

impl Room {
    pub fn new(again: Option<Box<dyn Again>>) -> Room {
        Room { left: ROOM, again }
    }

    /// Whether a line can wait in the file.
    fn is_full(&self) -> bool {
        self.left == 0 && self.again.is_some()
    }
}

impl Creations {
    pub fn add(&mut self, place: Place, create: &Create, room: &mut Room) {
        if let Some(rest) = &mut self.rest {
            rest.bytes.end = place.bytes.end;
            rest.count += 1;
        } else if room.is_full() {
            self.rest = Some(Passage {
                bytes: place.bytes,
                number: place.number,
                count: 1,
            });
        } else {
            let taken = self.kept.add(place.number, create);
            room.left = room.left.saturating_sub(taken);
        }
    }

    pub fn count(&self) -> usize {
        self.kept.lines.len() + self.rest.as_ref().map_or(0, |rest| rest.count)
    }

    /// The number of the first line.
    fn first(&self) -> usize {
        let first = self.kept.lines.first().map(Line::number);
        first.unwrap_or_else(|| self.rest.as_ref().map_or(0, |rest| rest.number))
    }

    fn open(&self) -> Result<Socket, InLine> {
        open().map_err(|error| (self.first(), error.into()))
    }

    /// Hands over the requests, a part at a time.
    fn each(
        self,
        room: &Room,
        mut each: impl FnMut(Requests) -> Result<(), InLine>,
    ) -> Result<(), InLine> {
        each(self.kept)?;
        match (self.rest, &room.again) {
            (Some(rest), Some(again)) => rest.each(again.as_ref(), each),
            _ => Ok(()),
        }
    }

    pub fn run(self, room: &Room, done: &mut usize, cx: &mut Context) -> Result<(), InLine> {
        let mut socket = self.open()?;
        let total = self.count() as u64;
        cx.notes.begin_progress("lines carried out", Some(total));
        self.each(room, |requests| requests.run(&mut socket, done, cx))?;
        cx.notes.end_progress();
        Ok(())
    }

    /// Shows each flow as it would be made, unless one is there.
    pub fn dry_run(
        self,
        show: Option<&Show>,
        room: &Room,
        ahead: &mut Ahead,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let show = show.cloned().unwrap_or_default();
        let mut socket = self.open()?;
        self.each(room, |requests| {
            requests.dry_run(&mut socket, &show, ahead, done, cx)
        })
    }
}

impl Passage {
    /// What is there now must be as many lines of this kind as before: whatever else, nobody has looked at all of it. The
    /// lines before one that is not are handed over. Where a thread is to be had, it reads ahead.
    fn each(
        self,
        again: &dyn Again,
        each: impl FnMut(Requests) -> Result<(), InLine>,
    ) -> Result<(), InLine> {
        let parts = || Parts {
            lines: again.lines(self.bytes.clone(), self.number),
            ended: false,
        };
        let (read, ahead) = sync_channel(1);
        scope(|scope| {
            let read_ahead = move || parts().try_for_each(|part| read.send(part));
            match Builder::new().spawn_scoped(scope, read_ahead) {
                Ok(_) => self.hand_over(ahead.into_iter(), each),
                Err(_) => self.hand_over(parts(), each),
            }
        })
    }

    fn hand_over(
        &self,
        parts: impl Iterator<Item = Part>,
        mut each: impl FnMut(Requests) -> Result<(), InLine>,
    ) -> Result<(), InLine> {
        let (mut count, mut last) = (0, self.number);
        for (part, filled) in parts {
            count += part.lines.len();
            last = part.lines.last().map_or(last, Line::number);
            each(part)?;
            filled?;
        }
        match count == self.count {
            true => Ok(()),
            false => Err((last, Error::Changed)),
        }
    }
}

/// Some lines, and what is wrong with the one behind them.
type Part = (Requests, Result<(), InLine>);

/// Lines that are read again, a part at a time.
struct Parts<'f> {
    lines: Box<dyn Iterator<Item = Reread> + 'f>,
    ended: bool,
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if self.ended {
            return None;
        }
        let mut part = Requests::default();
        let filled = part.fill(&mut self.lines);
        self.ended = filled.is_err() || part.lines.len() < PASSAGE;
        Some((part, filled))
    }
}

impl Requests {
    /// Adds as many lines as are read again at a time, or until one makes no flow.
    fn fill(&mut self, lines: &mut dyn Iterator<Item = Reread>) -> Result<(), InLine> {
        for line in lines.take(PASSAGE) {
            let (number, create) = line?;
            self.add(number, &create.ok_or((number, Error::Changed))?);
        }
        Ok(())
    }

    /// Tells how much memory the line takes, in bytes.
    fn add(&mut self, number: usize, create: &Create) -> usize {
        let start = self.bytes.len();
        create.write(&mut self.bytes, true);
        let length = self.bytes.len() - start;
        self.lines.push(Line {
            number: number as u32,
            length: length as u32,
            overwrite: create.overwrite,
            has_nat: create.nat != Nat::default(),
        });
        length + size_of::<Line>()
    }

    /// Many lines travel in one send, each as if it alone might create its flow, and the kernel carries out all of
    /// them. So where one is refused, what those behind it made is deleted again; and a flow that exists already is only
    /// changed once all lines before are known to be done.
    fn run(
        mut self,
        socket: &mut Socket,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let mut requests = &mut self.bytes[..];
        for lines in self.lines.chunks(socket.batch_limit()) {
            let length = lines.iter().map(|line| line.length as usize).sum();
            let (batch, rest) = requests.split_at_mut(length);
            run_batch(socket, lines, batch, cx)?;
            *done += lines.len();
            cx.notes.step(lines.len() as u64);
            let number = lines.last().map_or(0, Line::number);
            cx.stop.check().map_err(|error| (number, error))?;
            requests = rest;
        }
        Ok(())
    }

    fn dry_run(
        self,
        socket: &mut Socket,
        show: &Show,
        ahead: &mut Ahead,
        done: &mut usize,
        cx: &mut Context,
    ) -> Result<(), InLine> {
        let ranges = ranges(&self.lines);
        let at_once = (socket.batch_limit() / plan::PROBES).max(1);
        for (lines, ranges) in self.lines.chunks(at_once).zip(ranges.chunks(at_once)) {
            let number = lines.first().map_or(0, Line::number);
            let requests = ranges.iter().map(|range| &self.bytes[range.clone()]);
            let plans = plan::plans(socket, lines, requests, ahead);
            let plans = plans.map_err(|error| (number, error))?;
            for (line, plan) in lines.iter().zip(&plans) {
                let shown = plan.show(show, ahead, cx);
                shown.map_err(|error| (line.number(), error))?;
                *done += 1;
            }
            cx.stop.check().map_err(|error| (number, error))?;
        }
        Ok(())
    }
}

/// The first request makes the kernel load what it needs, and may be refused meanwhile; so it is one that does nothing.
fn open() -> Result<Socket, netlink::Error> {
    let mut socket = Socket::open()?;
    let mut bytes = Vec::new();
    request::count(&mut bytes);
    socket.exchange(&mut bytes, |_, _| Ok::<(), netlink::Error>(()))?;
    Ok(socket)
}

fn run_batch(
    socket: &mut Socket,
    lines: &[Line],
    requests: &mut [u8],
    cx: &mut Context,
) -> Result<(), InLine> {
    let number_of = |index: usize| lines[index].number();
    let mut refused: Vec<(usize, i32)> = Vec::new();
    let start = Instant::now();
    let sent = socket.exchange(requests, |index, answer| {
        if let Answer::Refused(errno) = answer {
            refused.push((index, errno));
        }
        Ok::<(), Error>(())
    });
    sent.map_err(|error| (number_of(0), error))?;
    let ranges = ranges(lines);
    for &(index, errno) in &refused {
        let bytes = &mut requests[ranges[index].clone()];
        if let Err(error) = settle(socket, &lines[index], bytes, errno) {
            let later = index + 1..lines.len();
            let made = later.filter(|later| !refused.iter().any(|(index, _)| index == later));
            let made: Vec<&[u8]> = made.map(|later| &requests[ranges[later].clone()]).collect();
            match undo(socket, &made, start.elapsed()) {
                Ok(left) => left.text().iter().for_each(|text| cx.notes.message(text)),
                Err(error) => cx.notes.message(format_args!(
                    "up to {} flow entries that lines behind the refused one made are left: {error}",
                    made.len()
                )),
            }
            return Err((number_of(index), error));
        }
    }
    Ok(())
}

/// Where each line's request is.
fn ranges(lines: &[Line]) -> Vec<Range<usize>> {
    let mut end = 0;
    let range = |line: &Line| {
        let start = end;
        end += line.length as usize;
        start..end
    };
    lines.iter().map(range).collect()
}

/// Deals with a refusal: only that a flow exists already can be mended, by changing it where the line allows that.
fn settle(socket: &mut Socket, line: &Line, bytes: &mut [u8], refusal: i32) -> Result<(), Error> {
    if refusal == EEXIST && line.overwrite {
        request::allow_existing(bytes);
        return request_one(socket, bytes).map_err(|error| error.during(Task::flows(Verb::Add)));
    }
    let verb = if line.overwrite {
        Verb::Add
    } else {
        Verb::Create
    };
    Err(Error::from(netlink::Error::Refused(refusal)).during(Task::flows(verb)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Flow, Labels};

    /// The mark of a flow is the number of its line, whatever is read again.
    fn create(number: usize) -> Create {
        Create {
            flow: Flow {
                mark: Some(number as u32),
                ..Flow::default()
            },
            labels: Labels::default(),
            nat: Nat::default(),
            overwrite: true,
        }
    }

    /// A file of lines of ten bytes each, the last of which is the one with this number.
    #[derive(Debug)]
    struct File {
        last: usize,
        deletes: Option<usize>,
    }

    impl Again for File {
        fn lines(&self, bytes: Range<u64>, number: usize) -> Box<dyn Iterator<Item = Reread> + '_> {
            assert_eq!(bytes.start, place(number).bytes.start);
            let end = (bytes.end / 10) as usize;
            Box::new((number..=end.min(self.last)).map(|number| {
                let makes = self.deletes != Some(number);
                Ok((number, makes.then(|| create(number))))
            }))
        }
    }

    fn place(number: usize) -> Place {
        let end = 10 * number as u64;
        Place {
            number,
            bytes: end - 10..end,
        }
    }

    /// So many lines, of which three are kept if there is a file to read the others from again.
    fn creations(count: usize, file: Option<File>) -> (Creations, Room) {
        let three = 3 * Requests::default().add(1, &create(1));
        let left = file.as_ref().map_or(usize::MAX, |_| three);
        let again = file.map(|file| Box::new(file) as Box<dyn Again>);
        let mut room = Room { left, again };
        let mut creations = Creations::default();
        for number in 1..=count {
            creations.add(place(number), &create(number), &mut room);
        }
        assert_eq!((creations.count(), creations.first()), (count, 1));
        (creations, room)
    }

    /// The requests that are handed over of so many lines with room for three of them, and with room for all; and how each
    /// ended.
    fn both(count: usize, file: File) -> [(Vec<u8>, Result<(), InLine>); 2] {
        [Some(file), None].map(|file| {
            let (creations, room) = creations(count, file);
            let mut all = Vec::new();
            let ended = creations.each(&room, |requests| {
                all.extend_from_slice(&requests.bytes);
                Ok(())
            });
            (all, ended)
        })
    }

    #[test]
    fn what_there_is_no_room_for_is_read_again() {
        for count in [1, 3, 4, 5, PASSAGE + 3, 2 * PASSAGE + 9] {
            let file = File {
                last: usize::MAX,
                deletes: None,
            };
            let [(some_kept, ended), (all_kept, _)] = both(count, file);
            assert!(some_kept == all_kept && ended.is_ok(), "{count}");
        }
    }

    #[test]
    fn a_file_that_was_changed_is_carried_out_no_further() {
        for (last, deletes, line, done) in [(8, None, 8, 8), (20, Some(6), 6, 5)] {
            let [(some_kept, ended), _] = both(10, File { last, deletes });
            assert!(matches!(ended, Err((at, Error::Changed)) if at == line));
            let [_, (before, _)] = both(done, File { last, deletes });
            assert!(some_kept == before);
        }
    }

    #[test]
    fn nothing_is_read_ahead_for_ever_behind_a_refusal() {
        let file = File {
            last: usize::MAX,
            deletes: None,
        };
        let (creations, room) = creations(9 * PASSAGE, Some(file));
        let mut handed_over = Vec::new();
        let ended = creations.each(&room, |requests| {
            handed_over.push(requests.lines.len());
            match handed_over.len() {
                2 => Err((4, Error::Changed)),
                _ => Ok(()),
            }
        });
        assert!(matches!(ended, Err((4, Error::Changed))));
        assert_eq!(handed_over, [3, PASSAGE]);
    }
}
