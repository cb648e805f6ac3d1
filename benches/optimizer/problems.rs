//! Six functions to minimise: the spaces, the values, and what is known of their optima.

use std::f64::consts::PI;

use serde_json::{Map, Value as Json, json};
use sweep::config::{Config, check};
use sweep::space::{Point, Value};

/// The names, in the order of the tables.
pub const NAMES: [&str; 6] = ["branin", "hartmann6", "rosenbrock5", "mixed", "rf_bc", "hgb_diabetes"];

/// A function on a space.
pub struct Problem {
    /// Its name.
    pub name: String,
    /// The smallest value that is known.
    pub optimum: f64,
    /// The median value of a random point.
    pub random: f64,
    space: Vec<Json>,
    trees: Vec<Tree>,
}

/// A regression tree in arrays: feature (-1: a leaf), threshold or value, children.
struct Tree {
    features: Vec<i64>,
    numbers: Vec<f64>,
    left: Vec<usize>,
    right: Vec<usize>,
}

/// A file beside the tests.
pub fn data(name: &str) -> Json {
    let path = format!("{}/tests/data/optimizer/{name}", env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var("SWEEP_PROBLEMS").map(|folder| format!("{folder}/{name}"));
    serde_json::from_str(&std::fs::read_to_string(folder.unwrap_or(path)).unwrap()).unwrap()
}

impl Tree {
    fn read(tree: &Json) -> Self {
        let list = |key: &str| tree[key].as_array().unwrap();
        let places = |key: &str| list(key).iter().map(|x| x.as_i64().unwrap().max(0) as usize).collect();
        Self {
            features: list("f").iter().map(|x| x.as_i64().unwrap()).collect(),
            numbers: list("t").iter().map(|x| x.as_f64().unwrap()).collect(),
            left: places("l"),
            right: places("r"),
        }
    }

    fn at(&self, x: &[f64]) -> f64 {
        let mut i = 0;
        while self.features[i] >= 0 {
            i = if x[self.features[i] as usize] <= self.numbers[i] { self.left[i] } else { self.right[i] };
        }
        self.numbers[i]
    }
}

impl Problem {
    /// One of [`NAMES`].
    pub fn load(name: &str) -> Self {
        let meta = &data("meta.json")[name];
        let trees = match name {
            "rf_bc" | "hgb_diabetes" => data(&format!("forest_{name}.json"))["trees"]
                .as_array()
                .unwrap()
                .iter()
                .map(Tree::read)
                .collect(),
            _ => Vec::new(),
        };
        Self {
            name: name.to_owned(),
            optimum: meta["fstar"].as_f64().unwrap(),
            random: meta["rnd_median"].as_f64().unwrap(),
            space: data("spaces.json")[name].as_array().unwrap().clone(),
            trees,
        }
    }

    /// Its config for a method.
    pub fn config(&self, method: &str, optimizer: &str) -> Config {
        let mut parameters = Map::new();
        for p in &self.space {
            let log = p["log"] == true;
            let form = match (p["type"].as_str().unwrap(), log) {
                ("cat", _) => json!({ "values": p["choices"] }),
                ("int", false) => json!({ "min": p["lo"], "max": p["hi"] }),
                // Every whole number gets its share on the log scale.
                ("int", true) => json!({
                    "distribution": "q_log_uniform_values", "q": 1,
                    "min": p["lo"].as_f64().unwrap() - 0.5, "max": p["hi"].as_f64().unwrap() + 0.5,
                }),
                (_, false) => json!({ "distribution": "uniform", "min": p["lo"], "max": p["hi"] }),
                (_, true) => json!({ "distribution": "log_uniform_values", "min": p["lo"], "max": p["hi"] }),
            };
            parameters.insert(p["name"].as_str().unwrap().to_owned(), form);
        }
        let file = json!({
            "program": "t.py", "method": method, "optimizer": optimizer,
            "metric": { "name": "loss", "goal": "minimize" }, "parameters": parameters,
        });
        check(file.to_string().as_bytes()).config.unwrap()
    }

    /// The value at a point.
    pub fn value(&self, point: &Point) -> f64 {
        let number = |name: &str| point.get(name).and_then(Value::as_f64).unwrap();
        match self.name.as_str() {
            "branin" => branin(number("x1"), number("x2")),
            "hartmann6" => hartmann6(&(0..6).map(|i| number(&format!("x{i}"))).collect::<Vec<_>>()),
            "rosenbrock5" => {
                let x: Vec<f64> = (0..5).map(|i| number(&format!("x{i}"))).collect();
                x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum::<f64>()
                    / 100.0
            }
            "mixed" => {
                let Some(Value::Text(arm)) = point.get("arm") else { panic!("no arm") };
                mixed(arm, number("depth"), number("lr").log10(), number("dropout"))
            }
            _ => {
                let x = self.encode(point);
                self.trees.iter().map(|tree| tree.at(&x)).sum::<f64>() / self.trees.len() as f64
            }
        }
    }

    /// The features of a forest: numbers from 0 to 1, one column a choice.
    fn encode(&self, point: &Point) -> Vec<f64> {
        let mut x = Vec::new();
        for p in &self.space {
            let value = point.get(p["name"].as_str().unwrap()).unwrap();
            if let Some(choices) = p["choices"].as_array() {
                x.extend(choices.iter().map(|choice| f64::from(*choice == value.to_json())));
                continue;
            }
            let (mut v, mut low, mut high) =
                (value.as_f64().unwrap(), p["lo"].as_f64().unwrap(), p["hi"].as_f64().unwrap());
            if p["log"] == true {
                (v, low, high) = (v.ln(), low.ln(), high.ln());
            }
            x.push((v - low) / (high - low));
        }
        x
    }
}

fn branin(x: f64, y: f64) -> f64 {
    (y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0).powi(2)
        + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos()
        + 10.0
}

fn hartmann6(x: &[f64]) -> f64 {
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [1312.0, 1696.0, 5569.0, 124.0, 8283.0, 5886.0],
        [2329.0, 4135.0, 8307.0, 3736.0, 1004.0, 9991.0],
        [2348.0, 1451.0, 3522.0, 2883.0, 3047.0, 6650.0],
        [4047.0, 8828.0, 8732.0, 5743.0, 1091.0, 381.0],
    ];
    const WEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    let bump = |i: usize| -> f64 { (0..6).map(|j| A[i][j] * (x[j] - 1e-4 * P[i][j]).powi(2)).sum() };
    -(0..4).map(|i| WEIGHTS[i] * (-bump(i)).exp()).sum::<f64>()
}

/// Five arms; the best one, `c`, has the narrowest basin.
fn mixed(arm: &str, depth: f64, lr: f64, dropout: f64) -> f64 {
    let (base, d0, m0, s) = match arm {
        "a" => (0.30, 3.0, -1.5, 0.6),
        "b" => (0.24, 9.0, -3.2, 1.2),
        "c" => (0.20, 5.0, -2.3, 2.2),
        "d" => (0.34, 7.0, -2.8, 0.4),
        _ => (0.28, 11.0, -1.9, 0.9),
    };
    base + 0.012 * s * (depth - d0).powi(2) / 2.0
        + 0.12 * s * (lr - m0 - 0.05 * (depth - d0)).powi(2)
        + 0.4 * (dropout - (0.1 + 0.03 * depth)).powi(2)
        + 0.02 * (1.0 - (3.0 * (lr - m0)).cos())
}
