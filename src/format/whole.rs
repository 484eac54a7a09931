//! Rows of entries that have everything there is to show, in every style.

use super::{Occasion, Output, Row, Show, outputs};
use crate::flow::expectation::ExpectationFlags;
use crate::flow::protocol::{TCP, UDP};
use crate::flow::sample::{flow, in_state};
use crate::flow::stats::CpuStats;
use crate::flow::{
    Counters, Direction, Event, Expectation, Flow, LabelMap, Sender, Shift, Status, SynProxy,
    TcpDetails, Timestamp, label,
};
use std::sync::Arc;

/// Two in the afternoon of 14 November 2023, and 42 seconds later.
const START: u64 = 1_699_970_400_000_000_000;
const STOP: u64 = START + 42_000_000_000;

const SENDER: Sender = Sender {
    port: 77,
    name: Some(b"a \"b"),
};

/// What JSON has of the flow below. Label 3 has no name.
const JSON: &str = concat!(
    r#""family":"ipv4","protocol":"tcp","protonum":6,"#,
    r#""orig":{"src":"10.0.0.1","dst":"10.0.0.2","sport":1000,"dport":80,"zone":1,"wscale":7,"#,
    r#""flags":["WINDOW_SCALE","SACK_PERM","MAXACK_SET"],"seqadj":{"position":7,"before":-4,"after":12},"#,
    r#""packets":1,"bytes":60},"#,
    r#""reply":{"src":"10.0.0.2","dst":"192.0.2.1","sport":80,"dport":2000,"zone":2,"flags":[],"packets":2,"bytes":104},"#,
    r#""timeout":300,"state":"ESTABLISHED","status":["ASSURED"],"mark":5,"secmark":6,"secctx":"a<b","zone":7,"#,
    r#""helper":"a-name-of-16-let","labels":["one","two,",3],"use":8,"id":9,"#,
    r#""start":"2023-11-14T14:00:00.000000000Z","stop":"2023-11-14T14:00:42.000000000Z","#,
    r#""master":{"protocol":"udp","protonum":17,"src":"10.0.0.1","dst":"10.0.0.2","sport":5060,"dport":5061},"#,
    r#""synproxy":{"isn":1,"its":2,"offset":4294967295}"#,
);

fn entry(labels: &[u8]) -> Flow<'_> {
    let counters = |packets, bytes| Some(Counters { packets, bytes });
    let mut flow = Flow {
        status: Some(Status::ASSURED),
        timeout: Some(300),
        info: in_state(&TCP, 3),
        orig_counters: counters(1, 60),
        reply_counters: counters(2, 104),
        mark: Some(5),
        secmark: Some(6),
        secctx: Some(b"a<b"),
        zone: Some(7),
        timestamp: Timestamp {
            start: Some(START),
            stop: Some(STOP),
        },
        event_time: Some(START + 1_002_003),
        helper: Some(b"a-name-of-16-let"),
        uses: Some(8),
        id: Some(9),
        labels: Some(labels),
        master: flow(&UDP, "10.0.0.1:5060", "10.0.0.2:5061", "192.0.2.1:1").orig,
        orig_shift: Some(Shift {
            position: Some(7),
            before: Some(-4),
            after: Some(12),
        }),
        synproxy: Some(SynProxy {
            isn: Some(1),
            its: Some(2),
            offset: Some(u32::MAX),
        }),
        tcp: TcpDetails {
            orig_wscale: Some(7),
            reply_wscale: None,
            orig_flags: Some(0x23),
            reply_flags: Some(0),
        },
        ..flow(&TCP, "10.0.0.1:1000", "10.0.0.2:80", "192.0.2.1:2000")
    };
    flow.orig.zone = Some(1);
    flow.reply.zone = Some(2);
    flow
}

fn expected() -> Expectation<'static> {
    let tuples = flow(&TCP, "10.0.0.1:1000", "10.0.0.2:80", "192.0.2.1:2000");
    Expectation {
        family: tuples.family,
        master: tuples.orig,
        tuple: tuples.reply,
        mask: tuples.orig,
        timeout: Some(-1),
        zone: Some(7),
        flags: Some(ExpectationFlags(0b110)),
        class: Some(3),
        helper: Some(b"a-name-of-16-let"),
        id: Some(11),
        function: Some(b"nat-follow-master"),
        nat_direction: Some(Direction::Reply),
        nat: tuples.reply,
    }
}

/// How `-o` shows rows; labels are named as they would be by a file.
fn show(words: &str) -> Show {
    let mut map = LabelMap::default();
    map.name(1, b"one");
    map.name(2, b"two,");
    let mut show = Show {
        labels: Some(Arc::new(map)),
        ..Show::default()
    };
    for word in words.split(',') {
        match outputs().find(|(name, _)| *name == word).unwrap().1 {
            Output::Style(style) | Output::Addition(style) => show.style = style,
            Output::Columns(columns) => show.columns = show.columns.union(columns),
            Output::Table => {}
        }
    }
    show
}

