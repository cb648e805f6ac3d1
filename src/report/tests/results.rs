//! The plots of results: slices, parallel coordinates, learning curves; and the parent's note.

use super::*;
use crate::analysis::Dependence;
use crate::space::{Point, Value};

fn dots(svg: &str, class: &str) -> usize {
    let document = Document::parse(svg).unwrap();
    let paths = document.descendants().filter(|node| node.attribute("class") == Some(class));
    paths.map(|node| node.attribute("d").unwrap().matches("h0").count()).sum()
}

/// Finished trials whose metric is their number, each at a place of its own.
fn plain(trials: usize) -> SampleSweep {
    let mut sample = SampleSweep::new(trials, 2);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        (trial.status, trial.metric) = (RunStatus::Finished, Some(k as f64));
    }
    sample
}

#[test]
fn a_slice_has_a_dot_for_each_finished_trial_with_a_finite_metric() {
    let mut sample = plain(40);
    sample.trials[3].status = RunStatus::Failed;
    sample.trials[4].metric = Some(f64::NAN);
    sample.trials[5].metric = None;
    let svg = slices_svg(&sample.report());
    assert_eq!((dots(&svg, "dots"), dots(&svg, "best")), (2 * 37, 2));
    assert_eq!(shapes(&svg, "dependence"), 1 + 3, "one line, and a bar for each of three levels");
}

#[test]
fn a_slice_on_a_log_scale_has_powers_of_ten_at_equal_distances() {
    let sample = plain(200);
    let svg = slices_svg(&sample.report());
    let document = Document::parse(&svg).unwrap();
    let at = |words: &str| -> f64 {
        let node = document.descendants().find(|node| node.text().map(str::trim) == Some(words)).unwrap();
        node.attribute("x").unwrap().parse().unwrap()
    };
    let (a, b, c) = (at("1e-4"), at("0.001"), at("0.01"));
    assert!(b > a && ((c - b) - (b - a)).abs() < 0.2, "{a} {b} {c}");
}

#[test]
fn a_parameter_that_never_varies_has_no_slice_and_no_axis() {
    let mut sample = plain(20);
    for trial in &mut sample.trials {
        trial.point.0[1].1 = Value::Text("adam".to_owned());
    }
    let svg = slices_svg(&sample.report());
    assert!(!texts(&svg).iter().any(|text| text == "optimizer"));
    assert!(!texts(&parallel_svg(&sample.report())).iter().any(|text| text == "optimizer"));
    for trial in &mut sample.trials {
        trial.point = Point::default();
    }
    for svg in [slices_svg(&sample.report()), parallel_svg(&sample.report())] {
        assert!(texts(&svg).iter().any(|text| text.contains("No parameter varies")));
    }
}

/// The colours of a class of paths, with how many lines each has, in the order in which they are drawn.
fn colours(svg: &str, class: &str) -> Vec<(String, usize)> {
    let document = Document::parse(svg).unwrap();
    let paths = document.descendants().filter(|node| node.attribute("class") == Some(class));
    let colour = |node: roxmltree::Node| {
        let lines = node.attribute("d").unwrap().matches('M').count();
        (node.attribute("stroke").unwrap().to_owned(), lines)
    };
    paths.map(colour).collect()
}

#[test]
fn lines_are_coloured_from_the_worst_to_the_best_and_the_best_is_drawn_last() {
    let mut sample = plain(70);
    let ramp: Vec<(String, usize)> = palette::RAMP.iter().map(|ink| (ink.to_string(), 10)).collect();
    assert_eq!(colours(&parallel_svg(&sample.report()), "lines"), ramp);
    assert_eq!(shapes(&parallel_svg(&sample.report()), "lead"), 1);
    sample.goal = None;
    assert_eq!(shapes(&parallel_svg(&sample.report()), "lead"), 0, "without a goal nothing is best");
    assert_eq!(facts::ramp_places(&[5.0, 1.0, 3.0], Some(Goal::Minimize)), [0, 4, 2]);
    assert_eq!(facts::ramp_places(&[5.0, 1.0, 3.0], Some(Goal::Maximize)), [4, 0, 2]);
}

#[test]
fn a_list_of_numbers_stands_as_even_steps_at_its_own_values() {
    let mut sample = plain(40);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        trial.point.0[0].1 = Value::Int([16, 32, 64, 128][k % 4]);
    }
    let svg = slices_svg(&sample.report());
    let document = Document::parse(&svg).unwrap();
    let at = |text: &str| -> f64 {
        let node = document.descendants().find(|node| node.text() == Some(text)).unwrap();
        node.attribute("x").unwrap().parse().unwrap()
    };
    let ticks = ["16", "32", "64", "128"].map(at);
    for pair in ticks.windows(2) {
        assert!(((pair[1] - pair[0]) - (ticks[1] - ticks[0])).abs() < 0.2, "{ticks:?}");
    }
}

#[test]
fn of_thousands_of_trials_the_svg_draws_a_sample_and_says_so() {
    let svg = parallel_svg(&plain(3_000).report());
    assert_eq!(shapes(&svg, "lines"), 400);
    assert!(texts(&svg).join(" ").contains("Drawn: 400 of 3000 trials"));
}

#[test]
fn a_trial_without_a_parameter_leaves_a_gap_in_its_line() {
    let mut sample = plain(20);
    sample.trials[7].point.0.retain(|(name, _)| name != "optimizer");
    let whole = plain(20);
    let lines = |sample: &SampleSweep| shapes(&parallel_svg(&sample.report()), "lines");
    assert_eq!((lines(&whole), lines(&sample)), (20, 21));
}

