//! What a seed stands for: the sweep, its agents, and what goes wrong.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::commands::Habits;
use super::network::Quality;

/// How large schedules are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// A few agents.
    Small,
    /// Up to 64 agents.
    Large,
    /// So many agents on so many trials, of which one in a hundred is struck each minute or so.
    Crowd { agents: usize, trials: u64 },
}

impl Size {
    /// Agents and trials.
    fn draw(self, random: &mut ChaCha8Rng) -> (usize, u64) {
        match self {
            Self::Small => (random.random_range(2..=8), random.random_range(2..=12)),
            Self::Large => (random.random_range(16..=64), random.random_range(32..=96)),
            Self::Crowd { agents, trials } => (agents, trials),
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing.
    None,
    /// The store does not answer for a while, and answers again before anybody loses patience.
    Outages,
    /// Agents are killed, suspended and asked to end; ways are cut, clocks jump.
    Agents,
    /// Besides, people delete runs, and have trials run again.
    People,
}

/// The hooks of one sweep in five.
const HOOKS: &str = "hooks: {on_trial_end: [told], on_best: [told], on_finish: [told], timeout: 500ms}\n";

/// One schedule.
#[derive(Debug, Clone)]
pub(super) struct SimulationPlan {
    pub(super) seed: u64,
    pub(super) config: String,
    /// Trials that the sweep has.
    pub(super) trials: u64,
    /// The machine of each agent.
    pub(super) agents: Vec<usize>,
    pub(super) hosts: usize,
    pub(super) jobs: usize,
    pub(super) lease: Duration,
    pub(super) retries: u32,
    pub(super) grace: Duration,
    pub(super) quality: Quality,
    pub(super) habits: Habits,
    pub(super) trouble: Trouble,
    /// Until then things go wrong.
    pub(super) disturbed: Duration,
    /// Things go wrong about so far apart, in milliseconds.
    pub(super) apart: u64,
}

impl SimulationPlan {
    pub(super) fn of(seed: u64, size: Size) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (agents, trials) = size.draw(&mut random);
        let hosts = random.random_range(1..=3).min(agents);
        let local = random.random_range(0..3) == 0;
        let learns = size == Size::Small && random.random_range(0..12) == 0;
        let trials = if learns { trials.min(6) } else { trials };
        let lease = Duration::from_secs(random.random_range(2..=8));
        let mut now_and_then = |likely: u64, most: u64| {
            if random.random_range(0..likely) == 0 { 0 } else { random.random_range(2..=most) }
        };
        let habits = Habits {
            seed,
            longest: 200 + 100 * now_and_then(4, 40),
            failing: now_and_then(2, 6),
            hanging: now_and_then(2, 12),
            hooked: now_and_then(2, 4),
            straying: now_and_then(3, 6),
            stubborn: now_and_then(3, 6),
            prints: now_and_then(2, 2) > 0,
        };
        let quality = Quality {
            local,
            latency: if local { 1 } else { now_and_then(5, 40) },
            every: Duration::ZERO,
            slow: if local { 0 } else { 40 * now_and_then(2, 20) },
            large: now_and_then(2, 8),
            lease,
            lossy: if local { 0 } else { 10 * now_and_then(2, 20) },
            patience: Duration::from_secs(5 + 5 * now_and_then(3, 8)),
        };
        let trouble = match random.random_range(0..10) {
            0 => Trouble::None,
            1 => Trouble::Outages,
            2..=7 => Trouble::Agents,
            _ => Trouble::People,
        };
        let quality = match trouble {
            Trouble::Outages => {
                // In every other of them all answers take from a quarter of the lease to nearly all of it.
                let every = lease.mul_f64(random.random_range(0.25..0.95));
                let every = if random.random_range(0..2) == 0 { every } else { Duration::ZERO };
                Quality { local: false, slow: 0, lossy: 0, every, ..quality }
            }
            _ => quality,
        };
        let drawn = Self {
            seed,
            // Not drawn, so that a seed stands for what it stood for before there were hooks.
            config: config(trials, learns, habits.prints) + if seed % 5 == 2 { HOOKS } else { "" },
            trials,
            agents: (0..agents).map(|agent| agent % hosts).collect(),
            hosts,
            jobs: random.random_range(1..=2),
            lease,
            retries: random.random_range(0..=2),
            grace: Duration::from_millis(random.random_range(200..2000)),
            quality,
            habits,
            trouble,
            disturbed: Duration::from_secs(random.random_range(5..=20)),
            apart: random.random_range(100..=2000),
        };
        match size {
            Size::Crowd { .. } => drawn.of_a_crowd(),
            Size::Small | Size::Large => drawn,
        }
    }

    /// Trials of up to ten seconds on twenty machines.
    fn of_a_crowd(self) -> Self {
        let hosts = 20;
        let a_minute = (self.agents.len() as u64).div_ceil(100);
        Self {
            agents: (0..self.agents.len()).map(|agent| agent % hosts).collect(),
            hosts,
            jobs: 1,
            lease: Duration::from_secs(30),
            quality: Quality { lease: Duration::from_secs(30), every: Duration::ZERO, ..self.quality },
            habits: Habits { longest: 10_000, hanging: 0, ..self.habits },
            trouble: Trouble::Agents,
            disturbed: Duration::from_secs(60),
            apart: 60_000 / a_minute,
            ..self
        }
    }
}

fn config(trials: u64, learns: bool, prints: bool) -> String {
    let from_output = if prints { ", from_output: 'loss=([0-9.]+)'" } else { "" };
    let method = if learns { "bayes" } else { "grid" };
    let values: Vec<String> = (0..trials).map(|value| value.to_string()).collect();
    format!(
        "command: [train]\nmethod: {method}\ntrial_timeout: 10s\nmetric: {{name: loss, goal: minimize{from_output}}}\n\
         parameters: {{x: {{values: [{}]}}}}\n",
        values.join(", ")
    )
}
