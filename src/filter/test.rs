//! What one value must be: numbers, addresses and states alike are bits between two bounds.

use crate::field::Value;
use crate::flow::{State, label};
use std::net::{IpAddr, Ipv4Addr};

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// Some bits of it, as a number, are between two numbers, which may be the same. `sort` parts what has the same
    /// number but is not the same: IPv4 from IPv6, and one protocol's states from another's.
    Within {
        sort: u8,
        mask: u128,
        low: u128,
        high: u128,
    },
    /// This label is set.
    Label(u16),
    /// An address of this namespace's interfaces. It fits nothing until [`super::Filter::name_local`] has named them.
    Local,
}

impl Test {
    pub fn number(number: u32) -> Test {
        Test::between(number.into(), number.into())
    }

    /// A number that is one of these or lies between them.
    pub fn between(low: u64, high: u64) -> Test {
        Test::Within {
            sort: NUMBER,
            mask: u128::MAX,
            low: low.into(),
            high: high.into(),
        }
    }

    /// The bits of a mask are exactly this value.
    pub fn masked(value: u32, mask: u32) -> Test {
        Test::Within {
            sort: NUMBER,
            mask: mask.into(),
            low: value.into(),
            high: value.into(),
        }
    }

    pub fn state(state: State) -> Test {
        let (sort, bits) = bits_of_state(state);
        Test::Within {
            sort,
            mask: u128::MAX,
            low: bits,
            high: bits,
        }
    }

    /// The bits of a mask are those of an address; without a mask all are. A mask of the other family fits nothing.
    pub fn address(address: IpAddr, mask: Option<IpAddr>) -> Test {
        let (sort, bits) = bits_of_address(address);
        let (sort_of_mask, mask) = mask.map_or((sort, u128::MAX), bits_of_address);
        Test::Within {
            sort: if sort_of_mask == sort { sort } else { NOTHING },
            mask,
            low: bits & mask,
            high: bits & mask,
        }
    }

    /// An address that is one of these or lies between them; none where they are of two families or the wrong way round.
    pub fn addresses(low: IpAddr, high: IpAddr) -> Option<Test> {
        let ((sort, low), (other, high)) = (bits_of_address(low), bits_of_address(high));
        (sort == other && low <= high).then_some(Test::Within {
            sort,
            mask: u128::MAX,
            low,
            high,
        })
    }

    /// The whole IPv4 address that it is, if it is one.
    pub fn ipv4(self) -> Option<Ipv4Addr> {
        match self {
            Test::Within {
                sort: IPV4,
                mask: u128::MAX,
                low,
                high,
            } if low == high => u32::try_from(low).ok().map(Ipv4Addr::from),
            _ => None,
        }
    }

    pub fn fits_number(self, number: u64) -> bool {
        self.fits(Value::Number(number))
    }

    pub fn fits(self, value: Value) -> bool {
        let (found, bits) = match value {
            Value::Number(number) => (NUMBER, number.into()),
            Value::Address(address) => bits_of_address(address),
            Value::State(state) => bits_of_state(state),
            Value::Text(_) | Value::Signed(_) => return false,
            Value::Labels(labels) => {
                return matches!(self, Test::Label(bit) if label::is_set(labels, bit));
            }
        };
        match self {
            Test::Within {
                sort,
                mask,
                low,
                high,
            } => found == sort && (low..=high).contains(&(bits & mask)),
            Test::Label(_) | Test::Local => false,
        }
    }
}

/// The sorts of values that are no states; a state's is the number of its protocol.
const NUMBER: u8 = 0;
const IPV4: u8 = 4;
const IPV6: u8 = 41;
const NOTHING: u8 = 255;

/// An address as a sort and a number.
fn bits_of_address(address: IpAddr) -> (u8, u128) {
    match address {
        IpAddr::V4(address) => (IPV4, u32::from(address).into()),
        IpAddr::V6(address) => (IPV6, address.into()),
    }
}

fn bits_of_state(state: State) -> (u8, u128) {
    (state.protocol.number, state.number.into())
}
