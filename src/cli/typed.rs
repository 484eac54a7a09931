//! What was typed, value by value, before it is known whether it makes sense together.

use super::address::{self, Cidr};
use super::lists::{self, EventName, OutputName, StatusList};
use super::names;
use super::options::{Opt, OptSet, Spec, Verb};
use super::words::Occurrence;
use crate::error::{Error, Usage, Value};
use crate::flow::nat::Endpoint;
use crate::flow::protocol::{self, DCCP, GRE, SCTP, TCP};
use crate::flow::{Family, Field, MaskedMark, Protocol, State, Tuple};
use crate::format::{Columns, Style};
use crate::number;
use std::net::IpAddr;
use std::path::PathBuf;

/// The table that a command works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Expect,
    Conntrack,
    Dying,
    Unconfirmed,
}

/// In the order in which a prefix is looked up.
const TABLES: [(&str, Table); 4] = [
    ("expect", Table::Expect),
    ("conntrack", Table::Conntrack),
    ("dying", Table::Dying),
    ("unconfirmed", Table::Unconfirmed),
];

/// One of the tuples that options name.
#[derive(Clone, Copy)]
enum Which {
    Orig,
    Reply,
    /// That of an expectation.
    Expected,
    Mask,
}

/// The options that set a number of a tuple.
const TUPLE_NUMBERS: [(Opt, Which, Field); 11] = [
    (Opt::Sport, Which::Orig, Field::SrcPort),
    (Opt::Dport, Which::Orig, Field::DstPort),
    (Opt::ReplySport, Which::Reply, Field::SrcPort),
    (Opt::ReplyDport, Which::Reply, Field::DstPort),
    (Opt::TupleSport, Which::Expected, Field::SrcPort),
    (Opt::TupleDport, Which::Expected, Field::DstPort),
    (Opt::MaskSport, Which::Mask, Field::SrcPort),
    (Opt::MaskDport, Which::Mask, Field::DstPort),
    (Opt::IcmpType, Which::Orig, Field::IcmpType),
    (Opt::IcmpCode, Which::Orig, Field::IcmpCode),
    (Opt::IcmpId, Which::Orig, Field::IcmpId),
];

/// A command line, read from left to right.
#[derive(Debug, Default)]
pub struct Typed {
    pub command: Option<(Verb, Table)>,
    /// Whether `-X` was given.
    pub expect: bool,
    /// Every option that was given.
    pub given: OptSet,
    /// The protocols of every `-p` so far, of which the last counts.
    pub protocols: Vec<&'static Protocol>,
    pub protocol: Option<u8>,
    /// The protocol options that were given, for what only the whole line can tell.
    pub of_protocols: Vec<(&'static Spec, String)>,
    pub family: Option<Family>,
    pub orig: Tuple,
    pub reply: Tuple,
    pub tuple: Tuple,
    pub mask: Tuple,
    pub timeout: Option<u32>,
    pub status: StatusList,
    pub mark: Option<MaskedMark>,
    pub id: Option<u32>,
    pub secmark: Option<u32>,
    pub zone: Option<u16>,
    pub orig_zone: Option<u16>,
    pub reply_zone: Option<u16>,
    /// Without address and port where any NAT is meant.
    pub src_nat: Option<Endpoint>,
    pub dst_nat: Option<Endpoint>,
    pub any_nat: Option<Endpoint>,
    pub style: Style,
    pub columns: Columns,
    /// Whether `-o` named something that save cannot be combined with.
    other_output: bool,
    pub events: Vec<EventName>,
    /// Bytes.
    pub buffer_size: Option<usize>,
    pub labels: Vec<String>,
    pub label_add: Vec<String>,
    pub label_del: Vec<String>,
    pub labelmap: Option<PathBuf>,
    /// The states of that name, one for each protocol that knows it.
    pub states: Vec<State>,
    pub orig_vtag: Option<u32>,
    pub reply_vtag: Option<u32>,
    pub role: Option<u8>,
    /// The first number that is none or out of range. It is an error only of a command line that is right otherwise, for
    /// the reference takes whatever stands there.
    pub bad_number: Option<Usage>,
    /// Lines for standard error.
    pub warnings: Vec<String>,
}

impl Typed {
    pub fn has(&self, option: Opt) -> bool {
        self.given.contains(option)
    }

