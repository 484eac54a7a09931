//! Zones as POSIX writes them (`CET-1CEST,M3.5.0,M10.5.0/3`), and what glibc makes of those that are not quite right.

use crate::number::without_blanks;
use jiff::tz::TimeZone;
use std::fmt;

const HOUR: i32 = 3600;

/// When a clock changes if a rule says only when summer time begins, or nothing: the rule of the United States.
const DEFAULTS: [Rule; 2] = [
    Rule {
        day: Day::Weekday([3, 2, 0]),
        time: Time(2 * HOUR),
    },
    Rule {
        day: Day::Weekday([11, 1, 0]),
        time: Time(2 * HOUR),
    },
];

/// What stands for a rule that cannot be read: the first moment of the year.
const NONE: Rule = Rule {
    day: Day::Plain(0),
    time: Time(0),
};

/// The day and the time of it at which a clock changes.
#[derive(Clone, Copy)]
struct Rule {
    day: Day,
    time: Time,
}

#[derive(Clone, Copy)]
enum Day {
    /// Counted from 1, without 29 February.
    Julian(u16),
    /// Counted from 0.
    Plain(u16),
    /// Month, week and day of the week.
    Weekday([u16; 3]),
}

/// Seconds.
#[derive(Clone, Copy)]
struct Time(i32);

/// What is left to read of a zone.
struct Text<'a>(&'a [u8]);

/// The zone of a text. jiff knows what POSIX says of it, and takes it in the words of POSIX and no others.
pub fn zone(text: &[u8]) -> Option<TimeZone> {
    TimeZone::posix(&in_posix_words(Text(text))?).ok()
}

fn in_posix_words(mut text: Text) -> Option<String> {
    text.name()?;
    let begins_offset = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-');
    text.0.first().copied().filter(begins_offset)?;
    let standard = text.offset()?;
    if text.0.is_empty() {
        return Some(format!("<STD>{standard}"));
    }
    let summer = match text.name() {
        Some(()) => text.offset().unwrap_or(standard.an_hour_east()),
        None => Time(0),
    };
    let [begin, end] = text.rules();
    Some(format!("<STD>{standard}<DST>{summer},{begin},{end}"))
}

