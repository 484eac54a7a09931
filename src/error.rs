//! Every error with its text and its exit status.

use crate::cli::options::Verb;
use crate::netlink;
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
        file: String,
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
    Read { file: String, error: io::Error },
    /// Events end with this where no socket for them can be had.
    #[error("Can't open {}", if *expectations { "handler" } else { "netlink socket" })]
    Subscribe { expectations: bool },
    /// Nothing was found, which the summary has already said.
    #[error("nothing was found")]
    Nothing,
}

/// What was asked of the kernel when it refused: some error numbers have another meaning for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Flows(Verb),
    Expectations(Verb),
}

/// A command line that makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum Usage {
    #[error("unknown option `{0}'")]
    UnknownOption(String),
    #[error("option `{0}' requires an argument")]
    MissingArgument(String),
    #[error("unknown type `{0}'")]
    UnknownTable(String),
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
    UnsupportedProtocol(String),
    #[error("Invalid IP address `{0}'")]
    Address(String),
    #[error("Invalid netmask")]
    Netmask,
    #[error("CIDR notation unavailable for `--{0}'")]
    CidrUnavailable(&'static str),
    #[error("mismatched address family")]
    MismatchedFamily,
    #[error("Bad parameter `{0}'")]
    BadParameter(String),
    #[error("Invalid port `{0}'")]
    Port(String),
    #[error("No port specified after `:'")]
    NoPort,
    #[error("No IPv6 address specified")]
    NoAddress,
    #[error("No closing ']' around IPv6 address")]
    NoClosingBracket,
    #[error("Invalid value `{0}' for `--{1}'")]
    Number(String, &'static str),
    #[error("unknown TCP state `{0}'")]
    TcpState(String),
    #[error("unknown SCTP state `{0}'")]
    SctpState(String),
    #[error("Unknown DCCP state `{0}'")]
    DccpState(String),
    #[error("unknown state `{0}'")]
    State(String),
    #[error("Unknown DCCP role `{0}'")]
    Role(String),
    #[error("unknown label '{0}'")]
    Label(String),
    #[error("option `--labelmap' can only be specified once")]
    TwoLabelmaps,
    #[error("cannot specify `--src-nat' or `--dst-nat' with `--any-nat'")]
    AnyNatAndOne,
    #[error("Can't use --mask-src without --src")]
    MaskWithoutSrc,
    #[error("Can't use --mask-dst without --dst")]
    MaskWithoutDst,
    #[error("Can't use -z with filtering parameters")]
    ZeroWithFilter,
    #[error("Failed to open file {0} for reading")]
    LoadFile(String),
    #[error("Cannot use command `{0}' with --load-file")]
    NotInLoadFile(String),
}

/// Values that end with status 1.
#[derive(Debug, thiserror::Error)]
pub enum Value {
    #[error("unexpected value '{0}' with -{1} option")]
    Unexpected(String, char),
    #[error("cannot combine save output with any other output type, use -o save only")]
    SaveAlone,
    #[error("cannot use --label-add and --label-del at the same time")]
    LabelAddAndDel,
}

impl Error {
    pub fn exit_status(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            Error::Line { error, .. } => error.exit_status(),
            // What a shell shows for a program that SIGPIPE ended, as it ends the reference.
            Error::BrokenPipe => 141,
            _ => 1,
        }
    }

    /// Says what was being done when the kernel refused, unless that is known already.
    pub fn during(self, task: Task) -> Error {
        match self {
            Error::Kernel(None, error) => Error::Kernel(Some(task), error),
            other => other,
        }
    }

    /// The lines for standard error.
    pub fn report(&self) -> String {
        match self {
            Error::BrokenPipe | Error::Nothing => String::new(),
            _ if self.exit_status() == 2 => format!("{PREFIX}{self}\n{ADVICE}\n"),
            _ => format!("{PREFIX}{self}\n"),
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

impl From<netlink::Error> for Error {
    fn from(error: netlink::Error) -> Error {
        Error::Kernel(None, error)
    }
}

/// What some error numbers mean, for whichever of these tasks they come up in; any task where none is named.
const REFUSALS: [(i32, &[Task], &str); 8] = [
    (
        EPERM,
        &[],
        "sorry, you must be root or get CAP_NET_ADMIN capability to do this",
    ),
    (ENOENT, &[CREATE, ADD, GET], "such conntrack doesn't exist"),
    (
        ENOENT,
        &[Task::Expectations(Verb::Create)],
        "master conntrack not found",
    ),
    (EEXIST, &[CREATE], "Such conntrack exists, try -U to update"),
    (ENOMEM, &[CREATE, ADD, GET], "not enough memory"),
    (ETIME, &[CREATE, ADD], "conntrack has expired"),
    (
        EINVAL,
        &[
            ADD,
            Task::Flows(Verb::Stats),
            Task::Expectations(Verb::Stats),
        ],
        "Invalid argument",
    ),
    (EINVAL, &[], "invalid parameters"),
];

const CREATE: Task = Task::Flows(Verb::Create);
const ADD: Task = Task::Flows(Verb::Add);
const GET: Task = Task::Flows(Verb::Get);

/// The kernel's refusal in words.
fn refusal(error: &netlink::Error, task: Option<Task>) -> String {
    let Some(number) = error.number() else {
        return error.to_string();
    };
    let applies =
        |tasks: &[Task]| tasks.is_empty() || task.is_some_and(|task| tasks.contains(&task));
    REFUSALS
        .iter()
        .find(|(of, tasks, _)| *of == number && applies(tasks))
        .map_or_else(|| strerror(number), |(.., text)| (*text).to_owned())
}

/// An error of the system in its own words.
pub fn describe(error: &io::Error) -> String {
    error
        .raw_os_error()
        .map_or_else(|| error.to_string(), strerror)
}

/// The same for one of netlink.
pub fn describe_netlink(error: &netlink::Error) -> String {
    error.number().map_or_else(|| error.to_string(), strerror)
}

/// The system's words without the number that Rust puts behind them.
fn strerror(number: i32) -> String {
    let text = io::Error::from_raw_os_error(number).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
