//! The rules on small sweeps that can be followed by hand.

use proptest::prelude::*;

use super::{
    Asha, IEpoch, Judge, Median, MetricReport, OtherTrial, Patience, ReportedCurve, Rule, StopDecision,
};
use crate::config::{Goal, MetricSummary};

fn curve(values: &[f64]) -> ReportedCurve {
    ReportedCurve::new((1..).zip(values).map(|(step, value)| MetricReport { step, value: *value }).collect())
}

fn others(rule: &dyn Rule, curves: &[&[f64]]) -> Vec<OtherTrial> {
    curves.iter().map(|values| OtherTrial { finished: true, marks: rule.marks(&curve(values)) }).collect()
}

fn asha() -> Asha {
    Asha {
        min_iter: 1,
        max_iter: None,
        eta: 3.0,
        min_trials: 0,
        goal: Goal::Minimize,
        summary: MetricSummary::Last,
    }
}

#[test]
fn with_asha_the_best_third_of_those_that_have_come_so_far_goes_on() {
    let rule = asha();
    let five = others(&rule, &[&[5.0], &[4.0], &[3.0], &[2.0], &[1.0]]);
    // Of six trials two continue.
    assert_eq!(rule.decide(&curve(&[1.5]), 0, &five), None);
    let stop = rule.decide(&curve(&[2.5]), 0, &five);
    let expected = StopDecision { rule: "asha", rung: Some(1), step: 1, value: 2.5, threshold: Some(2.0) };
    assert_eq!(stop, Some(expected));
    // Equals continue together.
    assert_eq!(rule.decide(&curve(&[2.0]), 0, &five), None);
}

#[test]
fn with_asha_the_first_trial_goes_on_and_the_next_only_if_it_is_better() {
    let rule = asha();
    assert_eq!(rule.decide(&curve(&[9.0]), 0, &[]), None);
    let first = others(&rule, &[&[9.0]]);
    assert_eq!(rule.decide(&curve(&[8.0]), 0, &first), None);
    assert!(rule.decide(&curve(&[10.0]), 0, &first).is_some());
    let patient = Asha { min_trials: 3, ..asha() };
    assert_eq!(patient.decide(&curve(&[10.0]), 0, &first), None);
}

#[test]
fn with_i_epoch_the_best_so_many_at_the_report_go_on() {
    let rule = IEpoch { iter: 2, keep: 2, goal: Goal::Minimize, summary: MetricSummary::Last };
    let three = others(&rule, &[&[9.0, 5.0], &[9.0, 4.0], &[9.0]]);
    // One of them has not reached the report.
    assert_eq!(rule.decide(&curve(&[9.0, 4.5]), 1, &three), None);
    let stop = rule.decide(&curve(&[1.0, 6.0]), 1, &three);
    let expected = StopDecision { rule: "i_epoch", rung: Some(2), step: 2, value: 6.0, threshold: Some(5.0) };
    assert_eq!(stop, Some(expected));
    // The first ones always go on, and nobody is asked twice.
    assert_eq!(rule.decide(&curve(&[9.0, 9.0]), 1, &others(&rule, &[&[1.0, 1.0]])), None);
    assert_eq!(rule.decide(&curve(&[9.0, 9.0, 9.0]), 2, &three), None);
    assert_eq!((rule.places(10), rule.places(1)), (vec![2], vec![]));
}

#[test]
fn rules_with_rungs_name_them_up_to_a_place() {
    assert_eq!(asha().places(30), [1, 3, 9, 27]);
    assert_eq!(Asha { max_iter: Some(9), ..asha() }.places(1 << 40), [1, 3]);
    let bands = |min_iter, max| super::Hyperband::new(min_iter, max, 3.0, true, Goal::Minimize).places(100);
    assert_eq!(bands(Some(4), None), [4, 12, 36]);
    assert_eq!(bands(None, Some((27, 5))), [1, 3, 9]);
    assert!(Median { warmup: 0, min_trials: 5, goal: Goal::Minimize }.places(100).is_empty());
}

