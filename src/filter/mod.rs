//! Which flows a command means: a tree of tests on fields.
//!
//! What a flow does not have fits no test, unless its field says what a missing one counts as: no zone is zone 0.

pub mod read;
mod test;

use crate::field::{Field, Setting, Value};
use crate::flow::{Attributes, Flow};
use read::Tests;
use std::net::IpAddr;
pub use test::Test;

/// What flows must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these; with none, every flow is.
    All(Vec<Filter>),
    /// One of these.
    Any(Vec<Filter>),
    /// The flow has the field, whatever it is.
    Has(&'static Field),
    HasNot(&'static Field),
    /// The flow has the field, whose value fits one of these tests, where there are any, and none of those.
    Is {
        field: &'static Field,
        one_of: Vec<Test>,
        none_of: Vec<Test>,
    },
}

impl Filter {
    /// The flow has the field, and this fits.
    pub fn is(field: &'static Field, test: Test) -> Filter {
        Filter::one_of(field, vec![test])
    }

    /// The flow has the field, and one of these fits; where there is none, no flow matches.
    pub fn one_of(field: &'static Field, one_of: Vec<Test>) -> Filter {
        if one_of.is_empty() {
            return Filter::Any(Vec::new());
        }
        Filter::Is {
            field,
            one_of,
            none_of: Vec::new(),
        }
    }

    /// The flow has the field, which is what a list says.
    pub fn of(field: &'static Field, tests: Tests) -> Filter {
        let Tests { one_of, none_of } = tests;
        Filter::Is {
            field,
            one_of,
            none_of,
        }
    }

    pub fn matches(&self, flow: &Flow) -> bool {
        match self {
            Filter::All(filters) => filters.iter().all(|filter| filter.matches(flow)),
            Filter::Any(filters) => filters.iter().any(|filter| filter.matches(flow)),
            Filter::Has(field) => (field.get)(flow).is_some(),
            Filter::HasNot(field) => (field.get)(flow).is_none(),
            Filter::Is {
                field,
                one_of,
                none_of,
            } => {
                let value = (field.get)(flow).or(field.absent.map(Value::Number));
                value.is_some_and(|value| {
                    let fits = |test: &Test| test.fits(value);
                    (one_of.is_empty() || one_of.iter().any(fits)) && !none_of.iter().any(fits)
                })
            }
        }
    }

    /// The attributes that decide whether a flow matches.
    pub fn needs(&self) -> Attributes {
        let mut needs = Attributes::NONE;
        self.visit(&mut |field, _| needs = needs.union(field.needs));
        needs
    }

    /// The settings of the kernel without which no flow has a field that is asked for.
    pub fn requires(&self) -> Vec<Setting> {
        let mut settings: Vec<Setting> = Vec::new();
        self.visit(&mut |field, _| {
            settings.extend(field.requires.filter(|setting| !settings.contains(setting)));
        });
        settings
    }

    pub fn asks_for_local(&self) -> bool {
        let mut asks = false;
        self.visit(&mut |_, tests| asks |= tests.contains(&Test::Local));
        asks
    }

    /// Says which addresses are those of this namespace's interfaces.
    pub fn name_local(&mut self, addresses: &[IpAddr]) {
        match self {
            Filter::All(filters) | Filter::Any(filters) => {
                let each = |filter: &mut Filter| filter.name_local(addresses);
                filters.iter_mut().for_each(each);
            }
            Filter::Is {
                one_of, none_of, ..
            } => {
                for tests in [one_of, none_of] {
                    if tests.contains(&Test::Local) {
                        tests.extend(addresses.iter().map(|of| Test::address(*of, None)));
                    }
                }
            }
            Filter::Has(_) | Filter::HasNot(_) => {}
        }
    }

    /// Shows each field that is asked for, with the tests of its values.
    fn visit(&self, see: &mut impl FnMut(&'static Field, &[Test])) {
        match self {
            Filter::All(filters) | Filter::Any(filters) => {
                filters.iter().for_each(|filter| filter.visit(see));
            }
            Filter::Has(field) | Filter::HasNot(field) => see(field, &[]),
            Filter::Is {
                field,
                one_of,
                none_of,
            } => {
                see(field, one_of);
                see(field, none_of);
            }
        }
    }

    /// The parts of which all must match.
    pub fn parts(&self) -> &[Filter] {
        match self {
            Filter::All(filters) => filters,
            _ => std::slice::from_ref(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::field;
    use crate::flow::State;
    use crate::flow::protocol::{DCCP, GRE, ICMP, SCTP, TCP, UDP};
    use crate::flow::sample::{flow, in_state};
    use crate::flow::{Part, Status};

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn is(path: &str, test: Test) -> Filter {
        Filter::is(field(path), test)
    }

    /// 10.0.0.1:5 to 10.0.0.2:80 over TCP, whose source NAT made 192.0.2.9:6.
    fn translated() -> Flow<'static> {
        Flow {
            status: Some(Status::SRC_NAT_DONE.union(Status::DST_NAT_DONE)),
            mark: Some(6),
            info: in_state(&TCP, 3),
            labels: Some(if cfg!(target_endian = "big") {
                &[0, 0, 0, 0, 0, 0, 0, 2]
            } else {
                &[2, 0, 0, 0, 0, 0, 0, 0]
            }),
            ..flow(&TCP, "10.0.0.1:5", "10.0.0.2:80", "192.0.2.9:6")
        }
    }

    #[test]
    fn a_test_fits_what_it_describes() {
        let state = |protocol, number| Test::state(State { protocol, number });
        let mask = |text| Some(address(text));
        for (path, test, matches) in [
            ("family", Test::number(2), true),
            ("family", Test::number(10), false),
            ("protonum", Test::number(6), true),
            ("protonum", Test::number(17), false),
            ("orig.src", Test::address(address("10.0.0.1"), None), true),
            ("orig.src", Test::address(address("10.0.0.2"), None), false),
            (
                "orig.src",
                Test::address(address("10.0.0.9"), mask("255.255.255.0")),
                true,
            ),
            (
                "orig.src",
                Test::address(address("10.0.0.9"), mask("255.255.255.255")),
                false,
            ),
            (
                "orig.src",
                Test::address(address("1.1.1.1"), mask("0.0.0.0")),
                true,
            ),
            (
                "orig.src",
                Test::address(address("::10.0.0.1"), None),
                false,
            ),
            ("orig.src", Test::address(address("::"), mask("::")), false),
            (
                "orig.src",
                Test::address(address("10.0.0.1"), mask("::")),
                false,
            ),
            ("orig.dst", Test::address(address("10.0.0.2"), None), true),
            ("reply.src", Test::address(address("10.0.0.2"), None), true),
            ("reply.dst", Test::address(address("192.0.2.9"), None), true),
            ("reply.dst", Test::address(address("10.0.0.1"), None), false),
            ("orig.sport", Test::number(5), true),
            ("orig.sport", Test::number(80), false),
            ("orig.dport", Test::number(80), true),
            ("reply.sport", Test::number(80), true),
            ("reply.dport", Test::number(6), true),
            ("orig.srckey", Test::number(5), false),
            ("orig.type", Test::number(0), false),
            ("mark", Test::number(6), true),
            ("mark", Test::masked(4, 4), true),
            ("mark", Test::masked(4, 6), false),
            ("status", Test::masked(1 << 7, 1 << 7), true),
            ("status", Test::masked(0, 1 << 2), true),
            ("status", Test::masked(1 << 2, 1 << 2), false),
            ("state", state(&TCP, 3), true),
            ("state", state(&TCP, 4), false),
            ("state", state(&SCTP, 3), false),
            ("state", state(&DCCP, 3), false),
            ("labels", Test::Label(1), true),
            ("labels", Test::Label(2), false),
            ("labels", Test::Label(1000), false),
            ("src-nat", Test::address(address("192.0.2.9"), None), true),
            ("src-nat", Test::address(address("10.0.0.1"), None), false),
            ("src-nat-port", Test::number(6), true),
            ("dst-nat", Test::address(address("10.0.0.2"), None), false),
            ("dst-nat-port", Test::number(80), false),
        ] {
            let filter = is(path, test);
            assert_eq!(filter.matches(&translated()), matches, "{filter:?}");
        }
    }

    #[test]
    fn what_a_flow_lacks_fits_nothing_unless_it_counts_as_something() {
        let empty = Flow::default();
        for (path, matches) in [
            ("timeout", false),
            ("mark", false),
            ("secmark", false),
            ("id", false),
            ("status", false),
            ("protonum", false),
            ("orig.vtag", false),
            ("zone", true),
            ("orig.zone", true),
            ("reply.zone", true),
        ] {
            let filter = is(path, Test::number(0));
            assert_eq!(filter.matches(&empty), matches, "{path}");
            assert!(!Filter::Has(field(path)).matches(&empty), "{path}");
        }
        assert!(!is("labels", Test::Label(0)).matches(&empty));
        assert!(!is("zone", Test::number(1)).matches(&empty));
    }

    #[test]
    fn keys_are_of_gre_alone_and_ports_of_everything_else() {
        for (protocol, path, matches) in [
            (&GRE, "orig.srckey", true),
            (&GRE, "orig.sport", false),
            (&UDP, "orig.srckey", false),
            (&UDP, "orig.sport", true),
            (&ICMP, "orig.type", false),
        ] {
            let mut flow = Flow::default();
            flow.orig.protocol = Some(protocol.number);
            flow.orig.set_part(Part::SrcPort, 7);
            let filter = is(path, Test::number(7));
            assert_eq!(filter.matches(&flow), matches, "{} {path}", protocol.name);
        }
    }

    #[test]
    fn parts_join_by_all_and_any() {
        let yes = || is("mark", Test::number(6));
        let no = || is("mark", Test::number(7));
        let either = Filter::one_of(field("mark"), vec![Test::number(7), Test::number(6)]);
        for (filter, matches) in [
            (Filter::All(vec![]), true),
            (Filter::All(vec![yes(), yes()]), true),
            (Filter::All(vec![yes(), no()]), false),
            (Filter::Any(vec![]), false),
            (Filter::Any(vec![no(), yes()]), true),
            (Filter::Any(vec![no(), no()]), false),
            (Filter::Has(field("src-nat")), true),
            (Filter::Has(field("dst-nat")), false),
            (either, true),
            (Filter::one_of(field("mark"), vec![]), false),
        ] {
            assert_eq!(filter.matches(&translated()), matches, "{filter:?}");
        }
    }

    #[test]
    fn a_filter_needs_what_its_fields_come_from() {
        use crate::flow::attributes::{CTA_MARK, CTA_STATUS, CTA_TUPLE_ORIG, CTA_TUPLE_REPLY};
        let mark = || is("mark", Test::number(6));
        let nat = || Filter::Has(field("src-nat"));
        for (filter, needs) in [
            (Filter::All(vec![]), Attributes::NONE),
            (mark(), Attributes::of(&[CTA_MARK])),
            (
                Filter::All(vec![mark(), Filter::Any(vec![nat()])]),
                Attributes::of(&[CTA_MARK, CTA_STATUS, CTA_TUPLE_ORIG, CTA_TUPLE_REPLY]),
            ),
        ] {
            assert_eq!(filter.needs(), needs, "{filter:?}");
        }
    }

    #[test]
    fn ranges_and_what_must_not_fit() {
        let not = |path, test| Filter::Is {
            field: field(path),
            one_of: Vec::new(),
            none_of: vec![test],
        };
        let port = |low, high| is("orig.dport", Test::between(low, high));
        for (filter, matches) in [
            (port(80, 90), true),
            (port(70, 80), true),
            (port(81, 90), false),
            (port(70, 79), false),
            (not("orig.dport", Test::number(80)), false),
            (not("orig.dport", Test::between(79, 81)), false),
            (not("orig.dport", Test::number(81)), true),
            (not("orig.srckey", Test::number(81)), false),
            (not("orig.type", Test::number(8)), false),
            (not("zone", Test::number(0)), false),
            (not("zone", Test::number(1)), true),
        ] {
            assert_eq!(filter.matches(&translated()), matches, "{filter:?}");
        }
        let some_but_one = Filter::Is {
            field: field("orig.dport"),
            one_of: vec![Test::between(1, 100)],
            none_of: vec![Test::number(80)],
        };
        assert!(!some_but_one.matches(&translated()));
    }
}
