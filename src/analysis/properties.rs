//! What holds for every table: nothing panics, figures stay in their ranges, neither threads nor scales matter.

use proptest::prelude::*;

use super::features::{Features, Group, SplitKind};
use super::forest::Forest;
use super::model::{
    Analysis, ColumnInfo, Effect, ForestTrust, Measure, ParameterAnalysis, ParameterKind, Row, TrialFrame,
};
use super::permutation::{JudgedRows, PermutationImportance};
use super::{analyse, dependences};
use crate::space::Value;
use crate::trial::RunStatus;

/// A frame of finished trials from columns of values.
fn frame(columns: &[(&str, Vec<Option<Value>>)], metric: &[f64]) -> TrialFrame {
    let info = |name: &str| ColumnInfo { name: name.to_owned(), log: false, null_is_level: false };
    let row = |(place, metric): (usize, &f64)| Row {
        status: RunStatus::Finished,
        metric: Some(*metric),
        cells: columns.iter().map(|(_, cells)| cells[place].clone()).collect(),
    };
    TrialFrame {
        columns: columns.iter().map(|(name, _)| info(name)).collect(),
        rows: metric.iter().enumerate().map(row).collect(),
    }
}

fn floats(values: &[f64]) -> Vec<Option<Value>> {
    values.iter().map(|value| Some(Value::Float(*value))).collect()
}

/// A sequence that looks random enough, between 0 and 1.
fn scatter(n: u32, step: f64) -> Vec<f64> {
    (1..=n).map(|k| (f64::from(k) * step).fract()).collect()
}

fn parameter<'a>(analysis: &'a Analysis, name: &str) -> &'a ParameterAnalysis {
    analysis.parameters.iter().find(|parameter| parameter.name == name).unwrap()
}

/// Three causes of falling strength and noise, with a condition and a category.
fn mixed(n: u32) -> TrialFrame {
    let (a, b, c, noise) =
        (scatter(n, 0.618_034), scatter(n, 0.414_214), scatter(n, 0.732_051), scatter(n, 0.236_068));
    let metric: Vec<f64> =
        (0..n as usize).map(|i| 3.0 * a[i] + (6.0 * b[i]).sin() + f64::from(u8::from(c[i] > 0.5))).collect();
    let level = |c: &f64| Some(Value::Text(if *c > 0.5 { "adam" } else { "sgd" }.to_owned()));
    let sometimes = |(i, b): (usize, &f64)| (i % 3 > 0).then_some(Value::Float(*b));
    frame(
        &[
            ("a", floats(&a)),
            ("b", b.iter().enumerate().map(sometimes).collect()),
            ("c", c.iter().map(level).collect()),
            ("noise", floats(&noise)),
        ],
        &metric,
    )
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let frame = mixed(80);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        serde_json::to_string(&pool.install(|| analyse(&frame, 11))).unwrap()
    };
    let one = on(1);
    assert!(one.contains("\"oob_r2\":0."));
    assert_eq!(one, on(2));
    assert_eq!(one, on(5));
    assert_ne!(one, serde_json::to_string(&analyse(&frame, 12)).unwrap());
}

#[test]
fn importances_sum_to_one_and_the_strongest_cause_stands_first() {
    let analysis = analyse(&mixed(120), 3);
    let sum: f64 = analysis.parameters.iter().filter_map(|parameter| parameter.importance).sum();
    assert!((sum - 1.0).abs() < 1e-12);
    assert_eq!(analysis.parameters[0].name, "a");
    assert!(analysis.parameters[0].effect.is_clear() && !parameter(&analysis, "noise").effect.is_clear());
}

/// The same trials as another store, an import or a spreadsheet lists them.
fn in_another_order(frame: &TrialFrame) -> TrialFrame {
    let turned = |i: usize| (i * 7 + 3) % frame.rows.len();
    let mut columns: Vec<usize> = (0..frame.columns.len()).collect();
    columns.reverse();
    let row = |i: usize| {
        let row = &frame.rows[turned(i)];
        Row { cells: columns.iter().map(|place| row.cells[*place].clone()).collect(), ..row.clone() }
    };
    TrialFrame {
        columns: columns.iter().map(|place| frame.columns[*place].clone()).collect(),
        rows: (0..frame.rows.len()).map(row).collect(),
    }
}

