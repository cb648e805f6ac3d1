//! From what is known to the next point.

use rand_chacha::ChaCha8Rng;

use super::super::{Expectation, StrategyError};
use super::Known;
use super::acquisition::Acquisition;
use super::axes::{Axes, Coordinates, Taken};
use super::fit::{Bent, Evidence, Settings, moments};
use super::gp::{Process, Scratch};
use super::improvement::{cumulated, expected};
use super::kernel::{Columns, Form};
use super::search::{Search, Work, normal};
use super::warp::unbend;
use crate::config::{ConstraintError, Goal, Metric};

/// Sets of values that are imagined for trials without one.
const FANTASIES: usize = 8;

/// A model of the metric.
pub(super) struct Model<'a> {
    axes: &'a Axes,
    process: Process<'a>,
    /// Its process after imagined values of pending trials, and the smallest value of each set.
    imagined: Option<(Process<'a>, Vec<f64>)>,
    seen: Vec<Coordinates>,
    values: Vec<f64>,
    bent: Bent,
    shift: f64,
    scale: f64,
    margin: f64,
}

impl<'a> Model<'a> {
    /// Of what is known; `None`: nothing can be learned from it.
    pub fn new(axes: &'a Axes, known: &Known, k: u64, rng: &mut ChaCha8Rng) -> Option<Self> {
        let seen: Vec<Coordinates> = known.seen.iter().map(|(x, _)| x.clone()).collect();
        let y: Vec<f64> = known.seen.iter().map(|(_, y)| *y).collect();
        let (shift, scale) = moments(&y);
        let y: Vec<f64> = y.iter().map(|y| (y - shift) / scale).collect();
        let data = Columns::of(axes.axes.len(), &seen);
        let settings =
            Settings { form: env_form(), bends: env("BENDS", 1.0) > 0.0, calls: env("CALLS", 40.0) as usize };
        let (hyper, _) = Evidence::new(&axes.axes, &data, &y, settings).fit();
        if std::env::var("SHOW").is_ok() {
            eprintln!("{k} {hyper:.2?}");
        }
        let bent = Bent::new(&y, hyper.lambda);
        let process = Process::new(&axes.axes, hyper, data, &bent.values)?;
        let imagined = if known.pending.is_empty() {
            None
        } else {
            let draws: Vec<Vec<f64>> =
                (0..FANTASIES).map(|_| known.pending.iter().map(|_| normal(rng)).collect()).collect();
            let (sets, process) = process.imagine(&bent.values, &known.pending, &draws)?;
            let best = sets.iter().map(|set| set.iter().copied().fold(f64::INFINITY, f64::min)).collect();
            Some((process, best))
        };
        let m = env("CYCLE", 2.0) as u64;
        let margin = if k % m == m - 1 { env("XI1", 0.0) } else { env("XI0", 0.0) };
        let values = bent.values.clone();
        Some(Self { axes, process, imagined, seen, values, bent, shift, scale, margin })
    }

    /// The most promising free point.
    pub fn propose(&self, taken: &Taken, rng: &mut ChaCha8Rng) -> Result<Option<Coordinates>, StrategyError> {
        Ok(self.search(taken, rng)?)
    }

    fn search(&self, taken: &Taken, rng: &mut ChaCha8Rng) -> Result<Option<Coordinates>, ConstraintError> {
        let own = (&self.process, vec![self.best()]);
        let (process, best) = self.imagined.as_ref().map_or(own, |(process, best)| (process, best.clone()));
        let best = best.into_iter().map(|best| best - self.margin).collect();
        let mut acquisition = Acquisition::new(self.axes, process, best);
        let mut order: Vec<usize> = (0..self.seen.len()).collect();
        order.sort_by(|a, b| self.values[*a].total_cmp(&self.values[*b]));
        let anchors: Vec<Coordinates> = order.iter().take(5).map(|i| self.seen[*i].clone()).collect();
        let mut search = Search { axes: self.axes, acquisition: &mut acquisition, taken, rng };
        search.best(
            &anchors,
            Work {
                spread: env("SPREAD", 600.0) as usize,
                near: env("NEAR", 300.0) as usize,
                starts: env("STARTS", 6.0) as usize,
            },
        )
    }

    fn best(&self) -> f64 {
        self.values.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// What is expected of a point, in the units of the metric.
    pub fn expectation(&self, x: &[f64], metric: Option<&Metric>) -> Option<Expectation> {
        let sign = match metric?.goal {
            Goal::Minimize => 1.0,
            Goal::Maximize => -1.0,
        };
        let mut means = Vec::new();
        let std = self.process.predict(x, &mut Scratch::default(), &mut means).sqrt();
        let mean = *means.first()?;
        let lambda = self.process.hyper().lambda;
        let back = |z: f64| unbend(z * self.bent.scale + self.bent.shift, lambda) * self.scale + self.shift;
        let probability = cumulated((self.best() - mean) / std);
        let spread = 0.5 * (back(mean + std) - back(mean - std));
        let improvement = expected(back(self.best()), back(mean), spread.max(1e-300));
        Some(Expectation { mean: sign * back(mean), std: spread, improvement, probability })
    }
}

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}
fn env_form() -> Form {
    if env("GAUSS", 0.0) > 0.0 { Form::Gauss } else { Form::Matern }
}
