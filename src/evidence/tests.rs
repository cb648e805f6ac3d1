//! What is run again, when that ends, and what is said of it.

use super::*;

fn candidate(searched: f64, values: &[f64]) -> Candidate {
    Candidate { values: values.to_vec(), ..Candidate::new(searched) }
}

/// Noise that is the same in every test: far from normal, with mean 0 and variance about 0.4.
fn noise(step: u32) -> f64 {
    let fraction = (f64::from(step) * 0.618_033_988_749_895).fract();
    if fraction > 0.9 { 2.0 } else { fraction - 0.625 }
}

/// Plays a confirmation; `truth` is what each candidate is worth. Returns them, and why it ended.
fn play(truth: &[f64], scale: f64, budget: u64) -> (Vec<Candidate>, ConfirmationEnd) {
    let mut candidates: Vec<Candidate> = truth.iter().map(|value| Candidate::new(value - scale)).collect();
    let mut step = 0;
    loop {
        match next_run(&candidates, 1.0, budget) {
            NextRun::Stop(reason) => return (candidates, reason),
            NextRun::Run(place) => {
                step += 1;
                candidates[place].values.push(truth[place] + scale * noise(step));
            }
        }
    }
}

#[test]
fn each_is_run_once_and_then_those_that_may_be_the_best() {
    let (candidates, reason) = play(&[0.0, 0.05, 0.1, 2.0, 3.0], 0.2, 30);
    assert_eq!(reason, ConfirmationEnd::Budget);
    let runs: Vec<usize> = candidates.iter().map(|one| one.values.len()).collect();
    assert_eq!(runs.iter().sum::<usize>(), 30);
    assert!(runs[3] <= 2 && runs[4] <= 2, "poor ones are not run again: {runs:?}");
    assert!(runs[0] + runs[1] >= 18, "{runs:?}");
}

#[test]
fn repeats_that_are_all_equal_end_it_after_five_runs() {
    let (candidates, reason) = play(&[1.0, 1.5, 1.6, 1.7, 2.0], 0.0, 20);
    assert_eq!(reason, ConfirmationEnd::NoNoise);
    assert_eq!(candidates.iter().map(|one| one.values.len()).sum::<usize>(), 5);
    // One of them differs: there is noise.
    let mut noisy = candidates;
    noisy[1].values[0] = 1.4;
    assert_ne!(next_run(&noisy, 1.0, 20), NextRun::Stop(ConfirmationEnd::NoNoise));
}

#[test]
fn candidates_that_lie_far_apart_by_their_noise_are_decided_after_one_run_each() {
    for truth in [[1.0, 1.5, 1.6, 1.7, 2.0], [1.0, 1.0, 1.0, 1.0, 1.0]] {
        let (candidates, reason) = play(&truth, 1e-6, 20);
        assert_eq!(reason, ConfirmationEnd::Decided);
        assert_eq!(candidates.iter().map(|one| one.values.len()).sum::<usize>(), 5);
    }
}

#[test]
fn one_that_gives_no_number_is_tried_twice_and_no_more() {
    let failing = Candidate { failed: 1, ..Candidate::new(0.0) };
    let mut candidates = vec![failing, candidate(0.1, &[0.3]), candidate(0.2, &[0.4])];
    assert_eq!(next_run(&candidates, 1.0, 20), NextRun::Run(0));
    candidates[0].failed = 2;
    assert!(matches!(next_run(&candidates, 1.0, 20), NextRun::Run(1 | 2)));
    assert_eq!(judge(&candidates, 1.0).best, Some(1));
    let hopeless = vec![Candidate { failed: 2, ..Candidate::new(0.0) }; 2];
    assert_eq!(next_run(&hopeless, 1.0, 20), NextRun::Stop(ConfirmationEnd::NothingRuns));
}

#[test]
fn runs_under_way_are_spent_and_send_the_next_agent_elsewhere() {
    let under_way = |place: usize, running: u64| {
        let mut candidates =
            vec![candidate(0.0, &[0.1, 0.3]), candidate(0.0, &[0.15, 0.28]), candidate(0.0, &[0.9])];
        candidates[place].running = running;
        next_run(&candidates, 1.0, 20)
    };
    let NextRun::Run(first) = under_way(0, 0) else { panic!("something is left to be run") };
    let NextRun::Run(second) = under_way(first, 3) else { panic!("something is left to be run") };
    assert_ne!(first, second);
    assert_eq!(under_way(0, 15), NextRun::Stop(ConfirmationEnd::Budget));
    // Nothing has given a number yet: agents that begin together each take another one.
    let mut fresh = vec![Candidate::new(0.0); 3];
    for expected in 0..3 {
        assert_eq!(next_run(&fresh, 1.0, 20), NextRun::Run(expected));
        fresh[expected].running = 1;
    }
    assert!(matches!(next_run(&fresh, 1.0, 20), NextRun::Run(_)));
}

#[test]
fn chances_add_up_to_one_and_equal_candidates_have_equal_ones() {
    let twins = judge(&[candidate(0.0, &[0.1, 0.3]), candidate(0.0, &[0.1, 0.3])], 1.0);
    assert!(twins.candidates.iter().all(|one| (one.best - 0.5).abs() < 1e-9), "{twins:?}");
    let three =
        judge(&[candidate(0.0, &[0.1, 0.2, 0.3]), candidate(0.1, &[0.4, 0.6]), candidate(0.2, &[0.9])], 1.0);
    let sum: f64 = three.candidates.iter().map(|one| one.best).sum();
    assert!((sum - 1.0).abs() < 1e-9);
    assert_eq!(three.best, Some(0));
    assert!(three.candidates[0].best > three.candidates[1].best);
    assert!(three.candidates[0].may_be_best && three.candidates[1].may_be_best);
}

#[test]
fn the_estimate_is_of_new_values_alone_and_its_interval_is_students() {
    // Noise: the squares of both candidates around their means, with the search's value as one more of each.
    let verdict = judge(&[candidate(1.0, &[2.0, 4.0]), candidate(9.0, &[9.0, 9.0])], 1.0);
    let first = verdict.candidates[0];
    assert_eq!(first.mean, Some(3.0));
    // 1² + 1² + (1 − 3)² · 2/3 = 14/3, by 4 degrees of freedom.
    let noise = (14.0 / 3.0 / 4.0_f64).sqrt();
    assert!((verdict.noise.unwrap() - noise).abs() < 1e-12);
    let (low, high) = first.interval.unwrap();
    let half = 2.776_445 * noise / 2.0_f64.sqrt();
    assert!((high - 3.0 - half).abs() < 1e-5 && (3.0 - low - half).abs() < 1e-5, "{low} {high}");
    assert!(!verdict.candidates[1].may_be_best, "9 is worse than 3 by more than chance gives");
}
