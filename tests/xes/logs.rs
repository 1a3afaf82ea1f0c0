//! Logs that are small and hard, and random ones.

use proptest::prelude::*;

/// A log with this body.
pub fn whole(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<log xes.version=\"1.0\">\n<extension name='C' prefix='c' uri='u'/>\n{body}\n</log>\n<!-- end -->\n"
    )
}

/// Name and body.
pub const LOGS: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "one trace",
        "<trace><string key=\"n\" value=\"1\"/><event><string key=\"a\" value=\"x\"/></event></trace>",
    ),
    (
        "the usual",
        "\t<trace>\n\t\t<string key=\"n\" value=\"1\"/>\n\t\t<event>\n\t\t\t<string key=\"a\" value=\"x\"/>\n\t\t\t<int key=\"b\" value=\"1\"/>\n\t\t</event>\n\t\t<event>\n\t\t\t<string key=\"a\" value=\"y\"/>\n\t\t\t<int key=\"b\" value=\"2\"/>\n\t\t</event>\n\t</trace>\n\t<trace>\n\t\t<string key=\"n\" value=\"2\"/>\n\t\t<event>\n\t\t\t<string key=\"a\" value=\"x\"/>\n\t\t</event>\n\t\t<event>\n\t\t\t<string key=\"a\" value=\"z\"/>\n\t\t\t<int key=\"b\" value=\"3\"/>\n\t\t</event>\n\t</trace>",
    ),
    (
        "tags that are none",
        "<trace><string key=\"n\" value=\"> &lt;trace> <!-- \"/><!-- <trace><event/></trace> --><event><string key=\"a\" value='\"<'/></event><event><string key=\"a\" value='<trace>'/></event></trace>",
    ),
    (
        "comments, instructions and CDATA with tags in them",
        "<!-- <trace> --><?p <trace><event/> ?><trace><string key=\"n\" value=\"1\"/><?p <event> ?><event><!--<event>--><string key=\"a\" value=\"1\"/><![CDATA[<trace><event/></trace>]]></event></trace><trace><event/></trace>",
    ),
    (
        "events outside",
        "<event><string key=\"a\" value=\"0\"/></event><trace><string key=\"n\" value=\"1\"/><event/></trace><event><string key=\"a\" value=\"1\"/></event><event/><trace><string key=\"n\" value=\"1\"/><event/></trace>",
    ),
    (
        "empty things",
        "<trace/><trace></trace><trace><string key=\"n\" value=\"\"/></trace><trace><event/><event></event></trace><trace/>",
    ),
    (
        "neighbours that look alike",
        "<trace><string key=\"n\" value=\"1\"/><event/></trace><trace><string key=\"n\" value=\"1\"/><event/></trace><trace><event/></trace>",
    ),
    (
        "nested",
        "<trace><string key=\"n\" value=\"1\"><int key=\"i\" value=\"2\"><date key=\"d\" value=\"3\"/></int></string><event><string key=\"a\" value=\"1\">\n<string key=\"b\" value=\"2\"/>\n</string><float key=\"f\" value=\"1\"/></event><event><string key=\"a\" value=\"1\">\n<string key=\"b\" value=\"2\"/>\n</string><float key=\"f\" value=\"1\"/></event></trace>",
    ),
    (
        "lists and doubles",
        "<trace><list key=\"l\"><values><int key=\"x\" value=\"1\"/><int key=\"x\" value=\"2\"/></values></list><event><container key=\"c\"><string key=\"s\" value=\"t\"/></container><string key=\"a\" value=\"1\"/><string key=\"a\" value=\"2\"/></event><event><string key=\"a\" value=\"1\"/><list key=\"c\"/></event></trace>",
    ),
    (
        "attributes behind events",
        "<trace><event><string key=\"a\" value=\"1\"/></event><string key=\"n\" value=\"late\"/><event/><foo/></trace><trace><string key=\"n\" value=\"2\"/><event/></trace>",
    ),
    (
        "odd spelling",
        "<trace ><string  key=\"n\" value=\"1\" /><event\n><string key='a' value='x'/><string value=\"v\" key=\"k\"/><string key = \"s\" value = \"t\"></string ></event ></trace\t>",
    ),
    (
        "references and white space in values",
        "<trace><string key=\"n\" value=\"a&amp;b\"/><event><string key=\"a\" value=\"x&#10;y&#x41;\"/><string key=\"b\" value=\"1\n2\t3\r\n4\"/></event><event><string key=\"a\" value=\"ü\"/><string key=\"b\" value=\"€\"/></event></trace>",
    ),
    (
        "what is no attribute",
        "<trace id='7'><foreign:thing xmlns:foreign='u'>text</foreign:thing><event x='y'>stray<string key=\"a\"/><string value=\"b\"/><string key=\"c\" value=\"d\" unit=\"e\"/></event></trace><global scope='event'/><odd/>",
    ),
    (
        "types that differ",
        "<trace><int key=\"n\" value=\"1\"/><event><string key=\"a\" value=\"1\"/></event><event><int key=\"a\" value=\"1\"/></event></trace><trace><string key=\"n\" value=\"1\"/><event><float key=\"a\" value=\"1\"/></event></trace>",
    ),
    (
        "bad in the middle",
        "<trace><string key=\"n\" value=\"1\"/><event/></trace><trace><string key=\"n\" value=\"2\"/><event><string key=\"a\" value=\"&bad;\"/></event></trace><trace><string key=\"n\" value=\"3\"/><event/></trace>",
    ),
    (
        "crossed tags",
        "<trace><string key=\"n\" value=\"1\"/><event></trace></event><trace><string key=\"n\" value=\"2\"/><event/></trace>",
    ),
];