impl Text<'_> {
    /// Three letters or more; in angle brackets, digits and signs too. No one is shown it.
    fn name(&mut self) -> Option<()> {
        let quoted = self.0.strip_prefix(b"<");
        let inside = |byte: &&u8| match quoted {
            Some(_) => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'),
            None => byte.is_ascii_alphabetic(),
        };
        let text = quoted.unwrap_or(self.0);
        let length = text.iter().take_while(inside).count();
        let rest = text.get(length..).filter(|_| length >= 3)?;
        self.0 = match quoted {
            Some(_) => rest.strip_prefix(b">")?,
            None => rest,
        };
        Some(())
    }

    /// Seconds west of UTC, of which glibc takes no more than so many hours, minutes and seconds.
    fn offset(&mut self) -> Option<Time> {
        let negative = self.skip(b"-");
        if !negative {
            self.skip(b"+");
        }
        let [hours, minutes, seconds] = self.time()?;
        let west = Time::of(hours.min(24), minutes.min(59), seconds.min(59));
        Some(if negative { Time(-west.0) } else { west })
    }

    /// When summer time begins and ends. After a rule that cannot be read there is no other.
    fn rules(&mut self) -> [Rule; 2] {
        let [begin, end] = DEFAULTS;
        match self.rule(begin) {
            Ok(begin) => [begin, self.rule(end).unwrap_or_else(|unread| unread)],
            Err(unread) => [unread, NONE],
        }
    }

    /// A rule, or what counts in place of one that cannot be read.
    fn rule(&mut self, default: Rule) -> Result<Rule, Rule> {
        self.skip(b",");
        if self.0.is_empty() {
            return Ok(default);
        }
        let day = self.day().ok_or(NONE)?;
        let unread = Rule { day, ..NONE };
        let time = match self.0 {
            [] | [b',', ..] => Time(2 * HOUR),
            [b'/', _, ..] => {
                self.skip(b"/");
                let negative = self.skip(b"-");
                let [hours, minutes, seconds] = self.time().unwrap_or([2, 0, 0]);
                let time = Time::of(hours, minutes, seconds);
                if negative { Time(-time.0) } else { time }
            }
            _ => return Err(unread),
        };
        Ok(Rule { day, time })
    }

    fn day(&mut self) -> Option<Day> {
        match self.0 {
            [b'M', ..] => {
                self.skip(b"M");
                let month = self.number().filter(|month| (1..=12).contains(month))?;
                let week = self.after(b".").filter(|week| (1..=5).contains(week))?;
                let day = self.after(b".").filter(|day| *day <= 6)?;
                Some(Day::Weekday([month, week, day]))
            }
            [b'J', b'0'..=b'9', ..] => {
                self.skip(b"J");
                let day = self.number().filter(|day| (1..=365).contains(day))?;
                Some(Day::Julian(day))
            }
            [b'0'..=b'9', ..] => self.number().filter(|day| *day <= 365).map(Day::Plain),
            _ => None,
        }
    }

    /// Hours, and minutes and seconds where they are there.
    fn time(&mut self) -> Option<[u16; 3]> {
        let hours = self.number()?;
        let minutes = self.after(b":");
        let seconds = minutes.and_then(|_| self.after(b":"));
        Some([hours, minutes.unwrap_or(0), seconds.unwrap_or(0)])
    }

    /// The number behind a separator; where there is none, the separator stays too.
    fn after(&mut self, separator: &[u8]) -> Option<u16> {
        let mut rest = Text(self.0.strip_prefix(separator)?);
        let number = rest.number()?;
        self.0 = rest.0;
        Some(number)
    }

    /// A number as scanf reads one of 16 bits: blanks and a sign may precede it, and it wraps around.
    fn number(&mut self) -> Option<u16> {
        let text = without_blanks(self.0);
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            digits => (false, digits),
        };
        let count = digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = digits.split_at_checked(count).filter(|_| count > 0)?;
        let number = digits.iter().fold(0u64, |number, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        self.0 = rest;
        Some(if negative {
            number.wrapping_neg()
        } else {
            number
        } as u16)
    }

    fn skip(&mut self, prefix: &[u8]) -> bool {
        let rest = self.0.strip_prefix(prefix);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

impl Time {
    /// The longest that jiff takes of a rule, and of an offset.
    const LONGEST: i32 = 168 * HOUR - 1;
    const FARTHEST: i32 = 25 * HOUR - 1;

    fn of(hours: u16, minutes: u16, seconds: u16) -> Time {
        let seconds = HOUR * i32::from(hours) + 60 * i32::from(minutes) + i32::from(seconds);
        Time(seconds.min(Time::LONGEST))
    }

    fn an_hour_east(self) -> Time {
        Time((self.0 - HOUR).max(-Time::FARTHEST))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let time = self.0.abs();
        let (hours, minutes, seconds) = (time / HOUR, time / 60 % 60, time % 60);
        write!(f, "{sign}{hours}:{minutes:02}:{seconds:02}")
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.day {
            Day::Julian(day) => write!(f, "J{day}/{}", self.time),
            Day::Plain(day) => write!(f, "{day}/{}", self.time),
            Day::Weekday([month, week, day]) => write!(f, "M{month}.{week}.{day}/{}", self.time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    /// Texts, and the words in which 1.4.9's C library would have to say the same.
    const TEXTS: &[(&[u8], Option<&str>)] = &[
        (b"CET-1", Some("<STD>-1:00:00")),
        (b"<+0330>-3:30", Some("<STD>-3:30:00")),
        (b"<-05>5", Some("<STD>5:00:00")),
        (b"ABC+5", Some("<STD>5:00:00")),
        (b"ABC-1:2:3", Some("<STD>-1:02:03")),
        (b"ABC0", Some("<STD>0:00:00")),
        (b"ABC-0", Some("<STD>0:00:00")),
        (b"ABC00000005", Some("<STD>5:00:00")),
        (b"ABC-25", Some("<STD>-24:00:00")),
        (b"ABC25:99:99", Some("<STD>24:59:59")),
        (b"ABC- 5", Some("<STD>-5:00:00")),
        (b"ABC-+5", Some("<STD>-5:00:00")),
        (b"ABC--5", Some("<STD>-24:00:00")),
        (b"ABC65541", Some("<STD>5:00:00")),
        (b"ABC70000", Some("<STD>24:00:00")),
        (b"ABC99999999999999999999", Some("<STD>24:00:00")),
        (
            b"CET-1CEST,M3.5.0,M10.5.0/3",
            Some("<STD>-1:00:00<DST>-2:00:00,M3.5.0/2:00:00,M10.5.0/3:00:00"),
        ),
        (
            b"CET-1CEST",
            Some("<STD>-1:00:00<DST>-2:00:00,M3.2.0/2:00:00,M11.1.0/2:00:00"),
        ),
        (
            b"ABC5DEF,",
            Some("<STD>5:00:00<DST>4:00:00,M3.2.0/2:00:00,M11.1.0/2:00:00"),
        ),
        (
            b"<+05>-5<+06>-6:30,J060/-1,300/25:30",
            Some("<STD>-5:00:00<DST>-6:30:00,J60/-1:00:00,300/25:30:00"),
        ),
        (
            b"ABC5DEF-26,M4.1.0",
            Some("<STD>5:00:00<DST>-24:00:00,M4.1.0/2:00:00,M11.1.0/2:00:00"),
        ),
        // Ours: glibc counts on from a day that is none, to one that POSIX has no words for.
        (
            b"ABC5DEF,M+4. 2.007/2:99:99,0,",
            Some("<STD>5:00:00<DST>4:00:00,0/0:00:00,0/0:00:00"),
        ),
        (
            b"ABC5DEF,M+4. 2.006/2:99:99,0,",
            Some("<STD>5:00:00<DST>4:00:00,M4.2.6/3:40:39,0/2:00:00"),
        ),
        (
            b"ABC5DEF,M3.2.0/,M10.1.0/+4x",
            Some("<STD>5:00:00<DST>4:00:00,M3.2.0/2:00:00,M10.1.0/4:00:00"),
        ),
        (
            b"ABC5DEF,M4.2.0/2x,M10.1.0",
            Some("<STD>5:00:00<DST>4:00:00,M4.2.0/2:00:00,0/0:00:00"),
        ),
        (
            b"ABC5DEF,M4.2.0x,M10.1.0",
            Some("<STD>5:00:00<DST>4:00:00,M4.2.0/0:00:00,0/0:00:00"),
        ),
        (
            b"ABC5DEF,M4.2.0,garbage",
            Some("<STD>5:00:00<DST>4:00:00,M4.2.0/2:00:00,0/0:00:00"),
        ),
        (
            b"ABC5DEF,366,M10.1.0",
            Some("<STD>5:00:00<DST>4:00:00,0/0:00:00,0/0:00:00"),
        ),
        (
            b"ABC5DEF:30",
            Some("<STD>5:00:00<DST>4:00:00,0/0:00:00,0/0:00:00"),
        ),
        (
            b"ABC5YY",
            Some("<STD>5:00:00<DST>0:00:00,0/0:00:00,0/0:00:00"),
        ),
        (
            b"ABC5:30:",
            Some("<STD>5:30:00<DST>0:00:00,0/0:00:00,0/0:00:00"),
        ),
        (b"", None),
        (b"5", None),
        (b"XX5", None),
        (b"ABC", None),
        (b"ABC-", None),
        (b"ABC 5", None),
        (b" ABC5", None),
        (b"<XX>5", None),
        (b"<ABC5", None),
        (b"<a_b>5", None),
        (b"ABC\xe95", None),
        (b"Europe/Berlin", None),
    ];

    #[test]
    fn a_text_is_read_as_the_c_library_reads_it() {
        for (text, expected) in TEXTS {
            let words = in_posix_words(Text(text));
            assert_eq!(words.as_deref(), *expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_zone_knows_summer_from_winter() {
        let [winter, summer] = ["2024-01-15T12:00Z", "2024-07-15T12:00Z"]
            .map(|time| time.parse::<Timestamp>().unwrap());
        for (text, expected) in [
            ("CET-1CEST,M3.5.0,M10.5.0/3", [1, 2]),
            ("ABC-10DEF,M10.1.0,M4.1.0/3", [11, 10]),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", [0, 1]),
            ("ABC5DEF,garbage", [-4, -4]),
            ("ABC5YY", [0, 0]),
            ("ABC5", [-5, -5]),
        ] {
            let zone = zone(text.as_bytes()).unwrap();
            let hours = [winter, summer].map(|time| zone.to_offset(time).seconds() / HOUR);
            assert_eq!(hours, expected, "{text}");
        }
    }

    proptest! {
        /// jiff takes whatever is put in POSIX's words.
        #[test]
        fn what_is_read_is_a_zone(text in "ABC[-+ ]?[0-9:]{1,9}(DEF[-+]?[0-9:]{0,6}(,[MJ]?[0-9.]{1,7}(/[-+]?[0-9:]{0,9})?){0,2})?") {
            prop_assert_eq!(in_posix_words(Text(text.as_bytes())).is_some(), zone(text.as_bytes()).is_some());
        }

        #[test]
        fn no_bytes_make_it_panic(text: Vec<u8>) {
            zone(&text);
        }
    }
}
