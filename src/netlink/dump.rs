//! What the kernel hands out as a whole.

use super::constants::*;
use netlink_packet_netfilter::NetfilterSubsystem;

/// Which entries a dump asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dump {
    Flows,
    /// Flows, whose counters become zero.
    FlowsZeroingCounters,
    /// Flows that are deleted but still in use.
    Dying,
    /// Flows of which no packet has left yet.
    Unconfirmed,
    Expectations,
    /// Statistics of flows, by CPU.
    Stats,
    /// Statistics of expectations, by CPU.
    ExpectationStats,
}

impl Dump {
    /// The subsystem and the message type that ask for it.
    pub(super) fn message(self) -> (NetfilterSubsystem, u8) {
        match self {
            Dump::Flows => (FLOWS, IPCTNL_MSG_CT_GET),
            Dump::FlowsZeroingCounters => (FLOWS, IPCTNL_MSG_CT_GET_CTRZERO),
            Dump::Dying => (FLOWS, IPCTNL_MSG_CT_GET_DYING),
            Dump::Unconfirmed => (FLOWS, IPCTNL_MSG_CT_GET_UNCONFIRMED),
            Dump::Stats => (FLOWS, IPCTNL_MSG_CT_GET_STATS_CPU),
            Dump::Expectations => (EXPECTATIONS, IPCTNL_MSG_EXP_GET),
            Dump::ExpectationStats => (EXPECTATIONS, IPCTNL_MSG_EXP_GET_STATS_CPU),
        }
    }
}
