//! The layer 4 protocols that have more than addresses: one value each, with everything that is particular to it.

/// A number that a protocol adds to a tuple. TCP and its like have ports; GRE keeps its keys where they have ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    SrcPort,
    DstPort,
    IcmpType,
    IcmpCode,
    IcmpId,
}

impl Part {
    pub const COUNT: usize = 5;

    pub const ALL: [Part; Part::COUNT] = [
        Part::SrcPort,
        Part::DstPort,
        Part::IcmpType,
        Part::IcmpCode,
        Part::IcmpId,
    ];
}

/// How a protocol's rows show one part, and which options set it.
#[derive(Debug, PartialEq)]
pub struct PartText {
    pub part: Part,
    /// Its key in a classic row, and its element in XML.
    pub key: &'static str,
    /// The long option for the original direction, without dashes.
    pub orig_option: &'static str,
    /// The long option for the reply direction, where there is one.
    pub reply_option: Option<&'static str>,
    /// Shown as `0x…` in rows (never in options).
    pub hex: bool,
}

/// A protocol whose parts or states conntrack knows.
#[derive(Debug)]
pub struct Protocol {
    pub number: u8,
    pub name: &'static str,
    pub parts: &'static [PartText],
    /// The names of its tracker's states, by number; empty where it has none.
    pub states: &'static [&'static str],
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Protocol) -> bool {
        self.number == other.number
    }
}

const PORTS: &[PartText] = &[
    PartText {
        part: Part::SrcPort,
        key: "sport",
        orig_option: "sport",
        reply_option: Some("reply-port-src"),
        hex: false,
    },
    PartText {
        part: Part::DstPort,
        key: "dport",
        orig_option: "dport",
        reply_option: Some("reply-port-dst"),
        hex: false,
    },
];

const KEYS: &[PartText] = &[
    PartText {
        part: Part::SrcPort,
        key: "srckey",
        orig_option: "srckey",
        reply_option: Some("reply-key-src"),
        hex: true,
    },
    PartText {
        part: Part::DstPort,
        key: "dstkey",
        orig_option: "dstkey",
        reply_option: Some("reply-key-dst"),
        hex: true,
    },
];

/// ICMP's options exist for the original direction only: the reply mirrors it.
const fn icmp_part(part: Part, key: &'static str, orig_option: &'static str) -> PartText {
    PartText {
        part,
        key,
        orig_option,
        reply_option: None,
        hex: false,
    }
}

pub static TCP: Protocol = Protocol {
    number: 6,
    name: "tcp",
    parts: PORTS,
    states: &[
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "SYN_SENT2",
    ],
};

pub static SCTP: Protocol = Protocol {
    number: 132,
    name: "sctp",
    parts: PORTS,
    states: &[
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT",
        "HEARTBEAT_ACKED",
    ],
};

pub static DCCP: Protocol = Protocol {
    number: 33,
    name: "dccp",
    parts: PORTS,
    states: &[
        "NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT",
        "IGNORE", "INVALID",
    ],
};

pub static UDP: Protocol = Protocol {
    number: 17,
    name: "udp",
    parts: PORTS,
    states: &[],
};
pub static UDPLITE: Protocol = Protocol {
    number: 136,
    name: "udplite",
    parts: PORTS,
    states: &[],
};
pub static GRE: Protocol = Protocol {
    number: 47,
    name: "gre",
    parts: KEYS,
    states: &[],
};

pub static ICMP: Protocol = Protocol {
    number: 1,
    name: "icmp",
    parts: &[
        icmp_part(Part::IcmpType, "type", "icmp-type"),
        icmp_part(Part::IcmpCode, "code", "icmp-code"),
        icmp_part(Part::IcmpId, "id", "icmp-id"),
    ],
    states: &[],
};

pub static ICMPV6: Protocol = Protocol {
    number: 58,
    name: "icmpv6",
    parts: &[
        icmp_part(Part::IcmpType, "type", "icmpv6-type"),
        icmp_part(Part::IcmpCode, "code", "icmpv6-code"),
        icmp_part(Part::IcmpId, "id", "icmpv6-id"),
    ],
    states: &[],
};

/// Every protocol of this file.
pub static ALL: [&Protocol; 8] = [&TCP, &UDP, &UDPLITE, &SCTP, &DCCP, &ICMP, &ICMPV6, &GRE];

static BY_NUMBER: [Option<&Protocol>; 256] = {
    let mut table = [None; 256];
    let mut i = 0;
    while i < ALL.len() {
        table[ALL[i].number as usize] = Some(ALL[i]);
        i += 1;
    }
    table
};

/// The protocol of a number, where it is one of [`ALL`].
pub fn by_number(number: u8) -> Option<&'static Protocol> {
    BY_NUMBER[usize::from(number)]
}

/// The name that rows show for a protocol number. The reference does not look in /etc/protocols, so neither do we.
pub fn name(number: u8) -> &'static str {
    by_number(number).map_or("unknown", |protocol| protocol.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_is_found_by_its_number_and_no_other_is() {
        for number in 0..=255 {
            let expected = ALL.into_iter().find(|protocol| protocol.number == number);
            assert_eq!(by_number(number), expected);
        }
    }
}
