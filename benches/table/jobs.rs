//! What is measured, and what it may take.

use crate::flows::{FIRST_ADDRESS_TEXT, LOAD_FILE, LOAD_FILE_WITH_NUMBERS, Part};
use crate::measure::{Measurement, NULL, PIPE};
use crate::programs::Who;
use crate::raw::SEND;

pub struct Job {
    pub name: &'static str,
    /// The arguments of ours and of 1.4.9.
    pub words: &'static [&'static str],
    /// Whether 1.4.9 has no such option.
    pub addition: bool,
    /// The arguments of the raw reader, for a job that is a listing.
    pub raw: Option<&'static [&'static str]>,
    pub output: &'static str,
    /// The flows that the programs must say they have handled.
    pub handled: Option<Part>,
    /// How the table becomes again what it was.
    pub after: After,
    pub bounds: &'static [Bound],
}

#[derive(Clone, Copy)]
pub enum After {
    Nothing,
    Restore(Part),
    RemoveLoaded,
}

/// The most that ours may take, as a multiple of what another program takes.
pub struct Bound {
    pub quantity: Quantity,
    pub against: Who,
    pub most: f64,
}

#[derive(Clone, Copy, Debug)]
pub enum Quantity {
    Wall,
    User,
    Memory,
}

pub const ON_A_FULL_TABLE: [Job; 19] = [
    Job {
        bounds: &[RAW_105, QUARTER_OF_USER],
        ..listing("-L to /dev/null", &["-L"], NULL)
    },
    Job {
        bounds: &[RAW_105, QUARTER_OF_USER],
        ..listing("-L to a pipe", &["-L"], PIPE)
    },
    listing("-L -o xml", &["-L", "-o", "xml"], NULL),
    listing("-L -o save", &["-L", "-o", "save"], NULL),
    listing("-L -o extended,id", &["-L", "-o", "extended,id"], NULL),
    Job {
        handled: None,
        bounds: &[wall_of_raw(1.02)],
        ..listing("-L -s NETWORK", &["-L", "-s", "10.0.7.0/24"], NULL)
    },
    Job {
        addition: true,
        bounds: &[wall_of_raw(1.16)],
        ..listing("-L -o json", &["-L", "-o", "json"], NULL)
    },
    Job {
        addition: true,
        bounds: &[wall_of_raw(1.21)],
        ..listing(
            "-L --count-by src/24",
            &["-L", "--count-by", "src/24"],
            NULL,
        )
    },
    // Every flow has a source of its own here, so this has as many groups as flows.
    Job {
        addition: true,
        bounds: &[],
        ..listing("-L --count-by src", &["-L", "--count-by", "src"], NULL)
    },
    Job {
        raw: Some(&["443", FIRST_ADDRESS_TEXT]),
        handled: Some(Part::One),
        bounds: &[RAW_105, wall_of_reference(0.12)],
        ..listing(
            "-L -p tcp --dport 443 -s ADDR",
            &[
                "-L",
                "-p",
                "tcp",
                "--dport",
                "443",
                "-s",
                FIRST_ADDRESS_TEXT,
            ],
            NULL,
        )
    },
    Job {
        raw: Some(&["443"]),
        handled: Some(Part::Https),
        bounds: &[RAW_105, wall_of_reference(0.25)],
        ..listing(
            "-L -p tcp --dport 443",
            &["-L", "-p", "tcp", "--dport", "443"],
            NULL,
        )
    },
    Job {
        name: "-D -p tcp",
        words: &["-D", "-p", "tcp"],
        handled: Some(Part::Tcp),
        after: After::Restore(Part::Tcp),
        bounds: &[wall_of_reference(0.25)],
        ..OTHER
    },
    Job {
        name: "-D -m 4",
        words: &["-D", "-m", "4"],
        handled: Some(Part::Tcp),
        after: After::Restore(Part::Tcp),
        bounds: &[wall_of_reference(0.80)],
        ..OTHER
    },
    Job {
        name: "-D -s ADDR",
        words: &["-D", "-s", FIRST_ADDRESS_TEXT],
        handled: Some(Part::One),
        after: After::Restore(Part::One),
        bounds: &[wall_of_reference(0.12)],
        ..OTHER
    },
    Job {
        raw: Some(&[]),
        bounds: &[RAW_105],
        ..finding_nothing("-D -s NETWORK, of no flow", &["-D", "-s", "172.16.0.0/12"])
    },
    finding_nothing("-D -m MARK, of no flow", &["-D", "-m", "9"]),
    Job {
        name: "-U -p tcp -m 5",
        words: &["-U", "-p", "tcp", "-m", "5"],
        handled: Some(Part::Tcp),
        after: After::Restore(Part::Tcp),
        bounds: &[wall_of_reference(0.40)],
        ..OTHER
    },
    Job {
        name: "-R FILE",
        words: &["-R", LOAD_FILE],
        bounds: &[
            wall_of_reference(0.28),
            wall_of_raw(1.3),
            Bound {
                quantity: Quantity::Memory,
                against: Who::Reference,
                most: 0.20,
            },
        ],
        ..LOADING
    },
    Job {
        name: "-R FILE with numbers",
        words: &["-R", LOAD_FILE_WITH_NUMBERS],
        bounds: &[wall_of_raw(1.3)],
        ..LOADING
    },
];