    /// Adds one option to what was typed before it.
    pub fn add(&mut self, occurrence: Occurrence) -> Result<(), Error> {
        let Occurrence { spec, value, word } = occurrence;
        if let Some(verb) = spec.verb {
            return Ok(self.set_command(verb, value.as_deref())?);
        }
        if !spec.protocols.is_empty() {
            self.check_owner(spec, word)?;
            self.of_protocols.push((spec, word.to_owned()));
        }
        self.set(spec, value.as_deref())?;
        self.given.insert(spec.option);
        Ok(())
    }

    /// With `-X` the command is on the expectation table; alone, it is the list.
    pub fn settle_table(&mut self) -> Result<(), Usage> {
        if self.expect {
            let (verb, _) = self.command.unwrap_or((Verb::List, Table::Expect));
            check_table(verb, Table::Expect)?;
            self.command = Some((verb, Table::Expect));
        }
        Ok(())
    }

    fn set_command(&mut self, verb: Verb, table: Option<&str>) -> Result<(), Usage> {
        let table = table.map_or(Ok(Table::Conntrack), self::table)?;
        check_table(verb, table)?;
        if self.command.replace((verb, table)).is_some() {
            return Err(Usage::TwoCommands);
        }
        Ok(())
    }

    /// Once a protocol was named, the options of others are unknown.
    fn check_owner(&self, spec: &Spec, word: &str) -> Result<(), Usage> {
        let is_owner = self
            .protocols
            .iter()
            .any(|named| spec.protocols.contains(named));
        if self.protocol.is_some() && !is_owner {
            return Err(Usage::UnknownOption(word.to_owned()));
        }
        Ok(())
    }

