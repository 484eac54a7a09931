//! How the options are read whose values are addresses.

use super::line::Line;
use super::many;
use super::opt::Opt;
use super::refusals::refused;
use crate::address::{self, Cidr};
use crate::error::{Error, Usage};
use crate::field::{Field, field};
use crate::flow::Family;
use std::net::IpAddr;

static SRC: &Field = field("orig.src");
static DST: &Field = field("orig.dst");
static REPLY_SRC: &Field = field("reply.src");
static REPLY_DST: &Field = field("reply.dst");

type Read = Result<(), Error>;

pub fn src(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.flow.orig.src = match listed(line, Opt::Src, text)? {
        true => None,
        false => Some(network(line, text, Opt::MaskSrc)?),
    };
    Ok(())
}

pub fn dst(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.flow.orig.dst = match listed(line, Opt::Dst, text)? {
        true => None,
        false => Some(network(line, text, Opt::MaskDst)?),
    };
    Ok(())
}

pub fn tuple_src(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.expected.src = Some(network(line, text, Opt::MaskSrc)?);
    Ok(())
}

pub fn tuple_dst(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.expected.dst = Some(network(line, text, Opt::MaskDst)?);
    Ok(())
}

pub fn reply_src(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.flow.reply.src = match listed(line, Opt::ReplySrc, text)? {
        true => None,
        false => Some(host(line, text, "reply-src")?),
    };
    Ok(())
}

pub fn reply_dst(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.flow.reply.dst = match listed(line, Opt::ReplyDst, text)? {
        true => None,
        false => Some(host(line, text, "reply-dst")?),
    };
    Ok(())
}

/// Reads several addresses, if there may be and are; a network counts as several where there is no option for its mask.
fn listed(line: &mut Line, option: Opt, text: Option<&[u8]>) -> Result<bool, Usage> {
    let field = match option {
        Opt::Src => SRC,
        Opt::Dst => DST,
        Opt::ReplySrc => REPLY_SRC,
        _ => REPLY_DST,
    };
    let several = many::addresses(line, option, field, text.unwrap_or_default())?;
    let mask = match option {
        Opt::Src => Some(Opt::MaskSrc),
        Opt::Dst => Some(Opt::MaskDst),
        _ => None,
    };
    // The prefix length of an address that no longer counts.
    let prefix = mask.filter(|mask| several && line.masks_of_prefixes.has(*mask));
    if let Some(mask) = prefix {
        line.given.remove(mask);
    }
    Ok(several)
}

pub fn mask_src(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.mask.src = Some(host(line, text, "mask-src")?);
    Ok(())
}

pub fn mask_dst(line: &mut Line, text: Option<&[u8]>) -> Read {
    line.mask.dst = Some(host(line, text, "mask-dst")?);
    Ok(())
}

fn host(line: &mut Line, text: Option<&[u8]>, option: &'static str) -> Result<IpAddr, Usage> {
    let refused = |error| refused(error, option);
    let cidr = address::cidr(text.unwrap_or_default()).map_err(refused)?;
    line.fix_family(Family::of(cidr.address))?;
    cidr.host().map_err(refused)
}

/// An address whose prefix length, where it is shorter than the address, counts as the mask option.
fn network(line: &mut Line, text: Option<&[u8]>, mask_option: Opt) -> Result<IpAddr, Usage> {
    let refused = |error| refused(error, "");
    let cidr = address::cidr(text.unwrap_or_default()).map_err(refused)?;
    let Cidr { address, .. } = cidr;
    line.fix_family(Family::of(address))?;
    let full = if address.is_ipv4() { 32 } else { 128 };
    let length = cidr.prefix_length().map_err(refused)?;
    if let Some(length) = length.filter(|length| *length < full) {
        let mask = Some(address::mask(address, length));
        match mask_option {
            Opt::MaskSrc => line.mask.src = mask,
            _ => line.mask.dst = mask,
        }
        line.given.insert(mask_option);
        line.masks_of_prefixes.insert(mask_option);
    }
    Ok(address)
}
