//! Lines of a load file that make flows: what is kept of each until its turn comes, its request or just its place.

use super::ahead::Ahead;
use super::create::{Create, Line};
use super::passage::{Again, Passage, Place};
use super::requests::Requests;
use super::run::InLine;
use crate::context::Context;
use crate::format::Show;
use crate::netlink;
use crate::netlink::request;
use crate::netlink::socket::Socket;

/// How much memory the requests of a file may take, in bytes. Those of further lines are made when their turn comes.
const ROOM: usize = 26 << 20;

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

/// The first request makes the kernel load what it needs, and may be refused meanwhile; so it is one that does nothing.
fn open() -> Result<Socket, netlink::Error> {
    let mut socket = Socket::open()?;
    let mut bytes = Vec::new();
    request::count(&mut bytes);
    socket.exchange(&mut bytes, |_, _| Ok::<(), netlink::Error>(()))?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::passage::{PASSAGE, Reread};
    use crate::error::Error;
    use crate::flow::{Flow, Labels, Nat};
    use std::ops::Range;

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
    #[derive(Clone, Copy, Debug)]
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

    /// The requests that are handed over where nothing can be read ahead.
    fn without_a_thread(count: usize, file: File) -> Vec<u8> {
        let (creations, room) = creations(count, Some(file));
        let mut all = creations.kept.bytes;
        if let (Some(rest), Some(again)) = (creations.rest, &room.again) {
            let ended = rest.in_turn(again.as_ref(), |requests| {
                all.extend_from_slice(&requests.bytes);
                Ok(())
            });
            ended.unwrap();
        }
        all
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
            assert!(without_a_thread(count, file) == all_kept, "{count}");
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
