//! How soon `method: bayes` finds good points, beside the figures of other optimisers on the same problems.
//!
//! `cargo bench --bench optimizer` runs all: six problems, 20 seeds, 60 trials, one and four trials at a time, and the CPU
//! time of a suggestion. Parts of it: `-- --problem branin --method gp --seeds 5 --trials 40 --pending 1 --threads 2`;
//! `--cost` measures the time alone.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "optimizer/problems.rs"]
mod problems;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::time::{ClockId, clock_gettime};
use problems::{NAMES, Problem};
use sweep::space::Point;
use sweep::strategy::{LoggedValues, Observation, Strategy, for_config};
use sweep::{RunStatus, TrialIndex};

/// After so many trials regrets are compared.
const MARKS: [usize; 3] = [20, 40, 60];
/// A median regret below this part of a random point's counts as this part: a problem that is solved is solved.
const FLOOR: f64 = 1e-4;

/// Median regrets of others after 20, 40 and 60 trials, one at a time, in the order of [`NAMES`].
const PEERS: [(&str, [[f64; 3]; 6]); 6] = [
    (
        "random",
        [
            [1.5, 0.93, 0.67],
            [2.3, 1.8, 1.3],
            [1.2, 1.1, 1.1],
            [0.11, 0.075, 0.042],
            [0.0037, 0.0027, 0.0022],
            [0.85, 0.67, 0.57],
        ],
    ),
    (
        "Optuna TPE",
        [
            [1.2, 0.25, 0.095],
            [1.3, 0.55, 0.25],
            [0.89, 0.25, 0.11],
            [0.068, 0.048, 0.041],
            [0.0029, 0.0019, 0.0004],
            [0.71, 0.57, 0.51],
        ],
    ),
    (
        "Optuna GP",
        [
            [0.79, 9.1e-5, 2.3e-5],
            [1.2, 0.0079, 0.0009],
            [0.62, 0.31, 0.12],
            [0.10, 0.039, 5.5e-6],
            [0.0002, 3e-10, 3e-10],
            [0.74, 0.56, 0.38],
        ],
    ),
    (
        "W&B bayes",
        [
            [0.17, 0.013, 0.0035],
            [0.95, 0.50, 0.31],
            [0.97, 0.35, 0.19],
            [0.083, 0.080, 0.079],
            [0.0023, 0.0006, 0.0002],
            [0.93, 0.77, 0.64],
        ],
    ),
    (
        "optimizer GP",
        [
            [0.44, 0.019, 0.0019],
            [0.95, 0.42, 0.26],
            [0.50, 0.21, 0.16],
            [0.074, 0.054, 0.046],
            [0.0039, 0.0025, 0.0022],
            [0.61, 0.48, 0.45],
        ],
    ),
    (
        "prototype",
        [
            [0.16, 0.0038, 0.0004],
            [1.2, 0.13, 0.0054],
            [0.83, 0.13, 0.059],
            [0.064, 0.040, 0.033],
            [0.0002, 0.0, 0.0],
            [0.67, 0.40, 0.32],
        ],
    ),
];

struct Options {
    problems: Vec<String>,
    methods: Vec<String>,
    seeds: u64,
    trials: usize,
    pending: Vec<usize>,
    threads: usize,
    cost: bool,
    each: bool,
}

impl Options {
    fn read() -> Self {
        let mut options = Self {
            problems: NAMES.map(str::to_owned).to_vec(),
            methods: ["auto", "tpe", "random"].map(str::to_owned).to_vec(),
            seeds: 20,
            trials: 60,
            pending: vec![1, 4],
            threads: 1,
            cost: false,
            each: false,
        };
        let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
        let list = |text: String| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect("a value");
            match argument.as_str() {
                "--problem" => options.problems = list(value()),
                "--method" => options.methods = list(value()),
                "--seeds" => options.seeds = value().parse().unwrap(),
                "--trials" => options.trials = value().parse().unwrap(),
                "--pending" => options.pending = list(value()).iter().map(|n| n.parse().unwrap()).collect(),
                "--threads" => options.threads = value().parse().unwrap(),
                "--cost" => options.cost = true,
                "--each" => options.each = true,
                other => panic!("unknown argument {other}"),
            }
        }
        options
    }
}

fn strategy(problem: &Problem, method: &str, seed: u64) -> Box<dyn Strategy> {
    let config = match method {
        "auto" | "tpe" | "gp" => problem.config("bayes", method),
        other => problem.config(other, "auto"),
    };
    for_config(&config, seed).unwrap()
}

fn observation(trial: u64, point: Point, value: Option<f64>) -> Observation {
    Observation {
        trial: Some(TrialIndex(trial)),
        point,
        status: if value.is_some() { RunStatus::Finished } else { RunStatus::Running },
        metric: value,
        logged: LoggedValues::of(value),
        beside: Vec::new(),
        stopped_early: false,
    }
}

