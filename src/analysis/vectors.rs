//! The reference tables: correlations to 1e-9, forest figures within the spread of scikit-learn's own seeds.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::analyse::analyse;
use super::columns::AnalysisTable;
use super::design::Design;
use super::estimator::TREES;
use super::forest::Forest;
use super::model::{Analysis, ColumnInfo, Correlation, Row, TrialFrame};
use super::permutation::{JudgedRows, PermutationImportance};
use super::{ranks, target};
use crate::space::Value;
use crate::trial::RunStatus;

/// Seeds over which our forest figures are averaged.
const SEEDS: u64 = 8;

struct Reference {
    name: String,
    frame: TrialFrame,
    expected: Json,
}

/// The tables of this repository, and of the folder that SWEEP_VECTORS names.
fn references() -> Vec<Reference> {
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/importance"));
    let more = std::env::var_os("SWEEP_VECTORS").map(PathBuf::from);
    let folders = std::iter::once(own).chain(more);
    let files = folders.flat_map(|folder| {
        let entries = std::fs::read_dir(&folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    });
    let mut tables: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "csv")).collect();
    tables.sort();
    let known = |path: &PathBuf| path.with_extension("json").is_file();
    let references: Vec<Reference> =
        tables.iter().filter(|path| known(path)).map(|path| read(path)).collect();
    assert!(references.len() >= 8, "the reference tables are missing");
    references
}

fn read(path: &Path) -> Reference {
    let expected: Json =
        serde_json::from_str(&std::fs::read_to_string(path.with_extension("json")).unwrap()).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let names = &header[2..header.len() - 1];
    let columns = names.iter().map(|name| ColumnInfo {
        name: (*name).to_owned(),
        log: expected["params"][name]["log"].as_bool().unwrap(),
        null_is_level: false,
    });
    let rows = lines.map(|cells| Row {
        status: RunStatus::parse(cells[1]).unwrap(),
        metric: cells.last().filter(|cell| !cell.is_empty()).map(|cell| cell.parse().unwrap()),
        cells: cells[2..cells.len() - 1].iter().map(|cell| value(cell)).collect(),
    });
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    Reference { name, frame: TrialFrame { columns: columns.collect(), rows: rows.collect() }, expected }
}

fn value(cell: &str) -> Option<Value> {
    if cell.is_empty() {
        return None;
    }
    let flag = cell.parse().map(Value::Bool).ok();
    let whole = || cell.parse().map(Value::Int).ok();
    let number = || cell.parse().map(Value::Float).ok();
    Some(flag.or_else(whole).or_else(number).unwrap_or_else(|| Value::Text(cell.to_owned())))
}

fn close(label: &str, ours: Option<f64>, expected: &Json) {
    match (ours, expected.as_f64()) {
        (None, None) => {}
        (Some(ours), Some(expected)) => {
            assert!((ours - expected).abs() <= 1e-9, "{label}: {ours} instead of {expected}");
        }
        (ours, expected) => panic!("{label}: {ours:?} instead of {expected:?}"),
    }
}

fn close_correlation(label: &str, ours: Option<&Correlation>, expected: &Json, key: &str) {
    close(&format!("{label} {key}"), ours.map(|found| found.r), &expected[key]);
    close(&format!("{label} {key} p"), ours.map(|found| found.p), &expected[format!("{key}_p")]);
    for end in [0, 1] {
        let interval = ours.and_then(|found| found.interval).map(|interval| interval[end]);
        close(&format!("{label} {key} interval"), interval, &expected[format!("{key}_ci95")][end]);
    }
}

