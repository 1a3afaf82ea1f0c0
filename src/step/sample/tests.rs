//! Samples of small logs.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, DictionaryArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, TimeUnit};
use serde_json::Value;

use super::SampleSettings;
use crate::model::catalog::{TableColumn, TableSchema};
use crate::model::roles::Role;
use crate::observer::Observer;
use crate::options::Options;
use crate::step::registry::StepSettings;
use crate::step::{ChainDone, RowOrigin, ShardPlace, Steps, end_survey};

/// How many cases the logs of these tests have.
const CASES: i64 = 2_000;
const DAY: i64 = 86_400_000_000;

/// A log of two events for each case: the first events of all cases, then the second ones. Cases 0, 40, 80 and so on
/// have a variant of their own kind, and a third of the cases begins in each of three months.
fn log(cases: ArrayRef) -> (TableSchema, RecordBatch) {
    let number = |row: i64| row % CASES;
    let activity = |row: i64| match (row < CASES, number(row) % 40) {
        (true, _) => "begin",
        (false, 0) => "rare end",
        (false, _) => "end",
    };
    let time = |row: i64| (number(row) % 3) * 31 * DAY + row;
    let rows = || 0..2 * CASES;
    let times = TimestampMicrosecondArray::from_iter_values(rows().map(time)).with_timezone("UTC");
    let arrays: Vec<ArrayRef> = vec![
        cases,
        Arc::new(rows().map(activity).map(Some).collect::<StringArray>()),
        Arc::new(times),
        Arc::new(Int64Array::from_iter_values(rows())),
    ];
    let roles = [Some(Role::Case), Some(Role::Activity), Some(Role::Timestamp), None];
    let names = ["case", "activity", "time", "row"];
    let columns =
        arrays.iter().zip(names).zip(roles).zip(0..).map(|(((array, name), role), at)| TableColumn {
            field: Arc::new(Field::new(name, array.data_type().clone(), true)),
            roles: role.into_iter().collect(),
            source: Some(at),
        });
    let table = TableSchema::new(None, columns.collect());
    assert_eq!(
        table.columns[2].field.data_type(),
        &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    );
    let batch = RecordBatch::try_new(table.arrow(), arrays).unwrap();
    (table, batch)
}

fn texts() -> Vec<String> {
    (0..2 * CASES).map(|row| (row % CASES).to_string()).collect()
}

fn plain() -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts()))
}

/// The cases that are chosen, with the finding and its details; all rows of each must be.
fn drawn(settings: &SampleSettings, cases: ArrayRef, shards: usize) -> (Vec<i64>, Value, Value) {
    let (table, rows) = log(cases);
    settings.check().unwrap();
    let steps = Steps(vec![settings.make(&Options::default()).unwrap()]);
    loop {
        let chain = steps.bind(table.clone()).unwrap();
        let (mut all, mut kept) = (ChainDone::default(), Vec::new());
        let size = rows.num_rows().div_ceil(shards);
        for begin in (0..rows.num_rows()).step_by(size) {
            let count = size.min(rows.num_rows() - begin);
            let mut worker = chain.start(ShardPlace { input: 0, at: begin as u64 }).unwrap();
            let origins: Vec<RowOrigin> = (0..count as u32).map(RowOrigin::of).collect();
            let left = worker.batch(rows.slice(begin, count), Some(&origins)).unwrap();
            kept.extend_from_slice(left.column(3).as_primitive::<Int64Type>().values());
            let mut done = worker.finish().unwrap();
            done.begins_at(begin as u64);
            all.join(done).unwrap();
        }
        if chain.survey().is_none() {
            let finding = all.findings[0].as_mut().unwrap();
            finding.conclude().unwrap();
            let (first, second) = kept.split_at(kept.len() / 2);
            assert!(first.iter().zip(second).all(|(first, second)| first + CASES == *second));
            return (first.to_vec(), finding.to_json(), finding.details());
        }
        end_survey(&[chain], &mut [all], &Observer::default()).unwrap();
    }
}

fn settings(cases: &str) -> SampleSettings {
    SampleSettings { cases: Some(cases.parse().unwrap()), ..SampleSettings::default() }
}

fn by(cases: &str, by: &str) -> SampleSettings {
    SampleSettings { by: Some(by.parse().unwrap()), ..settings(cases) }
}

fn cases_of(settings: &SampleSettings) -> Vec<i64> {
    drawn(settings, plain(), 1).0
}

#[test]
fn a_smaller_sample_lies_within_a_larger_one_and_a_seed_chooses_other_cases() {
    let (few, hundred) = (cases_of(&settings("10")), cases_of(&settings("100")));
    let (one, ten) = (cases_of(&settings("1%")), cases_of(&settings("10%")));
    assert_eq!((few.len(), hundred.len()), (10, 100));
    // Five deviations of a binomial distribution.
    assert!((1..45).contains(&one.len()) && (130..270).contains(&ten.len()), "{} {}", one.len(), ten.len());
    let within = |small: &[i64], large: &[i64]| small.iter().all(|case| large.contains(case));
    assert!(within(&few, &hundred) && within(&one, &ten) && within(&hundred, &ten) && within(&few, &ten));
    let other = cases_of(&SampleSettings { seed: 1, ..settings("100") });
    assert_ne!(other, hundred);
    assert_eq!(cases_of(&settings("100%")).len() as i64, CASES);
    assert_eq!(cases_of(&settings("5000")).len() as i64, CASES);
}

