//! Planted patterns are in the log where the truth says, and nowhere else. Logs are read back by a reader of
//! its own; nothing here is counted by the generator.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::{BTreeMap, HashMap, HashSet};

use logflow_generate::{
    GenerateOptions, Lengths, LogForm, Pattern, Plant, Process, TextKind, TimeGrain, Word, write_csv,
    write_with_truth,
};
use serde_json::Value;

type Row = HashMap<String, String>;

/// Reads CSV by RFC 4180.
fn rows(text: &[u8]) -> Vec<Row> {
    let text = std::str::from_utf8(text).unwrap();
    let (mut records, mut record, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            _ => field.push(sign),
        }
    }
    assert!(!quoted && record.is_empty() && field.is_empty());
    let header = records.remove(0);
    let named = |record: Vec<String>| {
        assert_eq!(record.len(), header.len());
        header.iter().cloned().zip(record).collect()
    };
    records.into_iter().map(named).collect()
}

/// Milliseconds of a time that the generator writes; only differences and the order matter.
fn millis(time: &str) -> i64 {
    let number =
        |range: std::ops::Range<usize>| time.get(range).map_or(0, |text| text.parse::<i64>().unwrap());
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let mut days = day;
    for before in 2000..year {
        days += if before % 4 == 0 { 366 } else { 365 };
    }
    for before in 1..month {
        days += match before {
            2 if year % 4 == 0 => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
    }
    let fraction = if time.as_bytes().get(19) == Some(&b'.') { number(20..23) } else { 0 };
    ((days * 24 + number(11..13)) * 60 + number(14..16)) * 60_000 + number(17..19) * 1000 + fraction
}

fn made(options: &GenerateOptions) -> (Vec<Row>, Value) {
    let mut text = Vec::new();
    let (summary, truth) = write_with_truth(LogForm::Csv, options, &mut text).unwrap();
    assert_eq!(summary.bytes, text.len() as u64);
    (rows(&text), serde_json::from_slice(&truth.to_json()).unwrap())
}

fn clean() -> GenerateOptions {
    GenerateOptions { process: Some(Process::Ordered), ..GenerateOptions::new(6000) }
}

fn with(pattern: Pattern) -> GenerateOptions {
    let plants = vec![Plant { pattern, share: 0.1 }];
    GenerateOptions { plants, ..GenerateOptions::new(6000) }
}

fn changes(truth: &Value) -> &Vec<Value> {
    truth["planted"][0]["changes"].as_array().unwrap()
}

/// Rows by case, in the order of the log.
fn by_case(rows: &[Row]) -> BTreeMap<&str, Vec<&Row>> {
    let mut cases: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        cases.entry(&row["case_id"]).or_default().push(row);
    }
    cases
}

#[test]
fn an_ordered_log_is_clean() {
    for times in [TimeGrain::Millis, TimeGrain::Seconds, TimeGrain::Micros, TimeGrain::Days] {
        let options = GenerateOptions { times, intervals: true, ..clean() };
        let (rows, truth) = made(&options);
        assert_eq!((rows.len(), by_case(&rows).len()), (6000, 333));
        assert_eq!(truth["planted"].as_array().unwrap().len(), 0);
        let (mut pairs, mut ids, mut departments) = (HashSet::new(), HashSet::new(), HashMap::new());
        let least = if times == TimeGrain::Days { 2 * 86_400_000 } else { 3_600_000 };
        for (number, (case, rows)) in by_case(&rows).into_iter().enumerate() {
            assert_eq!(case, format!("C{:07}", number + 1));
            assert_eq!(rows[0]["activity"], "Register request");
            assert_eq!(rows.last().unwrap()["activity"], "Close case");
            for pair in rows.windows(2) {
                let gap = millis(&pair[1]["timestamp"]) - millis(&pair[0]["timestamp"]);
                assert!(gap >= least, "{gap}");
                assert!(millis(&pair[1]["start_timestamp"]) > millis(&pair[0]["timestamp"]));
                assert_eq!(pair[0]["case_region"], pair[1]["case_region"]);
            }
            for (at, row) in rows.iter().enumerate() {
                for later in &rows[at + 1..] {
                    pairs.insert((row["activity"].clone(), later["activity"].clone()));
                }
                assert!(millis(&row["start_timestamp"]) < millis(&row["timestamp"]));
                assert!(row.values().all(|value| !value.is_empty()), "{row:?}");
                assert_eq!(row["lifecycle"], "complete");
                assert!(ids.insert(row["event_id"].clone()));
                let department =
                    departments.entry(row["resource"].clone()).or_insert(row["department"].clone());
                assert_eq!(department, &row["department"]);
            }
        }
        // No two activities occur in both orders.
        assert!(
            pairs.iter().all(|(one, other)| one == other || !pairs.contains(&(other.clone(), one.clone())))
        );
    }
}

