//! What `-U` makes of a flow.

use super::{Flow, MaskedMark, ProtocolInfo, Status, label};
use nix::libc::{EBUSY, EPERM};

/// What becomes of a flow.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Seconds.
    pub timeout: Option<u32>,
    /// Bits to set; bits are never cleared.
    pub status: Option<Status>,
    pub mark: Option<MaskedMark>,
    pub info: ProtocolInfo,
    pub labels: LabelChange,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum LabelChange {
    #[default]
    None,
    /// Bits to set.
    Add(Vec<u16>),
    /// Bits to clear.
    Remove(Vec<u16>),
    Clear,
}

/// The labels that a flow is to have: with a mask only those bits of them change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// CTA_LABELS.
    pub bits: Option<Vec<u8>>,
    /// CTA_LABELS_MASK.
    pub mask: Option<Vec<u8>>,
}

impl Change {
    /// The flow's name and all that is to change about it; none where it would stay as it is.
    pub fn apply<'a>(&self, flow: &Flow<'a>) -> Option<(Flow<'a>, Labels)> {
        let timeout = self.timeout;
        let status = self
            .status
            .map(|bits| flow.status.unwrap_or_default().union(bits));
        let mark = self
            .mark
            .map(|change| change.applied_to(flow.mark.unwrap_or(0)));
        let labels = self.labels.apply(flow.labels);
        let differs = timeout.is_some_and(|timeout| Some(timeout) != flow.timeout)
            || status.is_some_and(|status| Some(status) != flow.status)
            || mark.is_some_and(|mark| mark != flow.mark.unwrap_or(0))
            || (self.info.state.is_some() && self.info.state != flow.info.state)
            || labels.bits.is_some();
        let changed = Flow {
            family: flow.family,
            orig: flow.orig,
            zone: flow.zone,
            timeout,
            status,
            mark,
            info: self.info.for_protocol(flow.orig.protocol),
            ..Flow::default()
        };
        differs.then_some((changed, labels))
    }

    /// Whether it makes the same of every flow, whatever that was before.
    pub fn is_same_for_all(&self) -> bool {
        let whole = |mark: MaskedMark| mark.mask == u32::MAX;
        self.status.is_none() && self.mark.is_none_or(whole) && self.labels == LabelChange::None
    }

    /// Whether anything is to change beside labels.
    pub fn is_more_than_labels(&self) -> bool {
        let labels_alone = self.timeout.is_none()
            && self.status.is_none()
            && self.mark.is_none()
            && self.info == ProtocolInfo::default();
        !labels_alone
    }

    /// The errno with which the kernel would refuse it, where that is known beforehand.
    pub fn refusal(&self, flow: &Flow) -> Option<i32> {
        let is_expected =
            |status: Option<Status>| status.is_some_and(|status| status.contains(Status::EXPECTED));
        if self.is_likely_refused(flow) {
            Some(EPERM)
        } else if is_expected(self.status) && !is_expected(flow.status) {
            Some(EBUSY)
        } else {
            None
        }
    }

    /// The kernel does not change the timeout of a flow that has a fixed one.
    pub fn is_likely_refused(&self, flow: &Flow) -> bool {
        let fixed = |status: Status| status.contains(Status::FIXED_TIMEOUT);
        self.timeout.is_some() && flow.status.is_some_and(fixed)
    }
}

impl LabelChange {
    fn apply(&self, old: Option<&[u8]>) -> Labels {
        match (self, old) {
            (LabelChange::Add(bits), Some(old)) => {
                let mut added = vec![0; old.len()];
                bits.iter().for_each(|bit| label::set(&mut added, *bit));
                Labels {
                    mask: Some(added.clone()),
                    bits: Some(added),
                }
            }
            (LabelChange::Add(bits), None) => Labels::setting(bits),
            (LabelChange::Remove(bits), Some(old)) => {
                let mut left = old.to_vec();
                bits.iter().for_each(|bit| label::clear(&mut left, *bit));
                Labels {
                    bits: Some(left),
                    mask: None,
                }
            }
            (LabelChange::Clear, Some(old)) if old.iter().any(|byte| *byte != 0) => Labels {
                bits: Some(vec![0; 4]),
                mask: None,
            },
            (LabelChange::None | LabelChange::Remove(_) | LabelChange::Clear, _) => {
                Labels::default()
            }
        }
    }
}

/// A flow as it is once it has been changed so.
pub fn afterwards<'a>(flow: &Flow<'a>, changed: &Flow, labels: &'a [u8]) -> Flow<'a> {
    let kept = flow.status.unwrap_or_default().0 & Status::UNCHANGEABLE.0;
    let status = |status: Status| Status(status.0 & !Status::UNCHANGEABLE.0 | kept);
    let ProtocolInfo {
        state,
        orig_vtag,
        reply_vtag,
        role,
    } = changed.info;
    Flow {
        timeout: changed.timeout.or(flow.timeout),
        status: changed.status.map(status).or(flow.status),
        mark: changed.mark.or(flow.mark),
        info: ProtocolInfo {
            state: state.or(flow.info.state),
            orig_vtag: orig_vtag.or(flow.info.orig_vtag),
            reply_vtag: reply_vtag.or(flow.info.reply_vtag),
            role: role.or(flow.info.role),
        },
        labels: Some(labels).filter(|labels| labels.iter().any(|byte| *byte != 0)),
        ..flow.clone()
    }
}

