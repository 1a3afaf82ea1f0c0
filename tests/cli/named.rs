//! Errors and warnings name the input that the user named: in a run of several each its own, and never a file that was made on
//! the way.

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::Folder;

/// Times without a zone, an attribute that is not what it is declared to be, a type without events, a relation that leads nowhere.
const OCEL: &str = "{\"objectTypes\":[{\"name\":\"order\",\"attributes\":[]}],\"eventTypes\":[{\"name\":\"pay\",\"attributes\":[{\"name\":\"n\",\"type\":\"integer\"}]},\
    {\"name\":\"never\",\"attributes\":[]}],\"objects\":[{\"id\":\"o1\",\"type\":\"order\"}],\"events\":[{\"id\":\"e1\",\"type\":\"pay\",\"time\":\"2024-01-01T08:00:00\",\
    \"attributes\":[{\"name\":\"n\",\"value\":\"x\"}],\"relationships\":[{\"objectId\":\"o1\",\"qualifier\":\"x\"},{\"objectId\":\"o2\",\"qualifier\":\"x\"}]}]}";
const FLAT: &str =
    "ocel:eid,ocel:activity,ocel:timestamp,ocel:type:order\ne1,pay,2024-01-01 08:00:00,['o1']\n";
const XES: &str = "<log xes.version=\"1.0\"><trace/><trace><event><string key=\"a\" value=\"1\"/></event></trace><global scope=\"event\"/></log>";

/// The inputs and codes of all warnings of a run.
fn warnings(folder: &Folder, args: &str) -> Vec<(String, String)> {
    let out = String::from_utf8(folder.run(args).output().unwrap().stdout).unwrap();
    let values = serde_json::Deserializer::from_str(&out).into_iter::<Value>().map(Result::unwrap);
    let all: Vec<Value> =
        values.flat_map(|it| it["warnings"].as_array().cloned().unwrap_or_default()).collect();
    let text = |it: &Value| it.as_str().unwrap_or("no name").to_owned();
    all.iter().map(|it| (text(&it["input"]), text(&it["code"]))).collect()
}

fn has(found: &[(String, String)], input: &str, code: &str) -> bool {
    found.iter().any(|(of, is)| of == input && is == code)
}

#[test]
fn every_warning_of_a_run_of_several_inputs_names_its_input() {
    let folder = Folder::new()
        .with("logs/a.jsonocel", OCEL)
        .with("logs/b.jsonocel", OCEL)
        .with("logs/c.csv", "a,b\n1,2\n")
        .with("logs/d.xes", XES)
        .with("logs/e.jsonl", "{\"a\":1,\"time\":\"x\"}\n{\"a\":2,\"time\":\"2024-01-01\"}\n");
    for args in [
        "convert logs -o out/ --report json",
        "convert logs -o dry/ -n --report json",
        "convert logs -n --report json",
        "convert logs/a.jsonocel logs/b.jsonocel logs/c.csv -o named/ --report json",
        "convert logs/a.jsonocel logs/b.jsonocel -o flat/ --flatten order --report json",
        "convert logs/a.jsonocel logs/b.jsonocel -o five/ --layout pm4py --report json",
        "convert logs/a.jsonocel logs/c.csv -o idle/ --decimal comma --report json",
        "schema logs/a.jsonocel logs/b.jsonocel logs/d.xes --format json",
    ] {
        let found = warnings(&folder, args);
        let nameless = found.iter().filter(|(input, code)| input == "no name" && !may_be_of_all(args, code));
        assert_eq!(nameless.count(), 0, "{args}: {found:?}");
        assert!(found.iter().all(|(input, _)| input == "no name" || folder.has(input)), "{args}: {found:?}");
        assert!(!found.is_empty(), "{args}");
    }
    let found = warnings(&folder, "convert logs -o again/ --report json");
    for input in ["logs/a.jsonocel", "logs/b.jsonocel"] {
        for code in ["LW208", "LW215", "LW308", "LW309"] {
            assert!(has(&found, input, code), "{input} {code}: {found:?}");
        }
    }
    assert!(has(&found, "logs/d.xes", "LW213") && has(&found, "logs/d.xes", "LW212"), "{found:?}");
    assert!(has(&found, "logs/c.csv", "LW401"), "{found:?}");
    folder.run("convert logs -o text/ -v").assert().success().stderr(
        contains("warning[LW309]: logs/a.jsonocel: ").and(contains("warning[LW309]: logs/b.jsonocel: ")),
    );
}

/// Without an output all event logs are one table, which a warning may be about.
fn may_be_of_all(args: &str, code: &str) -> bool {
    args.starts_with("convert logs -n") && code.starts_with("LW4")
}

