//! How long the everyday commands take on a sweep of 10,000 trials in the embedded store: the real binary, from its start
//! to its end.
//!
//!     cargo bench --bench everyday
//!
//! `SWEEP_BENCH_TRIALS=1000` builds a smaller sweep.

// What goes wrong here is meant to panic, and a benchmark prints.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/integration/support/mod.rs"]
// The tests use more of it than this benchmark does.
#[allow(dead_code)]
mod support;

use std::process::Stdio;
use std::time::{Duration, Instant};

use support::big_sweep;
use support::sandbox::Sandbox;

/// Runs of each command, of which the middle one is told.
const TIMES: usize = 5;
/// Nobody waits longer for an answer.
const LIMIT: Duration = Duration::from_secs(1);

fn main() {
    let trials = std::env::var("SWEEP_BENCH_TRIALS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let sandbox = Sandbox::new();
    let start = Instant::now();
    big_sweep::build(&sandbox, trials);
    println!("{trials} trials built in {:.1} s", start.elapsed().as_secs_f64());
    let mut slow = 0;
    for line in COMMANDS {
        let args: Vec<&str> = line.split('|').collect();
        let mut times: Vec<Duration> = (0..TIMES).map(|_| time(&sandbox, &args)).collect();
        times.sort();
        let middle = times[TIMES / 2];
        slow += usize::from(middle > LIMIT);
        println!("{:>7.0} ms  sweep {}", middle.as_secs_f64() * 1e3, args.join(" "));
    }
    assert_eq!(slow, 0, "some took more than a second");
}

/// The commands, with `|` between their arguments.
const COMMANDS: [&str; 18] = [
    "list",
    "list|--format|json",
    "trials",
    "trials|--format|json",
    "trials|--format|csv",
    "trials|--sort|val_loss|--top|10",
    "trials|--sort|val_accuracy|--desc|--where|lr < 0.01 and status = \"FINISHED\"|--top|10",
    "trials|--where|duration > 4.9 or depth = 3",
    "status",
    "status|--format|json",
    "best",
    "best|-n|100|--format|json",
    "best|--as|command",
    "show|4711",
    "show|trial-0042|--format|json",
    "logs|4711",
    "diff|1|4711",
    "diff|big-sweep:17|42|--format|json",
];

fn time(sandbox: &Sandbox, args: &[&str]) -> Duration {
    let mut command = sandbox.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status().unwrap().success(), "{args:?} failed");
    start.elapsed()
}
