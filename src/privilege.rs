//! Keeps of root's capabilities only what the command at hand still needs, once everything that was typed is read.

use crate::task::{Task, Verb};
use caps::{CapSet, Capability, CapsHashSet};
use nix::sys::prctl;

/// What changes and lists the tables.
const TABLES: &[Capability] = &[Capability::CAP_NET_ADMIN];

/// What names another user's program behind an event takes more: it is looked for in /proc/*/fd.
const EVENTS: &[Capability] = &[
    Capability::CAP_NET_ADMIN,
    Capability::CAP_SYS_PTRACE,
    Capability::CAP_DAC_READ_SEARCH,
];

fn needed(task: Task) -> &'static [Capability] {
    match task.verb {
        Verb::Event => EVENTS,
        Verb::Help | Verb::Version => &[],
        _ => TABLES,
    }
}

/// Gives everything else up, also for programs that would be started, of which there are none. Capabilities belong to threads,
/// so this comes before the first. What is needed is kept where nobody can tell whether it is there, and where nothing can be
/// given up there is nothing to lose by going on.
pub fn keep(task: Task) {
    let permitted = |capability| caps::has_cap(None, CapSet::Permitted, capability);
    let needed = needed(task).iter().copied();
    let kept: CapsHashSet = needed
        .filter(|&needed| permitted(needed).unwrap_or(true))
        .collect();
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        let kept = match set {
            CapSet::Inheritable => CapsHashSet::new(),
            _ => kept.clone(),
        };
        let _ = caps::set(None, set, &kept);
    }
    let _ = prctl::set_no_new_privs();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_events_need_more_than_the_tables() {
        for (verb, count) in [
            (Verb::List, 1),
            (Verb::Delete, 1),
            (Verb::Load, 1),
            (Verb::Event, 3),
            (Verb::Help, 0),
            (Verb::Version, 0),
        ] {
            assert_eq!(needed(Task::flows(verb)).len(), count, "{verb:?}");
        }
    }
}
