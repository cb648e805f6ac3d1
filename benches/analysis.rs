//! How fast the analysis is, beside scikit-learn on the same tables.
//!
//! `cargo bench --bench analysis` prints our CPU times. With `SWEEP_BENCH_PYTHON` naming a Python that has scikit-learn,
//! each table is given to `benches/analysis.py` as well, right after our own run, and both sides and their ratio are
//! printed, with the largest difference between the two sides' figures. Arguments pick tables: `-- 500x10 10000x20`.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;
use sweep::RunStatus;
use sweep::analysis::{ColumnInfo, Row, TrialFrame, analyse};
use sweep::space::Value;
use sweep::testing::{Features, Forest, Group, JudgedRows, PermutationImportance, SplitKind, TREES};

const TABLES: [(usize, usize); 5] = [(50, 5), (500, 10), (2_000, 20), (10_000, 20), (10_000, 50)];
/// A small table is measured again and again for about so many seconds of CPU time.
const LONG_ENOUGH: f64 = 0.3;

struct Table {
    /// Column by column.
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
}

impl Table {
    /// Five of the columns matter, the others are noise.
    fn drawn(rows: usize, columns: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64((rows * columns) as u64);
        let mut uniform = move || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let x: Vec<Vec<f64>> = (0..columns).map(|_| (0..rows).map(|_| uniform()).collect()).collect();
        let y = (0..rows).map(|row| {
            let noise: f64 = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            let at = |column: usize| x[column][row];
            3.0 * at(0) + (6.0 * at(1)).sin() + 2.0 * at(2) * at(3) + at(4) * at(4) + 0.3 * noise
        });
        let y = y.collect();
        Self { x, y }
    }

    fn csv(&self) -> String {
        let mut text = String::new();
        for (row, target) in self.y.iter().enumerate() {
            self.x.iter().for_each(|column| write!(text, "{:?},", column[row]).unwrap());
            writeln!(text, "{target:?}").unwrap();
        }
        text
    }

    fn features(&self) -> Features {
        let ranks = |column: &Vec<f64>| {
            let mut order: Vec<u32> = (0..column.len() as u32).collect();
            order.sort_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]));
            let mut ranks = vec![0; column.len()];
            order.iter().zip(0..).for_each(|(row, rank)| ranks[*row as usize] = rank);
            Group::new(SplitKind::Ordered, ranks)
        };
        Features::new(self.y.len(), self.x.iter().map(ranks).collect())
    }

    fn frame(&self) -> TrialFrame {
        let column = |place| ColumnInfo { name: format!("x{place}"), log: false, null_is_level: false };
        let row = |(place, y): (usize, &f64)| Row {
            status: RunStatus::Finished,
            metric: Some(*y),
            cells: self.x.iter().map(|column| Some(Value::Float(column[place]))).collect(),
        };
        TrialFrame {
            columns: (0..self.x.len()).map(column).collect(),
            rows: self.y.iter().enumerate().map(row).collect(),
        }
    }
}

/// CPU seconds of this process, all threads together.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
    time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9
}

/// CPU seconds of one call, and what it gave.
fn timed<T>(work: impl Fn() -> T) -> (f64, T) {
    let start = cpu();
    let mut calls = 0.0;
    loop {
        let result = work();
        calls += 1.0;
        let spent = cpu() - start;
        if spent >= LONG_ENOUGH {
            return (spent / calls, result);
        }
    }
}

/// CPU seconds and figures of one side.
struct Side {
    fit: f64,
    training: f64,
    r2: f64,
    importances: Vec<f64>,
    drops: Vec<f64>,
}

fn ours(table: &Table) -> (Side, f64) {
    let (fit, (features, forest)) = timed(|| {
        let features = table.features();
        let forest = Forest::fit(&features, &table.y, TREES, 1);
        (features, forest)
    });
    let judge = |rows| PermutationImportance::of(&forest, &features, &table.y, rows, 1);
    let (training, permutation) = timed(|| judge(JudgedRows::Training));
    let (out_of_bag, _) = timed(|| judge(JudgedRows::OutOfBag));
    let drops = permutation.drops.iter().map(|drop| drop.mean).collect();
    let r2 = permutation.r2.unwrap();
    (Side { fit, training, r2, importances: forest.importances(), drops }, out_of_bag)
}

/// Gives the table to scikit-learn.
fn theirs(python: &std::ffi::OsStr, table: &Table) -> Side {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(table.csv().as_bytes()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/analysis.py");
    let output = Command::new(python).arg(script).arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    let list = |key: &str| -> Vec<f64> {
        answer[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    Side {
        fit: answer["fit"].as_f64().unwrap(),
        training: answer["permutation"].as_f64().unwrap(),
        r2: answer["r2"].as_f64().unwrap(),
        importances: list("importances"),
        drops: list("drops"),
    }
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let python = std::env::var_os("SWEEP_BENCH_PYTHON");
    println!("CPU seconds, all threads together; {TREES} trees, 30 shuffles a column.");
    println!(
        "{:>10} {:>12} {:>9} {:>9} {:>9}   {:>11}",
        "rows x p", "", "fit", "training", "both", "out of bag"
    );
    for (rows, columns) in TABLES {
        let name = format!("{rows}x{columns}");
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let table = Table::drawn(rows, columns);
        let line = |who: &str, side: &Side, more: &str| {
            let (fit, training) = (side.fit, side.training);
            println!("{name:>10} {who:>12} {fit:>9.3} {training:>9.3} {:>9.3}   {more:>11}", fit + training);
        };
        let (our, out_of_bag) = ours(&table);
        line("sweep", &our, &format!("{out_of_bag:.3}"));
        if let Some(python) = &python {
            let their = theirs(python, &table);
            line("scikit-learn", &their, "-");
            let (fit, training) = (their.fit / our.fit, their.training / our.training);
            let both = (their.fit + their.training) / (our.fit + our.training);
            println!("{name:>10} {:>12} {fit:>8.1}x {training:>8.1}x {both:>8.1}x", "ratio");
            println!(
                "{name:>10} {:>12} R² {:+.4}, importance {:.4}, permutation {:.4}",
                "difference",
                our.r2 - their.r2,
                largest_difference(&our.importances, &their.importances),
                largest_difference(&our.drops, &their.drops),
            );
        }
        let frame = table.frame();
        let start = Instant::now();
        let analysis = analyse(&frame, 1);
        let wall = start.elapsed().as_secs_f64();
        println!(
            "{name:>10} {:>12} {wall:.3} s by the clock, R² {:.2}",
            "analyse()",
            analysis.oob_r2.unwrap()
        );
    }
}
