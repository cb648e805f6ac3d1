//! Expected hypervolume improvement against an independent implementation, and its slopes against differences.

use serde_json::Value as Json;

use super::*;
use crate::metric::hypervolume;

const VECTORS: &str = include_str!("../../../tests/data/optimizer/hypervolume.json");

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn rows(json: &Json) -> Vec<Vec<f64>> {
    json.as_array().unwrap().iter().map(numbers).collect()
}

fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0)
}

#[test]
fn the_hypervolume_of_every_vector_is_what_others_compute() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["hypervolume"].as_array().unwrap() {
        let ours = hypervolume(&rows(&case["points"]), &numbers(&case["reference"]));
        assert!(close(ours, case["volume"].as_f64().unwrap()), "{case}: {ours}");
    }
}

#[test]
fn the_expected_improvement_of_every_vector_is_what_others_compute() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["improvement"].as_array().unwrap() {
        let points: Vec<[f64; 2]> = rows(&case["points"]).iter().map(|point| [point[0], point[1]]).collect();
        let (reference, mean, std) =
            (numbers(&case["reference"]), numbers(&case["mean"]), numbers(&case["std"]));
        let strips = FrontStrips::new(&points, [reference[0], reference[1]]);
        let at = |i: usize| NormalPrediction { mean: mean[i], std: std[i] };
        let ours = strips.improvement(at(0), at(1)).log;
        let theirs = case["log"].as_f64().unwrap();
        assert!((ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0), "{case}: {ours}");
    }
}

#[test]
fn the_improvement_has_the_slopes_of_its_differences_also_far_away() {
    let strips = FrontStrips::new(&[[0.0, 1.0], [0.4, 0.5], [1.0, 0.0]], [1.5, 1.5]);
    for (mean, std) in [([0.2, 0.3], [0.3, 0.2]), ([3.0, 4.0], [0.4, 0.3]), ([-2.0, -1.0], [0.1, 0.5])] {
        let value = |mean: [f64; 2], std: [f64; 2]| {
            let at = |i: usize| NormalPrediction { mean: mean[i], std: std[i] };
            strips.improvement(at(0), at(1))
        };
        let here = value(mean, std);
        assert!(here.log.is_finite());
        for i in 0..2 {
            let h = 1e-6;
            let moved = |by: f64, of_mean: bool| {
                let (mut mean, mut std) = (mean, std);
                if of_mean {
                    mean[i] += by;
                } else {
                    std[i] += by;
                }
                value(mean, std).log
            };
            for (of_mean, slope) in [(true, here.by_mean[i]), (false, here.by_std[i])] {
                let difference = (moved(h, of_mean) - moved(-h, of_mean)) / (2.0 * h);
                assert!(
                    (difference - slope).abs() < 1e-4 * (1.0 + slope.abs()),
                    "{mean:?}: {difference} {slope}"
                );
            }
        }
    }
}
