//! What every drawing must hold, whatever the sweep.

use std::path::PathBuf;

use roxmltree::Document;

use super::samples::{START, SampleSweep};
use super::*;
use crate::analysis::Estimate;
use crate::config::Goal;
use crate::space::{Point, Value};
use crate::trial::{RunStatus, TrialIndex};

mod browser;
mod pages;
mod results;

const SIZES: [(usize, usize); 9] =
    [(0, 0), (1, 1), (3, 2), (20, 2), (20, 20), (40, 4), (500, 20), (5_000, 6), (200, 60)];

/// Where the samples are left for a person to look at.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/report-samples");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn drawings(report: &SweepReport) -> [(&'static str, String); 6] {
    [
        ("timeline.svg", timeline_svg(report)),
        ("history.svg", history_svg(report)),
        ("importance.svg", importance_svg(report)),
        ("slices.svg", slices_svg(report)),
        ("parallel.svg", parallel_svg(report)),
        ("curves.svg", curves_svg(report)),
    ]
}

/// Every number that an element places something with: coordinates, and absolute points of paths.
fn places(svg: &Document) -> Vec<(f64, f64)> {
    let mut places = Vec::new();
    for node in svg.descendants().filter(roxmltree::Node::is_element) {
        let number = |name: &str| node.attribute(name).map(|text| text.parse::<f64>().unwrap());
        for (x, y) in [("x", "y"), ("x1", "y1"), ("x2", "y2")] {
            places.extend(number(x).zip(number(y)));
        }
        if let (Some((x, y)), Some((w, h))) =
            (number("x").zip(number("y")), number("width").zip(number("height")))
        {
            places.push((x + w, y + h));
        }
        let path = node.attribute("d").unwrap_or("");
        for start in path.split('M').skip(1) {
            let numbers: String =
                start.chars().take_while(|c| c.is_ascii_digit() || " .-".contains(*c)).collect();
            let (x, y) = numbers.split_once(' ').unwrap();
            places.push((x.parse().unwrap(), y.parse().unwrap()));
        }
        for point in node.attribute("points").unwrap_or("").split_whitespace() {
            let (x, y) = point.split_once(',').unwrap();
            places.push((x.parse().unwrap(), y.parse().unwrap()));
        }
    }
    places
}

/// How many shapes the paths of a class hold.
fn shapes(svg: &str, class: &str) -> usize {
    let document = Document::parse(svg).unwrap();
    let of_class = document
        .descendants()
        .filter(|node| node.attribute("class").is_some_and(|c| c.split(' ').any(|word| word == class)));
    of_class.map(|node| node.attribute("d").unwrap_or("").matches('M').count()).sum()
}

/// How far texts that are not turned reach, in the broad font that layouts reckon with.
fn reaches(svg: &Document) -> Vec<(f64, f64)> {
    let texts = svg.descendants().filter(|node| node.has_tag_name("text"));
    let level = texts.filter(|node| node.attribute("transform").is_none());
    let reach = |node: roxmltree::Node| {
        let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let width = text::ems(node.text().unwrap_or("").trim()) * number("font-size");
        match node.attribute("text-anchor").unwrap() {
            "start" => (number("x"), number("x") + width),
            "middle" => (number("x") - width / 2.0, number("x") + width / 2.0),
            _ => (number("x") - width, number("x")),
        }
    };
    level.map(reach).collect()
}

/// Well-formed, no coordinate and no word outside the page, no number that is none.
fn assert_inside(svg: &str, name: &str) {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{name}: {error}"));
    let root = document.root_element();
    let height: f64 = root.attribute("height").unwrap().parse().unwrap();
    assert!(!places(&document).is_empty());
    for (x, y) in places(&document) {
        assert!((0.0..=svg::WIDTH).contains(&x) && (0.0..=height).contains(&y), "{name}: {x} {y}");
    }
    for (left, right) in reaches(&document) {
        assert!(left >= 0.0 && right <= svg::WIDTH, "{name}: {left} {right}");
    }
    for attribute in document.descendants().flat_map(|node| node.attributes()) {
        assert!(!attribute.value().contains("NaN") && !attribute.value().contains("inf"), "{name}");
    }
}

fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap_or("").trim().to_owned()).collect()
}