#[test]
fn with_asha_a_trial_is_asked_once_a_rung() {
    let rule = asha();
    let good = others(&rule, &[&[1.0, 1.0, 1.0], &[1.0, 1.0, 1.0]]);
    let own = curve(&[5.0, 5.0]);
    assert!(rule.is_due(&own, 0));
    assert!(!rule.is_due(&own, 1));
    // It got past the first rung: what others do there later does not matter.
    assert_eq!(rule.decide(&own, 1, &good), None);
    let own = curve(&[5.0, 5.0, 5.0]);
    assert!(rule.is_due(&own, 1));
    assert_eq!(rule.decide(&own, 1, &good).unwrap().rung, Some(3));
    // Where two rungs were reached between two looks, both are asked.
    assert_eq!(rule.decide(&own, 0, &good).unwrap().rung, Some(1));
}

#[test]
fn rungs_are_steps_and_not_reports() {
    let rule = Asha { min_iter: 4, eta: 2.0, max_iter: Some(32), ..asha() };
    let every_five = |count: i64| {
        ReportedCurve::new((1..=count).map(|k| MetricReport { step: 5 * k, value: k as f64 }).collect())
    };
    assert_eq!(rule.marks(&every_five(1)).to_string(), "4:1");
    assert_eq!(rule.marks(&every_five(4)).to_string(), "4:1 8:2 16:4");
    assert_eq!(rule.marks(&every_five(100)).to_string(), "4:1 8:2 16:4");
    assert_eq!(rule.marks(&curve(&[1.0, 2.0, 3.0])).to_string(), "");
}

#[test]
fn at_a_rung_the_summary_of_the_metric_counts() {
    let values = [3.0, 1.0, 2.0];
    for (summary, at_three) in
        [(MetricSummary::Last, "1:3 3:2"), (MetricSummary::Best, "1:3 3:1"), (MetricSummary::Mean, "1:3 3:2")]
    {
        let rule = Asha { summary, ..asha() };
        assert_eq!(rule.marks(&curve(&values)).to_string(), at_three, "{summary:?}");
    }
}

#[test]
fn where_the_metric_is_to_be_large_small_values_are_stopped() {
    let rule = Asha { goal: Goal::Maximize, ..asha() };
    let known = others(&rule, &[&[0.9], &[0.5]]);
    assert_eq!(rule.decide(&curve(&[0.95]), 0, &known), None);
    let stop = rule.decide(&curve(&[0.7]), 0, &known).unwrap();
    assert_eq!((stop.value, stop.threshold), (0.7, Some(0.9)));
}

#[test]
fn nan_is_worse_than_any_number() {
    for goal in [Goal::Minimize, Goal::Maximize] {
        let rule = Asha { goal, ..asha() };
        let known = others(&rule, &[&[f64::NAN], &[1e300], &[-1e300]]);
        assert!(rule.decide(&curve(&[f64::NAN]), 0, &known).is_some());
        let nans = others(&rule, &[&[f64::NAN], &[-f64::NAN]]);
        assert_eq!(rule.decide(&curve(&[5.0]), 0, &nans), None);
    }
}

#[test]
fn with_median_a_best_that_is_worse_than_the_median_of_the_averages_is_stopped() {
    let rule = Median { warmup: 1, min_trials: 3, goal: Goal::Minimize };
    // Running averages at step 2: 2, 3, 5.
    let known = others(&rule, &[&[3.0, 1.0, 0.0], &[3.0, 3.0], &[6.0, 4.0, 0.0]]);
    let stop = rule.decide(&curve(&[5.0, 4.0]), 0, &known).unwrap();
    assert_eq!((stop.rung, stop.step, stop.value, stop.threshold), (None, 2, 4.0, Some(3.0)));
    assert_eq!(rule.decide(&curve(&[3.0, 40.0]), 0, &known), None);
    // Not before the warm-up is over, nor with too few finished trials.
    assert_eq!(rule.decide(&curve(&[50.0]), 0, &known), None);
    assert_eq!(rule.decide(&curve(&[50.0, 50.0]), 0, &known[..2]), None);
    let mut running = known;
    running[0].finished = false;
    assert_eq!(rule.decide(&curve(&[50.0, 50.0]), 0, &running), None);
}