/// The regret after every trial; the result of a trial is known once `pending` more have been proposed.
fn run(problem: &Problem, method: &str, seed: u64, trials: usize, pending: usize) -> Vec<f64> {
    let strategy = strategy(problem, method, seed);
    let mut history: Vec<Observation> = Vec::new();
    let mut best = f64::INFINITY;
    let mut regrets = Vec::with_capacity(trials);
    for k in 0..trials {
        if let Some(oldest) = (k + 1)
            .checked_sub(pending)
            .filter(|oldest| *oldest < k || pending == 1)
            .and_then(|at| at.checked_sub(1))
        {
            let value = problem.value(&history[oldest].point);
            history[oldest] = observation(oldest as u64, history[oldest].point.clone(), Some(value));
        }
        let Some(proposal) = strategy.suggest(TrialIndex(k as u64), &history).unwrap() else { break };
        best = best.min(problem.value(&proposal.point) - problem.optimum);
        regrets.push(best.max(0.0));
        history.push(observation(k as u64, proposal.point, None));
    }
    regrets.resize(trials, best.max(0.0));
    regrets
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n % 2 == 1 { values[n / 2] } else { f64::midpoint(values[n / 2 - 1], values[n / 2]) }
}

/// CPU seconds of this thread.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
}

/// Regrets of every seed, and CPU seconds a suggestion.
fn all_seeds(problem: &Problem, method: &str, options: &Options, pending: usize) -> (Vec<Vec<f64>>, f64) {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
                    if seed >= options.seeds {
                        break;
                    }
                    let start = cpu();
                    let regrets = run(problem, method, seed, options.trials, pending);
                    results.lock().unwrap().insert(seed, (regrets, cpu() - start));
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let spent: f64 = results.values().map(|(_, spent)| spent).sum();
    let per = spent / (options.seeds as f64 * options.trials as f64);
    (results.into_values().map(|(regrets, _)| regrets).collect(), per)
}

fn show(x: f64) -> String {
    if x == 0.0 {
        "0".to_owned()
    } else if x < 0.001 {
        format!("{x:.1e}")
    } else {
        format!("{x:.4}")
    }
}

fn compare(options: &Options, pending: usize) {
    println!("\nMedian regret, {} seeds, {pending} trial(s) at a time", options.seeds);
    let marks: Vec<usize> = MARKS.into_iter().filter(|mark| *mark <= options.trials).collect();
    let mut logs: BTreeMap<String, Vec<Vec<f64>>> = BTreeMap::new();
    for name in &options.problems {
        let problem = Problem::load(name);
        let random = problem.random - problem.optimum;
        println!("{name}");
        let mut line = |who: &str, regrets: &[f64], more: String| {
            let shown: Vec<String> = regrets.iter().map(|x| format!("{:>9}", show(*x))).collect();
            println!("  {who:<14}{}   {more}", shown.join(" "));
            let ratios = regrets.iter().map(|regret| (regret / random).max(FLOOR).ln()).collect();
            logs.entry(who.to_owned()).or_default().push(ratios);
        };
        for method in &options.methods {
            let (runs, per) = all_seeds(&problem, method, options, pending);
            let medians: Vec<f64> =
                marks.iter().map(|mark| median(runs.iter().map(|run| run[mark - 1]).collect())).collect();
            line(&format!("sweep {method}"), &medians, format!("{:.2} ms", 1e3 * per));
            if options.each {
                let last: Vec<String> = runs.iter().map(|run| show(run[options.trials - 1])).collect();
                println!("      {}", last.join(" "));
            }
        }
        if let Some(at) = NAMES.iter().position(|known| known == name).filter(|_| pending == 1) {
            for (who, regrets) in &PEERS {
                line(who, &regrets[at][..marks.len()], String::new());
            }
        }
    }
    println!("Geometric mean of regret / regret of a random point (at least {FLOOR})");
    for (who, problems) in &logs {
        let means: Vec<String> = (0..marks.len())
            .map(|at| {
                let sum: f64 = problems.iter().map(|logs| logs[at]).sum();
                format!("{:.4}", (sum / problems.len() as f64).exp())
            })
            .collect();
        println!("  {who:<14}{}", means.join("  "));
    }
}

/// CPU time of one suggestion with a history of random points.
fn costs(options: &Options) {
    println!("\nCPU milliseconds a suggestion, by finished trials (mean of 5)");
    for name in &options.problems {
        let problem = Problem::load(name);
        let source = strategy(&problem, "random", 1);
        for method in options.methods.iter().filter(|method| *method != "random") {
            let mut shown = Vec::new();
            for n in [10_u64, 50, 200, 1000] {
                let history: Vec<Observation> = (0..n)
                    .map(|k| {
                        let point = source.point(TrialIndex(k)).unwrap().unwrap();
                        let value = problem.value(&point);
                        observation(k, point, Some(value))
                    })
                    .collect();
                let strategy = strategy(&problem, method, 1);
                let mut spent = 0.0;
                for k in 0..5 {
                    let start = cpu();
                    strategy.suggest(TrialIndex(n + k), &history).unwrap();
                    spent += cpu() - start;
                }
                shown.push(format!("{n}: {:>6.2}", 1e3 * spent / 5.0));
            }
            println!("  {name:<14}{method:<6}{}", shown.join("   "));
        }
    }
}

fn main() {
    let options = Options::read();
    if !options.cost {
        for pending in &options.pending {
            compare(&options, *pending);
        }
    }
    if options.cost {
        costs(&options);
    }
}