/// Name, body and the rows that it has, values between bars.
pub const WITH_ROWS: &[(&str, &str, &[&str])] = &[
    (
        "case values stand in each row",
        "<trace><string key=\"n\" value=\"1\"/><event><string key=\"a\" value=\"x\"/></event><event/></trace><event/>",
        &["1|x", "1|~", "~|~"],
    ),
    (
        "values are undone",
        "<trace><string key=\"n\" value=\"&lt;a&gt; &#x20AC;\"/><event><string key=\"a\" value=\"1\t2\r\n3\n4&#9;\"/></event></trace>",
        &["<a> €|1 2 3 4\t"],
    ),
    (
        "children have paths, lists are JSON, doubles are kept",
        "<trace><event><string key=\"a\" value=\"1\"><int key=\"b\" value=\"2\"/></string><list key=\"l\"><int key=\"x\" value=\"3\"/></list><string key=\"a\" value=\"4\"/></event><event/></trace>",
        &[
            "1|2|{\"tag\":\"list\",\"key\":\"l\",\"children\":[{\"tag\":\"int\",\"key\":\"x\",\"value\":\"3\"}]}|[{\"tag\":\"string\",\"key\":\"a\",\"value\":\"4\"}]|87",
            "~|~|~|~|87",
        ],
    ),
    (
        "late attributes reach rows before them",
        "<trace><event/><string key=\"n\" value=\"1\"/><event/></trace>",
        &["1", "1"],
    ),
    (
        "what a trace repeats behind its events stands beside what it repeats before them",
        "<trace><string key=\"n\" value=\"1\"/><string key=\"n\" value=\"2\"/><event/><string key=\"n\" value=\"3\"/></trace>",
        &[
            "1|[{\"tag\":\"string\",\"key\":\"n\",\"value\":\"2\"},{\"tag\":\"string\",\"key\":\"n\",\"value\":\"3\"}]",
        ],
    ),
    (
        "types of a trace are kept from before and behind its events",
        "<trace><string key=\"a\" value=\"x\"/><string key=\"b\" value=\"y\"/><event/></trace><trace><int key=\"a\" value=\"1\"/><event/><int key=\"b\" value=\"2\"/></trace>",
        &["x|y|~", "1|2|{\"case:a\":\"int\",\"case:b\":\"int\"}"],
    ),
    (
        "what is no attribute of a trace is kept from before and behind its events",
        "<trace><f/><event/><g/></trace><trace><string key=\"n\" value=\"1\"/><event/></trace>",
        &["~|[{\"tag\":\"f\"},{\"tag\":\"g\"}]", "1|~"],
    ),
];

