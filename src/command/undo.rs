//! Deletes again what lines of a load file have made behind one that was refused.
//!
//! By then somebody else may have put a flow of the same tuple there. So each is looked at first, and deleted by its id only
//! where it is as it was made; the others are left, and counted.

use crate::error::{self, Error};
use crate::flow::{Attributes, Flow, Status};
use crate::netlink::message::{Content, messages};
use crate::netlink::socket::{Answer, Socket};
use crate::netlink::{self, decode, request};
use nix::libc::ENOENT;
use std::io;
use std::time::Duration;

/// How far the seconds of a timeout may be off by rounding.
const ROUNDING: u32 = 2;

/// Flows that were made and are still there.
#[derive(Debug, Default)]
pub struct Left {
    count: usize,
    /// The errno with which the kernel refused to delete the first of those that it would not.
    refusal: Option<i32>,
}

/// Deletes what these requests made so long ago at most.
pub fn undo(socket: &mut Socket, made: &[&[u8]], age: Duration) -> Result<Left, Error> {
    let mut left = Left::default();
    let mut probes = Vec::new();
    let asked: Vec<Flow> = made.iter().filter_map(|bytes| asked_for(bytes)).collect();
    asked
        .iter()
        .for_each(|flow| request::get(&mut probes, flow));
    let mut deletions = Vec::new();
    socket.exchange(&mut probes, |index, answer| {
        match (answer, asked.get(index)) {
            (Answer::Entry(Content::Flow(body)), Some(asked)) => {
                let found = decode::flow(&body, Attributes::USUAL).map_err(netlink::Error::from)?;
                match is_as_made(asked, &found, age) {
                    true => request::delete(&mut deletions, &found),
                    false => left.count += 1,
                }
            }
            (Answer::Refused(errno), _) if errno != ENOENT => left.refused(errno),
            _ => {}
        }
        Ok::<(), Error>(())
    })?;
    socket.exchange(&mut deletions, |_, answer| {
        match answer {
            Answer::Refused(errno) if errno != ENOENT => left.refused(errno),
            _ => {}
        }
        Ok::<(), Error>(())
    })?;
    Ok(left)
}

/// What a request to create a flow asks for, which reads like a flow.
pub fn asked_for(request: &[u8]) -> Option<Flow<'_>> {
    match messages(request).next()?.ok()?.content().ok()? {
        Content::Flow(body) => decode::flow(&body, Attributes::USUAL).ok(),
        _ => None,
    }
}

/// Whether a flow is what was asked for and nothing happened to it. NAT makes the reply tuple itself.
fn is_as_made(asked: &Flow, found: &Flow, age: Duration) -> bool {
    let nat = Status::SRC_NAT_DONE.union(Status::DST_NAT_DONE);
    let status = found.status.unwrap_or_default();
    let longest = age.as_secs() as u32 + ROUNDING;
    let gone_by = |timeout: u32| asked.timeout.unwrap_or(timeout).checked_sub(timeout);
    asked.orig == found.orig
        && (asked.reply == found.reply || status.intersects(nat))
        && asked.zone.unwrap_or(0) == found.zone.unwrap_or(0)
        && asked.mark.unwrap_or(0) == found.mark.unwrap_or(0)
        && asked.info.state == found.info.state
        && status.contains(asked.status.unwrap_or_default())
        && found
            .timeout
            .and_then(gone_by)
            .is_some_and(|seconds| seconds <= longest)
}

impl Left {
    fn refused(&mut self, errno: i32) {
        self.count += 1;
        self.refusal.get_or_insert(errno);
    }

    /// What there is to say of them.
    pub fn text(&self) -> Option<String> {
        let Left { count, refusal } = self;
        let reason = refusal.map_or_else(
            || "they are not as they were made".to_owned(),
            |errno| error::describe(&io::Error::from_raw_os_error(errno)),
        );
        (*count > 0).then(|| {
            format!(
                "{count} flow entries that lines behind the refused one made are left: {reason}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::protocol::TCP;
    use crate::flow::sample::{flow, in_state};
    use crate::flow::{Labels, Nat, ProtocolInfo};

    fn asked() -> Flow<'static> {
        Flow {
            timeout: Some(100),
            mark: Some(5),
            status: Some(Status::CONFIRMED.union(Status::ASSURED)),
            info: in_state(&TCP, 3),
            ..flow(&TCP, "10.0.0.1:1000", "10.0.0.2:80", "10.0.0.1:1000")
        }
    }

    #[test]
    fn a_flow_is_ours_only_as_it_was_made() {
        let other = |change: fn(&mut Flow)| {
            let mut flow = asked();
            change(&mut flow);
            flow
        };
        for (found, ours) in [
            (asked(), true),
            (other(|flow| flow.timeout = Some(95)), true),
            (other(|flow| flow.timeout = Some(80)), false),
            (other(|flow| flow.timeout = Some(101)), false),
            (other(|flow| flow.timeout = None), false),
            (other(|flow| flow.mark = Some(6)), false),
            (other(|flow| flow.mark = None), false),
            (other(|flow| flow.zone = Some(1)), false),
            (other(|flow| flow.zone = Some(0)), true),
            (other(|flow| flow.status = Some(Status::CONFIRMED)), false),
            (other(|flow| flow.info = ProtocolInfo::default()), false),
            (other(|flow| flow.reply.src = None), false),
            (other(|flow| flow.orig.src = None), false),
        ] {
            let age = Duration::from_secs(5);
            assert_eq!(is_as_made(&asked(), &found, age), ours, "{found:?}");
        }
    }

    #[test]
    fn a_request_says_what_it_asks_for() {
        let mut bytes = Vec::new();
        request::create(
            &mut bytes,
            &asked(),
            &Labels::default(),
            &Nat::default(),
            true,
        );
        assert_eq!(asked_for(&bytes), Some(asked()));
        assert_eq!(asked_for(&[1, 2, 3]), None);
    }

    #[test]
    fn what_is_left_is_said() {
        let left = |count, refusal| Left { count, refusal }.text();
        assert_eq!(left(0, None), None);
        let text = "2 flow entries that lines behind the refused one made are left: ";
        assert_eq!(
            left(2, None),
            Some(format!("{text}they are not as they were made"))
        );
        assert_eq!(
            left(2, Some(1)),
            Some(format!("{text}Operation not permitted"))
        );
    }
}
