//! What a line asks of flows -> the filter that says which it means.

use super::line::Line;
use super::opt::Opt;
use crate::field::{Field, field};
use crate::filter::{Filter, Test};
use crate::flow::Tuple;

static FAMILY: &Field = field("family");
static PROTONUM: &Field = field("protonum");
static LABELS: &Field = field("labels");

/// What a flow with NAT has of either.
static TRANSLATED: [&Field; 2] = [field("src-nat"), field("dst-nat")];

/// The addresses of both directions.
static ADDRESSES: [&Field; 4] = [
    field("orig.src"),
    field("orig.dst"),
    field("reply.src"),
    field("reply.dst"),
];

/// Everything that a flow must be.
pub fn filter(line: &mut Line) -> Filter {
    let mut all = Vec::new();
    if let Some(family) = line.family {
        all.push(Filter::is(FAMILY, Test::number(family.0.into())));
    }
    if let Some(protocols) = protocols(line) {
        let tests = protocols.map(|number| Test::number(number.into()));
        all.push(Filter::one_of(PROTONUM, tests.collect()));
    }
    let Tuple { src, dst, .. } = line.flow.orig;
    let (reply, mask) = (line.flow.reply, line.mask);
    let addresses = [
        (src, mask.src),
        (dst, mask.dst),
        (reply.src, None),
        (reply.dst, None),
    ];
    for (field, (address, mask)) in ADDRESSES.iter().zip(addresses) {
        if let Some(address) = address {
            all.push(Filter::is(field, Test::address(address, mask)));
        }
    }
    all.extend(line.take_tests());
    if line.has(Opt::NoNat) {
        all.extend(TRANSLATED.iter().map(|field| Filter::HasNot(field)));
    }
    let labels = line.label_bits(Opt::Label).into_iter();
    all.extend(labels.map(|bit| Filter::is(LABELS, Test::Label(bit))));
    Filter::All(all)
}

