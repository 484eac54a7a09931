//! Trials by the file in which they stand.

use std::collections::BTreeMap;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The trials of a file.
pub struct Group {
    pub name: String,
    /// Why they cannot run on this machine.
    pub missing: Option<&'static str>,
    pub trials: Vec<Trial>,
}

/// Set to end at the first failure, which is all that somebody wants to know who plants faults.
const ONE_IS_ENOUGH: &str = "END_AT_FAILURE";

/// A trial that shows what was tried where it fails.
pub fn trial(
    name: String,
    tried: String,
    run: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Trial {
    Trial::test(name, move || {
        run().map_err(|report| {
            if std::env::var_os(ONE_IS_ENOUGH).is_some() {
                eprintln!("{tried}\n{report}");
                std::process::exit(1);
            }
            Failed::from(format!("{tried}\n{report}"))
        })
    })
}

/// All trials, but those that cannot run: of a file of these, one trial that is ignored is left.
pub fn possible(groups: Vec<Group>) -> Vec<Trial> {
    let of_group = |group: Group| match group.missing {
        None => group.trials,
        Some(reason) => {
            let name = format!("{}, all {} trials", group.name, group.trials.len());
            let ignored = move || Ok(Completion::ignored_with(reason));
            vec![Trial::ignorable_test(name, ignored)]
        }
    };
    groups.into_iter().flat_map(of_group).collect()
}

/// Which of the files that were asked for cannot run, under each reason.
pub fn impossible(groups: &[Group], arguments: &Arguments) -> String {
    let mut reasons: BTreeMap<&str, String> = BTreeMap::new();
    for group in groups {
        let asked = |trial: &&Trial| !arguments.is_filtered_out(trial);
        let count = group.trials.iter().filter(asked).count();
        if let Some(reason) = group.missing.filter(|_| count > 0) {
            let line = format!("{count:6} {}\n", group.name);
            reasons.entry(reason).or_default().push_str(&line);
        }
    }
    let paragraph = |(reason, lines)| format!("\nignored trials: {reason}\n{lines}");
    reasons.into_iter().map(paragraph).collect()
}
