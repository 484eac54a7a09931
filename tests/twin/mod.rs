//! The same command by conntrack 1.4.9 and by ours: a case is a line of a file in cases/, changes/ or events/.
//!
//! A case `[differs=NAME]` must differ from 1.4.9, and be what is stated of it, see harness/stated.rs.

mod events;

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crate::harness::case::{Case, CaseFile, Stage, Table};
use crate::harness::compare::Other;
use crate::harness::differences::{self, ADDITIONS, HELP};
use crate::harness::namespace::{self, Namespace};
use crate::harness::outcome::Outcome;
use crate::harness::program::{self, Program};
use crate::harness::stated::Stated;
use crate::harness::trials::{self, Group};
use crate::harness::trims::{self, RUNS, STATED, TWINS, Trim};

/// What the cases of a directory are played in.
const DIRECTORIES: [(&str, Play); 3] = [
    ("cases", on_one_table),
    ("changes", on_twin_tables),
    ("events", events::on_one_table),
];

type Play = fn(&Case, &Scene) -> Encounter;

/// The table of a file, and the namespace that its cases may share, made when the first of them needs it.
pub struct Scene {
    table: Table,
    shared: OnceLock<Stage>,
}

/// What came of a case.
pub struct Encounter {
    /// What is to be stated of ours.
    ours: Stated,
    /// How it differs from 1.4.9.
    agreement: Result<(), String>,
    /// Whether 1.4.9 did what it was asked for.
    taken: bool,
    /// How many seconds the timeouts of ours may have run.
    age: u64,
}

pub fn groups() -> Vec<Group> {
    let connections = Group {
        name: "twin::connections".to_owned(),
        missing: missing(),
        trials: vec![trials::trial(
            "twin::connections".to_owned(),
            "-E -o id".to_owned(),
            events::of_real_connections,
        )],
    };
    let of_file = |(file, play)| group(file, play);
    files().map(of_file).chain([connections]).collect()
}

/// Every case file, with how its cases are played.
pub fn files() -> impl Iterator<Item = (CaseFile, Play)> {
    let of_directory = |(directory, play): (&str, Play)| {
        let files = CaseFile::all(directory).into_iter();
        files.map(move |file| (file, play))
    };
    DIRECTORIES.into_iter().flat_map(of_directory)
}

/// Why there is nothing to run a case on, or nothing to compare with.
fn missing() -> Option<&'static str> {
    program::missing_reference().or_else(namespace::missing_namespaces)
}

fn group(file: CaseFile, play: Play) -> Group {
    let scene = Arc::new(Scene::of(&file));
    let stated = Arc::new(Stated::all(&file));
    let name = file.trial(None);
    let names: Vec<String> = file
        .cases
        .iter()
        .map(|case| file.trial(Some(case)))
        .collect();
    let trial = |(name, case): (String, Case)| {
        let (scene, stated) = (Arc::clone(&scene), Arc::clone(&stated));
        trials::trial(name.clone(), case.text.clone(), move || {
            judge(&name, &case, &play(&case, &scene), &stated)
        })
    };
    let cases = names.into_iter().zip(file.cases);
    Group {
        name,
        missing: missing(),
        trials: cases.map(trial).collect(),
    }
}

/// A deliberate difference must be there, or the list of them would outlive its reasons, and be as it is stated.
fn judge(name: &str, case: &Case, met: &Encounter, stated: &[Stated]) -> Result<(), String> {
    let Some(differs) = &case.differs else {
        return met.agreement.clone();
    };
    if program::stand_in().is_some() {
        return Ok(());
    }
    if met.agreement.is_ok() {
        return Err(format!(
            "both agree, although {differs} says that they do not"
        ));
    }
    if differs == ADDITIONS && met.taken {
        return Err("1.4.9 takes this line, so it is no addition".to_owned());
    }
    match stated.iter().find(|stated| stated.case == case.text) {
        Some(stated) => met.ours.check(stated, met.age),
        None => Err(format!(
            "nothing is stated of it: cargo test --test suite -- expect {name}"
        )),
    }
}

/// Writes down what ours does in every case that deliberately differs, and whose trial has a text in its name. What is
/// stated and still holds stays as it is.
pub fn expect(filter: &str) -> Result<(), String> {
    missing().map_or(Ok(()), Err)?;
    for (file, play) in files() {
        let asked: Vec<&Case> = file
            .cases
            .iter()
            .filter(|case| case.differs.is_some() && file.trial(Some(case)).contains(filter))
            .collect();
        if asked.is_empty() {
            continue;
        }
        let scene = Scene::of(&file);
        let mut stated = Stated::all(&file);
        for case in asked {
            let met = play(case, &scene);
            let holds = |known: &Stated| met.ours.check(known, met.age).is_ok();
            match stated.iter_mut().find(|known| known.case == case.text) {
                Some(known) if holds(known) => {}
                Some(known) => *known = met.ours,
                None => stated.push(met.ours),
            }
        }
        Stated::write(&file, &stated);
    }
    Ok(())
}