#[test]
fn the_same_trials_in_another_order_give_the_same_bytes() {
    for n in [6, 12, 25, 80] {
        let frame = mixed(n);
        let bytes = |frame: &TrialFrame| serde_json::to_string(&analyse(frame, 0)).unwrap();
        assert_eq!(bytes(&frame), bytes(&in_another_order(&frame)), "{n} trials");
    }
    let frame = mixed(40);
    let other = in_another_order(&frame);
    let lines = |frame: &TrialFrame| dependences(frame, &analyse(frame, 0), 0);
    assert_eq!(lines(&frame), lines(&other));
}

#[test]
fn below_twenty_trials_nothing_is_called_clear_whatever_the_figures_are() {
    let strong = |n: u32| {
        let x = scatter(n, 0.618_034);
        analyse(&frame(&[("x", floats(&x))], &x), 0).parameters[0].effect
    };
    assert_eq!((strong(19), strong(20)), (Effect::TooFew, Effect::Clear));
}

#[test]
fn no_effect_is_clear_where_the_forest_explains_little() {
    let (x, noise) = (scatter(60, 0.618_034), scatter(60, 0.414_214));
    let mut seen = Vec::new();
    for share in 0..40 {
        let share = f64::from(share) * 0.05;
        let metric: Vec<f64> = x.iter().zip(&noise).map(|(x, noise)| share * x + noise).collect();
        let analysis = analyse(&frame(&[("x", floats(&x))], &metric), 0);
        let effect = analysis.parameters[0].effect;
        seen.push(effect);
        match effect {
            Effect::Clear => {
                assert!(matches!(analysis.trust, ForestTrust::Fair | ForestTrust::Good), "{share}");
            }
            Effect::Weak => assert_eq!(analysis.trust, ForestTrust::Weak, "{share}"),
            _ => {}
        }
    }
    assert!(seen.contains(&Effect::Weak) && seen.contains(&Effect::Clear) && seen.contains(&Effect::Unclear));
}

#[test]
fn diverged_trials_bend_no_figure_of_a_verdict() {
    let n = 60_usize;
    let level = |i: usize| Some(Value::Text(["adam", "sgd", "lion"][i % 3].to_owned()));
    let spread = scatter(n as u32, 0.618_034);
    let metric: Vec<f64> = (0..n)
        .map(|i| [1.0, 2.0, 3.0][i % 3] + 0.2 * spread[i] + if i % 17 == 5 { 5000.0 } else { 0.0 })
        .collect();
    let analysis = analyse(&frame(&[("optimizer", (0..n).map(level).collect())], &metric), 0);
    let optimizer = parameter(&analysis, "optimizer");
    assert!(analysis.rank_target && optimizer.effect.is_clear());
    assert!(optimizer.eta_squared.unwrap() < 0.1, "what outliers make of it");
    assert!(optimizer.eta_squared_shown().unwrap() > 0.5, "{optimizer:?}");
}

#[test]
fn a_monotone_change_of_a_parameter_changes_nothing_of_the_forest() {
    let (x, z) = (scatter(60, 0.618_034), scatter(60, 0.414_214));
    let metric: Vec<f64> = x.iter().zip(&z).map(|(x, z)| x * 2.0 + z * z).collect();
    let analyse = |x: &dyn Fn(f64) -> f64| {
        let x: Vec<f64> = x_of(&scatter(60, 0.618_034), x);
        analyse(&frame(&[("x", floats(&x)), ("z", floats(&z))], &metric), 5)
    };
    let plain = analyse(&|x| x);
    for changed in [analyse(&|x| x * 1e-12), analyse(&f64::exp), analyse(&|x| 1e300 * x - 5.0)] {
        assert_eq!(plain.oob_r2, changed.oob_r2);
        for name in ["x", "z"] {
            let (a, b) = (parameter(&plain, name), parameter(&changed, name));
            assert_eq!((a.importance, a.permutation), (b.importance, b.permutation));
            assert_eq!(a.spearman, b.spearman);
        }
    }
}

