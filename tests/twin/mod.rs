//! The same command by conntrack 1.4.9 and by ours: a case is a line of a file in cases/ or changes/.

mod events;

use std::sync::{Arc, LazyLock};

use libtest_mimic::{Completion, Failed, Trial};

use crate::harness::case::{Case, CaseFile, Table};
use crate::harness::compare::{self, Outcome};
use crate::harness::differences::{self, IGNORED, TWINS};
use crate::harness::namespace::{self, Namespace};
use crate::harness::program::{self, Program};

pub fn trials() -> Vec<Trial> {
    let reading = CaseFile::all("cases").into_iter().flat_map(reading);
    let changing = CaseFile::all("changes").into_iter().flat_map(changing);
    let listening = CaseFile::all("events").into_iter().flat_map(listening);
    let connections = needing_both("twin::events of real connections".to_owned(), None, || {
        events::of_real_connections()
    });
    reading
        .chain(changing)
        .chain(listening)
        .chain([connections])
        .collect()
}

/// Cases that change nothing: those of a file share a namespace.
fn reading(file: CaseFile) -> Vec<Trial> {
    let table = file.table.clone();
    let shared = Arc::new(LazyLock::new(move || table.stage()));
    let trial = |case: Case| {
        let shared = Arc::clone(&shared);
        trial(&file.name, case, move |case| {
            on_one_table(case, &shared.namespace)
        })
    };
    file.cases.into_iter().map(trial).collect()
}

fn on_one_table(case: &Case, namespace: &Namespace) -> Result<(), Failed> {
    let outcome =
        |program| Outcome::of(&mut case.command(program, namespace.bounded()), &case.stdin);
    compare::same(
        &outcome(Program::Ours),
        &outcome(Program::Reference),
        &[IGNORED],
    )
}

/// Cases that change the table: each gets two tables of its own, one for each program.
fn changing(file: CaseFile) -> Vec<Trial> {
    let trial = |case: Case| {
        let table = file.table.clone();
        trial(&file.name, case, move |case| on_twin_tables(case, &table))
    };
    file.cases.into_iter().map(trial).collect()
}

/// How 1.4.9 shows what a command has left behind: between them, every field that a command can change.
const REMAINS: [&[&str]; 3] = [
    &["-L", "-o", "extended,labels"],
    &["-L", "-o", "save"],
    &["-L", "expect"],
];

fn on_twin_tables(case: &Case, table: &Table) -> Result<(), Failed> {
    let twins = [Program::Ours, Program::Reference].map(|program| {
        let stage = table.stage();
        let namespace = &stage.namespace;
        let outcome = Outcome::of(&mut case.command(program, namespace.bounded()), &case.stdin);
        let remains = REMAINS.map(|look| {
            Outcome::of(
                namespace
                    .bounded()
                    .arg(Program::Reference.path())
                    .args(look),
                b"",
            )
        });
        std::iter::once(outcome).chain(remains).map(Outcome::sorted)
    });
    let [ours, reference] = twins;
    ours.zip(reference)
        .try_for_each(|(ours, reference)| compare::same(&ours, &reference, &[IGNORED, TWINS]))
}

/// Cases that watch changes: both programs watch the same ones.
fn listening(file: CaseFile) -> Vec<Trial> {
    let trial = |case: Case| {
        let table = file.table.clone();
        trial(&file.name, case, move |case| {
            events::on_one_table(case, &table.stage().namespace)
        })
    };
    file.cases.into_iter().map(trial).collect()
}

/// The trial of a case.
fn trial(
    file: &str,
    case: Case,
    run: impl FnOnce(&Case) -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let name = format!("twin::{file}:{} {}", case.line, case.text);
    needing_both(name, case.differs.clone(), move || run(&case))
}

/// A trial that is counted as ignored where there is nothing to run it on or to compare with.
fn needing_both(
    name: String,
    differs: Option<String>,
    run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        match program::missing_reference().or_else(namespace::missing_namespaces) {
            Some(reason) => Ok(Completion::ignored_with(reason)),
            None => differences::judge(differs.as_deref(), run()),
        }
    })
}