impl Labels {
    /// What becomes of the labels that a flow has.
    pub fn afterwards(&self, old: Option<&[u8]>) -> Vec<u8> {
        let old = old.unwrap_or_default();
        match (&self.bits, &self.mask) {
            (None, _) => old.to_vec(),
            (Some(bits), None) => bits.clone(),
            (Some(bits), Some(mask)) => {
                let kept = old.iter().zip(mask).map(|(old, mask)| old & !mask);
                kept.zip(bits).map(|(kept, bits)| kept | bits).collect()
            }
        }
    }

    /// Exactly these bits.
    pub fn setting(bits: &[u16]) -> Labels {
        let mut map = Vec::new();
        bits.iter().for_each(|bit| label::set(&mut map, *bit));
        Labels {
            bits: Some(map),
            mask: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::{SCTP, TCP};
    use crate::flow::sample::{flow, in_state};

    /// The bits of a label change that are sent: their bytes, and those of the mask.
    fn sent(change: LabelChange, old: Option<&[u8]>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let Labels { bits, mask } = change.apply(old);
        (bits, mask)
    }

    #[test]
    fn a_change_is_the_same_for_all_where_nothing_of_a_flow_stays_in_what_is_set() {
        let mark = |mask| Some(MaskedMark { value: 5, mask });
        let plain = Change {
            timeout: Some(9),
            mark: mark(u32::MAX),
            ..Change::default()
        };
        let masked = Change {
            mark: mark(0xff),
            ..plain.clone()
        };
        let status = Change {
            status: Some(Status::ASSURED),
            ..plain.clone()
        };
        let labels = Change {
            labels: LabelChange::Clear,
            ..plain.clone()
        };
        assert!(plain.is_same_for_all());
        for change in [masked, status, labels] {
            assert!(!change.is_same_for_all(), "{change:?}");
        }
    }

    #[test]
    fn labels_are_added_removed_or_cleared() {
        let old = {
            let mut old = vec![0; 16];
            label::set(&mut old, 1);
            label::set(&mut old, 70);
            old
        };
        let with = |bits: &[u16]| {
            let mut map = vec![0; 16];
            bits.iter().for_each(|bit| label::set(&mut map, *bit));
            Some(map)
        };
        let short = |bits: &[u16]| Labels::setting(bits).bits;
        let zero = &[0; 16][..];
        for (change, old, bits, mask) in [
            (LabelChange::None, Some(&old[..]), None, None),
            (
                LabelChange::Add(vec![5]),
                Some(&old[..]),
                with(&[5]),
                with(&[5]),
            ),
            (LabelChange::Add(vec![5]), None, short(&[5]), None),
            (LabelChange::Add(vec![5, 40]), None, short(&[5, 40]), None),
            (
                LabelChange::Remove(vec![1]),
                Some(&old[..]),
                with(&[70]),
                None,
            ),
            (
                LabelChange::Remove(vec![9]),
                Some(&old[..]),
                with(&[1, 70]),
                None,
            ),
            (LabelChange::Remove(vec![1]), None, None, None),
            (LabelChange::Clear, Some(&old[..]), Some(vec![0; 4]), None),
            (LabelChange::Clear, Some(zero), None, None),
            (LabelChange::Clear, None, None, None),
        ] {
            assert_eq!(sent(change.clone(), old), (bits, mask), "{change:?}");
        }
    }

    #[test]
    fn a_flow_that_would_stay_as_it_is_is_left_alone() {
        let flow = Flow {
            timeout: Some(5),
            mark: Some(6),
            zone: Some(8),
            status: Some(Status::ASSURED),
            info: in_state(&TCP, 3),
            ..flow(&TCP, "10.0.0.1:1000", "10.0.0.2:80", "10.0.0.1:1000")
        };
        let mark = |value, mask| Change {
            mark: Some(MaskedMark { value, mask }),
            ..Change::default()
        };
        let timeout = |seconds| Change {
            timeout: Some(seconds),
            ..Change::default()
        };
        let status = |bits| Change {
            status: Some(bits),
            ..Change::default()
        };
        let state = |number| Change {
            info: in_state(&TCP, number),
            ..Change::default()
        };
        for (change, differs) in [
            (Change::default(), false),
            (mark(6, u32::MAX), false),
            (mark(7, u32::MAX), true),
            (mark(2, 2), false),
            (mark(1, 1), true),
            (timeout(5), false),
            (timeout(6), true),
            (status(Status::ASSURED), false),
            (status(Status::SEEN_REPLY), true),
            (state(3), false),
            (state(4), true),
        ] {
            assert_eq!(change.apply(&flow).is_some(), differs, "{change:?}");
        }
        let (changed, _) = status(Status::SEEN_REPLY).apply(&flow).unwrap();
        assert_eq!(
            changed.status,
            Some(Status::ASSURED.union(Status::SEEN_REPLY))
        );
        assert_eq!((changed.timeout, changed.mark), (None, None));
        assert_eq!((changed.orig, changed.zone), (flow.orig, Some(8)));
        let (changed, _) = timeout(6).apply(&flow).unwrap();
        assert_eq!((changed.family, changed.timeout), (flow.family, Some(6)));
    }

    #[test]
    fn a_missing_mark_counts_as_zero() {
        let change = |value| Change {
            mark: Some(MaskedMark {
                value,
                mask: u32::MAX,
            }),
            ..Change::default()
        };
        assert!(change(0).apply(&Flow::default()).is_none());
        let (changed, _) = change(4).apply(&Flow::default()).unwrap();
        assert_eq!(changed.mark, Some(4));
    }

    #[test]
    fn only_what_belongs_to_the_protocol_is_sent() {
        let change = Change {
            timeout: Some(1),
            info: ProtocolInfo {
                orig_vtag: Some(1),
                ..in_state(&SCTP, 3)
            },
            ..Change::default()
        };
        let of = |protocol| flow(protocol, "10.0.0.1:1", "10.0.0.2:2", "10.0.0.1:1");
        let (tcp, _) = change.apply(&of(&TCP)).unwrap();
        assert_eq!(tcp.info, ProtocolInfo::default());
        let (sctp, _) = change.apply(&of(&SCTP)).unwrap();
        assert_eq!(sctp.info, change.info);
    }

    #[test]
    fn a_timeout_is_refused_where_it_is_fixed() {
        let fixed = Flow {
            status: Some(Status::FIXED_TIMEOUT),
            ..Flow::default()
        };
        let timeout = Change {
            timeout: Some(1),
            ..Change::default()
        };
        assert!(timeout.is_likely_refused(&fixed));
        assert!(!timeout.is_likely_refused(&Flow::default()));
        assert!(!Change::default().is_likely_refused(&fixed));
    }

    #[test]
    fn a_status_that_only_the_kernel_gives_is_refused() {
        let expected = Change {
            status: Some(Status::EXPECTED),
            ..Change::default()
        };
        let already = Flow {
            status: Some(Status::EXPECTED),
            ..Flow::default()
        };
        assert_eq!(expected.refusal(&Flow::default()), Some(EBUSY));
        assert_eq!(expected.refusal(&already), None);
        assert_eq!(Change::default().refusal(&Flow::default()), None);
    }

    #[test]
    fn a_flow_keeps_afterwards_what_was_not_changed() {
        let old = flow(&TCP, "10.0.0.1:1", "10.0.0.2:2", "10.0.0.1:1");
        let old = Flow {
            timeout: Some(9),
            status: Some(Status::SEEN_REPLY),
            mark: Some(5),
            ..old
        };
        let change = |status| Change {
            status: Some(status),
            ..Change::default()
        };
        let after = |change: &Change| {
            let (changed, _) = change.apply(&old).unwrap();
            afterwards(&old, &changed, &[])
        };
        let offload = Status::ASSURED.union(Status::OFFLOAD);
        let kept = Flow {
            status: Some(Status::SEEN_REPLY.union(Status::ASSURED)),
            ..old.clone()
        };
        assert_eq!(after(&change(offload)), kept);
        let timeout = Change {
            timeout: Some(5),
            ..Change::default()
        };
        let changed = Flow {
            timeout: Some(5),
            ..old.clone()
        };
        assert_eq!(after(&timeout), changed);
    }

    #[test]
    fn labels_afterwards_are_those_that_the_kernel_makes_of_them() {
        let old = [0b11, 0, 0, 0, 1, 0, 0, 0];
        for (bits, mask, after) in [
            (None, None, &old[..]),
            (Some(vec![4, 0, 0, 0]), None, &[4, 0, 0, 0]),
            (
                Some(vec![4, 0, 0, 0, 0, 0, 0, 0]),
                Some(vec![5, 0, 0, 0, 0, 0, 0, 0]),
                &[0b110, 0, 0, 0, 1, 0, 0, 0],
            ),
        ] {
            let labels = Labels { bits, mask };
            assert_eq!(labels.afterwards(Some(&old)), after);
        }
        let set = Labels::setting(&[0]);
        assert_eq!(Some(set.afterwards(None)), set.bits);
    }

    #[test]
    fn a_change_of_labels_may_be_all_or_not() {
        let labels = || Change {
            labels: LabelChange::Clear,
            ..Change::default()
        };
        let mark = Some(MaskedMark { value: 1, mask: 1 });
        for (change, more) in [
            (Change::default(), false),
            (labels(), false),
            (Change { mark, ..labels() }, true),
            (
                Change {
                    timeout: Some(1),
                    ..labels()
                },
                true,
            ),
            (
                Change {
                    status: Some(Status::ASSURED),
                    ..labels()
                },
                true,
            ),
            (
                Change {
                    info: in_state(&TCP, 3),
                    ..labels()
                },
                true,
            ),
        ] {
            assert_eq!(change.is_more_than_labels(), more, "{change:?}");
        }
    }
}
