//! The one table of commands: how each is written, which options go with it, and what is made of them.

use super::build;
use super::line::{CommandSpec, Rule, Takes};
use super::opt::Opt::*;
use super::opt::OptSet;
use crate::task::Verb;

pub static COMMANDS: [&CommandSpec; 13] = [
    &LIST, &CREATE, &ADD, &DELETE, &UPDATE, &GET, &FLUSH, &EVENT, &COUNT, &STATS, &LOAD, &VERSION,
    &HELP,
];

pub static LIST: CommandSpec = CommandSpec {
    verb: Verb::List,
    letter: b'L',
    names: &["dump"],
    words: &["list", "dump"],
    takes: Takes::Table,
    help: "List a table",
    examples: &[
        "conntrack list -p tcp --dport 443 --state ESTABLISHED",
        "conntrack list -s 10.0.0.0/8 -o extended,id",
        "conntrack list --count-by src/24,dport --top 10",
        "conntrack list -o table --sort-by -bytes --top 10",
        "conntrack list -o json | jq -r .orig.src",
        "conntrack list expect",
    ],
    flows: Rule {
        selects: SELECTS.union(OptSet::of(&[
            Status, Mark, State, AnyNat, Secmark, Id, Zone, OrigZone, ReplyZone,
        ])),
        takes: SHOWS.union(OptSet::of(&[Zero, CountBy, Columns, SortBy, Top])),
        build: Some(build::list),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: OptSet::of(&[Family, Output]),
        build: Some(build::list_expectations),
        ..NOTHING
    }),
};

pub static CREATE: CommandSpec = CommandSpec {
    verb: Verb::Create,
    letter: b'I',
    names: &["create"],
    words: &["create"],
    takes: Takes::Table,
    help: "Create an entry",
    examples: &["conntrack create -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 53 --dport 53 -t 60"],
    flows: MAKE,
    expectations: Some(Rule {
        needs: OptSet::of(&[
            Src,
            Dst,
            Protonum,
            Timeout,
            TupleSrc,
            TupleDst,
            MaskSrc,
            MaskDst,
            Sport,
            Dport,
            MaskSport,
            MaskDport,
            TupleSport,
            TupleDport,
            OrigVtag,
            ReplyVtag,
            Role,
            SrcKey,
            DstKey,
            ReplySrcKey,
            ReplyDstKey,
            MaskSrcKey,
            MaskDstKey,
            TupleSrcKey,
            TupleDstKey,
        ]),
        sets: OptSet::of(&[
            Timeout, Sport, Dport, SrcKey, DstKey, ReplySrc, ReplyDst, Status,
        ]),
        build: Some(build::create_expectation),
        ..NOTHING
    }),
};

pub static ADD: CommandSpec = CommandSpec {
    verb: Verb::Add,
    letter: b'A',
    names: &["add"],
    words: &["add"],
    takes: Takes::Table,
    help: "Create a flow, or change the one that is there",
    examples: &[
        "conntrack add -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 4000 --dport 80 --state ESTABLISHED -t 600",
    ],
    flows: MAKE,
    expectations: None,
};

pub static DELETE: CommandSpec = CommandSpec {
    verb: Verb::Delete,
    letter: b'D',
    names: &["delete"],
    words: &["delete"],
    takes: Takes::Table,
    help: "Delete the flows that match, or an expectation",
    examples: &[
        "conntrack delete -s 10.0.0.7",
        "conntrack delete -p tcp --dport 80 --state TIME_WAIT",
        "conntrack delete -s 10.0.0.0/8 --dry-run",
    ],
    flows: Rule {
        selects: SELECTS.union(OptSet::of(&[
            Timeout, Status, Mark, State, Id, Zone, OrigZone, ReplyZone,
        ])),
        takes: SHOWS.union(MAY_MISS).union(MAY_PLAN),
        build: Some(build::delete),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: MAY_MISS.union(MAY_PLAN),
        shows_plan: OptSet::of(&[Output]),
        build: Some(build::delete_expectation),
        ..FIND_EXPECTATION
    }),
};

pub static UPDATE: CommandSpec = CommandSpec {
    verb: Verb::Update,
    letter: b'U',
    names: &["update"],
    words: &["update"],
    takes: Takes::Table,
    help: "Change the flows that match",
    examples: &[
        "conntrack update -p tcp --dport 443 -m 7",
        "conntrack update -s 10.0.0.7 --label-add seen",
    ],
    flows: Rule {
        selects: SELECTS.union(OptSet::of(&[Id, Zone, OrigZone, ReplyZone])),
        sets: OptSet::of(&[Timeout, Status, Mark, State, OrigVtag, ReplyVtag]),
        takes: SHOWS
            .union(MAY_MISS)
            .union(MAY_PLAN)
            .union(OptSet::of(&[LabelAdd, LabelDel])),
        build: Some(build::update),
        ..NOTHING
    },
    expectations: None,
};