#[test]
fn samples_of_every_size_are_well_formed_and_stay_inside_their_page() {
    for (trials, parameters) in SIZES {
        let sample = SampleSweep::new(trials, parameters);
        for (name, svg) in drawings(&sample.report()) {
            std::fs::write(folder().join(format!("{trials}x{parameters}-{name}")), &svg).unwrap();
            assert_inside(&svg, &format!("{trials}x{parameters} {name}"));
        }
    }
}

#[test]
fn every_trial_that_started_has_a_bar_and_a_place_in_the_plot() {
    for (trials, parameters) in SIZES {
        let mut sample = SampleSweep::new(trials, parameters);
        if trials > 10 {
            (sample.trials[4].start_time, sample.trials[4].end_time) = (0, None);
            sample.trials[4].status = RunStatus::Scheduled;
        }
        let started = sample.trials.iter().filter(|trial| trial.start_time > 0).count();
        assert_eq!(shapes(&timeline_svg(&sample.report()), "bars"), started);
        let marks = timeline::timeline(&sample.report()).marks;
        assert_eq!((marks.len(), marks.iter().flatten().count()), (trials, started));
    }
}

#[test]
fn packed_bars_of_the_same_lane_never_overlap() {
    let sample = SampleSweep::new(500, 1);
    let mut marks: Vec<MarkBox> = timeline::timeline(&sample.report()).marks.into_iter().flatten().collect();
    marks.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    let mut lanes: Vec<f64> = marks.iter().map(|mark| mark.y).collect();
    lanes.dedup();
    assert_eq!(lanes.len(), 4, "four agents, so four lanes");
    for pair in marks.windows(2).filter(|pair| pair[0].y == pair[1].y) {
        assert!(pair[0].x + pair[0].width <= pair[1].x + 0.9, "{pair:?}");
    }
}

#[test]
fn a_trial_that_still_runs_lasts_until_now_and_has_a_point() {
    let mut sample = SampleSweep::new(2, 1);
    for (trial, end) in sample.trials.iter_mut().zip([Some(START + 10_000), None]) {
        (trial.start_time, trial.end_time) = (START, end);
    }
    sample.trials[0].status = RunStatus::Finished;
    sample.trials[1].status = RunStatus::Running;
    sample.now = START + 40_000;
    let marks: Vec<MarkBox> = timeline::timeline(&sample.report()).marks.into_iter().flatten().collect();
    assert!((marks[1].width / marks[0].width - 4.0).abs() < 0.02, "{marks:?}");
    let svg = timeline_svg(&sample.report());
    assert!(texts(&svg).iter().any(|text| text.contains("still running")));
    assert!(svg.contains("class=\"bars RUNNING\"") && svg.contains("class=\"bars FINISHED\""));
}

#[test]
fn times_that_make_no_sense_are_drawn_all_the_same() {
    let mut sample = SampleSweep::new(20, 1);
    sample.trials[0].end_time = Some(START - 5_000_000);
    sample.trials[1].end_time = Some(i64::MAX);
    sample.trials[2].start_time = i64::MIN;
    for (name, svg) in drawings(&sample.report()) {
        let document = Document::parse(&svg).unwrap();
        for (x, y) in places(&document) {
            assert!((0.0..=svg::WIDTH).contains(&x) && y >= 0.0, "{name}: {x} {y}");
        }
    }
}

/// The heights of the best-so-far line, from left to right.
fn best_heights(svg: &str) -> Vec<f64> {
    let document = Document::parse(svg).unwrap();
    let line = document.descendants().find(|node| node.attribute("class") == Some("best-so-far")).unwrap();
    let path = line.attribute("d").unwrap();
    let first = path.split(['M', ' ', 'H']).nth(2).unwrap().parse().unwrap();
    let rest = path.split('V').skip(1).map(|part| part.split('H').next().unwrap().parse().unwrap());
    std::iter::once(first).chain(rest).collect()
}

#[test]
fn the_best_so_far_only_ever_improves_in_the_direction_of_the_goal() {
    let mut sample = SampleSweep::new(500, 2);
    // Down the page is up in the picture's coordinates.
    let rises = |heights: &[f64]| heights.windows(2).all(|pair| pair[1] <= pair[0]);
    let falls = |heights: &[f64]| heights.windows(2).all(|pair| pair[1] >= pair[0]);
    sample.goal = Some(Goal::Maximize);
    let heights = best_heights(&history_svg(&sample.report()));
    assert!(heights.len() > 3 && rises(&heights) && !falls(&heights), "{heights:?}");
    sample.goal = Some(Goal::Minimize);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        trial.metric = trial.metric.map(|metric| metric.abs() + 50.0 / (k as f64 + 10.0));
    }
    let heights = best_heights(&history_svg(&sample.report()));
    assert!(heights.len() > 3 && falls(&heights) && !rises(&heights), "{heights:?}");
    sample.goal = None;
    let svg = history_svg(&sample.report());
    assert!(!svg.contains("best-so-far") && svg.contains("has no goal"));
}