    fn set(&mut self, spec: &'static Spec, value: Option<&str>) -> Result<(), Error> {
        let name = spec.name();
        let text = value.unwrap_or_default();
        match spec.option {
            Opt::Expect => self.expect = true,
            Opt::Command | Opt::Zero => {}
            Opt::Src => self.orig.src = Some(self.network(text, Opt::MaskSrc)?),
            Opt::Dst => self.orig.dst = Some(self.network(text, Opt::MaskDst)?),
            Opt::TupleSrc => self.tuple.src = Some(self.network(text, Opt::MaskSrc)?),
            Opt::TupleDst => self.tuple.dst = Some(self.network(text, Opt::MaskDst)?),
            Opt::ReplySrc => self.reply.src = Some(self.host(text, name)?),
            Opt::ReplyDst => self.reply.dst = Some(self.host(text, name)?),
            Opt::MaskSrc => self.mask.src = Some(self.host(text, name)?),
            Opt::MaskDst => self.mask.dst = Some(self.host(text, name)?),
            Opt::Protonum => self.set_protocol(names::protocol(text)?)?,
            Opt::Timeout => self.timeout = self.number(in_range(text, name, u32::MAX)),
            Opt::Status => {
                let list = lists::status(text, &mut self.warnings)?;
                self.status.set = self.status.set.union(list.set);
                self.status.clear = self.status.clear.union(list.clear);
            }
            Opt::EventMask => self.events.extend(lists::events(text, &mut self.warnings)?),
            Opt::NatRange => {
                self.warnings
                    .push("WARNING: ignoring -a, deprecated option.".to_owned());
            }
            Opt::Mark => self.mark = Some(mark(text, spec)?),
            Opt::Id => self.id = Some(unsigned(text, spec, u32::MAX)?),
            Opt::Secmark => self.secmark = Some(unsigned(text, spec, u32::MAX)?),
            Opt::Zone => self.zone = Some(unsigned(text, spec, u16::MAX.into())? as u16),
            Opt::OrigZone => self.orig_zone = Some(unsigned(text, spec, u16::MAX.into())? as u16),
            Opt::ReplyZone => self.reply_zone = Some(unsigned(text, spec, u16::MAX.into())? as u16),
            Opt::Family => self.fix_family(family(text)?)?,
            Opt::SrcNat => self.src_nat = self.nat(self.src_nat, value, name)?,
            Opt::DstNat => self.dst_nat = self.nat(self.dst_nat, value, name)?,
            Opt::AnyNat => self.any_nat = self.nat(self.any_nat, value, name)?,
            Opt::Output => self.set_output(text)?,
            Opt::BufferSize => {
                self.buffer_size = self
                    .number(in_range(text, name, i32::MAX as u32))
                    .map(|size| size as usize)
            }
            Opt::Label => self.labels.extend(split(text)),
            Opt::LabelAdd | Opt::LabelDel => self.set_label_change(spec.option, value)?,
            Opt::Labelmap => {
                if self.labelmap.replace(text.into()).is_some() {
                    return Err(Usage::TwoLabelmaps.into());
                }
            }
            Opt::Sport
            | Opt::Dport
            | Opt::ReplySport
            | Opt::ReplyDport
            | Opt::TupleSport
            | Opt::TupleDport
            | Opt::MaskSport
            | Opt::MaskDport
            | Opt::IcmpType
            | Opt::IcmpCode
            | Opt::IcmpId => self.set_tuple_number(spec, text),
            Opt::State => self.states = self.states_named(text)?,
            Opt::OrigVtag => self.orig_vtag = self.number(in_range(text, name, u32::MAX)),
            Opt::ReplyVtag => self.reply_vtag = self.number(in_range(text, name, u32::MAX)),
            Opt::Role => self.role = Some(role(text)?),
        }
        Ok(())
    }

    fn number<T>(&mut self, number: Result<T, Usage>) -> Option<T> {
        number
            .map_err(|error| self.bad_number.get_or_insert(error))
            .ok()
    }

    fn set_protocol(&mut self, number: u8) -> Result<(), Usage> {
        self.protocol = Some(number);
        self.protocols.extend(protocol::by_number(number));
        self.of_protocols
            .iter()
            .try_for_each(|(spec, word)| self.check_owner(spec, word))
    }

    /// The first of `-f` and the addresses fixes the family.
    fn fix_family(&mut self, family: Family) -> Result<(), Usage> {
        match self.family.replace(family) {
            Some(before) if before != family => Err(Usage::MismatchedFamily),
            _ => Ok(()),
        }
    }

    fn host(&mut self, text: &str, option: &'static str) -> Result<IpAddr, Usage> {
        let address = address::host(text, option)?;
        self.fix_family(Family::of(address))?;
        Ok(address)
    }

    /// An address whose prefix length, where it is shorter than the address, counts as the mask option.
    fn network(&mut self, text: &str, mask_option: Opt) -> Result<IpAddr, Usage> {
        let Cidr { address, length } = address::cidr(text)?;
        self.fix_family(Family::of(address))?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        if let Some(length) = length.filter(|length| *length < full) {
            let mask = Some(address::mask(address, length));
            match mask_option {
                Opt::MaskSrc => self.mask.src = mask,
                _ => self.mask.dst = mask,
            }
            self.given.insert(mask_option);
        }
        Ok(address)
    }

    /// The last address given counts, and so does the last port.
    fn nat(
        &mut self,
        before: Option<Endpoint>,
        value: Option<&str>,
        option: &'static str,
    ) -> Result<Option<Endpoint>, Usage> {
        let before = before.unwrap_or_default();
        let Some(text) = value else {
            return Ok(Some(before));
        };
        let target = address::nat_target(text, option)?;
        if let Some(address) = target.address {
            self.fix_family(Family::of(address))?;
        }
        Ok(Some(Endpoint {
            address: target.address,
            port: target.port.or(before.port),
        }))
    }

