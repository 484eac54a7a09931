//! The nest of a protocol's own tracker (CTA_PROTOINFO), read and written.

use super::attr::{Attr, find, nest, put, put_u32, walk};
use super::constants::*;
use super::error::Malformed;
use crate::flow::protocol::{DCCP, SCTP, TCP};
use crate::flow::{Protocol, ProtocolInfo, State, TcpDetails};

/// Flags of a TCP flow that was not seen from its beginning, by bit and mask: IP_CT_TCP_FLAG_SACK_PERM and
/// _BE_LIBERAL, so that window tracking, which knows nothing of the connection, lets its packets through.
const TCP_FLAGS: u8 = 0x02 | 0x08;

/// IP_CT_TCP_FLAG_CLOSE_INIT, without which the kernel takes a closing connection for one of its own.
const TCP_FLAG_CLOSE_INIT: u8 = 0x04;

/// TCP's state TIME_WAIT; those after it are of closed connections too.
const TCP_TIME_WAIT: u8 = 7;

pub fn read(bytes: &[u8]) -> Result<ProtocolInfo, Malformed> {
    let mut info = ProtocolInfo::default();
    for attr in walk(bytes) {
        let attr = attr?;
        match attr.kind {
            CTA_PROTOINFO_TCP => info.state = state(&TCP, attr.value, CTA_PROTOINFO_TCP_STATE)?,
            CTA_PROTOINFO_DCCP => {
                info.state = state(&DCCP, attr.value, CTA_PROTOINFO_DCCP_STATE)?;
                info.role = find(attr.value, CTA_PROTOINFO_DCCP_ROLE)?
                    .map(Attr::u8)
                    .transpose()?;
            }
            CTA_PROTOINFO_SCTP => {
                let vtag = |kind| find(attr.value, kind)?.map(Attr::u32).transpose();
                info.state = state(&SCTP, attr.value, CTA_PROTOINFO_SCTP_STATE)?;
                info.orig_vtag = vtag(CTA_PROTOINFO_SCTP_VTAG_ORIGINAL)?;
                info.reply_vtag = vtag(CTA_PROTOINFO_SCTP_VTAG_REPLY)?;
            }
            _ => {}
        }
    }
    Ok(info)
}

/// What TCP's tracker says beyond its state. Of the flags the kernel sends the bits and then a mask, which says nothing.
pub fn read_tcp(bytes: &[u8]) -> Result<TcpDetails, Malformed> {
    let mut details = TcpDetails::default();
    let Some(nest) = find(bytes, CTA_PROTOINFO_TCP)? else {
        return Ok(details);
    };
    let flags = |attr: Attr| attr.array::<2>().map(|[bits, _]| Some(bits));
    for attr in walk(nest.value) {
        let attr = attr?;
        match attr.kind {
            CTA_PROTOINFO_TCP_WSCALE_ORIGINAL => details.orig_wscale = Some(attr.u8()?),
            CTA_PROTOINFO_TCP_WSCALE_REPLY => details.reply_wscale = Some(attr.u8()?),
            CTA_PROTOINFO_TCP_FLAGS_ORIGINAL => details.orig_flags = flags(attr)?,
            CTA_PROTOINFO_TCP_FLAGS_REPLY => details.reply_flags = flags(attr)?,
            _ => {}
        }
    }
    Ok(details)
}

fn state(protocol: &'static Protocol, bytes: &[u8], kind: u16) -> Result<Option<State>, Malformed> {
    let number = find(bytes, kind)?.map(Attr::u8).transpose()?;
    Ok(number.map(|number| State { protocol, number }))
}

/// Appends what is known of a tracker, where anything is.
pub fn write(out: &mut Vec<u8>, info: &ProtocolInfo) {
    if *info == ProtocolInfo::default() {
        return;
    }
    nest(out, CTA_PROTOINFO, |out| match info.state {
        Some(state) if state.protocol == &TCP => write_tcp(out, state),
        Some(state) if state.protocol == &DCCP => write_dccp(out, state, info.role),
        state => write_sctp(out, state, info),
    });
}