#[test]
fn only_a_finished_trial_is_ever_best() {
    let mut sample = SampleSweep::new(20, 2);
    sample.trials[7].metric = Some(99.0);
    sample.trials[7].status = RunStatus::Killed;
    sample.trials[8].metric = Some(f64::INFINITY);
    sample.trials[8].status = RunStatus::Finished;
    sample.trials[9].metric = Some(0.99);
    sample.trials[9].status = RunStatus::Finished;
    let report = sample.report();
    let (best, value) = report.best().unwrap();
    assert_eq!((best.index, value), (TrialIndex(9), 0.99));
    assert!(texts(&history_svg(&report)).iter().any(|text| text.contains("Best: 0.99 in trial 9.")));
}

#[test]
fn values_that_are_no_numbers_are_left_out_and_counted() {
    let mut sample = SampleSweep::new(4, 1);
    let metrics = [None, Some(f64::NAN), Some(f64::NEG_INFINITY), Some(0.5)];
    for (trial, metric) in sample.trials.iter_mut().zip(metrics) {
        (trial.metric, trial.status) = (metric, RunStatus::Finished);
    }
    let svg = history_svg(&sample.report());
    assert_eq!(shapes(&svg, "dots"), 1);
    let caption = texts(&svg).join(" ");
    assert!(caption.contains("Not shown: 3 trials (1 without a value, 2 NaN or infinite)."), "{caption}");
}

#[test]
fn one_diverged_run_stays_in_sight_at_the_edge_and_the_others_keep_their_room() {
    let mut sample = SampleSweep::new(40, 1);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        trial.metric = Some(0.3 + 0.01 * k as f64);
    }
    sample.trials[5].metric = Some(1e6);
    sample.goal = Some(Goal::Minimize);
    let plot = history::history(&sample.report());
    assert_eq!((shapes(&plot.svg, "dots"), shapes(&plot.svg, "beyond")), (39, 1));
    let caption = texts(&plot.svg).join(" ");
    assert!(caption.contains("1 trial (furthest 1000000)"), "{caption}");
    let heights = plot.marks.iter().flatten().map(|mark| mark.y);
    let (top, bottom) = heights.fold((f64::MAX, f64::MIN), |(t, b), y| (t.min(y), b.max(y)));
    let ordinary = plot.marks[39].unwrap();
    assert!(bottom - top > 250.0 && ordinary.y - top < 60.0, "{top} {bottom} {ordinary:?}");
}

#[test]
fn each_parameter_has_its_bars_whiskers_and_name() {
    let sample = SampleSweep::new(200, 8);
    let svg = importance_svg(&sample.report());
    let parameters = &sample.analysis.as_ref().unwrap().parameters;
    let numeric = parameters.iter().filter(|p| p.pearson.is_some()).count();
    assert_eq!(shapes(&svg, "permutation"), 8);
    assert_eq!((shapes(&svg, "pearson"), shapes(&svg, "spearman")), (numeric, numeric));
    // A whisker is a line with two caps.
    assert_eq!(shapes(&svg, "whiskers"), 3 * (8 + 2 * numeric));
    let texts = texts(&svg);
    for name in ["lr (log)", "optimizer", "größe_der_schicht", "parameter_7"] {
        assert!(texts.iter().any(|text| text == name), "{name}");
    }
    assert_eq!(texts.iter().filter(|text| text.contains("eta²")).count(), 8 - numeric);
}

#[test]
fn many_parameters_without_an_effect_are_folded() {
    let mut sample = SampleSweep::new(200, 20);
    for (place, parameter) in sample.analysis.as_mut().unwrap().parameters.iter_mut().enumerate() {
        let mean = if place < 6 { 0.5 } else { 0.001 };
        parameter.permutation = Some(Estimate { mean, se: 0.01 });
    }
    let svg = importance_svg(&sample.report());
    assert_eq!(shapes(&svg, "permutation"), 6);
    assert!(texts(&svg).join(" ").contains("14 others: no clear effect."));
    let page = report_html(&sample.report());
    assert!(page.contains("<summary>14 others: no clear effect</summary>"));
}

