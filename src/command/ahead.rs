//! What a dry run keeps of the commands that it has looked at.

use crate::flow::{Family, Flow, Tuple};
use std::collections::HashSet;

/// What the kernel knows one direction of a flow by: the tuple, and the zone of the flow.
type Name = (Tuple, u16);

/// What commands would have done to the table of flows by now, as far as that matters to those behind them.
#[derive(Debug, Default)]
pub struct Ahead {
    /// Whether there are commands behind. For a single one nothing is kept, for its table may be large.
    more: bool,
    /// Flows that would be gone.
    gone: HashSet<Name>,
    /// Both names of flows that would be there.
    made: HashSet<Name>,
    pub created: u64,
    pub updated: u64,
    pub deleted: u64,
}

impl Ahead {
    pub fn of_many() -> Ahead {
        Ahead {
            more: true,
            ..Ahead::default()
        }
    }

    /// Whether a flow that the table still has would be there.
    pub fn has(&self, flow: &Flow) -> bool {
        self.gone.is_empty() || !self.gone.contains(&name(&flow.orig, flow))
    }

    /// Whether a flow would be there that is not in the table yet and would take a name of this one.
    pub fn has_made(&self, flow: &Flow) -> bool {
        let mut names = [flow.orig, flow.reply].into_iter();
        names.any(|tuple| self.made.contains(&name(&tuple, flow)))
    }

    pub fn create(&mut self, flow: &Flow) {
        self.created += 1;
        let names = [flow.orig, flow.reply].map(|tuple| name(&tuple, flow));
        self.made.extend(names);
    }

    pub fn delete(&mut self, flow: &Flow) {
        self.deleted += 1;
        if self.more {
            self.gone.insert(name(&flow.orig, flow));
        }
    }

    /// The flows of a family that were made would be gone, too.
    pub fn flush(&mut self, family: Option<Family>) {
        let of_another = |(tuple, _): &Name| {
            family.is_some_and(|family| tuple.src.map(Family::of) != Some(family))
        };
        self.made.retain(of_another);
    }
}

fn name(tuple: &Tuple, of: &Flow) -> Name {
    (*tuple, of.zone.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::TCP;
    use crate::flow::sample::flow;

    fn sample() -> Flow<'static> {
        flow(&TCP, "10.0.0.1:1000", "10.0.0.2:80", "10.0.0.1:1000")
    }

    #[test]
    fn what_would_be_gone_is_not_there() {
        let mut ahead = Ahead::of_many();
        assert!(ahead.has(&sample()));
        ahead.delete(&sample());
        let in_zone = Flow {
            zone: Some(1),
            ..sample()
        };
        assert!(!ahead.has(&sample()) && ahead.has(&in_zone));
        assert_eq!(ahead.deleted, 1);
    }

    #[test]
    fn what_would_be_made_is_there_until_the_table_is_emptied() {
        let turned = Flow {
            orig: sample().reply,
            reply: sample().orig,
            ..sample()
        };
        for (family, left) in [
            (None, false),
            (Some(Family::IPV4), false),
            (Some(Family::IPV6), true),
        ] {
            let mut ahead = Ahead::default();
            assert!(!ahead.has_made(&sample()));
            ahead.create(&sample());
            assert!(ahead.has_made(&sample()) && ahead.has_made(&turned));
            ahead.flush(family);
            assert_eq!(ahead.has_made(&turned), left, "{family:?}");
        }
    }
}