/// What the truth tells of the rows must follow from the rows.
fn assert_counts(rows: &[Row], truth: &Value) {
    let complete =
        |row: &&Row| ["case_id", "activity", "timestamp"].iter().all(|name| !row[*name].is_empty());
    let mut cases: BTreeMap<&str, Vec<(i64, i64, &str)>> = BTreeMap::new();
    for row in rows.iter().filter(complete) {
        let time = millis(&row["timestamp"]);
        let start = row.get("start_timestamp").map_or(time, |start| millis(start));
        cases.entry(&row["case_id"]).or_default().push((start, time, &row["activity"]));
    }
    let (mut starts, mut ends, mut activities) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut follows, mut variants) = (BTreeMap::new(), BTreeMap::new());
    for events in cases.values_mut() {
        events.sort_by_key(|(start, time, _)| (*start, *time));
        let names: Vec<&str> = events.iter().map(|(_, _, name)| *name).collect();
        names.iter().for_each(|name| *activities.entry(*name).or_insert(0u64) += 1);
        names.windows(2).for_each(|pair| *follows.entry((pair[0], pair[1])).or_insert(0u64) += 1);
        *starts.entry(names[0]).or_insert(0u64) += 1;
        *ends.entry(names[names.len() - 1]).or_insert(0u64) += 1;
        *variants.entry(names).or_insert(0u64) += 1;
    }
    let counts = |name: &str| -> BTreeMap<&str, u64> {
        let told = truth[name].as_object().unwrap();
        told.iter().map(|(name, count)| (name.as_str(), count.as_u64().unwrap())).collect()
    };
    assert_eq!(counts("start_activities"), starts);
    assert_eq!(counts("end_activities"), ends);
    assert_eq!(counts("activities"), activities);
    let told: BTreeMap<(&str, &str), u64> = truth["dfg"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            ((edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap()), edge["count"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(told, follows);
    let told: BTreeMap<Vec<&str>, u64> = truth["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variant| {
            let names = variant["activities"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            (names.collect(), variant["cases"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(told, variants);
    assert_eq!(truth["cases"].as_u64().unwrap(), cases.len() as u64);
    assert_eq!(truth["events"].as_u64().unwrap(), rows.iter().filter(complete).count() as u64);
    assert_eq!(truth["left_out"].as_u64().unwrap(), rows.iter().filter(|row| !complete(row)).count() as u64);
}

/// The rows of a log with the changes that the truth tells taken back, without the rows that it has added.
fn mended(rows: &[Row], truth: &Value) -> Vec<Row> {
    let (mut mended, mut added) = (rows.to_vec(), HashSet::new());
    let mut told = HashSet::new();
    for change in changes(truth) {
        let Some(row) = change["row"].as_u64() else { continue };
        told.insert(row);
        let at = row as usize - 1;
        let Some(column) = change["column"].as_str() else {
            added.insert(at);
            continue;
        };
        assert_eq!(rows[at][column], change["after"].as_str().unwrap_or(""), "{change}");
        mended[at].insert(column.to_owned(), change["before"].as_str().unwrap_or("").to_owned());
    }
    let mut listed: Vec<u64> = told.into_iter().collect();
    listed.sort_unstable();
    assert_eq!(truth["planted"][0]["rows"], serde_json::json!(listed));
    (0..).zip(mended).filter(|(at, _)| !added.contains(at)).map(|(_, row)| row).collect()
}

#[test]
fn each_pattern_is_where_the_truth_says_and_nothing_else_differs_from_the_clean_log() {
    for interleave in [false, true] {
        for (name, pattern) in Pattern::WORDS {
            let options = GenerateOptions { interleave, ..with(*pattern) };
            let (rows, truth) = made(&options);
            assert_counts(&rows, &truth);
            assert_eq!(truth["planted"][0]["pattern"], *name);
            let without = GenerateOptions {
                plants: Vec::new(),
                intervals: options.has_intervals(),
                interleave,
                ..clean()
            };
            let (clean, _) = made(&without);
            let mended = mended(&rows, &truth);
            if matches!(pattern, Pattern::InactivePeriod | Pattern::OutlierDurations) {
                // The times of the other rows are later too.
                assert_eq!(mended.len(), clean.len());
                continue;
            }
            let removed = changes(&truth).iter().filter(|change| change["change"] == "removed").count();
            assert_eq!(mended.len() + removed, 6000, "{name}");
            let clean: HashMap<&str, &Row> =
                clean.iter().map(|row| (row["event_id"].as_str(), row)).collect();
            for row in &mended {
                assert_eq!(row, clean[row["event_id"].as_str()], "{name}");
            }
            // The last cases may have no place for the pattern.
            assert!((31..=33).contains(&truth["planted"][0]["cases"].as_u64().unwrap()), "{name}");
        }
    }
}

#[test]
fn rows_stay_in_the_order_of_time() {
    for (name, pattern) in Pattern::WORDS {
        for interleave in [false, true] {
            let (rows, _) = made(&GenerateOptions { interleave, ..with(*pattern) });
            for pair in rows.windows(2).filter(|pair| pair.iter().all(|row| !row["timestamp"].is_empty())) {
                if interleave || pair[0]["case_id"] == pair[1]["case_id"] && !pair[0]["case_id"].is_empty() {
                    assert!(millis(&pair[0]["timestamp"]) <= millis(&pair[1]["timestamp"]), "{name}");
                }
            }
        }
    }
}

fn told(pattern: Pattern) -> (Vec<Row>, Value) {
    made(&with(pattern))
}

#[test]
fn times_are_wrong_in_the_way_of_their_pattern() {
    let (rows, truth) = told(Pattern::InadvertentTimeTravel);
    for change in changes(&truth) {
        let [before, after] = ["before", "after"].map(|which| millis(change[which].as_str().unwrap()));
        assert_eq!(before - after, 86_400_000);
        let at = change["row"].as_u64().unwrap() as usize - 1;
        assert_eq!(rows[at - 1]["case_id"], rows[at]["case_id"]);
    }
    let (_, truth) = told(Pattern::UnanchoredEvent);
    for change in changes(&truth) {
        let [before, after] = ["before", "after"].map(|which| change[which].as_str().unwrap());
        assert_eq!(
            (&before[5..7], &before[8..10], &before[10..]),
            (&after[8..10], &after[5..7], &after[10..])
        );
        assert_ne!(before, after);
    }
    let (rows, truth) = told(Pattern::FormBasedCapture);
    let mut tied: HashMap<(&str, &str), u32> = HashMap::new();
    rows.iter().for_each(|row| *tied.entry((&row["case_id"], &row["timestamp"])).or_default() += 1);
    let forms: Vec<u32> = tied.values().copied().filter(|count| *count > 1).collect();
    assert_eq!(forms.len(), 33);
    assert!(forms.iter().all(|count| (3..=6).contains(count)));
    assert_eq!(changes(&truth).len() as u32, forms.iter().map(|count| count - 1).sum::<u32>());
    let (rows, _) = told(Pattern::CollateralEvents);
    let quick = by_case(&rows)
        .values()
        .flat_map(|rows| rows.windows(2))
        .filter(|pair| {
            millis(&pair[1]["timestamp"]) - millis(&pair[0]["timestamp"]) < 10_000
                && pair[0]["activity"] == pair[1]["activity"]
        })
        .count();
    assert_eq!(quick, rows.len() - 6000);
    assert!((66..=99).contains(&quick));
    for (pattern, sign) in [(Pattern::NegativeDurations, -1), (Pattern::ZeroDurations, 0)] {
        let (rows, _) = told(pattern);
        let wrong =
            rows.iter().map(|row| (millis(&row["timestamp"]) - millis(&row["start_timestamp"])).signum());
        assert_eq!(wrong.filter(|found| *found == sign).count(), 33);
    }
    let (rows, truth) = told(Pattern::OutlierDurations);
    let long: Vec<u64> = (1..)
        .zip(&rows)
        .filter(|(_, row)| millis(&row["timestamp"]) - millis(&row["start_timestamp"]) > 86_400_000)
        .map(|(row, _)| row)
        .collect();
    assert_eq!(truth["planted"][0]["rows"], serde_json::json!(long));
    assert_eq!(long.len(), 33);
    let (rows, truth) = told(Pattern::InactivePeriod);
    let [from, to] = ["from", "to"].map(|which| millis(truth["planted"][0]["idle"][which].as_str().unwrap()));
    let times: Vec<i64> = rows.iter().map(|row| millis(&row["timestamp"])).collect();
    assert!(to - from >= 2 * 86_400_000 && !times.iter().any(|time| *time > from && *time < to));
    assert!(times.iter().any(|time| *time <= from) && times.iter().any(|time| *time >= to));
}

#[test]
fn labels_are_wrong_in_the_way_of_their_pattern() {
    let names =
        |rows: &[Row]| -> HashSet<String> { rows.iter().map(|row| row["activity"].clone()).collect() };
    let usual = names(&made(&clean()).0);
    assert_eq!(usual.len(), 26);
    let squeezed =
        |name: &str| -> String { name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ") };
    for (pattern, fresh) in [
        (Pattern::DistortedLabel, 10),
        (Pattern::PollutedLabel, 33),
        (Pattern::SynonymousLabels, 1),
        (Pattern::HomonymousLabels, 0),
    ] {
        let (rows, truth) = told(pattern);
        let found = names(&rows);
        let strange: Vec<&String> = found.difference(&usual).collect();
        assert!(strange.len() >= fresh && (fresh > 1 || strange.len() == fresh), "{strange:?}");
        for change in changes(&truth) {
            let [before, after] = ["before", "after"].map(|which| change[which].as_str().unwrap());
            assert!(usual.contains(before) && before != after);
            match pattern {
                Pattern::PollutedLabel => assert!(after.starts_with(before)),
                Pattern::DistortedLabel => assert!(
                    squeezed(before) == squeezed(after) || before.len().abs_diff(after.len()) <= 1,
                    "{after}"
                ),
                Pattern::SynonymousLabels => assert_eq!(after, "Go through contract"),
                _ => assert_eq!((before, after), ("Reserve stock", "Estimate cost")),
            }
        }
    }
}

#[test]
fn cases_are_wrong_in_the_way_of_their_pattern() {
    let (rows, _) = told(Pattern::ElusiveCase);
    assert_eq!(by_case(&rows).len(), 333 - 33 + 1);
    let (rows, truth) = told(Pattern::ScatteredCase);
    assert_eq!(by_case(&rows).len(), 333 + 33);
    assert!(by_case(&rows).contains_key("C0000366"));
    assert_eq!(truth["cases"], 366);
    let (rows, _) = told(Pattern::CaseIdGaps);
    let cases = by_case(&rows);
    assert_eq!(cases.len(), 300);
    assert!(cases.contains_key("C0000001") && cases.contains_key("C0000333"));
    let (rows, truth) = told(Pattern::IncompleteCases);
    let cut = by_case(&rows).values().filter(|rows| rows.last().unwrap()["activity"] != "Close case").count();
    assert_eq!(cut, 33);
    assert_eq!(changes(&truth).len(), 6000 - rows.len());
    let (rows, truth) = told(Pattern::ScatteredEvent);
    assert_eq!(rows.len(), 6000 - 33);
    let lost: Vec<&Value> = changes(&truth).iter().filter(|change| change["change"] == "removed").collect();
    for (told, lost) in changes(&truth).iter().filter(|change| change["column"] == "note").zip(0..) {
        assert!(told["after"].as_str().unwrap().contains(" by "), "{lost}");
    }
    assert_eq!(lost.len(), 33);
    let (rows, _) = told(Pattern::Duplicates);
    let mut ids = HashMap::new();
    rows.iter().for_each(|row| ids.entry(row["event_id"].clone()).or_insert_with(Vec::new).push(row));
    let twice: Vec<_> = ids.values().filter(|rows| rows.len() > 1).collect();
    assert_eq!(twice.len(), 33);
    assert!(twice.iter().all(|rows| rows[0] == rows[1]));
    let (rows, _) = told(Pattern::MissingValues);
    let empty = |name: &str| rows.iter().filter(|row| row[name].is_empty()).count();
    let (activity, time, resource) = (empty("activity"), empty("timestamp"), empty("resource"));
    assert!(activity > 0 && time > 0 && resource > 0);
    assert_eq!(activity + time + resource, 33);
}

#[test]
fn several_patterns_never_share_a_case_and_the_seed_decides() {
    let plants: Vec<Plant> = ["distorted-label:10%", "duplicates:0.1", "elusive-case"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let options = GenerateOptions { plants, seed: 9, ..GenerateOptions::new(6000) };
    let (rows, truth) = made(&options);
    let mut seen = HashMap::new();
    for (at, planted) in truth["planted"].as_array().unwrap().iter().enumerate() {
        for change in planted["changes"].as_array().unwrap() {
            assert_eq!(*seen.entry(change["case"].as_str().unwrap().to_owned()).or_insert(at), at);
        }
    }
    assert_eq!(seen.len(), 33 + 33 + 17);
    assert_eq!(made(&options), (rows.clone(), truth.clone()));
    let other = made(&GenerateOptions { seed: 10, ..options });
    assert!(other.0 != rows && other.1 != truth);
}

#[test]
fn every_small_log_with_every_pattern_is_written() {
    for events in [0, 1, 2, 3, 5, 20] {
        for cases in [None, Some(1), Some(events)] {
            if cases.is_some_and(|cases| cases > events) {
                continue;
            }
            for (_, pattern) in Pattern::WORDS {
                for activities in [1, 2, 26] {
                    let plants = vec![Plant { pattern: *pattern, share: 1.0 }];
                    let options = GenerateOptions {
                        plants,
                        cases: cases.filter(|it| *it > 0),
                        activities: Some(activities),
                        ..GenerateOptions::new(events)
                    };
                    let (rows, truth) = made(&options);
                    assert_counts(&rows, &truth);
                }
            }
        }
    }
}

#[test]
fn xes_and_json_have_the_same_events() {
    for (name, pattern) in Pattern::WORDS {
        let options = with(*pattern);
        let (rows, truth) = made(&options);
        let mut text = Vec::new();
        write_with_truth(LogForm::Jsonl, &options, &mut text).unwrap();
        let lines: Vec<Value> = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len(), rows.len());
        for (line, row) in lines.iter().zip(&rows) {
            for (key, column) in [
                ("case:concept:name", "case_id"),
                ("concept:name", "activity"),
                ("time:timestamp", "timestamp"),
                ("org:resource", "resource"),
                ("note", "note"),
            ] {
                assert_eq!(line[key].as_str().unwrap_or(""), row[column], "{name}");
                assert!(line[key] != "", "{name}");
            }
        }
        text.clear();
        let made = write_with_truth(LogForm::Xes, &options, &mut text);
        if *pattern == Pattern::ChangingCaseAttribute {
            assert!(made.is_err());
            continue;
        }
        let other: Value = serde_json::from_slice(&made.unwrap().1.to_json()).unwrap();
        assert_eq!(other, truth);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches("<event>").count(), rows.len(), "{name}");
        // A trace for each case, those that lost their id included.
        let unnamed = if *pattern == Pattern::ElusiveCase { 32 } else { 0 };
        assert_eq!(text.matches("<trace>").count(), by_case(&rows).len() + unnamed, "{name}");
    }
}

#[test]
fn drift_turns_the_middle_of_the_process_round() {
    let options = GenerateOptions { drift_at: Some(0.5), ..clean() };
    let (rows, truth) = made(&options);
    assert_counts(&rows, &truth);
    let case = truth["drift"]["case"].as_str().unwrap();
    assert_eq!(case, "C0000167");
    // Of the 26 activities these are the 9th and the 17th.
    let mut orders = HashMap::new();
    for (name, rows) in by_case(&rows) {
        let place = |activity: &str| rows.iter().position(|row| row["activity"] == activity);
        if let (Some(first), Some(second)) = (place("Estimate cost"), place("Create order")) {
            orders.entry(name >= case).or_insert_with(HashSet::new).insert(first < second);
        }
    }
    assert_eq!(orders, HashMap::from([(false, HashSet::from([true])), (true, HashSet::from([false]))]));
}

#[test]
fn kinds_of_logs_have_the_columns_and_values_that_they_promise() {
    let options = GenerateOptions {
        attributes: 40,
        activities: Some(500),
        text: TextKind::Json,
        times: TimeGrain::Days,
        lengths: Some(Lengths::Fixed),
        ..GenerateOptions::new(4000)
    };
    let mut text = Vec::new();
    write_csv(&options, &mut text).unwrap();
    let all = rows(&text);
    assert_eq!(all[0].len(), 52);
    for of_case in by_case(&all).values() {
        assert!((18..=19).contains(&of_case.len()));
        // Every fourth attribute belongs to the case.
        for (column, value) in of_case[0].iter().filter(|(name, _)| name.starts_with("attribute_")) {
            let number: u32 = column[10..].parse().unwrap();
            let same = of_case.iter().all(|row| row[column] == *value);
            assert!(same || !number.is_multiple_of(4), "{column}");
        }
    }
    let activities: HashSet<&String> = all.iter().map(|row| &row["activity"]).collect();
    assert!(activities.len() > 450, "{}", activities.len());
    assert!(all.iter().all(|row| row["timestamp"].len() == 10));
    assert!(all.iter().all(|row| serde_json::from_str::<Value>(&row["note"]).is_ok()));
    // The order of the events is that of the same log without attributes.
    let mut narrow = Vec::new();
    write_csv(&GenerateOptions { attributes: 0, ..options }, &mut narrow).unwrap();
    for (wide, narrow) in all.iter().zip(rows(&narrow)) {
        assert!(narrow.iter().all(|(name, value)| wide[name] == *value));
    }
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let plants = |texts: &[&str]| -> Vec<Plant> { texts.iter().map(|text| text.parse().unwrap()).collect() };
    let good = GenerateOptions::new(1000);
    for (wrong, words) in [
        (GenerateOptions { plants: plants(&["duplicates", "duplicates:1%"]), ..good.clone() }, "twice"),
        (
            GenerateOptions { plants: plants(&["duplicates:0.6", "elusive-case:0.5"]), ..good.clone() },
            "add up",
        ),
        (GenerateOptions { plants: plants(&["duplicates"]), dirty: 0.1, ..good.clone() }, "damaged"),
        (
            GenerateOptions {
                plants: plants(&["collateral-events"]),
                times: TimeGrain::Days,
                ..good.clone()
            },
            "days",
        ),
        (GenerateOptions { activities: Some(0), ..good.clone() }, "activities"),
        (GenerateOptions { activities: Some(100_001), ..good.clone() }, "activities"),
        (GenerateOptions { attributes: 10_001, ..good.clone() }, "attributes"),
        (GenerateOptions { drift_at: Some(1.5), ..good.clone() }, "drift"),
        (
            GenerateOptions { times: TimeGrain::Days, cases: Some(1), ..GenerateOptions::new(1_000_000) },
            "thousand years",
        ),
    ] {
        let refused = write_csv(&wrong, &mut Vec::new()).unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
    }
    for text in ["nothing", "duplicates:", "duplicates:0", "duplicates:200%", "duplicates:some", ""] {
        assert!(text.parse::<Plant>().is_err(), "{text}");
    }
}