#[test]
fn where_no_times_are_known_there_is_no_timeline() {
    let mut sample = SampleSweep::new(20, 2);
    for trial in &mut sample.trials {
        (trial.status, trial.start_time, trial.end_time) = (RunStatus::Finished, START, Some(START));
    }
    assert!(!plots(&sample.report()).iter().any(|(path, _)| path.contains("timeline")));
    assert!(!report_html(&sample.report()).contains("id=\"timeline\""));
    assert!(shapes(&history_svg(&sample.report()), "dots") > 10, "history is by trial number");
}

#[test]
fn without_a_forest_no_bar_looks_like_an_importance() {
    let sample = SampleSweep::new(3, 2);
    let svg = importance_svg(&sample.report());
    assert_eq!((shapes(&svg, "importance"), shapes(&svg, "permutation")), (0, 0));
    let texts = texts(&svg).join(" ");
    assert!(texts.contains("no forest") && texts.contains("No importances: fewer than 5"), "{texts}");
}

#[test]
fn hostile_names_stay_names() {
    let name = "<script>alert(1)</script>\u{1b}[31m\u{0}&\"'\u{202e}";
    let mut sample = SampleSweep::new(20, 1);
    sample.name = name.to_owned();
    for trial in &mut sample.trials {
        trial.point = Point(vec![(name.to_owned(), Value::Text(name.to_owned()))]);
    }
    if let Some(analysis) = &mut sample.analysis {
        analysis.parameters[0].name = name.to_owned();
        analysis.notes = vec![name.to_owned()];
    }
    let mut report = sample.report();
    report.objective = Some(ReportObjective { name, goal: Some(Goal::Minimize) });
    for (drawing, svg) in drawings(&report) {
        let document = Document::parse(&svg).unwrap_or_else(|error| panic!("{drawing}: {error}"));
        assert!(!document.descendants().any(|node| node.has_tag_name("script")), "{drawing}");
    }
    let svg = importance_svg(&report);
    assert!(texts(&svg).iter().any(|text| text.starts_with("<script>alert(1)</script>[31m&\"'")));
}

/// Sweeps at the edge of what plots are made for.
fn extremes() -> Vec<(&'static str, SampleSweep)> {
    let mut crowd = SampleSweep::new(5_000, 1);
    for (k, trial) in crowd.trials.iter_mut().enumerate() {
        trial.start_time = START + 30 * k as i64;
        trial.end_time = trial.end_time.map(|_| START + 400_000 + 7 * k as i64);
        trial.metric = Some(3.25);
    }
    crowd.now = START + 500_000;
    let mut many = SampleSweep::new(400, 2);
    for (k, trial) in many.trials.iter_mut().enumerate() {
        let length = trial.end_time.map_or(60_000, |end| end - trial.start_time);
        trial.start_time = START + (k as i64 / 64) * 95_000 + (k as i64 % 64) * 300;
        trial.end_time = Some(trial.start_time + length);
        trial.status = RunStatus::Finished;
        trial.metric = trial.metric.map(|metric| metric * 1e-9);
    }
    let mut huge = SampleSweep::new(30, 2);
    for (k, trial) in huge.trials.iter_mut().enumerate() {
        trial.metric = Some(if k % 2 == 0 { f64::MAX } else { f64::MIN });
        trial.attempt = 12;
    }
    huge.trials[3].start_time = 1;
    let mut states = SampleSweep::new(70, 2);
    for (k, trial) in states.trials.iter_mut().enumerate() {
        trial.status = palette::STATUSES[k % 5];
        trial.index = TrialIndex(1_000_000 + k as u64);
        trial.metric = Some(123_456.789 + 1e-4 * k as f64);
    }
    vec![("crowd", crowd), ("many", many), ("huge", huge), ("states", states)]
}

#[test]
fn extreme_sweeps_stay_inside_their_page_too() {
    for (sweep, sample) in extremes() {
        let mut report = sample.report();
        let name =
            "validation/average_precision_of_the_best_checkpoint_over_all_five_folds_and_seeds_and_domains";
        report.objective = Some(ReportObjective { name, goal: Some(Goal::Minimize) });
        for (name, svg) in drawings(&report) {
            std::fs::write(folder().join(format!("{sweep}-{name}")), &svg).unwrap();
            assert_inside(&svg, &format!("{sweep} {name}"));
        }
    }
}