pub static GET: CommandSpec = CommandSpec {
    verb: Verb::Get,
    letter: b'G',
    names: &["get"],
    words: &["get"],
    takes: Takes::Table,
    help: "Show one entry",
    examples: &["conntrack get -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 4000 --dport 80"],
    flows: Rule {
        needs: OptSet::of(&[Protonum, IcmpType, IcmpCode, Icmpv6Type, Icmpv6Code]),
        selects: FLOW_TUPLES.union(OptSet::of(&[Id, Label, State, OrigVtag, ReplyVtag])),
        sets: FLOW_TUPLES,
        takes: OptSet::of(&[Output]).union(MAY_MISS),
        build: Some(build::get),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: MAY_MISS.union(OUTPUT_OF_OURS),
        build: Some(build::get_expectation),
        ..FIND_EXPECTATION
    }),
};

pub static FLUSH: CommandSpec = CommandSpec {
    verb: Verb::Flush,
    letter: b'F',
    names: &["flush"],
    words: &["flush"],
    takes: Takes::Table,
    help: "Delete every entry",
    examples: &[
        "conntrack flush",
        "conntrack flush -f ipv6",
        "conntrack flush --netns blue",
    ],
    flows: Rule {
        selects: OptSet::of(&[Zone]),
        takes: OptSet::of(&[Family]).union(MAY_PLAN),
        shows_plan: SHOWS,
        build: Some(build::flush),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: MAY_PLAN,
        shows_plan: OptSet::of(&[Output]),
        build: Some(build::flush),
        ..NOTHING
    }),
};

pub static EVENT: CommandSpec = CommandSpec {
    verb: Verb::Event,
    letter: b'E',
    names: &["event"],
    words: &["event"],
    takes: Takes::Table,
    help: "Show changes as they happen",
    examples: &[
        "conntrack event -e NEW,DESTROY -o timestamp",
        "conntrack event -p tcp --dport 22",
    ],
    flows: Rule {
        selects: SELECTS.union(OptSet::of(&[
            Mark, State, AnyNat, Secmark, Id, Zone, OrigZone, ReplyZone,
        ])),
        takes: SHOWS.union(OptSet::of(&[EventMask, BufferSize])),
        build: Some(build::watch),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: OptSet::of(&[Output]),
        build: Some(build::watch),
        ..NOTHING
    }),
};

pub static COUNT: CommandSpec = CommandSpec {
    verb: Verb::Count,
    letter: b'C',
    names: &["count", "counter"],
    words: &["count"],
    takes: Takes::GluedTable,
    help: "Show how many entries there are",
    examples: &[
        "conntrack count",
        "conntrack count expect",
        "conntrack count -o json",
    ],
    flows: Rule {
        takes: OUTPUT_OF_OURS,
        build: Some(build::count),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: OUTPUT_OF_OURS,
        build: Some(build::count),
        ..NOTHING
    }),
};

pub static STATS: CommandSpec = CommandSpec {
    verb: Verb::Stats,
    letter: b'S',
    names: &["stats"],
    words: &["stats"],
    takes: Takes::PlainTable,
    help: "Show statistics by CPU",
    examples: &["conntrack stats"],
    flows: Rule {
        takes: OUTPUT_OF_OURS,
        build: Some(build::stats),
        ..NOTHING
    },
    expectations: Some(Rule {
        takes: OUTPUT_OF_OURS,
        build: Some(build::stats),
        ..NOTHING
    }),
};

/// Known only as the first word of a command line, and followed by a file in place of a table.
pub static LOAD: CommandSpec = CommandSpec {
    verb: Verb::Load,
    letter: b'R',
    names: &["load-file"],
    words: &["load"],
    takes: Takes::Value,
    help: "Carry out the commands in a file, one a line; - is standard input",
    examples: &[
        "conntrack list -o save | conntrack load -",
        "conntrack load table --netns blue --dry-run",
    ],
    flows: Rule {
        takes: MAY_PLAN,
        shows_plan: OptSet::of(&[Output]),
        ..NOTHING
    },
    expectations: None,
};

pub static VERSION: CommandSpec = CommandSpec {
    verb: Verb::Version,
    letter: b'V',
    names: &["version"],
    words: &["version"],
    takes: Takes::PlainTable,
    help: "Show the version",
    examples: &["conntrack version"],
    flows: Rule {
        build: Some(build::version),
        ..NOTHING
    },
    expectations: Some(Rule {
        build: Some(build::version),
        ..NOTHING
    }),
};