#[test]
fn dates_that_two_orders_allow_are_reported_with_their_file() {
    const DATES: &str = "case,act,time\n1,a,01/02/2024 10:00\n2,b,02/01/2024 10:00\n";
    for (name, text, args) in [
        ("a.csv", DATES.to_owned(), "convert a.csv -o o.parquet --timestamp time"),
        ("a.csv", DATES.to_owned(), "schema a.csv --timestamp time"),
        ("a.csv", DATES.replace("10:00", "10:00:07"), "convert a.csv -o o.parquet --timestamp time"),
        ("a.csv", DATES.replace(' ', "T"), "convert a.csv -o o.parquet --timestamp time"),
        ("a.tsv", DATES.replace(',', "\t"), "convert a.tsv -o o.parquet --timestamp time"),
        ("a.csv", DATES.replace('\n', "\r\n"), "convert a.csv -o o.parquet --timestamp time"),
        ("a.csv", format!("\u{feff}{DATES}"), "convert a.csv -o o.parquet --timestamp time"),
        ("a.csv", DATES.to_owned(), "convert a.csv -o o.parquet --timestamp time --io read"),
        ("a.csv", DATES.to_owned(), "convert a.csv b.csv -o o.parquet --timestamp time"),
        ("a.csv", DATES.to_owned(), "convert b.csv a.csv -o o.parquet --timestamp time"),
        (
            "a.jsonl",
            "{\"n\":1,\"time\":\"01/02/2024\"}\n{\"n\":2,\"time\":\"02/01/2024\"}\n".to_owned(),
            "convert a.jsonl -o o.parquet --timestamp time",
        ),
        ("a.csv", DATES.to_owned(), "convert a.csv -o o.xes --timestamp time"),
    ] {
        let folder = Folder::new().with(name, &text).with("b.csv", "case,act\n1,a\n2,b\n");
        folder.run(args).assert().code(2).stderr(
            contains("LF501")
                .and(contains(format!("at {name}, column \"time\"")))
                .and(contains("<stdin>").not()),
        );
    }
    // What comes from standard input has no other name.
    let folder = Folder::new();
    let told = folder.run("convert - --from csv -o o.parquet --timestamp time").write_stdin(DATES).assert();
    told.code(2).stderr(contains("at <stdin>, column \"time\""));
}

#[test]
fn a_file_that_was_made_on_the_way_is_called_like_the_input() {
    let folder = Folder::new().with("a.jsonocel", OCEL).with("b.csv", FLAT).with("c.csv", FLAT);
    folder.run("convert a.jsonocel -o a.sqlite").assert().success();
    folder.run("convert a.jsonocel -o bundle").assert().success();
    for (number, args) in [
        "a.jsonocel -o OUT.xes --flatten order",
        "a.jsonocel -o OUT.parquet --flatten order",
        "a.sqlite -o OUT.parquet --flatten order",
        "bundle -o OUT.parquet --flatten order",
        "bundle -o OUT.xes --flatten order",
        "a.jsonocel b.csv -o OUT/ --flatten order",
        "b.csv -o OUT",
        "b.csv -o OUT.json",
        "b.csv -o OUT.xes --flatten order",
        "b.csv c.csv -o OUT/",
        "b.csv c.csv -o OUT",
        "b.csv -o OUT --from ocel-csv -n",
        "b.csv --from ocel-csv -n",
        "b.csv -o OUT --decimal comma",
    ]
    .into_iter()
    .enumerate()
    {
        let text = args.replace("OUT", &format!("t{number}"));
        let told = folder.run(&format!("convert {text} -v")).output().unwrap();
        let told = String::from_utf8(told.stderr).unwrap();
        assert!(!told.contains("flat.csv") && !told.contains("/tmp"), "{args}: {told}");
        let json = args.replace("OUT", &format!("j{number}"));
        let out = folder.run(&format!("convert {json} --report json")).assert().success();
        let out = String::from_utf8(out.get_output().stdout.clone()).unwrap();
        assert!(!out.contains("flat.csv") && !out.contains("/tmp/.tmp"), "{args}: {out}");
    }
    // What is written names it as well.
    let bytes = std::fs::read(folder.path("t1.parquet")).unwrap();
    let has = |what: &str| bytes.windows(what.len()).any(|it| it == what.as_bytes());
    assert!(has("a.jsonocel") && !has("flat.csv"));
}

#[test]
fn an_error_about_a_flat_table_names_the_table() {
    for (row, args) in [
        ("e1,pay,nonsense,['o1']", "b.csv -o out"),
        ("e1,pay,nonsense,['o1']", "b.csv -o out.json"),
        ("e1,pay,nonsense,['o1']", "b.csv -o out/"),
        ("e1,pay,nonsense,['o1']", "b.csv -o out.parquet --flatten order"),
        ("e1,pay,nonsense,['o1']", "b.csv -o out -n --from ocel-csv"),
        ("e1,pay,2024-01-01,[o1", "b.csv -o out"),
    ] {
        let header = FLAT.lines().next().unwrap();
        let folder = Folder::new().with("b.csv", format!("{header}\n{row}\n"));
        let told = folder.run(&format!("convert {args}")).output().unwrap();
        let text = String::from_utf8(told.stderr).unwrap();
        if !told.status.success() {
            assert!(text.contains("b.csv") && !text.contains("/tmp/.tmp"), "{args}: {text}");
        }
    }
}