    fn set_tuple_number(&mut self, spec: &'static Spec, text: &str) {
        let entry = TUPLE_NUMBERS
            .iter()
            .find(|(option, ..)| *option == spec.option);
        let Some(&(_, which, field)) = entry else {
            return;
        };
        let number = match field {
            Field::SrcPort | Field::DstPort => self.port(text, spec),
            Field::IcmpType | Field::IcmpCode => in_range(text, spec.name(), 255),
            Field::IcmpId => in_range(text, spec.name(), 65535),
        };
        let tuple = match which {
            Which::Orig => &mut self.orig,
            Which::Reply => &mut self.reply,
            Which::Expected => &mut self.tuple,
            Which::Mask => &mut self.mask,
        };
        match number {
            Ok(number) => tuple.set_field(field, number as u16),
            Err(error) => drop(self.bad_number.get_or_insert(error)),
        }
    }

    fn set_output(&mut self, text: &str) -> Result<(), Error> {
        for name in lists::outputs(text, &mut self.warnings)? {
            match name {
                OutputName::Save => self.style = Style::Save,
                OutputName::Xml if self.style != Style::Save => self.style = Style::Xml,
                OutputName::Xml => {}
                OutputName::Extended => self.columns.extended = true,
                OutputName::Timestamp => self.columns.timestamp = true,
                OutputName::Id => self.columns.id = true,
                OutputName::Ktimestamp => self.columns.ktimestamp = true,
                OutputName::Labels => self.columns.labels = true,
                OutputName::Userspace | OutputName::Mark => continue,
            }
            self.other_output |= name != OutputName::Save;
        }
        if self.style == Style::Save && self.other_output {
            return Err(Value::SaveAlone.into());
        }
        Ok(())
    }

    fn set_label_change(&mut self, option: Opt, value: Option<&str>) -> Result<(), Value> {
        let (other, list) = match option {
            Opt::LabelAdd => (Opt::LabelDel, &mut self.label_add),
            _ => (Opt::LabelAdd, &mut self.label_del),
        };
        if let Some(text) = value {
            list.extend(split(text));
        }
        if self.has(other) {
            Err(Value::LabelAddAndDel)
        } else {
            Ok(())
        }
    }

    /// A port by number or service name, or a GRE key.
    fn port(&self, text: &str, spec: &Spec) -> Result<u32, Usage> {
        let is_key = spec.protocols.contains(&&GRE);
        let value = match number::decimal(text) {
            _ if is_key => number::any_base(text),
            Some(port) => Some(port),
            None => names::service(text, self.protocols.last().copied()).map(u64::from),
        };
        let value = value.and_then(|value| u16::try_from(value).ok());
        value.map(u32::from).ok_or_else(|| match is_key {
            true => Usage::Number(text.to_owned(), spec.name()),
            false => Usage::Port(text.to_owned()),
        })
    }