impl Scene {
    fn of(file: &CaseFile) -> Self {
        Self {
            table: file.table.clone(),
            shared: OnceLock::new(),
        }
    }
}

impl Encounter {
    /// Both outcomes of a case, on tables of that age.
    fn of(case: &Case, ours: &Outcome, reference: &Outcome, ignored: &[Trim], age: u64) -> Self {
        let differs = case.differs.as_deref();
        let ignored: Vec<Trim> = ignored
            .iter()
            .copied()
            .chain(differences::aside(differs))
            .collect();
        let other = Other {
            name: "conntrack 1.4.9",
            ignored: &ignored,
            apart: age,
        };
        let help = reference.stdout.starts_with(HELP) && !ours.stdout.is_empty();
        let agreement = match differs {
            None if help => other.same(&abridged(ours, ""), &abridged(reference, "")),
            _ => other.same(ours, reference),
        };
        let head = ours.stdout.lines().next().unwrap_or_default();
        let outcome = match help {
            true => abridged(ours, &format!("{head}\n")),
            false => ours.trimmed(STATED),
        };
        Self {
            ours: Stated {
                case: case.text.clone(),
                outcome,
                left: String::new(),
            },
            agreement,
            taken: reference.status == Some(0),
            age,
        }
    }
}

/// A help text is long, and each program has its own.
fn abridged(outcome: &Outcome, stdout: &str) -> Outcome {
    Outcome {
        stdout: stdout.to_owned(),
        ..outcome.clone()
    }
}

/// Cases that change nothing: those of a file share a namespace.
fn on_one_table(case: &Case, scene: &Scene) -> Encounter {
    let stage = scene.shared.get_or_init(|| scene.table.stage());
    let outcome = |program| {
        let command = stage.namespace.bounded();
        Outcome::of(&mut case.command(program, command), &case.stdin)
    };
    let (ours, reference) = (outcome(Program::Ours), outcome(Program::Reference));
    let mut met = Encounter::of(case, &ours, &reference, RUNS, stage.age());
    met.ours.outcome = met.ours.outcome.sorted();
    met
}

/// How 1.4.9 shows what a command has left behind: between them, every field that a command can change.
const REMAINS: [&[&str]; 3] = [
    &["-L", "-o", "extended,labels"],
    &["-L", "-o", "save"],
    &["-L", "expect"],
];

/// Cases that change the table: each gets two tables of its own, one for each program.
fn on_twin_tables(case: &Case, scene: &Scene) -> Encounter {
    let begun = Instant::now();
    let [ours, reference] = [Program::Ours, Program::Reference].map(|program| {
        let stage = scene.table.stage();
        let before = case.differs.as_ref().map(|_| remains(&stage.namespace));
        let mut command = case.command(program, stage.namespace.bounded());
        let outcome = Outcome::of(&mut command, &case.stdin).sorted();
        (before, outcome, remains(&stage.namespace))
    });
    let age = begun.elapsed().as_secs() + 1;
    let (before, outcome, after) = ours;
    let mut met = Encounter::of(case, &outcome, &reference.1, TWINS, age);
    for (ours, reference) in after.iter().zip(&reference.2) {
        let looks = Encounter::of(case, ours, reference, TWINS, age).agreement;
        met.agreement = met.agreement.and(looks);
    }
    let looks = before.iter().flatten().zip(&after);
    met.ours.left = looks
        .map(|(before, after)| change(&before.stdout, &after.stdout, age))
        .collect();
    met
}

fn remains(namespace: &Namespace) -> [Outcome; 3] {
    REMAINS.map(|look| {
        let mut command = namespace.bounded();
        command.arg(Program::Reference.path()).args(look);
        Outcome::of(&mut command, b"").sorted()
    })
}

/// The rows that are gone, and those that came; a timeout that has run a little is none.
fn change(before: &str, after: &str, apart: u64) -> String {
    let rows = |text| {
        let text = trims::trimmed(text, STATED);
        text.lines().map(str::to_owned).collect::<Vec<String>>()
    };
    let (mut gone, mut come) = (Vec::new(), rows(after));
    for row in rows(before) {
        let same = |now: &String| trims::settled(&row, now, apart) == *now;
        match come.iter().position(same) {
            Some(place) => drop(come.remove(place)),
            None => gone.push(format!("- {row}\n")),
        }
    }
    let come = come.iter().map(|row| format!("+ {row}\n"));
    gone.into_iter().chain(come).collect()
}