fn write_tcp(out: &mut Vec<u8>, state: State) {
    let closed = state.number >= TCP_TIME_WAIT;
    let flags = TCP_FLAGS | if closed { TCP_FLAG_CLOSE_INIT } else { 0 };
    nest(out, CTA_PROTOINFO_TCP, |out| {
        put(out, CTA_PROTOINFO_TCP_STATE, &[state.number]);
        put(out, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, &[flags, flags]);
        put(out, CTA_PROTOINFO_TCP_FLAGS_REPLY, &[flags, flags]);
    });
}

fn write_dccp(out: &mut Vec<u8>, state: State, role: Option<u8>) {
    nest(out, CTA_PROTOINFO_DCCP, |out| {
        put(out, CTA_PROTOINFO_DCCP_STATE, &[state.number]);
        if let Some(role) = role {
            put(out, CTA_PROTOINFO_DCCP_ROLE, &[role]);
        }
    });
}

/// SCTP's tags can be set without a state.
fn write_sctp(out: &mut Vec<u8>, state: Option<State>, info: &ProtocolInfo) {
    nest(out, CTA_PROTOINFO_SCTP, |out| {
        if let Some(state) = state.filter(|state| state.protocol == &SCTP) {
            put(out, CTA_PROTOINFO_SCTP_STATE, &[state.number]);
        }
        put_u32(out, CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, info.orig_vtag);
        put_u32(out, CTA_PROTOINFO_SCTP_VTAG_REPLY, info.reply_vtag);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(protocol: &'static Protocol, number: u8) -> ProtocolInfo {
        ProtocolInfo {
            state: Some(State { protocol, number }),
            ..ProtocolInfo::default()
        }
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        for info in [
            of(&TCP, 3),
            of(&TCP, 8),
            of(&SCTP, 4),
            of(&DCCP, 2),
            ProtocolInfo {
                orig_vtag: Some(0x0102_0304),
                reply_vtag: Some(5),
                ..of(&SCTP, 4)
            },
            ProtocolInfo {
                reply_vtag: Some(5),
                ..ProtocolInfo::default()
            },
            ProtocolInfo {
                role: Some(1),
                ..of(&DCCP, 2)
            },
        ] {
            let mut out = Vec::new();
            write(&mut out, &info);
            assert_eq!(read(&out[4..]), Ok(info));
        }
    }

    #[test]
    fn tcp_flags_make_window_tracking_liberal() {
        for (number, flags) in [(3, 0x0a), (6, 0x0a), (7, 0x0e), (8, 0x0e)] {
            let mut out = Vec::new();
            write(&mut out, &of(&TCP, number));
            for kind in [
                CTA_PROTOINFO_TCP_FLAGS_ORIGINAL,
                CTA_PROTOINFO_TCP_FLAGS_REPLY,
            ] {
                let sent = find(&out[8..], kind).unwrap().unwrap();
                assert_eq!(sent.value, [flags, flags]);
            }
        }
    }

    #[test]
    fn details_of_tcp_are_read_where_they_are_sent() {
        let mut out = Vec::new();
        nest(&mut out, CTA_PROTOINFO_TCP, |out| {
            put(out, CTA_PROTOINFO_TCP_STATE, &[3]);
            put(out, CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, &[7]);
            put(out, CTA_PROTOINFO_TCP_FLAGS_REPLY, &[0x23, 0]);
        });
        let details = TcpDetails {
            orig_wscale: Some(7),
            reply_flags: Some(0x23),
            ..TcpDetails::default()
        };
        assert_eq!(read_tcp(&out), Ok(details));
        assert_eq!(read_tcp(&[]), Ok(TcpDetails::default()));
        out.clear();
        nest(&mut out, CTA_PROTOINFO_TCP, |out| {
            put(out, CTA_PROTOINFO_TCP_WSCALE_REPLY, &[7, 0]);
        });
        assert_eq!(read_tcp(&out), Err(Malformed));
    }

    #[test]
    fn nothing_known_is_nothing_sent() {
        let mut out = Vec::new();
        write(&mut out, &ProtocolInfo::default());
        assert!(out.is_empty());
    }
}