#[test]
fn correlations_agree_to_nine_digits() {
    for Reference { name, frame, expected } in references() {
        let analysis = analyse(&frame, 0);
        for parameter in &analysis.parameters {
            let label = format!("{name}/{}", parameter.name);
            let figures = &expected["correlation"][&parameter.name];
            close_correlation(&label, parameter.pearson.as_ref(), figures, "pearson");
            close_correlation(&label, parameter.spearman.as_ref(), figures, "spearman");
            close(&format!("{label} eta²"), parameter.eta_squared, &figures["eta2"]);
            close(
                &format!("{label} without logarithm"),
                parameter.pearson_raw,
                &figures["pearson_raw_unlogged"],
            );
            assert_eq!(parameter.reason.is_some(), figures["reason"].is_string(), "{label}: reason");
        }
    }
}

#[test]
fn rows_and_columns_are_counted_as_the_reference_counts_them() {
    for Reference { name, frame, expected } in references() {
        let analysis = analyse(&frame, 0);
        assert_eq!(analysis.n_rows, expected["n_rows"], "{name}: rows");
        assert_eq!(analysis.n_used, expected["n_used"], "{name}: used rows");
        assert_eq!(serde_json::to_value(analysis.dropped).unwrap(), expected["dropped"], "{name}: dropped");
        assert_eq!(analysis.rank_target, expected["rank_target"].as_bool().unwrap_or(false), "{name}: ranks");
        assert_eq!(analysis.forest_reason.is_some(), expected["importance"].is_null(), "{name}: forest");
        for parameter in &analysis.parameters {
            let known = &expected["params"][&parameter.name];
            let label = format!("{name}/{}", parameter.name);
            assert_eq!(serde_json::to_value(parameter.kind).unwrap(), known["kind"], "{label}: kind");
            assert_eq!(parameter.n_present, known["n_present"], "{label}: present");
            assert_eq!(parameter.n_distinct, known["n_distinct"], "{label}: distinct");
            assert_eq!(parameter.log, known["log"], "{label}: log");
            let excluded = expected["excluded_from_forest"].get(&parameter.name).is_some();
            assert_eq!(parameter.excluded.is_some(), excluded, "{label}: excluded");
        }
    }
}

/// Figures of one forest, by parameter.
struct ReferenceRun {
    r2: f64,
    importances: Vec<f64>,
    out_of_bag: PermutationImportance,
    training: PermutationImportance,
}

fn run(table: &AnalysisTable, rank_target: bool, seed: u64) -> (Vec<usize>, ReferenceRun) {
    let design = Design::of(table, seed);
    let metric = if rank_target { ranks::average(&table.metric) } else { table.metric.clone() };
    let metric = target::standardised(&metric);
    let forest = Forest::fit(&design.features, &metric, TREES, seed);
    let judge = |rows| PermutationImportance::of(&forest, &design.features, &metric, rows, seed);
    let (out_of_bag, training) = (judge(JudgedRows::OutOfBag), judge(JudgedRows::Training));
    let importances = forest.importances();
    (design.columns, ReferenceRun { r2: out_of_bag.r2.unwrap(), importances, out_of_bag, training })
}

/// |mean of our seeds - mean| <= 4.5 sd √(1/k + 1/50) + slack.
fn within(label: &str, ours: &[f64], expected: &Json, slack: f64) {
    let (Some(mean), Some(sd)) = (expected["mean"].as_f64(), expected["sd"].as_f64()) else {
        panic!("{label}: no reference");
    };
    let k = ours.len() as f64;
    let found = ours.iter().sum::<f64>() / k;
    let tolerance = 4.5 * sd * (1.0 / k + 1.0 / 50.0).sqrt() + slack;
    assert!((found - mean).abs() <= tolerance, "{label}: {found:.4} instead of {mean:.4} ± {tolerance:.4}");
}