fn x_of(values: &[f64], change: &dyn Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|value| change(*value)).collect()
}

#[test]
fn the_scale_of_the_metric_does_not_matter() {
    let (x, z) = (scatter(50, 0.618_034), scatter(50, 0.414_214));
    let at = |scale: f64| {
        let metric: Vec<f64> = x.iter().map(|x| x * x * scale).collect();
        analyse(&frame(&[("x", floats(&x)), ("z", floats(&z))], &metric), 5)
    };
    let plain = at(1.0);
    assert!(parameter(&plain, "x").effect.is_clear() && !parameter(&plain, "z").effect.is_clear());
    for scale in [1e-300, 1e-9, 1e300] {
        let scaled = at(scale);
        assert!((plain.oob_r2.unwrap() - scaled.oob_r2.unwrap()).abs() < 1e-6, "{scale:e}");
        let (a, b) = (parameter(&plain, "x").pearson.unwrap(), parameter(&scaled, "x").pearson.unwrap());
        assert!((a.r - b.r).abs() < 1e-12, "{scale:e}");
    }
}

#[test]
fn tied_columns_share_their_importance_equally() {
    let x = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let group = || Group::new(SplitKind::Ordered, (0..6).collect());
    let features = Features::new(6, vec![group(), group(), group()]);
    let forest = Forest::fit(&features, &x, 2_000, 1);
    for importance in forest.importances() {
        assert!((importance - 1.0 / 3.0).abs() < 0.02, "{importance}");
    }
}

#[test]
fn levels_split_as_their_indicator_columns_do() {
    let levels: Vec<u32> = (0..90).map(|i| i % 3).collect();
    let noise: Vec<u32> = scatter(90, 0.618_034).iter().map(|x| (x * 90.0) as u32).collect();
    let target: Vec<f64> =
        levels.iter().zip(&noise).map(|(level, x)| f64::from(*level) + f64::from(*x) / 90.0).collect();
    let indicator =
        |level: u32| Group::new(SplitKind::Ordered, levels.iter().map(|l| u32::from(*l == level)).collect());
    let other = || Group::new(SplitKind::Ordered, noise.clone());
    let grouped = Features::new(90, vec![Group::new(SplitKind::Levels, levels.clone()), other()]);
    let columns = Features::new(90, vec![indicator(0), indicator(1), indicator(2), other()]);
    let grouped = Forest::fit(&grouped, &target, 300, 1).importances();
    let columns = Forest::fit(&columns, &target, 300, 1).importances();
    assert!((grouped[1] - columns[3]).abs() < 0.01, "{grouped:?} {columns:?}");
}

#[test]
fn a_forest_of_a_pure_target_explains_its_own_rows_and_not_the_others() {
    let x: Vec<u32> = (0..200).collect();
    let noise = scatter(200, 0.618_034);
    let features = Features::new(200, vec![Group::new(SplitKind::Ordered, x)]);
    let forest = Forest::fit(&features, &noise, 100, 1);
    let on = |rows| PermutationImportance::of(&forest, &features, &noise, rows, 1).r2.unwrap();
    assert!(on(JudgedRows::Training) > 0.5);
    assert!(on(JudgedRows::OutOfBag) < 0.2);
}

#[test]
fn a_forest_is_not_judged_on_a_table_of_another_shape() {
    let group = || Group::new(SplitKind::Ordered, (0..30).collect());
    let target = scatter(30, 0.618_034);
    let forest = Forest::fit(&Features::new(30, vec![group()]), &target, 10, 1);
    let wider = Features::new(30, vec![group(), group()]);
    assert_eq!(PermutationImportance::of(&forest, &wider, &target, JudgedRows::OutOfBag, 1).r2, None);
    let longer = Features::new(300, vec![Group::new(SplitKind::Ordered, (0..300).collect())]);
    let judged =
        PermutationImportance::of(&forest, &longer, &scatter(300, 0.618_034), JudgedRows::OutOfBag, 1);
    assert!(judged.r2.is_some_and(f64::is_finite));
    let same = Features::new(30, vec![group()]);
    assert_eq!(PermutationImportance::of(&forest, &same, &[0.1; 30], JudgedRows::OutOfBag, 1).r2, None);
}

