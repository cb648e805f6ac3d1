//! Lists and draws of a config that was edited.

use super::*;
use crate::config::check;
use crate::trial::RunStatus;

fn config(yaml: &str) -> Config {
    let checked = check(format!("command: [run, \"${{args}}\"]\n{yaml}").as_bytes());
    checked.config.unwrap_or_else(|| panic!("{:?}", checked.errors))
}

fn points(strategy: &dyn Strategy) -> Vec<Option<String>> {
    let size = u64::try_from(strategy.size().unwrap()).unwrap();
    (0..size).map(|k| Some(strategy.point(TrialIndex(k)).unwrap()?.to_json().to_string())).collect()
}

fn of(versions: &[&str]) -> Vec<Option<String>> {
    let configs: Vec<Config> = versions.iter().map(|yaml| config(yaml)).collect();
    points(for_versions(&configs, 7).unwrap().as_ref())
}

const GRID: &str = "method: grid\nparameters: {a: {values: [1, 2, 3]}, b: {values: [x, y]}}\n";

#[test]
fn values_that_are_added_to_a_grid_come_after_all_that_was_there() {
    let grown = of(&[GRID, &GRID.replace("[1, 2, 3]", "[0, 1, 2, 3]")]);
    assert_eq!(grown[..6], of(&[GRID])[..]);
    assert_eq!(grown[6..], [r#"{"a":0,"b":"x"}"#, r#"{"a":0,"b":"y"}"#].map(|text| Some(text.to_owned())));
}

#[test]
fn values_that_are_taken_away_leave_their_numbers_empty_and_can_come_back() {
    let narrow = GRID.replace("[1, 2, 3]", "[1, 3]");
    let narrowed = of(&[GRID, &narrow]);
    let kept: Vec<bool> = narrowed.iter().map(Option::is_some).collect();
    assert_eq!(kept, [true, true, false, false, true, true]);
    assert_eq!(of(&[GRID, &narrow, GRID]), of(&[GRID]));
}

#[test]
fn a_parameter_that_is_added_to_a_grid_has_its_old_value_in_old_trials() {
    let wider = GRID.replace("[x, y]}}", "[x, y]}, c: {values: [5, 6], before: 5}}");
    let grown = of(&[GRID, &wider]);
    assert_eq!(grown.len(), 12);
    assert!(grown[..6].iter().all(|point| point.as_ref().unwrap().contains("\"c\":5")));
    assert!(grown[6..].iter().all(|point| point.as_ref().unwrap().contains("\"c\":6")));
}

#[test]
fn points_that_are_added_to_a_grid_are_run_once() {
    let with = |points: &str| format!("{GRID}points: [{points}]\n");
    let first = with("{a: 2, b: x}");
    let grown = of(&[&first, &with("{a: 2, b: x}, {a: 1, b: y}, {a: 9, b: x}")]);
    assert_eq!(grown[..6], of(&[&first])[..]);
    assert_eq!(grown[6..], [Some(r#"{"a":9,"b":"x"}"#.to_owned())]);
}

#[test]
fn lists_of_random_points_and_of_shuffled_grids_grow_in_the_same_way() {
    let list = GRID.replace("grid", "random\nreplace: false");
    let shuffled = format!("{GRID}order: shuffled\n");
    for old in [list, shuffled] {
        let grown = of(&[&old, &old.replace("[x, y]", "[x, y, z]")]);
        assert_eq!(grown[..6], of(&[&old])[..]);
        let mut all: Vec<_> = grown.iter().flatten().collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 9);
    }
}

#[test]
fn draws_are_those_of_the_newest_version_alone() {
    let old = config("method: random\nparameters: {a: {min: 0.0, max: 1.0}}\npoints: [{a: 0.5}]\n");
    let new =
        config("method: random\nparameters: {a: {min: 0.0, max: 2.0}}\npoints: [{a: 0.5}, {a: 0.25}]\n");
    let edited = for_versions(&[old.clone(), new.clone()], 3).unwrap();
    assert_eq!(edited.added().iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1]);
    let alone = for_config(&Config { points: old.points.clone(), ..new }, 3).unwrap();
    for k in 0..20 {
        assert_eq!(edited.point(TrialIndex(k)).unwrap(), alone.point(TrialIndex(k)).unwrap());
    }
}

#[test]
fn a_finite_search_ends_when_its_narrower_space_is_tried_out() {
    let yaml =
        "method: bayes\nmetric: {name: loss, goal: minimize}\nparameters: {a: {values: [1, 2, 3, 4, 5]}}\n";
    let old = config(yaml);
    let new = config(&yaml.replace("[1, 2, 3, 4, 5]", "[4, 5]"));
    let strategy = for_versions(&[old, new], 3).unwrap();
    let mut history: Vec<Observation> = Vec::new();
    for (k, a) in [1, 2, 3].into_iter().enumerate() {
        let point = Point(vec![("a".into(), crate::space::Value::Int(a))]);
        history.push(Observation::finished(TrialIndex(k as u64), point, a as f64));
    }
    let mut found = Vec::new();
    for k in 3..6 {
        let Some(proposal) = strategy.suggest(TrialIndex(k), &history).unwrap() else { break };
        found.push(proposal.point.to_json().to_string());
        history.push(Observation {
            status: RunStatus::Finished,
            ..Observation::finished(TrialIndex(k), proposal.point, 0.1)
        });
    }
    found.sort();
    assert_eq!(found, [r#"{"a":4}"#, r#"{"a":5}"#]);
}