#[test]
fn the_median_of_an_even_number_lies_in_the_middle() {
    let rule = Median { warmup: 0, min_trials: 1, goal: Goal::Maximize };
    let known = others(&rule, &[&[0.2], &[0.4]]);
    assert_eq!(rule.decide(&curve(&[0.31]), 0, &known), None);
    assert!((rule.decide(&curve(&[0.29]), 0, &known).unwrap().threshold.unwrap() - 0.3).abs() < 1e-12);
}

#[test]
fn of_a_long_curve_a_bounded_number_of_averages_is_kept() {
    let rule = Median { warmup: 0, min_trials: 1, goal: Goal::Minimize };
    let long = curve(&vec![1.0; 1_000_000]);
    let marks = rule.marks(&long);
    assert!(marks.0.len() < 200, "{}", marks.0.len());
    assert!(marks.to_string().len() < 4000, "{}", marks.to_string().len());
    assert_eq!(marks.0.last().unwrap().at, 1_000_000);
    assert_eq!(rule.marks(&curve(&[1.0; 32])).0.len(), 32);
}

#[test]
fn others_are_looked_at_ever_more_rarely_under_median() {
    let rule = Median { warmup: 2, min_trials: 1, goal: Goal::Minimize };
    let dues: Vec<usize> = (1..=40).filter(|n| rule.is_due(&curve(&vec![1.0; *n]), n - 1)).collect();
    assert_eq!(dues, [3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33]);
    assert!(rule.is_due(&curve(&[1.0; 40]), 30));
}

#[test]
fn patience_ends_after_so_many_reports_without_an_improvement() {
    let rule = Patience { patience: 2, min_delta: 0.1, goal: Goal::Minimize };
    let judge = |values: &[f64]| rule.decide(&curve(values), 0, &[]);
    assert_eq!(judge(&[1.0, 0.8, 0.75]), None);
    let stop = judge(&[1.0, 0.8, 0.75, 0.75]).unwrap();
    assert_eq!((stop.step, stop.value), (4, 0.75));
    assert!((stop.threshold.unwrap() - 0.7).abs() < 1e-12);
    // Small steps add up.
    assert_eq!(judge(&[1.0, 0.95, 0.9, 0.85, 0.8]), None);
    assert!(judge(&[f64::NAN, f64::NAN]).is_some());
    assert_eq!(judge(&[f64::NAN, 1.0, f64::NAN]), None);
    let exact = Patience { patience: 1, min_delta: 0.0, goal: Goal::Maximize };
    assert_eq!(exact.decide(&curve(&[1.0, 1.1]), 0, &[]), None);
    assert!(exact.decide(&curve(&[1.0, 1.0]), 0, &[]).is_some());
}

#[test]
fn two_nans_in_a_row_are_enough_where_it_is_asked_for() {
    let nans = curve(&[1.0, f64::NAN, f64::NAN, 1.0]);
    let stop = Judge::new(asha(), true).decide(&nans, 0, &[]).unwrap();
    assert_eq!((stop.rule, stop.step, stop.threshold), ("stop_on_nan", 3, None));
    assert_eq!(Judge::new(asha(), false).decide(&nans, 0, &[]), None);
    let apart = curve(&[f64::NAN, 1.0, f64::NAN, 1.0]);
    assert_eq!(Judge::new(asha(), true).decide(&apart, 0, &[]), None);
}

/// The trials of a sweep that are not stopped when they come to the first rung one after the other.
fn report() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-9..9_i8).prop_map(f64::from),
        1 => prop::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY, f64::NAN]),
    ]
}

fn go_on(values: &[f64], eta: f64) -> usize {
    let rule = Asha { eta, ..asha() };
    let mut known: Vec<OtherTrial> = Vec::new();
    let mut went_on = 0;
    for value in values {
        let own = curve(&[*value]);
        went_on += usize::from(rule.decide(&own, 0, &known).is_none());
        known.push(OtherTrial { finished: false, marks: rule.marks(&own) });
    }
    went_on
}