/// That of `-p`, or those which have every option of a protocol that was given.
fn protocols(line: &Line) -> Option<impl Iterator<Item = u8>> {
    let of_options = || {
        let (first, rest) = line.of_protocols.split_first()?;
        let (first, _) = first;
        let all = first.protocols.iter().filter(|protocol| {
            rest.iter()
                .all(|(spec, _)| spec.protocols.contains(protocol))
        });
        Some(all.map(|protocol| protocol.number).collect())
    };
    let numbers: Vec<u8> = match line.protocol {
        Some(number) => vec![number],
        None => of_options()?,
    };
    Some(numbers.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::hall;
    use crate::cli::letters::Letters;
    use crate::flow::protocol::{GRE, TCP, UDP};
    use crate::flow::sample::{flow, in_state};
    use crate::flow::{Counters, Flow, Status, Timestamp};

    /// Which flows of a small table a command hits, by their letters.
    fn hits(line: &str) -> String {
        let counted = |packets, bytes| Some(Counters { packets, bytes });
        let web = Flow {
            mark: Some(5),
            timeout: Some(9),
            id: Some(7),
            status: Some(Status::SRC_NAT_DONE.union(Status::ASSURED)),
            info: in_state(&TCP, 3),
            orig_counters: counted(1, 1000),
            reply_counters: counted(2, 500),
            timestamp: Timestamp {
                start: Some(1_000_000_000),
                stop: None,
            },
            ..flow(&TCP, "10.0.0.1:1000", "10.0.0.2:80", "10.0.0.1:1000")
        };
        let dns = Flow {
            zone: Some(3),
            status: Some(Status::SRC_NAT_DONE),
            orig_counters: counted(4, 500),
            ..flow(&UDP, "10.0.0.1:1000", "10.0.1.2:53", "192.0.2.1:1000")
        };
        let gre = Flow {
            status: Some(Status::SRC_NAT_DONE.union(Status::ASSURED)),
            ..flow(&GRE, "10.0.0.9:1000", "10.0.0.2:80", "10.0.0.9:1000")
        };
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        let line = hall::line(Letters::new(&words), &mut Vec::new());
        let filter = filter(&mut line.unwrap());
        let flows = [("w", web), ("d", dns), ("g", gre)];
        let hit = flows.iter().filter(|(_, flow)| filter.matches(flow));
        hit.map(|(name, _)| *name).collect()
    }

    #[test]
    fn a_command_hits_what_its_line_says() {
        for (line, expected) in [
            ("-D", "wdg"),
            ("-D -p tcp", "w"),
            ("-D -p udp --dport 53", "d"),
            ("-D --dport 80", "w"),
            ("-D --sport 1000", "wd"),
            ("-D --dstkey 80", "g"),
            ("-D -p gre --srckey 99", ""),
            ("-D -s 10.0.0.1", "wd"),
            ("-D -s 10.0.0.0/24", "wdg"),
            ("-D -s 10.0.0.8 --mask-src 255.255.255.254", "g"),
            ("-D -s 10.0.0.0/8 --mask-src 255.255.255.255", ""),
            ("-D -d 10.0.0.0/24", "wg"),
            ("-D -r 10.0.0.2", "wg"),
            ("-D -q 192.0.2.1", "d"),
            ("-D --reply-port-dst 1000 -p tcp", "w"),
            ("-D --state ESTABLISHED", "w"),
            ("-D --state CLOSE", ""),
            ("-D -m 5", "w"),
            ("-D -m 4/4", "w"),
            ("-D -m 5 -m 6", ""),
            ("-D -m 6 -m 5", "w"),
            ("-D -m 6 -t 9", ""),
            ("-D -t 9", "w"),
            ("-D -i 7", "w"),
            ("-D -w 3", "d"),
            ("-D -w 0", "wg"),
            ("-D -u ASSURED", "wg"),
            ("-D -u !ASSURED", "d"),
            ("-D -u ASSURED -u !SEEN_REPLY", "wg"),
            ("-D -n", "d"),
            ("-D -n 192.0.2.1", "d"),
            ("-D -n 192.0.2.1:1000", "d"),
            ("-D -n 192.0.2.1:1001", ""),
            ("-D -n 192.0.2.2", ""),
            ("-D -g", ""),
            ("-L -j", "d"),
            ("-L -j 192.0.2.1", "d"),
            ("-D -f ipv6", ""),
            ("-D -p tcp,udp", "wd"),
            ("-D -p !tcp", "dg"),
            ("-D -p tcp,udp -p gre", "g"),
            ("-D -p gre -p tcp,udp", "wd"),
            ("-D -p tcp,udp --dport 80", "w"),
            ("-D -p 6-17", "wd"),
            ("-D --dport 80,53", "wd"),
            ("-D --dport 50-90", "wd"),
            ("-D --dport !80", "d"),
            ("-D --dport 50-90,!80", "d"),
            ("-D --dport 53,80 --dport 53", "d"),
            ("-D --dport 53 --dport 80,81", "w"),
            ("-D -s 10.0.0.1,10.0.0.9", "wdg"),
            ("-D -s !10.0.0.1", "g"),
            ("-D -s 10.0.0.0/8,!10.0.0.8/29", "wd"),
            ("-D -s 10.0.0.5-10.0.0.20", "g"),
            ("-D -s 10.0.0.1,10.0.0.9 -s 10.0.0.9", "g"),
            ("-D -s 10.0.0.9 -s 10.0.0.1,10.0.0.2", "wd"),
            ("-D -q 192.0.2.0/24", "d"),
            ("-D -r !10.0.0.2", "d"),
            ("-D -r local", ""),
            ("-D --state ESTABLISHED,CLOSE", "w"),
            ("-D --state !CLOSE", "w"),
            ("-D -p tcp,udp --state ESTABLISHED", "w"),
            ("-D -w 1,3", "d"),
            ("-D -w !3", "wg"),
            ("-D -w 0-2", "wg"),
            ("-D --host 10.0.1.2", "d"),
            ("-D --host 10.0.0.9,192.0.2.1", "dg"),
            ("-D --host !10.0.0.2", "d"),
            ("-D --port 80", "w"),
            ("-D --port 53,80", "wd"),
            ("-D --port !53", "w"),
            ("-D --no-nat", "wg"),
            ("-D --no-nat -p tcp", "w"),
            ("-D --expires <10s", "w"),
            ("-D --expires >10s", ""),
            ("-D --bytes >1k", "w"),
            ("-D --bytes <1k", "d"),
            ("-D --packets 3-4", "wd"),
            ("-D --age >1h", "w"),
            ("-L -i 7", "w"),
            ("-U -w 3", "d"),
            ("-D -f ipv4 -p udp", "d"),
        ] {
            assert_eq!(hits(line), expected, "{line}");
        }
    }

    #[test]
    fn what_an_update_sets_does_not_choose_flows() {
        assert_eq!(hits("-U -m 5 -t 1 -u ASSURED"), "wdg");
        assert_eq!(hits("-U -p tcp --state CLOSE"), "w");
    }
}