fn row(words: &str, occasion: Occasion) -> String {
    let mut labels = Vec::new();
    label::set(&mut labels, 1);
    label::set(&mut labels, 2);
    label::set(&mut labels, 3);
    let flow = entry(&labels);
    let mut out = Vec::new();
    show(words).flow(
        &mut out,
        &Row {
            flow: &flow,
            occasion,
        },
    );
    String::from_utf8(out).unwrap()
}

fn row_of_expectation(words: &str, occasion: Occasion) -> String {
    let mut out = Vec::new();
    show(words).expectation(&mut out, &expected(), occasion);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_row_shows_everything_that_a_flow_has() {
    let update = Occasion::Event(Some(Event::Update), Some(SENDER));
    let deleted = "-D -t 300 -u ASSURED -m 5 -c 6 -w 7 --orig-zone 1 --reply-zone 2 -s 10.0.0.1 -d 10.0.0.2 \
        -r 10.0.0.2 -q 192.0.2.1 -p tcp --sport 1000 --dport 80 --reply-port-src 80 --reply-port-dst 2000 \
        --state ESTABLISHED\n";
    let listed = deleted.replace("-D", "-A");
    let changed = deleted
        .replace("-D", "-U")
        .replace('\n', " [USERSPACE] portid=77 progname=a\\x20\\x22b\n");
    for (words, occasion, text) in [
        (
            "extended,timestamp,id,labels",
            update,
            "[1699970400.001002]\t [UPDATE] ipv4     2 tcp      6 300 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 \
             sport=1000 dport=80 zone-orig=1 packets=1 bytes=60 [UNREPLIED] src=10.0.0.2 dst=192.0.2.1 sport=80 \
             dport=2000 zone-reply=2 packets=2 bytes=104 [ASSURED] mark=5 secmark=6 secctx=a<b zone=7 delta-time=42 \
             helper=a-name-of-16-le use=8 id=9 labels=one,two, [USERSPACE] portid=77 progname=a \"b\n",
        ),
        (
            "xml,id,labels",
            update,
            "<flow type=\"update\"><meta direction=\"original\"><layer3 protonum=\"2\" protoname=\"ipv4\">\
             <src>10.0.0.1</src><dst>10.0.0.2</dst></layer3><layer4 protonum=\"6\" protoname=\"tcp\">\
             <sport>1000</sport><dport>80</dport></layer4><zone>1</zone>\
             <counters><packets>1</packets><bytes>60</bytes></counters></meta>\
             <meta direction=\"reply\"><layer3 protonum=\"2\" protoname=\"ipv4\">\
             <src>10.0.0.2</src><dst>192.0.2.1</dst></layer3><layer4 protonum=\"6\" protoname=\"tcp\">\
             <sport>80</sport><dport>2000</dport></layer4><zone>2</zone>\
             <counters><packets>2</packets><bytes>104</bytes></counters></meta>\
             <meta direction=\"independent\"><state>ESTABLISHED</state><timeout>300</timeout><mark>5</mark>\
             <labels><label>one</label><label>two,</label></labels><secmark>6</secmark><secctx>a&lt;b</secctx>\
             <zone>7</zone><use>8</use><id>9</id><assured/><unreplied/><deltatime>42</deltatime></meta>\
             <helper>a-name-of-16-let</helper></flow>\n",
        ),
        (
            "json",
            update,
            &format!(
                "{{\"event\":\"UPDATE\",\"time\":\"2023-11-14T14:00:00.001002003Z\",{JSON},\"portid\":77,\"program\":\"a \\\"b\"}}\n"
            ),
        ),
        ("json", Occasion::Deleted, &format!("{{{JSON}}}\n")),
        ("save", Occasion::Listed, &listed),
        ("save", Occasion::Deleted, deleted),
        ("save", update, &changed),
    ] {
        assert_eq!(row(words, occasion), text);
    }
}

#[test]
fn a_row_shows_everything_that_an_expectation_has() {
    let made = Occasion::Event(Some(Event::New), Some(SENDER));
    let classic = "    [NEW] 4294967295 proto=6 src=10.0.0.2 dst=192.0.2.1 sport=80 dport=2000 \
        mask-src=10.0.0.1 mask-dst=10.0.0.2 sport=1000 dport=80 master-src=10.0.0.1 master-dst=10.0.0.2 \
        sport=1000 dport=80 zone=7 INACTIVE,USERSPACE class=3 helper=a-name-of-16-le\n";
    let xml = "<flow type=\"new\"><layer3 protonum=\"2\" protoname=\"ipv4\">\
        <expected><src>10.0.0.2</src><dst>192.0.2.1</dst></expected><mask><src>10.0.0.1</src><dst>10.0.0.2</dst></mask>\
        <master><src>10.0.0.1</src><dst>10.0.0.2</dst></master></layer3><layer4 protonum=\"6\" protoname=\"tcp\">\
        <expected><sport>80</sport><dport>2000</dport></expected><mask><sport>1000</sport><dport>80</dport></mask>\
        <master><sport>1000</sport><dport>80</dport></master></layer4>\
        <meta><helper-name>a-name-of-16-let</helper-name><timeout>4294967295</timeout><class>3</class><zone>7</zone>\
        <inactive/><userspace/></meta></flow>\n";
    let json = concat!(
        r#"{"family":"ipv4","protocol":"tcp","protonum":6,"#,
        r#""expected":{"src":"10.0.0.2","dst":"192.0.2.1","sport":80,"dport":2000},"#,
        r#""mask":{"src":"10.0.0.1","dst":"10.0.0.2","sport":1000,"dport":80},"#,
        r#""master":{"src":"10.0.0.1","dst":"10.0.0.2","sport":1000,"dport":80},"#,
        r#""timeout":-1,"flags":["INACTIVE","USERSPACE"],"class":3,"zone":7,"helper":"a-name-of-16-let","#,
        r#""function":"nat-follow-master","id":11,"#,
        r#""nat":{"direction":"reply","src":"10.0.0.2","dst":"192.0.2.1","sport":80,"dport":2000}}"#,
        "\n",
    );
    assert_eq!(row_of_expectation("json", Occasion::Listed), json);
    assert!(row_of_expectation("json", made).starts_with("{\"event\":\"NEW\",\"time\":\"2"));
    for (words, text) in [("mark", classic), ("xml", xml), ("save", classic)] {
        assert_eq!(row_of_expectation(words, made), text);
    }
}

/// Clocks and the zone are those of whoever runs the test.
#[test]
fn times_are_shown_where_they_are_asked_for() {
    let made = Occasion::Event(Some(Event::New), None);
    let classic = row("ktimestamp", Occasion::Listed);
    for part in [
        " delta-time=42 [start=",
        " 2023] [stop=",
        ":42 2023] helper=",
    ] {
        assert!(classic.contains(part), "{part}: {classic}");
    }
    let xml = row("xml,ktimestamp,timestamp", made);
    let lifetime = format!("<timestamp><start>{START}</start><stop>{STOP}</stop></timestamp>");
    for part in [
        &lifetime,
        "</meta><when><hour>",
        "<wday>",
        "</year></when><helper>",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    let begun = Flow {
        timestamp: Timestamp {
            start: Some(START),
            stop: None,
        },
        ..Flow::default()
    };
    let mut out = Vec::new();
    let occasion = Occasion::Listed;
    show("xml,ktimestamp").flow(
        &mut out,
        &Row {
            flow: &begun,
            occasion,
        },
    );
    let lifetime = format!("<timestamp><start>{START}</start></timestamp>");
    assert!(String::from_utf8_lossy(&out).contains(&lifetime));
    assert!(!row("xml,timestamp", Occasion::Listed).contains("<when>"));
    assert!(row("timestamp", Occasion::Listed).starts_with("tcp "));
    assert!(row_of_expectation("timestamp", made).starts_with('['));
    assert!(row_of_expectation("xml,timestamp", made).contains("<when><hour>"));
}

#[test]
fn counters_of_a_cpu_follow_its_number() {
    let mut out = Vec::new();
    let counters = vec![("found", 5), ("invalid", u32::MAX)];
    let stats = CpuStats { cpu: 12, counters };
    show("mark").style.cpu(&mut out, &stats);
    let text = "cpu=12  \tfound=5 invalid=4294967295 \n";
    assert_eq!(String::from_utf8(out).unwrap(), text);
}

#[test]
fn counters_counts_and_losses_are_objects() {
    use crate::flow::stats::Count;
    let json = show("json").style;
    let mut out = Vec::new();
    let counters = vec![("found", 5), ("invalid", u32::MAX), ("found", 6)];
    json.cpu(&mut out, &CpuStats { cpu: 12, counters });
    for (entries, maximum) in [(Some(5), Some(9)), (None, None)] {
        let count = Count {
            entries,
            maximum,
            buckets: None,
        };
        json.count(&mut out, &count);
    }
    json.lost(&mut out, 3);
    let text = "{\"cpu\":12,\"found\":5,\"invalid\":4294967295}\n\
        {\"entries\":5,\"maximum\":9}\n{}\n{\"event\":\"LOST\",\"times\":3}\n";
    assert_eq!(String::from_utf8(out).unwrap(), text);
}

/// A field whose attribute is not among those that a flow says it has would be passed over.
#[test]
fn what_a_flow_has_it_has_attributes_of() {
    use crate::field::FIELDS;
    use crate::flow::Attributes;
    let labels = [1, 0, 0, 0];
    let flow = entry(&labels);
    let has = flow.attributes();
    for field in FIELDS
        .iter()
        .filter(|field| field.needs != Attributes::NONE)
    {
        let known = (field.get)(&flow).is_some();
        assert!(!known || has.intersects(field.needs), "{}", field.path);
    }
    assert_eq!(Flow::default().attributes(), Attributes::NONE);
}