/// What people run most is about a table of so few flows.
pub const FEW: u32 = 50;

pub const ON_A_SMALL_TABLE: [Job; 4] = [
    Job {
        name: "-V",
        words: &["-V"],
        bounds: &[wall_of_reference(1.0)],
        ..OTHER
    },
    Job {
        name: "-C on a small table",
        words: &["-C"],
        bounds: &[wall_of_reference(1.0)],
        ..OTHER
    },
    Job {
        name: "-L of a small table",
        words: &["-L"],
        handled: Some(Part::Everything),
        bounds: &[wall_of_reference(1.0)],
        ..OTHER
    },
    Job {
        bounds: &[wall_of_reference(1.0)],
        ..finding_nothing("-D of nothing in a small table", &["-D", "-p", "sctp"])
    },
];

/// How often each of these is run: they end so soon that it takes many to tell them apart.
pub const ROUNDS_ON_A_SMALL_TABLE: usize = 200;

const OTHER: Job = Job {
    name: "",
    words: &[],
    addition: false,
    raw: None,
    output: NULL,
    handled: None,
    after: After::Nothing,
    bounds: &[],
};

const LOADING: Job = Job {
    raw: Some(&[SEND]),
    after: After::RemoveLoaded,
    ..OTHER
};

const fn finding_nothing(name: &'static str, words: &'static [&'static str]) -> Job {
    Job {
        name,
        words,
        handled: Some(Part::Nothing),
        ..OTHER
    }
}

const fn listing(name: &'static str, words: &'static [&'static str], output: &'static str) -> Job {
    Job {
        name,
        words,
        raw: Some(&[]),
        output,
        handled: Some(Part::Everything),
        bounds: &[RAW_105],
        ..OTHER
    }
}

const RAW_105: Bound = wall_of_raw(1.05);

const QUARTER_OF_USER: Bound = Bound {
    quantity: Quantity::User,
    against: Who::Reference,
    most: 0.25,
};

const fn wall_of_raw(most: f64) -> Bound {
    Bound {
        quantity: Quantity::Wall,
        against: Who::Raw,
        most,
    }
}

const fn wall_of_reference(most: f64) -> Bound {
    Bound {
        against: Who::Reference,
        ..wall_of_raw(most)
    }
}

impl Job {
    pub fn words_for(&self, who: Who) -> Option<&'static [&'static str]> {
        match who {
            Who::Raw => self.raw,
            Who::Reference if self.addition => None,
            Who::Ours | Who::Reference => Some(self.words),
        }
    }
}

impl Quantity {
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Wall => "wall time",
            Quantity::User => "user CPU",
            Quantity::Memory => "memory",
        }
    }

    pub fn of(self, run: &Measurement) -> f64 {
        match self {
            Quantity::Wall => run.wall,
            Quantity::User => run.user,
            Quantity::Memory => run.memory,
        }
    }
}
