//! What the runs of all candidates say: how good each is, which is the best, and how sure that is.

use super::candidate::Candidate;
use super::posterior::Posterior;
use super::student;

/// Two-sided confidence of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Steps of the integral over a candidate's value, and its end in standard deviations.
const STEPS: u32 = 100;
const END: f64 = 8.0;

/// What the runs say.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The candidate to be named; `None`: no run has given a number.
    pub best: Option<usize>,
    /// What naming it costs on average, if another is better.
    pub loss: Option<f64>,
    /// The standard deviation between runs of one candidate.
    pub noise: Option<f64>,
    /// The same for each.
    pub candidates: Vec<CandidateVerdict>,
}

/// What the runs say of one candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CandidateVerdict {
    /// The mean of the new values alone.
    pub mean: Option<f64>,
    /// The 95 % interval around it.
    pub interval: Option<(f64, f64)>,
    /// The probability that it is the best of the candidates.
    pub best: f64,
    /// It can't be told apart from the best (multiple comparisons with the best: Hsu 1984).
    pub may_be_best: bool,
}

/// Judges by all that is known. `spread` is how far the values of the search lie apart.
#[must_use]
pub fn judge(candidates: &[Candidate], spread: f64) -> Verdict {
    let Some(known) = Posterior::of(candidates, spread) else {
        let nothing = CandidateVerdict { mean: None, interval: None, best: 0.0, may_be_best: true };
        return Verdict { best: None, loss: None, noise: None, candidates: vec![nothing; candidates.len()] };
    };
    let may = |place: usize| !candidates[place].values.is_empty();
    let best = known.leader(may);
    let chances = chances(&known);
    let half = student::quantile(0.5 + CONFIDENCE / 2.0, known.df) * known.noise.sqrt();
    let near = near_the_best(candidates, &known);
    let verdict = |(place, one): (usize, &Candidate)| {
        let mean = one.mean();
        CandidateVerdict {
            mean,
            interval: mean.map(|mean| {
                let half = half / one.number().sqrt();
                (mean - half, mean + half)
            }),
            best: chances[place],
            may_be_best: near[place],
        }
    };
    Verdict {
        best,
        loss: best.map(|best| loss(&known, best)),
        noise: Some(known.noise.sqrt()),
        candidates: candidates.iter().enumerate().map(verdict).collect(),
    }
}

/// The probability of each to be the best: an integral over its value of the probability that all others are worse.
fn chances(known: &Posterior) -> Vec<f64> {
    let scale = |place: usize| known.variances[place].sqrt();
    let at = |step: u32| END * (2.0 * f64::from(step) / f64::from(STEPS) - 1.0);
    let others_worse = |place: usize, value: f64| -> f64 {
        let others = (0..known.means.len()).filter(|other| *other != place);
        others
            .map(|other| 1.0 - student::cdf((value - known.means[other]) / scale(other), known.df))
            .product()
    };
    let chance = |place: usize| -> f64 {
        let cell = |step: u32| {
            // What lies beyond the ends belongs to the last cells.
            let from = if step == 0 { 0.0 } else { student::cdf(at(step), known.df) };
            let to = if step + 1 == STEPS { 1.0 } else { student::cdf(at(step + 1), known.df) };
            let middle = f64::midpoint(at(step), at(step + 1));
            (to - from) * others_worse(place, known.means[place] + scale(place) * middle)
        };
        (0..STEPS).map(cell).sum()
    };
    let chances: Vec<f64> = (0..known.means.len()).map(chance).collect();
    let total: f64 = chances.iter().sum();
    chances.into_iter().map(|chance| if total > 0.0 { chance / total } else { 0.0 }).collect()
}

/// What naming this one costs on average: at most the sum over the others of what each is expected to be better.
fn loss(known: &Posterior, named: usize) -> f64 {
    let others = (0..known.means.len()).filter(|other| *other != named);
    others
        .map(|other| {
            let sd = (known.variances[named] + known.variances[other]).sqrt();
            let behind = (known.means[other] - known.means[named]) / sd;
            let density = (-0.5 * behind * behind).exp() / (2.0 * std::f64::consts::PI).sqrt();
            sd * (density - behind * (1.0 - student::cdf(behind, 1e6))).max(0.0)
        })
        .sum()
}

/// Which candidates are not worse than the best of the others by more than chance gives: one-sided comparisons at 95 %
/// together (Šidák), by the means of the new runs alone. One without a number may be the best.
fn near_the_best(candidates: &[Candidate], known: &Posterior) -> Vec<bool> {
    let seen = candidates.iter().filter(|one| !one.values.is_empty()).count();
    let comparisons = f64::from(u32::try_from(seen.max(2) - 1).unwrap_or(u32::MAX));
    let quantile = student::quantile(CONFIDENCE.powf(1.0 / comparisons), known.df);
    let beaten = |one: &Candidate, mean: f64| {
        candidates.iter().any(|other| {
            other.mean().is_some_and(|better| {
                let sd = (known.noise * (1.0 / one.number() + 1.0 / other.number())).sqrt();
                mean - better > quantile * sd
            })
        })
    };
    candidates.iter().map(|one| one.mean().is_none_or(|mean| !beaten(one, mean))).collect()
}