#[test]
fn two_of_a_kind_are_named_as_moving_together() {
    let x = scatter(40, 0.618_034);
    let flag: Vec<Option<Value>> = x.iter().map(|x| Some(Value::Bool(*x > 0.5))).collect();
    let word =
        x.iter().map(|x| Some(Value::Text(if *x > 0.5 { "big" } else { "small" }.to_owned()))).collect();
    let twin = x.iter().map(|x| Some(Value::Float(-x * x))).collect();
    let free = floats(&scatter(40, 0.414_214));
    let table =
        frame(&[("x", floats(&x)), ("twin", twin), ("flag", flag), ("word", word), ("free", free)], &x);
    let analysis = analyse(&table, 1);
    let names: Vec<[&str; 2]> =
        analysis.together.iter().map(|pair| [&*pair.names[0], &*pair.names[1]]).collect();
    assert!(names.contains(&["twin", "x"]) && names.contains(&["flag", "word"]));
    assert!(names.iter().all(|pair| !pair.contains(&"free")));
    let pair =
        |name: &str| analysis.together.iter().find(|pair| pair.names.contains(&name.to_owned())).unwrap();
    assert_eq!((pair("twin").measure, pair("twin").value), (Measure::Spearman, -1.0));
    assert_eq!(pair("word").measure, Measure::CramersV);
    assert!(analysis.notes.iter().any(|note| note.contains("twin and x move together")));
}

#[test]
fn thin_data_gets_a_sentence_instead_of_figures() {
    let sentence = |analysis: &Analysis, part: &str| {
        assert!(analysis.notes.iter().any(|note| note.contains(part)), "{part}: {:?}", analysis.notes);
    };
    let none = analyse(&TrialFrame::default(), 0);
    sentence(&none, "no trial can be used");
    assert_eq!((none.trust, none.n_rows), (ForestTrust::Absent, 0));
    for n in [1, 2, 4] {
        let x = scatter(n, 0.618_034);
        let thin = analyse(&frame(&[("x", floats(&x))], &x), 0);
        sentence(&thin, "fewer than 5 usable trials");
        assert_eq!(thin.parameters[0].importance, None);
        assert_eq!(thin.parameters[0].pearson.is_some(), n >= 3);
    }
    let x = scatter(7, 0.618_034);
    sentence(&analyse(&frame(&[("x", floats(&x))], &x), 0), "Too few runs: 7");
    sentence(&analyse(&frame(&[("x", floats(&x))], &x), 0), "its importance is 1 by definition");
    let x = scatter(15, 0.618_034);
    sentence(&analyse(&frame(&[("x", floats(&x))], &x), 0), "Few runs: 15");
    sentence(&analyse(&frame(&[("x", floats(&x))], &[2.5; 15]), 0), "the same value in every used trial");
    sentence(&analyse(&frame(&[], &x), 0), "there are no parameters");
    let noise = scatter(40, 0.414_214);
    let shuffled = scatter(40, 0.732_051);
    sentence(&analyse(&frame(&[("x", floats(&noise))], &shuffled), 0), "almost nothing of the metric");
}

#[test]
fn a_constant_parameter_gets_no_importance_and_a_reason() {
    let x = scatter(30, 0.618_034);
    let analysis = analyse(&frame(&[("x", floats(&x)), ("same", floats(&[0.1; 30]))], &x), 0);
    let same = parameter(&analysis, "same");
    assert_eq!((same.importance, same.pearson, same.effect), (Some(0.0), None, Effect::Unclear));
    assert_eq!(same.reason.as_deref(), Some("constant in the used trials"));
    assert!(analysis.notes.iter().any(|note| note.contains("nothing can be said of it: same")));
}