pub static HELP: CommandSpec = CommandSpec {
    verb: Verb::Help,
    letter: b'h',
    names: &["help"],
    words: &["help"],
    takes: Takes::PlainTable,
    help: "Show this help; with -p, a protocol's options",
    examples: &["conntrack help delete", "conntrack help -p tcp"],
    flows: EXPLAIN,
    expectations: Some(EXPLAIN),
};

const NOTHING: Rule = Rule {
    needs: OptSet::NONE,
    selects: OptSet::NONE,
    sets: OptSet::NONE,
    takes: OptSet::NONE,
    shows_plan: OptSet::NONE,
    build: None,
};

/// What protocols add to the addresses of a flow.
const PARTS: OptSet = OptSet::of(&[
    Sport,
    Dport,
    ReplySport,
    ReplyDport,
    IcmpType,
    IcmpCode,
    IcmpId,
    Icmpv6Type,
    Icmpv6Code,
    Icmpv6Id,
    SrcKey,
    DstKey,
    ReplySrcKey,
    ReplyDstKey,
]);

/// What names a flow.
const FLOW_TUPLES: OptSet = PARTS.union(OptSet::of(&[Src, Dst, ReplySrc, ReplyDst]));

/// By what every command selects that looks for flows.
const SELECTS: OptSet = FLOW_TUPLES.union(OptSet::of(&[
    MaskSrc, MaskDst, Protonum, Family, SrcNat, DstNat, Label, Host, Port, NoNat, Bytes, Packets,
    Age, Expires,
]));

const SHOWS: OptSet = OptSet::of(&[Output, Labelmap]);

/// For what 1.4.9 has one format for.
const OUTPUT_OF_OURS: OptSet = OptSet::of(&[AddedOutput]);

/// For commands that fail where they find nothing.
const MAY_MISS: OptSet = OptSet::of(&[IgnoreMissing]);

/// For commands that change a table.
const MAY_PLAN: OptSet = OptSet::of(&[DryRun]);

const MAKE: Rule = Rule {
    needs: OptSet::of(&[
        Protonum, Timeout, State, OrigVtag, ReplyVtag, Role, IcmpType, IcmpCode, Icmpv6Type,
        Icmpv6Code,
    ]),
    sets: FLOW_TUPLES.union(OptSet::of(&[
        Timeout, Status, Mark, State, OrigVtag, ReplyVtag, Role, SrcNat, DstNat, Zone, LabelAdd,
        OrigZone, ReplyZone,
    ])),
    build: Some(build::make),
    ..NOTHING
};

const FIND_EXPECTATION: Rule = Rule {
    needs: OptSet::of(&[
        Src,
        Dst,
        Protonum,
        Sport,
        Dport,
        ReplySport,
        ReplyDport,
        SrcKey,
        DstKey,
        ReplySrcKey,
        ReplyDstKey,
    ]),
    sets: OptSet::of(&[ReplySrc, ReplyDst, Sport, Dport, SrcKey, DstKey]),
    ..NOTHING
};

/// Help takes an option of any protocol, and heeds only which protocol it is.
const EXPLAIN: Rule = Rule {
    takes: PARTS.union(OptSet::of(&[
        Protonum,
        MaskSport,
        MaskDport,
        State,
        TupleSport,
        TupleDport,
        OrigVtag,
        ReplyVtag,
        Role,
        MaskSrcKey,
        MaskDstKey,
        TupleSrcKey,
        TupleDstKey,
    ])),
    ..NOTHING
};

/// The command of a word in the first place.
pub fn by_word(word: &[u8]) -> Option<&'static CommandSpec> {
    let is = |spec: &&&CommandSpec| spec.words.iter().any(|of| of.as_bytes() == word);
    COMMANDS.iter().find(is).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_carried_out_but_for_help_and_files() {
        for command in COMMANDS {
            let built = ![Verb::Load, Verb::Help].contains(&command.verb);
            for rule in std::iter::once(&command.flows).chain(&command.expectations) {
                assert_eq!(rule.build.is_some(), built, "{}", command.word());
            }
        }
    }

    #[test]
    fn that_nothing_is_found_may_be_ignored_where_it_is_a_failure() {
        for command in COMMANDS {
            let fails = [Verb::Delete, Verb::Update, Verb::Get].contains(&command.verb);
            for rule in std::iter::once(&command.flows).chain(&command.expectations) {
                assert_eq!(
                    rule.allowed().has(IgnoreMissing),
                    fails,
                    "{}",
                    command.word()
                );
            }
        }
    }
}
