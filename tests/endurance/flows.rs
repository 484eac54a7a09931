//! Flows of a class, as lines of a load file.

use std::ops::Range;

/// Lines that make the flows of a class: of four, two are UDP, one is TCP and one UDP over IPv6.
pub fn lines(command: &str, class: usize, numbers: Range<u32>, mark: u32) -> String {
    let line = |number: u32| {
        let (high, low) = (number / 250, number % 250);
        let what = match number % 4 {
            3 => format!("udp -s fd{class:02x}::{number:x} -d fdff::1 --dport 53"),
            2 => format!(
                "tcp -s 10.{class}.{high}.{low} -d 10.200.0.1 --dport 80 --state ESTABLISHED"
            ),
            _ => format!("udp -s 10.{class}.{high}.{low} -d 10.200.0.1 --dport 53"),
        };
        format!("{command} -p {what} --sport 1000 -t 90000 -m {mark}\n")
    };
    numbers.map(line).collect()
}

/// The two filters that take a class in, without asking anything else: IPv4 and IPv6.
pub fn filters(class: usize) -> [String; 2] {
    [
        format!("-s 10.{class}.0.0/16"),
        format!("-s fd{class:02x}::/16"),
    ]
}
