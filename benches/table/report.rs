//! What was measured, as tables in Markdown.

use crate::arguments::Arguments;
use crate::bursts;
use crate::flows::Part;
use crate::jobs::Quantity;
use crate::median;
use crate::memory::{BOUND, COMMANDS, Peaks, keep_bounds};
use crate::programs::{Programs, Who};
use crate::races;
use crate::rounds::Results;

/// What a cell holds where there was nothing to measure.
const NOTHING: &str = "";

pub fn circumstances(arguments: &Arguments, programs: &Programs) {
    let Arguments {
        entries, rounds, ..
    } = *arguments;
    println!(
        "{entries} entries, {} of them over TCP, {} of those to port 443; {rounds} rounds.",
        Part::Tcp.count(entries),
        Part::Https.count(entries),
    );
    match programs.of(Who::Reference) {
        Some(words) => println!("1.4.9 is {}.", words.join(" ")),
        None => println!(
            "There is no conntrack 1.4.9 here (CONNTRACK_REFERENCE names one): its columns are empty."
        ),
    }
}

pub fn medians<'a>(results: impl Iterator<Item = &'a Results>) {
    head(
        "Medians (lowest and highest): seconds, seconds of user CPU, and MiB at the most",
        &[
            "job",
            "raw s",
            "ours s",
            "1.4.9 s",
            "ours/raw",
            "ours/1.4.9",
            "raw user",
            "ours user",
            "1.4.9 user",
            "ours MiB",
            "1.4.9 MiB",
        ],
    );
    for of in results {
        let seconds = |who, quantity| cell(of.median(who, quantity), seconds);
        let wall = |who| {
            let extremes = of.extremes(who, Quantity::Wall);
            let range = cell(extremes, |[low, high]| format!(" ({low:.4}-{high:.4})"));
            seconds(who, Quantity::Wall) + &range
        };
        let memory = |who| cell(of.median(who, Quantity::Memory), mebibytes);
        row(&[
            of.job.name.to_owned(),
            wall(Who::Raw),
            wall(Who::Ours),
            wall(Who::Reference),
            cell(of.ratio(Quantity::Wall, Who::Raw), ratio),
            cell(of.ratio(Quantity::Wall, Who::Reference), ratio),
            seconds(Who::Raw, Quantity::User),
            seconds(Who::Ours, Quantity::User),
            seconds(Who::Reference, Quantity::User),
            memory(Who::Ours),
            memory(Who::Reference),
        ]);
    }
}

/// Each bound of each job, and whether ours keeps it.
pub fn bounds<'a>(results: impl Iterator<Item = &'a Results>) {
    head(
        "Bounds: medians of the ratios of runs of one round",
        &["job", "ratio", "bound", "measured", "met"],
    );
    for of in results {
        for bound in of.job.bounds {
            let measured = of.ratio(bound.quantity, bound.against);
            row(&[
                of.job.name.to_owned(),
                format!("{}, ours/{}", bound.quantity.name(), bound.against.name()),
                ratio(bound.most),
                cell(measured, ratio),
                cell(measured.map(|measured| measured <= bound.most), met),
            ]);
        }
    }
}

pub fn races(results: &[races::Results]) {
    head(
        "-D -m 5 beside flows that are replaced or change: flows of another mark that it deleted",
        &[
            "race",
            "program",
            "made",
            "hit in each round",
            "hit",
            "ours/1.4.9",
            "met",
        ],
    );
    for of in results {
        let other = results
            .iter()
            .find(|other| other.who == Who::Reference && other.design.name == of.design.name);
        let ratio_of = |other: &races::Results| f64::from(of.hits()) / f64::from(other.hits());
        let part = other.filter(|_| of.who == Who::Ours).map(ratio_of);
        let hits: Vec<String> = of.rounds.iter().map(|(_, hits)| hits.to_string()).collect();
        let made: u32 = of.rounds.iter().map(|(made, _)| made).sum();
        row(&[
            of.design.name.to_owned(),
            of.who.name().to_owned(),
            made.to_string(),
            hits.join(" "),
            of.hits().to_string(),
            cell(part, ratio),
            cell(part.map(|part| part <= races::MOST), met),
        ]);
    }
}

pub fn bursts(results: &[bursts::Results]) {
    head(
        "-E -e NEW while flows are created",
        &[
            "flows",
            "asked a second",
            "made a second",
            "program",
            "as",
            "printed",
            "lost",
            "lost at worst",
            "user s",
            "MiB",
        ],
    );
    for bursts::Results {
        burst,
        watch,
        who,
        watched,
    } in results
    {
        let lost =
            |of: &bursts::Watched| f64::from((watch.lines)(burst.count)) - f64::from(of.printed);
        let middle = |number: fn(&bursts::Watched) -> f64| median(watched.iter().map(number));
        row(&[
            burst.count.to_string(),
            match burst.rate {
                u32::MAX => "as many as can be".to_owned(),
                rate => rate.to_string(),
            },
            cell(middle(|of| of.rate), whole),
            who.name().to_owned(),
            watch.name.to_owned(),
            cell(middle(|of| f64::from(of.printed)), whole),
            cell(median(watched.iter().map(lost)), whole),
            cell(watched.iter().map(lost).max_by(f64::total_cmp), whole),
            cell(middle(|of| of.run.user), seconds),
            cell(middle(|of| of.run.memory), mebibytes),
        ]);
    }
}

pub fn memory(tables: &[Peaks]) {
    let sizes: Vec<String> = tables
        .iter()
        .map(|table| format!("at {} entries", table.entries))
        .collect();
    let sizes: Vec<&str> = sizes.iter().map(String::as_str).collect();
    head(
        "Memory of ours at the most, in MiB",
        &[&["job"], &sizes[..], &["bound", "met"]].concat(),
    );
    for (place, command) in COMMANDS.into_iter().enumerate() {
        let peaks: Vec<f64> = tables.iter().map(|table| table.peaks[place]).collect();
        let mut cells = vec![command.to_owned()];
        cells.extend(peaks.iter().copied().map(mebibytes));
        cells.extend([BOUND.to_owned(), met(keep_bounds(&peaks))]);
        row(&cells);
    }
}

fn head(title: &str, columns: &[&str]) {
    println!("\n{title}\n");
    println!("| {} |", columns.join(" | "));
    println!("|{}", " --- |".repeat(columns.len()));
}

fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

fn cell<T>(value: Option<T>, show: fn(T) -> String) -> String {
    value.map_or(NOTHING.to_owned(), show)
}

fn seconds(value: f64) -> String {
    format!("{value:.4}")
}

fn ratio(value: f64) -> String {
    format!("{value:.3}")
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}

fn mebibytes(kibibytes: f64) -> String {
    format!("{:.1}", kibibytes / 1024.0)
}

fn met(is_met: bool) -> String {
    if is_met { "yes" } else { "NO" }.to_owned()
}