#[test]
fn the_same_cases_are_chosen_whatever_their_type_and_however_rows_are_cut() {
    let texts = texts();
    let keyed: DictionaryArray<Int32Type> = texts.iter().map(|it| Some(it.as_str())).collect();
    let numbers = Int64Array::from_iter_values((0..2 * CASES).map(|row| row % CASES));
    let first = SampleSettings { first: "30".parse().ok(), ..SampleSettings::default() };
    for settings in [settings("5%"), settings("77"), by("90", "variant"), by("7%", "month"), first] {
        let expected = drawn(&settings, plain(), 1);
        for shards in [3, 17] {
            assert_eq!(drawn(&settings, plain(), shards), expected, "{settings:?}");
        }
        assert_eq!(drawn(&settings, Arc::new(keyed.clone()), 2), expected, "{settings:?}");
        assert_eq!(drawn(&settings, Arc::new(numbers.clone()), 2), expected, "{settings:?}");
    }
}

#[test]
fn strata_give_their_parts_and_at_least_the_floor() {
    let rare = |cases: &[i64]| cases.iter().filter(|case| *case % 40 == 0).count();
    // 50 of 2,000 cases have the rare variant: 2.5 of 100. Of equal remainders that of the larger stratum is first.
    let (cases, finding, details) = drawn(&by("100", "variant"), plain(), 2);
    assert_eq!((cases.len(), rare(&cases)), (100, 2));
    assert_eq!((&finding["strata"], &finding["by"]), (&2.into(), &"variant".into()));
    assert_eq!(details["strata_listed"][1]["stratum"], "begin > rare end");
    assert_eq!(details["strata_listed"][1]["kept_cases"], 2);
    let floor = SampleSettings { floor: 20, ..by("100", "variant") };
    let cases = cases_of(&floor);
    assert_eq!((cases.len(), rare(&cases)), (100, 20));
    assert_eq!(rare(&cases_of(&by("10", "variant"))), 1);
    // Months have 667, 667 and 666 cases.
    let cases = cases_of(&by("10%", "month"));
    let of_month = |month: i64| cases.iter().filter(|case| *case % 3 == month).count();
    assert_eq!((of_month(0), of_month(1), of_month(2)), (67, 67, 66));
    assert_eq!(cases_of(&by("10", "attribute:activity")).len(), 10);
}

#[test]
fn the_first_cases_are_those_whose_rows_come_first() {
    let first = SampleSettings { first: "30".parse().ok(), ..SampleSettings::default() };
    assert_eq!(cases_of(&first), (0..30).collect::<Vec<_>>());
}

#[test]
fn what_a_sample_lost_is_told() {
    let first = SampleSettings { first: "30".parse().ok(), ..SampleSettings::default() };
    let (_, finding, details) = drawn(&first, plain(), 2);
    assert_eq!((&finding["cases"], &finding["kept_cases"]), (&CASES.into(), &30.into()));
    // Case 0 is rare: 1 of 30 in place of 1 of 40, so that a share of 1/30 - 1/40 moves by half of the activities.
    let loss = &details["loss"];
    assert_eq!((&loss["variants"], &loss["lost_variants"]), (&2.into(), &0.into()));
    let distance = loss["variant_distance"].as_f64().unwrap();
    assert!((distance - (1.0 / 30.0 - 1.0 / 40.0) / 2.0).abs() < 1e-12, "{distance}");
    // begin > end occurs 1,950 times and 29 times, begin > rare end 50 times and once; 29.25 and 0.75 would be right.
    let error = (0.25_f64.powi(2) * 2.0 / 2.0).sqrt() / 15.0;
    assert!((loss["relation_frequency_nrmse"].as_f64().unwrap() - error).abs() < 1e-12);
    let few = drawn(&settings("5"), plain(), 1).2;
    assert_eq!(few["loss"]["lost_activities_listed"][0]["activity"], "rare end");
    assert_eq!(few["loss"]["lost_relations"], 1);
}

#[test]
fn mistakes_in_settings_are_told() {
    let first = || "3".parse().ok();
    for (settings, told) in [
        (SampleSettings::default(), "expected a number of cases"),
        (SampleSettings { first: first(), ..settings("3") }, "two samples"),
        (
            SampleSettings { first: first(), by: "month".parse().ok(), ..SampleSettings::default() },
            "first cases",
        ),
        (SampleSettings { first: first(), seed: 3, ..SampleSettings::default() }, "the seed"),
        (SampleSettings { floor: 3, ..settings("3") }, "about strata"),
    ] {
        let error = settings.check().unwrap_err();
        assert!(error.what().contains(told), "{error}");
    }
}
