//! Every error with its text and its exit status.

use crate::netlink;
use crate::task::{Entries, Task, Verb};
use crate::text::{Text, to_bytes};
use nix::libc::{EEXIST, EINVAL, ENOENT, ENOMEM, EPERM, ETIME};
use std::io;

/// What stands before every message: the version is the reference's, because scripts parse it.
pub const PREFIX: &str = "conntrack v1.4.9 (conntrack-tools): ";

/// What follows an error of the command line.
pub const ADVICE: &str = "Try `conntrack -h' or 'conntrack --help' for more information.";

/// What can end a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error(transparent)]
    Usage(#[from] Usage),
    /// A value is wrong in a way that the reference reports like a failure, not like a wrong command line.
    #[error(transparent)]
    Value(#[from] Value),
    /// The same, of a line in a load file.
    #[error("{error} in line {line} of `{file}'")]
    Line {
        error: Box<Error>,
        line: usize,
        file: Text,
    },
    /// The kernel or the socket to it.
    #[error("Operation failed: {}", refusal(.1, *.0))]
    Kernel(Option<Task>, netlink::Error),
    /// Standard output took no more.
    #[error("cannot write to standard output: {}", describe(.0))]
    Output(io::Error),
    /// The reader of standard output has gone away, which is no failure of ours.
    #[error("broken pipe")]
    BrokenPipe,
    #[error("cannot read `{file}': {}", describe(error))]
    Read { file: Text, error: io::Error },
    /// A line of a load file that is read a second time is not what it was.
    #[error("the file was changed while it was being carried out")]
    Changed,
    /// The network namespace that was asked for is not there, is none, or is not ours to enter.
    #[error("{}", unentered(named, error))]
    Netns { named: Text, error: io::Error },
    /// A signal ended it; what there is to say of that, if anything.
    #[error("{}", said.as_deref().unwrap_or("interrupted"))]
    Interrupted { signal: i32, said: Option<String> },
    /// Events end with this where no socket for them can be had.
    #[error("Can't open {}", handler(*.0))]
    Subscribe(Entries),
}

/// A command line that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum Usage {
    #[error("unknown option `{0}'")]
    UnknownOption(Text),
    #[error("unknown option `{option}'{}", suggestion(.meant))]
    UnknownWord { option: Text, meant: Text },
    #[error("unexpected word `{0}'")]
    ExcessWord(Text),
    #[error("unknown command `{0}'")]
    UnknownCommand(Text),
    #[error("option `{0}' requires an argument")]
    MissingArgument(Text),
    #[error("unknown type `{0}'")]
    UnknownTable(Text),
    #[error("Can't do that command with tables `dying' and `unconfirmed'")]
    OnlyListed,
    #[error("Can't do --{0} on expectations")]
    NotOnExpectations(&'static str),
    #[error("Invalid commands combination")]
    TwoCommands,
    #[error("Illegal option `--{0}' with this command")]
    IllegalOption(&'static str),
    #[error("You need to supply the `--{0}' option for this command")]
    OptionNeeded(&'static str),
    #[error("you have to specify `--{0}' and `--{1}'")]
    PairNeeded(&'static str, &'static str),
    #[error("no protocol has both `--{0}' and `--{1}'")]
    NoSuchProtocol(&'static str, &'static str),
    #[error("`{0}' unsupported protocol")]
    UnsupportedProtocol(Text),
    #[error("Invalid IP address `{0}'")]
    Address(Text),
    #[error("Invalid netmask")]
    Netmask,
    #[error("CIDR notation unavailable for `--{0}'")]
    CidrUnavailable(&'static str),
    #[error("mismatched address family")]
    MismatchedFamily,
    #[error("Bad parameter `{0}'")]
    BadParameter(Text),
    #[error("cannot combine {0} output with any other output type")]
    OutputAlone(&'static str),
    #[error("Invalid port `{0}'")]
    Port(Text),
    #[error("field `{0}' is named twice")]
    FieldTwice(Text),
    #[error("nothing stands between two commas, or behind a `!', in `{0}'")]
    EmptyItem(Text),
    #[error("range `{0}' runs backwards")]
    Reversed(Text),
    #[error("`--{0}' takes one value, not `{1}'")]
    OneValue(&'static str, Text),
    #[error("cannot use --{0} with several addresses")]
    MaskOfMany(&'static str),
    #[error("cannot use --no-nat with --{0}")]
    NoNatAndNat(&'static str),
    #[error("the kernel does not {0}: net.netfilter.{1} is 0")]
    SettingNeeded(&'static str, &'static str),
    #[error("No port specified after `:'")]
    NoPort,
    #[error("No IPv6 address specified")]
    NoAddress,
    #[error("No closing ']' around IPv6 address")]
    NoClosingBracket,
    #[error("Invalid value `{0}' for `--{1}'")]
    Number(Text, &'static str),
    #[error("unknown TCP state `{0}'")]
    TcpState(Text),
    #[error("unknown SCTP state `{0}'")]
    SctpState(Text),
    #[error("Unknown DCCP state `{0}'")]
    DccpState(Text),
    #[error("unknown state `{0}'")]
    State(Text),
    #[error("Unknown DCCP role `{0}'")]
    Role(Text),
    #[error("unknown label '{0}'")]
    Label(Text),
    #[error("option `--{0}' can only be specified once")]
    OptionTwice(&'static str),
    #[error("cannot specify `--src-nat' or `--dst-nat' with `--any-nat'")]
    AnyNatAndOne,
    #[error("Can't use --mask-src without --src")]
    MaskWithoutSrc,
    #[error("Can't use --mask-dst without --dst")]
    MaskWithoutDst,
    #[error("Can't use -z with filtering parameters")]
    ZeroWithFilter,
    #[error("unknown field `{0}'")]
    UnknownField(Text),
    #[error("`--{0}' has an empty name in its list")]
    EmptyName(&'static str),
    #[error("`{0}' is no address, and has no networks")]
    NoNetworks(Text),
    #[error("groups are sorted by count, packets or bytes, not by `{0}'")]
    GroupOrder(Text),
    #[error("`--count-by' goes with no `-o' but json")]
    GroupsAndOutput,
    #[error("`--{0}' goes only with `--count-by' or `-o table'")]
    OnlyInGroupsAndTables(&'static str),
    #[error("`--{0}' goes only with `-o table'")]
    OnlyInTables(&'static str),
    #[error("`-o table' goes only with a list of flows")]
    TableOfOthers,
    #[error("cannot combine table output with any other output type, use -o table only")]
    TableAlone,
    #[error("Failed to open file {0} for reading")]
    LoadFile(Text),
    #[error("`{0}' cannot be generated: it is complete-bash, complete-zsh, complete-fish or man")]
    Generated(Text),
    #[error("line {0} is too long")]
    LongLine(usize),
    #[error("Cannot use command `{0}' with --load-file")]
    NotInLoadFile(Text),
}

/// Values that end with status 1.
#[derive(Debug, thiserror::Error)]
pub enum Value {
    #[error("unexpected value '{0}' with -{1} option")]
    Unexpected(Text, char),
    #[error("cannot combine save output with any other output type, use -o save only")]
    SaveAlone,
    #[error("cannot use --label-add and --label-del at the same time")]
    LabelAddAndDel,
    /// The words are those of a kernel that is asked for the same, as 1.4.9 asks it.
    #[error("Operation failed: invalid parameters")]
    StatusWithoutBits,
}

impl Error {
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Line { error, .. } => error.exit_status(),
            // What a shell shows for a program that SIGPIPE ended, as it ends the reference.
            Error::BrokenPipe => 141,
            Error::Interrupted { signal, .. } => 128 + *signal as u8,
            _ => 1,
        }
    }

    /// Cuts what it shows of a value, which in a file may be of any length.
    pub fn cut(mut self) -> Error {
        match &mut self {
            Error::Usage(usage) => usage.text().into_iter().for_each(Text::cut),
            Error::Value(Value::Unexpected(text, _)) => text.cut(),
            _ => {}
        }
        self
    }

    /// Says what was being done when the kernel refused, unless that is known already.
    pub fn during(self, task: Task) -> Error {
        match self {
            Error::Kernel(None, error) => Error::Kernel(Some(task), error),
            other => other,
        }
    }

    /// The lines for standard error.
    pub fn report(&self) -> Vec<u8> {
        match self {
            Error::BrokenPipe | Error::Interrupted { said: None, .. } => Vec::new(),
            _ if self.exit_status() == 2 => to_bytes(format_args!("{PREFIX}{self}\n{ADVICE}\n")),
            _ => to_bytes(format_args!("{PREFIX}{self}\n")),
        }
    }

    /// Writing to standard output failed.
    pub fn output(error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Error::BrokenPipe,
            _ => Error::Output(error),
        }
    }
}

impl Usage {
    /// The value that it shows.
    fn text(&mut self) -> Option<&mut Text> {
        match self {
            Usage::UnknownOption(text)
            | Usage::MissingArgument(text)
            | Usage::UnknownTable(text)
            | Usage::UnsupportedProtocol(text)
            | Usage::Address(text)
            | Usage::BadParameter(text)
            | Usage::Port(text)
            | Usage::Number(text, _)
            | Usage::TcpState(text)
            | Usage::SctpState(text)
            | Usage::DccpState(text)
            | Usage::State(text)
            | Usage::Role(text)
            | Usage::Label(text) => Some(text),
            _ => None,
        }
    }
}

impl From<netlink::Error> for Error {
    fn from(error: netlink::Error) -> Error {
        Error::Kernel(None, error)
    }
}

/// What some error numbers mean, for whichever of these tasks they come up in; any task where none is named.
#[rustfmt::skip]
const REFUSALS: [(i32, &[Task], &str); 8] = [
    (EPERM, &[], "sorry, you must be root or get CAP_NET_ADMIN capability to do this"),
    (ENOENT, &[CREATE, ADD, GET], "such conntrack doesn't exist"),
    (ENOENT, &[Task::expectations(Verb::Create)], "master conntrack not found"),
    (EEXIST, &[CREATE], "Such conntrack exists, try -U to update"),
    (ENOMEM, &[CREATE, ADD, GET], "not enough memory"),
    (ETIME, &[CREATE, ADD], "conntrack has expired"),
    (EINVAL, &[ADD, Task::flows(Verb::Stats), Task::expectations(Verb::Stats)], "Invalid argument"),
    (EINVAL, &[], "invalid parameters"),
];

const CREATE: Task = Task::flows(Verb::Create);
const ADD: Task = Task::flows(Verb::Add);
const GET: Task = Task::flows(Verb::Get);

/// What was perhaps meant.
fn suggestion(name: &Text) -> String {
    match name.is_empty() {
        true => String::new(),
        false => format!("; did you mean `{name}'?"),
    }
}

/// Why a network namespace was not entered.
fn unentered(named: &Text, error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(ENOENT) => format!("there is no network namespace `{named}'"),
        Some(EINVAL) => format!("`{named}' is no network namespace"),
        Some(EPERM) => format!(
            "cannot enter network namespace `{named}': you must be root or get CAP_SYS_ADMIN capability to do this"
        ),
        _ => format!(
            "cannot enter network namespace `{named}': {}",
            describe(error)
        ),
    }
}

/// What 1.4.9 calls the socket for events.
fn handler(of: Entries) -> &'static str {
    match of {
        Entries::Flows => "netlink socket",
        Entries::Expectations => "handler",
    }
}

/// The kernel's refusal in words.
fn refusal(error: &netlink::Error, task: Option<Task>) -> String {
    let Some(errno) = error.errno() else {
        return error.to_string();
    };
    let applies =
        |tasks: &[Task]| tasks.is_empty() || task.is_some_and(|task| tasks.contains(&task));
    REFUSALS
        .iter()
        .find(|(of, tasks, _)| *of == errno && applies(tasks))
        .map_or_else(|| strerror(errno), |(.., text)| (*text).to_owned())
}

/// An error of the system in its own words.
pub fn describe(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), strerror)
}

/// The same for one of netlink.
pub fn describe_netlink(error: &netlink::Error) -> String {
    error.errno().map_or_else(|| error.to_string(), strerror)
}

/// The system's words without the number that Rust puts behind them.
fn strerror(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
