//! Stories of real connections: saved and loaded tables, NAT that is remade, expectations that come true.

use crate::harness::case::Table;
use crate::harness::namespace::Namespace;
use crate::harness::traffic::{self, Traffic};

use super::stories::{load, ours};

/// What save can carry of a row: everything but labels, helper, and what only the kernel counts.
fn durable(rows: &str) -> Vec<String> {
    let counted = |word: &&str| {
        !["packets=", "bytes=", "delta-time=", "use=", "helper="]
            .iter()
            .any(|key| word.starts_with(key))
    };
    let mut rows: Vec<String> = rows
        .lines()
        .map(|row| {
            let mut words: Vec<&str> = row
                .split(' ')
                .filter(|word| !word.is_empty())
                .filter(counted)
                .collect();
            words.remove(4);
            words.join(" ")
        })
        .collect();
    rows.sort();
    rows
}

pub fn saved_table_comes_back(_: &Namespace) {
    let stage = Table::named("traffic").stage();
    let namespace = &stage.namespace;
    let before = durable(&ours(namespace, "-L -o extended"));
    let saved = ours(namespace, "-L -o save");
    ours(namespace, "-F");
    load(namespace, &saved);
    assert_eq!(durable(&ours(namespace, "-L -o extended")), before);
    assert!(before.len() > 20);
}

pub fn created_flow_carries_packets(namespace: &Namespace) {
    ours(
        namespace,
        "-I -p tcp -s 10.0.0.1 -d 10.0.0.2 --sport 4500 --dport 80 --state ESTABLISHED -t 60 -m 9",
    );
    let rules =
        "table inet t { chain c { type filter hook output priority 0; ct state invalid drop; }; }";
    namespace.feed(&["nft", "-f", "-"], rules);
    let _traffic = Traffic::new(namespace, "tcp 10.0.0.1:4500 > 10.0.0.2:80");
    let row = ours(namespace, "-L -p tcp --dport 80");
    assert!(
        row.contains("ESTABLISHED") && row.contains("[ASSURED]") && row.contains("mark=9"),
        "{row}"
    );
}

pub fn nat_mapping_is_remade(namespace: &Namespace) {
    let rules = "table ip t { chain c { type nat hook postrouting priority srcnat; udp dport 53 snat to 10.0.0.3:5999; }; }";
    namespace.feed(&["nft", "-f", "-"], rules);
    let _neighbour = Traffic::new(namespace, "");
    exchange(namespace, "udp 10.0.0.1:4000 > 10.0.0.2:53");
    let mapping = ours(namespace, "-D -n 10.0.0.3:5999");
    assert!(
        mapping.contains("dst=10.0.0.3 sport=53 dport=5999"),
        "{mapping}"
    );
    assert_eq!(ours(namespace, "-L -n"), "");
    exchange(namespace, "udp 10.0.0.1:4000 > 10.0.0.2:53");
    assert_eq!(ours(namespace, "-L -n 10.0.0.3:5999").lines().count(), 1);
}

/// Sends packets, and lets go of their ports.
fn exchange(namespace: &Namespace, packets: &str) {
    let mut sender = traffic::start(namespace, "traffic", packets);
    sender.kill().expect("a sender that still runs");
    sender.wait().expect("its end");
}

pub fn expectation_comes_true(namespace: &Namespace) {
    let rules = "table ip t { ct helper ftp { type \"ftp\" protocol tcp; }
        chain c { type filter hook output priority 0; tcp dport 21 ct helper set \"ftp\"; }; }";
    namespace.feed(&["nft", "-f", "-"], rules);
    let connection = Traffic::new(
        namespace,
        "tcp 10.0.0.1:4021 > 10.0.0.2:21 say 'USER x\\r\\n' 'PORT 10,0,0,1,1,187\\r\\n'",
    );
    let control = ours(namespace, "-L -p tcp --dport 21");
    assert!(control.contains("helper=ftp"), "{control}");
    let expected = ours(namespace, "-L expect");
    assert!(
        expected.contains("src=10.0.0.2 dst=10.0.0.1 sport=0 dport=443"),
        "{expected}"
    );
    let mut server = traffic::start(namespace, "serve", "");
    let connect = "exec 3<>/dev/tcp/10.0.0.1/443";
    connection.neighbour.run(&["bash", "-c", connect]);
    server.kill().expect("a server that still runs");
    server.wait().expect("its end");
    let data = ours(namespace, "-L -u EXPECTED");
    assert!(
        data.contains("src=10.0.0.2 dst=10.0.0.1") && data.contains("dport=443"),
        "{data}"
    );
    assert_eq!(ours(namespace, "-L expect"), "");
}