fn compare(label: &str, table: &AnalysisTable, rank_target: bool, expected: &Json) {
    let runs: Vec<(Vec<usize>, ReferenceRun)> =
        (0..SEEDS).map(|seed| run(table, rank_target, seed)).collect();
    let over =
        |figure: &dyn Fn(&ReferenceRun) -> f64| runs.iter().map(|(_, run)| figure(run)).collect::<Vec<f64>>();
    within(&format!("{label}: out-of-bag R²"), &over(&|run| run.r2), &expected["oob_r2"], 0.005);
    within(
        &format!("{label}: training R²"),
        &over(&|run| run.training.r2.unwrap()),
        &expected["train_r2"],
        0.005,
    );
    for (group, column) in runs[0].0.iter().enumerate() {
        let name = &table.columns[*column].name;
        let known = &expected["params"][name];
        let label = format!("{label}/{name}");
        let mdi = over(&|run| run.importances[group]);
        within(&format!("{label}: impurity"), &mdi, &known["mdi"], 0.005);
        let training = over(&|run| run.training.drops[group].mean);
        within(&format!("{label}: on training rows"), &training, &known["perm_train"], 0.01);
        let out_of_bag = over(&|run| run.out_of_bag.drops[group].mean);
        within(&format!("{label}: out of bag"), &out_of_bag, &known["perm_oob"], 0.01);
        // A diverged trial's own share makes the standard error of the raw metric swing from seed to seed.
        let steady = rank_target || !target::heavy_tailed(&table.metric);
        if let Some(se) = known["perm_oob_row_se"].as_f64().filter(|_| steady) {
            let found = over(&|run| run.out_of_bag.drops[group].se).iter().sum::<f64>() / SEEDS as f64;
            assert!(
                (found - se).abs() <= 0.15 * se + 0.003,
                "{label}: standard error {found} instead of {se}"
            );
        }
    }
}

#[test]
fn forest_figures_lie_within_the_spread_of_the_reference() {
    for Reference { name, frame, expected } in references() {
        let table = AnalysisTable::of(&frame);
        if expected["importance"].is_null() {
            continue;
        }
        let rank_target = expected["rank_target"].as_bool().unwrap();
        compare(&name, &table, rank_target, &expected["importance"]);
        if expected["importance_raw_metric"].is_object() {
            compare(&format!("{name}, raw metric"), &table, false, &expected["importance_raw_metric"]);
        }
    }
}

/// Whether two figures differ by so much that no seed can turn them round.
fn certainly_above(a: &Json, b: &Json) -> bool {
    let part = |figure: &Json, key: &str| figure["perm_oob"][key].as_f64().unwrap();
    part(a, "mean") - part(b, "mean") > 6.0 * part(a, "sd").hypot(part(b, "sd"))
}

fn order_holds(name: &str, analysis: &Analysis, known: &Json) {
    for (place, first) in analysis.parameters.iter().enumerate() {
        for second in &analysis.parameters[place + 1..] {
            let (a, b) = (&known[&first.name], &known[&second.name]);
            if a.is_object() && b.is_object() {
                assert!(!certainly_above(b, a), "{name}: {} stands above {}", first.name, second.name);
            }
        }
    }
}

#[test]
fn order_trust_and_verdict_hold_wherever_they_are_certain() {
    let mut verdicts = 0;
    for Reference { name, frame, expected } in references() {
        let known = &expected["importance"];
        if known.is_null() {
            continue;
        }
        for seed in 100..100 + SEEDS / 4 {
            let analysis = analyse(&frame, seed);
            order_holds(&name, &analysis, &known["params"]);
            for parameter in &analysis.parameters {
                match known["params"][&parameter.name]["verdict"].as_str() {
                    None | Some("borderline") => {}
                    Some(verdict) => {
                        verdicts += 1;
                        let label = format!("{name}/{}: {verdict}", parameter.name);
                        assert_eq!(parameter.effect.is_clear(), verdict == "matters", "{label}");
                    }
                }
            }
            let spread = 4.5 * known["oob_r2"]["sd"].as_f64().unwrap();
            let mean = known["oob_r2"]["mean"].as_f64().unwrap();
            if [0.1, 0.3, 0.6].iter().all(|limit| (mean - limit).abs() > spread) {
                assert_eq!(serde_json::to_value(analysis.trust).unwrap(), known["trust"], "{name}: trust");
            }
        }
    }
    assert!(verdicts > 20, "only {verdicts} verdicts were certain");
}
