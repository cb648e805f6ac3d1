//! Which candidate is run next: each once, then the leader or the one that challenges it most, whichever says more about
//! the difference of the two (top-two sampling: Russo 2020, Qin and others 2017).

use super::candidate::Candidate;
use super::posterior::Posterior;
use super::verdict::judge;

/// So many runs that all repeat what is known are enough to say that the command ignores its seed.
pub const FIRST_LOOK: usize = 5;
/// A candidate that is the best with this probability is named without further runs.
const SURE: f64 = 0.999;
/// A loss of less than this share of the search's own spread decides nothing.
const NEGLIGIBLE: f64 = 0.001;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextRun {
    /// Run this candidate.
    Run(usize),
    /// Run no more.
    Stop(ConfirmationEnd),
}

/// Why no more is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmationEnd {
    /// All runs that were planned were made.
    Budget,
    /// Every run repeats exactly what the search had seen: the command ignores its seed, or has no noise.
    NoNoise,
    /// Which is the best is as good as certain, or makes no difference.
    Decided,
    /// No candidate gives a number.
    NothingRuns,
}

impl ConfirmationEnd {
    /// The word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::NoNoise => "no_noise",
            Self::Decided => "decided",
            Self::NothingRuns => "nothing_runs",
        }
    }
}

/// What to do next, where `budget` runs may be spent in all. `spread` is how far the values of the search lie apart.
#[must_use]
pub fn next_run(candidates: &[Candidate], spread: f64, budget: u64) -> NextRun {
    if candidates.iter().all(Candidate::is_hopeless) {
        return NextRun::Stop(ConfirmationEnd::NothingRuns);
    }
    if repeats_everything(candidates) {
        return NextRun::Stop(ConfirmationEnd::NoNoise);
    }
    if is_decided(candidates, spread) {
        return NextRun::Stop(ConfirmationEnd::Decided);
    }
    if candidates.iter().map(Candidate::spent).sum::<u64>() >= budget {
        return NextRun::Stop(ConfirmationEnd::Budget);
    }
    NextRun::Run(first(candidates).or_else(|| top_two(candidates, spread)).unwrap_or(0))
}

/// The first that was not run yet; one whose only run failed is tried once more.
fn first(candidates: &[Candidate]) -> Option<usize> {
    let untried = |one: &Candidate| one.values.is_empty() && one.running == 0 && !one.is_hopeless();
    let place = |failed: bool| candidates.iter().position(|one| untried(one) && (one.failed > 0) == failed);
    place(false).or_else(|| place(true))
}

/// The leader or its strongest challenger. Runs that are under way count as if they had given what is expected.
fn top_two(candidates: &[Candidate], spread: f64) -> Option<usize> {
    let may = |place: usize| candidates.get(place).is_some_and(|one| !one.is_hopeless());
    let Some(known) = Posterior::of(candidates, spread) else {
        // All are under way for the first time.
        return (0..candidates.len())
            .filter(|place| may(*place))
            .min_by_key(|place| candidates[*place].spent());
    };
    let variance = |place: usize| known.after(place, candidates[place].running);
    let gain = |place: usize| variance(place) - known.after(place, candidates[place].running + 1);
    let leader = known.leader(may)?;
    let behind = |place: usize| {
        (known.means[place] - known.means[leader]) / (variance(place) + variance(leader)).sqrt()
    };
    let others = (0..candidates.len()).filter(|place| *place != leader && may(*place));
    let challenger = others.min_by(|a, b| behind(*a).total_cmp(&behind(*b)));
    Some(challenger.filter(|place| gain(*place) > gain(leader)).unwrap_or(leader))
}

/// Whether the first runs, one for each candidate at least, have all given exactly what the search had seen.
fn repeats_everything(candidates: &[Candidate]) -> bool {
    let runs: usize = candidates.iter().map(|one| one.values.len()).sum();
    #[allow(clippy::float_cmp)]
    let same = |one: &Candidate| one.values.iter().all(|value| *value == one.searched);
    runs >= FIRST_LOOK && candidates.iter().all(same)
}

/// Whether each was run, and one of them is the best as far as can be told.
fn is_decided(candidates: &[Candidate], spread: f64) -> bool {
    let ran = |one: &Candidate| !one.values.is_empty() || one.is_hopeless();
    if !candidates.iter().all(ran) {
        return false;
    }
    let verdict = judge(candidates, spread);
    let sure = verdict.candidates.iter().any(|one| one.best >= SURE);
    sure || verdict.loss.is_some_and(|loss| loss <= NEGLIGIBLE * spread)
}
