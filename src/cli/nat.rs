//! How the options are read that name what NAT makes of a flow: `-n`, `-g` and `-j`.

use super::line::Line;
use super::opt::Opt;
use super::refusals::refused;
use crate::address;
use crate::error::{Error, Usage};
use crate::field::{Field, field};
use crate::filter::{Filter, Test};
use crate::flow::{Endpoint, Family};

type Read = Result<(), Error>;

pub fn src_nat(line: &mut Line, text: Option<&[u8]>) -> Read {
    let target = nat(line, line.src_nat, text, "src-nat")?;
    line.src_nat = Some(target);
    line.select(Opt::SrcNat, || translated(&SRC_NAT, target));
    Ok(())
}

pub fn dst_nat(line: &mut Line, text: Option<&[u8]>) -> Read {
    let target = nat(line, line.dst_nat, text, "dst-nat")?;
    line.dst_nat = Some(target);
    line.select(Opt::DstNat, || translated(&DST_NAT, target));
    Ok(())
}

pub fn any_nat(line: &mut Line, text: Option<&[u8]>) -> Read {
    let target = nat(line, line.any_nat, text, "any-nat")?;
    line.any_nat = Some(target);
    let either = || [&SRC_NAT, &DST_NAT].map(|side| translated(side, target));
    line.select(Opt::AnyNat, || Filter::Any(either().into()));
    Ok(())
}

/// The address and the port that NAT made of a side.
type Side = [&'static Field; 2];

static SRC_NAT: Side = [field("src-nat"), field("src-nat-port")];
static DST_NAT: Side = [field("dst-nat"), field("dst-nat-port")];

/// A side that NAT made what is wanted, as far as that is given.
fn translated([address, port]: &Side, target: Endpoint) -> Filter {
    let wanted_address = target
        .address
        .map(|wanted| Filter::is(address, Test::address(wanted, None)));
    let wanted_port = target
        .port
        .map(|wanted| Filter::is(port, Test::number(wanted.into())));
    let any = Filter::Has(address);
    Filter::All(
        [Some(any), wanted_address, wanted_port]
            .into_iter()
            .flatten()
            .collect(),
    )
}

/// The last address given counts, and so does the last port.
fn nat(
    line: &mut Line,
    before: Option<Endpoint>,
    text: Option<&[u8]>,
    option: &'static str,
) -> Result<Endpoint, Usage> {
    let before = before.unwrap_or_default();
    let Some(text) = text else {
        return Ok(before);
    };
    let refused = |error| refused(error, option);
    let target = address::target(text).map_err(refused)?;
    line.fix_family(Family::of(target.cidr.address))?;
    Ok(Endpoint {
        address: Some(target.cidr.host().map_err(refused)?),
        port: target.port.or(before.port),
    })
}