#[test]
fn a_parameter_of_few_trials_is_left_out_by_name() {
    let x = scatter(30, 0.618_034);
    let rare = x.iter().enumerate().map(|(i, x)| (i < 4).then_some(Value::Float(*x))).collect();
    let analysis = analyse(&frame(&[("x", floats(&x)), ("rare", rare)], &x), 0);
    let rare = parameter(&analysis, "rare");
    assert_eq!((rare.importance, rare.permutation, rare.n_present), (None, None, 4));
    assert!(rare.excluded.as_deref().unwrap().contains("present in 4 used trials"));
    assert!(rare.pearson.is_some());
    assert!(analysis.notes.iter().any(|note| note.contains("rare was left out of the forest")));
}

#[test]
fn kinds_follow_the_values_that_are_there() {
    let n = 12;
    let metric = scatter(n, 0.618_034);
    let column = |pick: &dyn Fn(u32) -> Option<Value>| (0..n).map(pick).collect::<Vec<_>>();
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let mut table = frame(
        &[
            ("bools", column(&|i| (i > 2).then_some(Value::Bool(i % 2 == 0)))),
            ("numbers", column(&|i| Some(if i % 2 == 0 { Value::Int(1) } else { Value::Float(0.5) }))),
            ("nulls", column(&|i| Some(if i == 0 { Value::Null } else { Value::Int(i.into()) }))),
            ("nan", column(&|i| Some(Value::Float(if i == 0 { f64::NAN } else { f64::from(i) })))),
            ("mixed", column(&|i| if i == 0 { text("auto") } else { Some(Value::Int(i.into())) })),
            ("lists", column(&|i| Some(Value::List(vec![Value::Int((i % 2).into())])))),
            ("bool and number", column(&|i| Some(if i == 0 { Value::Bool(true) } else { Value::Int(1) }))),
            ("null is a level", column(&|i| Some(if i % 2 == 0 { Value::Null } else { Value::Int(5) }))),
        ],
        &metric,
    );
    table.columns[7].null_is_level = true;
    let analysis = analyse(&table, 0);
    let seen = |name: &str| {
        let found = parameter(&analysis, name);
        (found.kind, found.n_present, found.n_distinct)
    };
    assert_eq!(seen("bools"), (ParameterKind::Bool, 9, 2));
    assert_eq!(seen("numbers"), (ParameterKind::Numeric, 12, 2));
    assert_eq!(seen("nulls"), (ParameterKind::Numeric, 11, 11));
    assert_eq!(seen("nan"), (ParameterKind::Numeric, 11, 11));
    assert_eq!(seen("mixed"), (ParameterKind::Categorical, 12, 12));
    assert_eq!(seen("lists"), (ParameterKind::Categorical, 12, 2));
    assert_eq!(seen("bool and number"), (ParameterKind::Categorical, 12, 2));
    assert_eq!(seen("null is a level"), (ParameterKind::Categorical, 12, 2));
    assert!(parameter(&analysis, "lists").eta_squared.is_some());
}

#[test]
fn a_logarithm_that_does_not_exist_leaves_spearman_alone() {
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    let mut table = frame(&[("x", floats(&x))], &x);
    table.columns[0].log = true;
    let analysis = analyse(&table, 0);
    let x = parameter(&analysis, "x");
    assert_eq!((x.pearson, x.spearman.unwrap().r, x.pearson_raw.map(|r| r > 0.999)), (None, 1.0, Some(true)));
    assert!(x.reason.as_deref().unwrap().contains("logarithm"));
}

#[test]
fn one_value_a_hundred_thousand_times_is_no_burden() {
    let n = 100_000;
    let mut x = vec![1.0; n];
    let mut metric = vec![0.5; n];
    for i in 0..10 {
        x[i * 7_919] = 2.0;
        metric[i * 7_919] = 0.75;
    }
    let features = Features::new(
        n,
        vec![Group::new(SplitKind::Ordered, x.iter().map(|x| u32::from(*x > 1.0)).collect())],
    );
    let forest = Forest::fit(&features, &metric, 3, 1);
    assert_eq!((forest.predict_row(&[0]), forest.predict_row(&[1])), (0.5, 0.75));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i128..3).prop_map(Value::Int),
        any::<i128>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), Just(-0.0), Just(1e-12)]
            .prop_map(Value::Float),
        "[ab]{0,2}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::List))
}

