//! Whether a flow is still the one that a dump has shown.
//!
//! Between the dump and a request that deletes or changes it, a flow may end and another take its tuple, even with the
//! same id, which is made of the tuple and the flow's place in memory. So where it matters, a flow is asked for again right
//! before, and compared. What happens in the microseconds between that answer and the request cannot be excluded.

use crate::filter::Filter;
use crate::flow::attributes::{CTA_TUPLE_ORIG, CTA_ZONE};
use crate::flow::{Attributes, Flow, Status, Tuple};

/// What a request names a flow by. A successor of the same name fits a filter that looks at nothing else.
const NAME: Attributes = Attributes::of(&[CTA_TUPLE_ORIG, CTA_ZONE]);

/// At most so many flows lie between asking and acting: the longer the batch, the more is hit that is not meant. While the
/// marks of flows changed, `cargo bench --bench table -- races` counted 62 such hits with 16, 36 with 8 and 18 with 4, and
/// 212 to 234 of 1.4.9's.
pub const MOST_AT_ONCE: usize = 4;

/// Bits that come and go while a flow lives.
const PASSING: Status = Status(Status::OFFLOAD.0 | Status::HW_OFFLOAD.0);

/// What a successor would not have.
#[derive(Debug)]
pub struct Identity {
    id: Option<u32>,
    reply: Tuple,
    start: Option<u64>,
    status: Status,
}

impl Identity {
    pub fn of(flow: &Flow) -> Identity {
        Identity {
            id: flow.id,
            reply: flow.reply,
            start: flow.timestamp.start,
            status: flow.status.unwrap_or_default(),
        }
    }

    /// Status bits are set while a flow lives, and never cleared.
    pub fn is_of(&self, flow: &Flow) -> bool {
        let Identity {
            id,
            reply,
            start,
            status,
        } = self;
        let now = flow.status.unwrap_or_default().union(PASSING);
        *id == flow.id
            && *reply == flow.reply
            && *start == flow.timestamp.start
            && now.contains(*status)
    }
}

/// Whether a filter means a flow whatever has become of it, as long as the name is the same.
pub fn is_by_name(filter: &Filter) -> bool {
    filter.needs().without(NAME) == Attributes::NONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::field;
    use crate::filter::Test;
    use crate::flow::Timestamp;

    fn flow() -> Flow<'static> {
        Flow {
            id: Some(7),
            status: Some(Status::SEEN_REPLY.union(Status::OFFLOAD)),
            timestamp: Timestamp {
                start: Some(100),
                stop: None,
            },
            ..Flow::default()
        }
    }

    #[test]
    fn a_flow_is_itself_while_it_lives_on() {
        let identity = Identity::of(&flow());
        let reply = Tuple {
            present: true,
            ..Tuple::default()
        };
        let start = Timestamp {
            start: Some(101),
            stop: None,
        };
        for (later, same) in [
            (flow(), true),
            (
                Flow {
                    timeout: Some(5),
                    mark: Some(6),
                    ..flow()
                },
                true,
            ),
            (
                Flow {
                    status: Some(Status::SEEN_REPLY.union(Status::ASSURED)),
                    ..flow()
                },
                true,
            ),
            (
                Flow {
                    status: Some(Status::ASSURED),
                    ..flow()
                },
                false,
            ),
            (
                Flow {
                    status: None,
                    ..flow()
                },
                false,
            ),
            (
                Flow {
                    id: Some(8),
                    ..flow()
                },
                false,
            ),
            (Flow { id: None, ..flow() }, false),
            (Flow { reply, ..flow() }, false),
            (
                Flow {
                    timestamp: start,
                    ..flow()
                },
                false,
            ),
        ] {
            assert_eq!(identity.is_of(&later), same, "{later:?}");
        }
    }

    #[test]
    fn a_filter_is_by_name_where_the_request_says_as_much() {
        let is = |path: &str| Filter::is(field(path), Test::number(1));
        for (path, by_name) in [
            ("family", true),
            ("protonum", true),
            ("orig.src", true),
            ("orig.dport", true),
            ("orig.zone", true),
            ("zone", true),
            ("reply.src", false),
            ("mark", false),
            ("status", false),
            ("state", false),
            ("timeout", false),
            ("id", false),
            ("labels", false),
            ("src-nat", false),
        ] {
            assert_eq!(is_by_name(&is(path)), by_name, "{path}");
        }
        assert!(is_by_name(&Filter::All(vec![])));
        assert!(!is_by_name(&Filter::All(vec![is("zone"), is("mark")])));
    }
}