#[test]
fn with_median_an_infinity_in_one_report_is_passed_over() {
    for (goal, infinity) in [(Goal::Minimize, f64::NEG_INFINITY), (Goal::Maximize, f64::INFINITY)] {
        let rule = Median { warmup: 1, min_trials: 1, goal };
        let sound = others(&rule, &[&[0.5, 0.5, 0.5]]);
        let odd = others(&rule, &[&[0.5, infinity, 0.5]]);
        assert_eq!(odd[0].marks, sound[0].marks, "{goal:?}");
        assert_eq!(rule.decide(&curve(&[0.5, 0.5, 0.5]), 0, &odd), None, "{goal:?}");
    }
}

/// What no rule may distinguish.
fn as_nan(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| if value.is_finite() { *value } else { f64::NAN }).collect()
}

proptest! {
    #[test]
    fn no_rule_takes_an_infinity_for_a_value(
        own in prop::collection::vec(report(), 1..12),
        first in prop::collection::vec(report(), 1..12),
        second in prop::collection::vec(report(), 1..12),
        maximize in any::<bool>(),
        summary in prop::sample::select(vec![MetricSummary::Last, MetricSummary::Best, MetricSummary::Min, MetricSummary::Max, MetricSummary::Mean]),
    ) {
        let goal = if maximize { Goal::Maximize } else { Goal::Minimize };
        let rules: [Box<dyn Rule>; 5] = [
            Box::new(Asha { goal, summary, eta: 2.0, ..asha() }),
            Box::new(Median { warmup: 1, min_trials: 1, goal }),
            Box::new(Patience { patience: 2, min_delta: 0.1, goal }),
            Box::new(super::Hyperband::new(Some(1), None, 2.0, false, goal)),
            Box::new(super::Hyperband::new(Some(1), None, 2.0, true, goal)),
        ];
        for rule in rules {
            let stops = |values: [&[f64]; 3]| {
                let known = others(rule.as_ref(), &values[1..]);
                rule.decide(&curve(values[0]), 0, &known).map(|stop| (stop.rung, stop.step))
            };
            let odd = stops([&own, &first, &second]);
            let nans = [&own, &first, &second].map(|values| as_nan(values));
            prop_assert_eq!(odd, stops([&nans[0], &nans[1], &nans[2]]), "{:?}", rule);
        }
    }

    #[test]
    fn the_best_of_a_rung_is_never_stopped(values in prop::collection::vec(-1e9..1e9f64, 1..40), eta in 1.1..9.0f64) {
        let rule = Asha { eta, ..asha() };
        let best = values.iter().copied().fold(f64::INFINITY, f64::min);
        let known: Vec<OtherTrial> = values
            .iter()
            .map(|value| OtherTrial { finished: true, marks: rule.marks(&curve(&[*value])) })
            .collect();
        prop_assert_eq!(rule.decide(&curve(&[best]), 0, &known), None);
        prop_assert!(go_on(&values, eta) >= 1);
    }

    #[test]
    fn a_rule_never_panics_and_its_marks_read_back(
        values in prop::collection::vec(prop::num::f64::ANY, 0..30),
        steps in prop::collection::vec(any::<i64>(), 30),
        before in 0..40usize,
        eta in 1.0001..10.0f64,
        min_iter in 1..u64::MAX,
    ) {
        let own = ReportedCurve::new(steps.iter().zip(&values).map(|(step, value)| MetricReport { step: *step, value: *value }).collect());
        let rules: [Box<dyn Rule>; 4] = [
            Box::new(Asha { eta, min_iter, ..asha() }),
            Box::new(Asha { eta, ..asha() }),
            Box::new(Median { warmup: 3, min_trials: 1, goal: Goal::Maximize }),
            Box::new(super::Hyperband::new(Some(1), None, eta, false, Goal::Maximize)),
        ];
        for rule in rules {
            let marks = rule.marks(&own);
            let again = super::ReachedValues::parse(&marks.to_string()).unwrap();
            prop_assert_eq!(again.to_string(), marks.to_string());
            rule.is_due(&own, before);
            rule.decide(&own, before, &[OtherTrial { finished: true, marks }]);
        }
    }
}