/// Columns of one kind or of many, some with holes.
fn any_cells(rows: usize) -> impl Strategy<Value = Vec<Option<Value>>> {
    prop_oneof![
        prop::collection::vec(prop::option::of(any_value()), rows),
        prop::collection::vec(prop::option::of(any::<f64>().prop_map(Value::Float)), rows),
        prop::collection::vec((0_i128..3).prop_map(|i| Some(Value::Int(i))), rows),
        prop::collection::vec(prop::option::of(any::<bool>().prop_map(Value::Bool)), rows),
    ]
}

fn any_metric() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        4 => (-10.0..10.0).prop_map(Some),
        2 => (0..3).prop_map(|i| Some(f64::from(i) * 1e-9)),
        1 => any::<f64>().prop_map(Some),
        1 => Just(None),
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(f64::MAX), Just(f64::MIN)].prop_map(Some),
    ]
}

fn any_frame() -> impl Strategy<Value = TrialFrame> {
    let status = prop_oneof![9 => Just(RunStatus::Finished), 1 => Just(RunStatus::Failed)];
    (0_usize..24, 0_usize..5).prop_flat_map(move |(rows, columns)| {
        let cells = prop::collection::vec((any_cells(rows), any::<bool>(), any::<bool>()), columns);
        let heads = prop::collection::vec((status.clone(), any_metric(), 0_usize..40), rows);
        (cells, heads).prop_map(|(columns, heads)| {
            let info = |(place, (_, log, null_is_level)): (usize, &(Vec<Option<Value>>, bool, bool))| {
                ColumnInfo { name: format!("p{place}"), log: *log, null_is_level: *null_is_level }
            };
            let row = |(place, (status, metric, length)): (usize, &(RunStatus, Option<f64>, usize))| Row {
                status: *status,
                metric: *metric,
                // Now and then a row is shorter than the header.
                cells: columns.iter().map(|(cells, ..)| cells[place].clone()).take(*length).collect(),
            };
            TrialFrame {
                columns: columns.iter().enumerate().map(info).collect(),
                rows: heads.iter().enumerate().map(row).collect(),
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_frame_makes_it_panic_and_no_figure_leaves_its_range(frame in any_frame(), seed: u64) {
        let analysis = analyse(&frame, seed);
        let dropped = analysis.dropped;
        let left_out = dropped.not_finished + dropped.metric_absent + dropped.metric_nan + dropped.metric_inf;
        prop_assert_eq!(analysis.n_used + left_out, frame.rows.len());
        prop_assert_eq!(analysis.parameters.len(), frame.columns.len());
        prop_assert!(analysis.oob_r2.is_none_or(|r2| r2.is_finite() && r2 <= 1.0));
        let importances: Vec<f64> = analysis.parameters.iter().filter_map(|found| found.importance).collect();
        let sum: f64 = importances.iter().sum();
        prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-9, "{}", sum);
        for found in &analysis.parameters {
            for correlation in found.pearson.iter().chain(&found.spearman) {
                prop_assert!(correlation.r.abs() <= 1.0 && (0.0..=1.0).contains(&correlation.p));
                let inside = |[low, high]: [f64; 2]| low <= correlation.r + 1e-9 && correlation.r <= high + 1e-9;
                prop_assert!(correlation.interval.is_none_or(inside), "{:?}", correlation);
            }
            prop_assert!(found.eta_squared.is_none_or(|eta| (0.0..=1.0).contains(&eta)));
            prop_assert!(found.permutation.is_none_or(|drop| drop.mean.is_finite() && drop.se >= 0.0));
            prop_assert!(found.importance.is_none_or(|importance| (0.0..=1.0 + 1e-9).contains(&importance)));
            let all_figures = found.pearson.is_some() && found.spearman.is_some();
            prop_assert_eq!(found.reason.is_none(), all_figures, "{:?}", found);
        }
    }
}
