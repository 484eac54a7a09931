//! What is done to what: the words that the command line, the commands and the errors share.

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    List,
    Create,
    Add,
    Delete,
    Update,
    Get,
    Flush,
    Event,
    Count,
    Stats,
    Load,
    Version,
    Help,
}

/// What a table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entries {
    #[default]
    Flows,
    Expectations,
}

/// A table of the kernel, as the command line names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Table {
    #[default]
    Conntrack,
    Expect,
    /// Flows that are deleted but still in use.
    Dying,
    /// Flows of which no packet has left yet.
    Unconfirmed,
}

impl Table {
    pub fn entries(self) -> Entries {
        match self {
            Table::Expect => Entries::Expectations,
            Table::Conntrack | Table::Dying | Table::Unconfirmed => Entries::Flows,
        }
    }
}

/// What was asked of the kernel when it refused: some error numbers have another meaning for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    pub verb: Verb,
    pub entries: Entries,
}

impl Task {
    pub const fn flows(verb: Verb) -> Task {
        Task {
            verb,
            entries: Entries::Flows,
        }
    }

    pub const fn expectations(verb: Verb) -> Task {
        Task {
            verb,
            entries: Entries::Expectations,
        }
    }
}