#[test]
fn a_stopped_trial_ends_in_a_dot_and_the_best_has_a_line_of_its_own() {
    let mut sample = plain(10);
    sample.trials[2].status = RunStatus::Killed;
    sample.curves = (0..9)
        .map(|trial| MetricCurve { trial, points: (0..5).map(|step| (step * 10, step as f64)).collect() })
        .collect();
    sample.curves.push(MetricCurve { trial: 9, points: vec![(0, 9.0)] });
    let svg = curves_svg(&sample.report());
    assert_eq!((shapes(&svg, "curves"), shapes(&svg, "stopped"), shapes(&svg, "best")), (9, 1, 0));
    assert!(texts(&svg).join(" ").contains("Shown: 9 of 10 trials."));
    sample.curves[9].points.push((40, 9.5));
    assert_eq!(shapes(&curves_svg(&sample.report()), "best"), 1);
}

#[test]
fn values_that_were_logged_without_a_step_are_drawn_in_their_order() {
    let mut sample = plain(2);
    sample.curves = vec![MetricCurve { trial: 0, points: vec![(0, 0.1), (0, f64::NAN), (0, 0.3)] }];
    let svg = curves_svg(&sample.report());
    assert!(texts(&svg).iter().any(|text| text == "Logged value, from the first"));
    sample.curves.clear();
    assert!(!plots(&sample.report()).iter().any(|(path, _)| *path == "plots/curves.svg"));
}

#[test]
fn agents_have_lanes_of_their_own() {
    let mut sample = SampleSweep::new(12, 1);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        trial.agent = Some(if k % 3 == 0 { "alone-1-a" } else { "pair-2-b" }.to_owned());
        (trial.start_time, trial.end_time) =
            (START + 1000 * (k as i64 / 3), Some(START + 1000 * (k as i64 / 3 + 1)));
        trial.status = RunStatus::Finished;
    }
    let marks: Vec<MarkBox> = timeline::timeline(&sample.report()).marks.into_iter().flatten().collect();
    let mut lanes: Vec<f64> = marks.iter().map(|mark| mark.y).collect();
    lanes.sort_by(f64::total_cmp);
    lanes.dedup();
    assert_eq!(lanes.len(), 3, "one for the first agent, two for the second");
    assert!(marks.iter().step_by(3).all(|mark| mark.y == lanes[0]));
    let svg = timeline_svg(&sample.report());
    assert!(texts(&svg).iter().any(|text| text == "alone-1-a"));
    assert!(texts(&svg).join(" ").contains("12 trials of 2 agents"));
}

#[test]
fn a_crowd_of_agents_shares_lanes() {
    let mut sample = SampleSweep::new(200, 1);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        trial.agent = Some(format!("job-{k}"));
    }
    let svg = timeline_svg(&sample.report());
    assert!(texts(&svg).join(" ").contains("packed: a lane shows"));
}

#[test]
fn the_note_shows_the_table_and_the_best_trial_as_text_whatever_they_hold() {
    let hostile = "a|b *c* <img src=x> `d` [e](f)";
    let mut sample = plain(20);
    for trial in &mut sample.trials {
        trial.point = Point(vec![(hostile.to_owned(), Value::Text("x`y".to_owned()))]);
    }
    if let Some(analysis) = &mut sample.analysis {
        analysis.parameters[0].name = hostile.to_owned();
    }
    let mut report = sample.report();
    report.best_command = Some("echo ```\nnext");
    let note = parent_note(&report, None, "Best loss 1");
    let escaped = "a\\|b \\*c\\* &lt;img src=x&gt; \\`d\\` \\[e\\](f)";
    assert!(note.contains(&format!("| {escaped} (log) | ")), "{note}");
    assert!(note.contains(&format!("- {escaped}: ``x`y``")), "{note}");
    assert!(note.contains("\n````\necho ```\nnext\n````\n"), "{note}");
}

#[test]
fn a_note_is_never_longer_than_mlflow_keeps_and_keeps_what_stood_before() {
    let mut sample = SampleSweep::new(200, 60);
    for trial in &mut sample.trials {
        trial.point.0[0].1 = Value::Text("long ".repeat(100));
    }
    let long = "words of the user ".repeat(380);
    for before in [None, Some("short"), Some(long.as_str())] {
        let note = parent_note(&sample.report(), before, "Best loss 1");
        assert!(note.chars().count() <= 8_000, "{}", note.chars().count());
        assert!(note.starts_with(before.unwrap_or("<!--").trim_end()));
        let again = parent_note(&sample.report(), Some(&note), "Best loss 1");
        assert_eq!(again, note, "a second call replaces the first");
    }
}

#[test]
fn a_dependence_of_no_known_value_draws_nothing() {
    let mut sample = plain(20);
    sample.dependences = vec![Dependence {
        name: "optimizer".to_owned(),
        steps: vec![(Value::Text("unheard-of".to_owned()), 3.0)],
        bands: Vec::new(),
    }];
    assert_eq!(shapes(&slices_svg(&sample.report()), "dependence"), 0);
}

#[test]
fn the_report_shows_config_and_command_as_they_are() {
    let sample = plain(5);
    let page = report_html(&sample.report());
    assert!(page.contains("python train.py --lr 0.01 --note '&lt;b&gt;'"));
    assert!(page.contains(
        "# Näive &lt;b&gt;config&lt;/b&gt;\ncommand: python train.py --lr ${lr}\nparameters:\n  lr: "
    ));
}