/// A log whose second trace has so many events.
pub fn long_trace(events: usize) -> String {
    let mut body = String::from(
        "<trace><string key=\"n\" value=\"first\"/><event><string key=\"a\" value=\"x\"/></event></trace>\n<trace>\n\t<string key=\"n\" value=\"long &amp; wide\"/>\n",
    );
    for event in 0..events {
        body.push_str("\t<event>\n\t\t<string key=\"a\" value=\"");
        body.push_str(&event.to_string());
        body.push_str("\"/>\n\t\t<date key=\"t\" value=\"2024-01-02T03:04:05Z\"/>\n\t</event>\n");
    }
    body.push_str("</trace>\n<trace><string key=\"n\" value=\"last\"/><event/><event/></trace>");
    whole(&body)
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c0-9 ]{0,12}",
        1 => Just("a&amp;b".to_owned()),
        1 => Just("x\ny".to_owned()),
        1 => Just("über €".to_owned()),
        1 => Just("> /> <!-- &lt;trace&gt;".replace('<', "&lt;")),
    ]
}

fn attribute() -> impl Strategy<Value = String> {
    let tag =
        prop_oneof![Just("string"), Just("int"), Just("date"), Just("id"), Just("float"), Just("boolean")];
    let key = prop_oneof![Just("a"), Just("b"), Just("time:timestamp"), Just("ü"), Just("a/b")];
    let usual =
        (tag, key, value()).prop_map(|(tag, key, value)| format!("<{tag} key=\"{key}\" value=\"{value}\"/>"));
    let usual = usual.boxed();
    let odd = prop_oneof![
        value().prop_map(|value| format!("<string key='a' value='{value}'/>")),
        value().prop_map(|value| format!("<string value=\"{value}\" key=\"b\"/>")),
        Just("<string key=\"a\"/>".to_owned()),
        Just("<int value=\"1\"/>".to_owned()),
        Just("<string key=\"u\" value=\"1\" unit=\"m\"/>".to_owned()),
        Just("<list key=\"l\"><values><string key=\"a\" value=\"1\"/></values></list>".to_owned()),
        Just("<container key=\"l\"/>".to_owned()),
        Just("<other>t</other>".to_owned()),
        Just("<!-- <event> -->".to_owned()),
        Just("<?p <trace> ?>".to_owned()),
        Just("<![CDATA[<trace>]]>".to_owned()),
        Just("&amp;".to_owned()),
    ];
    let nested =
        (usual.clone(), proptest::collection::vec(usual.clone(), 0..3)).prop_map(|(outer, inner)| {
            let tag = outer[1..outer.find(' ').unwrap()].to_owned();
            format!("{}>{}</{tag}>", outer.trim_end_matches("/>"), inner.concat())
        });
    prop_oneof![10 => usual, 2 => nested, 2 => odd]
}

fn element(tag: &'static str, inside: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (proptest::collection::vec(inside, 0..6), 0..4).prop_map(move |(inside, gap)| {
        let gap = ["", "\n\t", " ", "\r\n"][gap as usize];
        if inside.is_empty() && gap.is_empty() {
            return format!("<{tag}/>");
        }
        format!("<{tag}>{gap}{}{gap}</{tag}>", inside.join(gap))
    })
}

/// The body of a log.
pub fn body() -> impl Strategy<Value = String> {
    let event = element("event", attribute()).boxed();
    let trace = element("trace", prop_oneof![3 => event.clone(), 2 => attribute()]);
    let between = prop_oneof![
        Just("<!-- <trace> -->".to_owned()),
        Just("<global scope=\"event\"/>".to_owned()),
        Just("<string key=\"late\" value=\"1\"/>".to_owned()),
        Just("text".to_owned()),
    ];
    let record = prop_oneof![8 => trace, 2 => event, 1 => between];
    proptest::collection::vec(record, 0..8).prop_map(|records| records.join("\n"))
}

/// What breaks a log, or might.
pub fn damage() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("<"),
        Just(">"),
        Just("&"),
        Just("\""),
        Just("</event>"),
        Just("</trace>"),
        Just("<trace>"),
        Just("<event>"),
        Just("<!--"),
        Just("]]>"),
        Just("\u{1}"),
        Just("</log>"),
        Just("<![CDATA["),
        Just("<string key=\"a\" value=\"1\">"),
        Just("<?xml version='1.0'?>"),
    ]
}