    /// The states of a name in the protocol that was named last, or in every protocol that has it.
    fn states_named(&self, text: &str) -> Result<Vec<State>, Usage> {
        let named = self
            .protocols
            .iter()
            .rev()
            .find(|protocol| !protocol.states.is_empty());
        let states: Vec<State> = [&TCP, &SCTP, &DCCP]
            .into_iter()
            .filter(|protocol| named.is_none_or(|named| named == protocol))
            .filter_map(|protocol| state(protocol, text))
            .collect();
        if states.is_empty() {
            return Err(unknown_state(named.copied(), text));
        }
        Ok(states)
    }
}

/// TCP has an old name for a state.
fn state(protocol: &'static Protocol, name: &str) -> Option<State> {
    let name = if protocol == &TCP && name == "LISTEN" {
        "SYN_SENT2"
    } else {
        name
    };
    let number = protocol.states.iter().position(|state| *state == name)?;
    Some(State {
        protocol,
        number: number as u8,
    })
}

fn unknown_state(protocol: Option<&Protocol>, text: &str) -> Usage {
    let text = text.to_owned();
    match protocol {
        Some(protocol) if protocol == &TCP => Usage::TcpState(text),
        Some(protocol) if protocol == &SCTP => Usage::SctpState(text),
        Some(protocol) if protocol == &DCCP => Usage::DccpState(text),
        _ => Usage::State(text),
    }
}

/// A table by a prefix of its name, even an empty one.
pub fn table(text: &str) -> Result<Table, Usage> {
    TABLES
        .iter()
        .find(|(name, _)| name.starts_with(text))
        .map(|(_, table)| *table)
        .ok_or_else(|| Usage::UnknownTable(text.to_owned()))
}

fn check_table(verb: Verb, table: Table) -> Result<(), Usage> {
    match (verb, table) {
        (Verb::List, _) | (_, Table::Conntrack) => Ok(()),
        (_, Table::Dying | Table::Unconfirmed) => Err(Usage::OnlyListed),
        (Verb::Update, Table::Expect) => Err(Usage::NotOnExpectations("update")),
        (Verb::Add, Table::Expect) => Err(Usage::NotOnExpectations("add")),
        (_, Table::Expect) => Ok(()),
    }
}

/// Whatever follows `ipv4` or `ipv6` has always been passed over.
fn family(text: &str) -> Result<Family, Usage> {
    match text.get(..4) {
        Some("ipv4") => Ok(Family::IPV4),
        Some("ipv6") => Ok(Family::IPV6),
        _ => Err(Usage::UnsupportedProtocol(text.to_owned())),
    }
}

fn role(text: &str) -> Result<u8, Usage> {
    let begins = |role: &str| {
        role.get(..text.len())
            .is_some_and(|r| r.eq_ignore_ascii_case(text))
    };
    ["client", "server"]
        .into_iter()
        .position(begins)
        .map(|role| role as u8)
        .ok_or_else(|| Usage::Role(text.to_owned()))
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(str::to_owned)
}

fn in_range(text: &str, option: &'static str, limit: u32) -> Result<u32, Usage> {
    number::decimal(text)
        .and_then(|value| u32::try_from(value).ok())
        .filter(|value| *value <= limit)
        .ok_or_else(|| Usage::Number(text.to_owned(), option))
}

/// A number of any base, whose error names the option's letter.
fn unsigned(text: &str, spec: &Spec, limit: u32) -> Result<u32, Value> {
    number::any_base(text)
        .and_then(|value| u32::try_from(value).ok())
        .filter(|value| *value <= limit)
        .ok_or_else(|| Value::Unexpected(text.to_owned(), spec.letter.unwrap_or_default()))
}

/// `VALUE` or `VALUE/MASK`; an empty mask counts as 0, as it always has.
fn mark(text: &str, spec: &Spec) -> Result<MaskedMark, Value> {
    let unexpected = || Value::Unexpected(text.to_owned(), spec.letter.unwrap_or_default());
    let (value, mask) = match text.split_once('/') {
        Some((value, "")) => (value, 0),
        Some((value, mask)) => (value, mask_bits(mask).ok_or_else(unexpected)?),
        None => (text, u32::MAX),
    };
    let value = unsigned(value, spec, u32::MAX).map_err(|_| unexpected())?;
    Ok(MaskedMark { value, mask })
}

/// A mask may be typed as a negative number, of which -1 is the usual one.
fn mask_bits(text: &str) -> Option<u32> {
    match text.strip_prefix('-') {
        Some(magnitude) => Some((number::any_base(magnitude)? as u32).wrapping_neg()),
        None => u32::try_from(number::any_base(text)?).ok(),
    }
}
