//! The config of a sweep whose table alone is known.

use super::TrialTable;
use super::Value;
use crate::config::{Goal, yaml_comment, yaml_float, yaml_json};

/// A parameter with more different whole numbers than this is taken as a range.
const FEW: usize = 12;
/// Positive floats that lie less far apart than this say nothing of their scale.
const WIDE: f64 = 10.0;
/// More characters of a file's name are not repeated.
const LONGEST_NAME: usize = 200;
/// So many values are listed.
const MOST: usize = 1000;

/// What a config needs that a table does not hold.
#[derive(Debug, Clone, Copy)]
pub struct ConfigTemplate<'a> {
    /// Name of the sweep.
    pub name: &'a str,
    /// Its experiment.
    pub experiment: &'a str,
    /// What is better.
    pub goal: Goal,
    /// The table's name, for people.
    pub source: &'a str,
    /// Parameters that were drawn on a log scale, whatever their values look like.
    pub log: &'a [String],
}

/// A config that the table's points could have come from.
#[must_use]
pub fn infer_config(table: &TrialTable, around: &ConfigTemplate) -> String {
    let ConfigTemplate { name, experiment, goal, source, log } = *around;
    let goal = goal.as_str();
    // In ASCII: not every character may stand in YAML as it is.
    let text = |text: &str| yaml_json(&Value::Text(text.to_owned()));
    let comment = yaml_comment(source, LONGEST_NAME);
    let mut out = format!(
        "# Inferred by `sweep import` from {comment} ({}).\n\
         # The command is not known, and the ranges are those of the values.\n\
         command: [\"false\"]\nname: {}\nexperiment_name: {}\nmethod: random\n\
         metric: {{\"name\": {}, \"goal\": {goal}}}\nrun_cap: {}\nparameters:\n",
        table.dialect.name(),
        text(name),
        text(experiment),
        text(&table.metric),
        table.trials.len(),
    );
    for param in &table.params {
        let values: Vec<&Value> = table.trials.iter().filter_map(|trial| trial.point.get(param)).collect();
        let known = table.spaces.get(param).filter(|_| !log.contains(param)).cloned();
        let space = known.unwrap_or_else(|| distribution(&values, log.contains(param)));
        out.push_str(&format!("  {}: {space}\n", text(param)));
    }
    out
}

fn distribution(values: &[&Value], log: bool) -> String {
    let mut distinct: Vec<&Value> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for value in values {
        if known.insert(value.identity()) {
            distinct.push(value);
        }
    }
    let whole: Option<Vec<i128>> = distinct.iter().map(|value| whole_number(value)).collect();
    let numbers: Option<Vec<f64>> =
        distinct.iter().map(|value| value.as_f64().filter(|x| x.is_finite())).collect();
    if let Some(whole) = &whole
        && let (Some(min), Some(max)) = (whole.iter().min(), whole.iter().max())
        && whole.len() > FEW
    {
        return format!("{{\"min\": {min}, \"max\": {max}}}");
    }
    if let (None, Some(numbers)) = (&whole, &numbers)
        && let (Some(min), Some(max)) =
            (numbers.iter().copied().min_by(f64::total_cmp), numbers.iter().copied().max_by(f64::total_cmp))
        && min < max
        && (log || values.len() < 2 * numbers.len() || numbers.len() > FEW)
    {
        let log = min > 0.0 && (log || looks_logarithmic(numbers));
        let word = if log { "log_uniform_values" } else { "uniform" };
        return format!(
            "{{\"distribution\": {word}, \"min\": {}, \"max\": {}}}",
            yaml_float(min),
            yaml_float(max)
        );
    }
    let listed: Vec<String> = distinct.iter().take(MOST).map(|value| scalar(value)).collect();
    match listed.as_slice() {
        [] => "{\"value\": null}".to_owned(),
        listed => format!("{{\"values\": [{}]}}", listed.join(", ")),
    }
}

/// Whether positive numbers lie on a log scale rather than on a plain one: the distance of Kolmogorov and Smirnov to the
/// uniform distribution over their range, of their logarithms and of themselves.
fn looks_logarithmic(numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let logs: Vec<f64> = sorted.iter().map(|x| x.ln()).collect();
    let wide = sorted.first().zip(sorted.last()).is_some_and(|(low, high)| *low > 0.0 && high / low >= WIDE);
    wide && distance_to_uniform(&logs) < distance_to_uniform(&sorted)
}

/// The largest distance between the distribution of sorted numbers and the uniform one between their ends.
fn distance_to_uniform(sorted: &[f64]) -> f64 {
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return 0.0 };
    let n = sorted.len() as f64;
    let gap = |(place, x): (usize, &f64)| {
        let share = (x - low) / (high - low);
        (share - place as f64 / n).abs().max((share - (place + 1) as f64 / n).abs())
    };
    sorted.iter().enumerate().map(gap).fold(0.0, f64::max)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Float(x) => yaml_float(*x),
        Value::Int(_) if whole_number(value).is_none() => yaml_json(&Value::Text(value.text())),
        other => yaml_json(other),
    }
}

/// A whole number that a config may hold: one of 64 bits.
fn whole_number(value: &Value) -> Option<i128> {
    match value {
        Value::Int(x) if (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(x) => Some(*x),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::TableSelection;
    use super::*;

    fn drawn(n: u32, at: impl Fn(f64) -> f64) -> Vec<f64> {
        (1..=n).map(|k| at((f64::from(k) * 0.618_034).fract())).collect()
    }

    #[test]
    fn numbers_are_log_only_where_a_log_scale_fits_them_better() {
        for n in [10, 30, 300] {
            assert!(!looks_logarithmic(&drawn(n, |u| 0.6 * u)), "uniform from 0, {n}");
            assert!(!looks_logarithmic(&drawn(n, |u| 1e-6 + 0.3 * u)), "uniform from nearly 0, {n}");
            assert!(looks_logarithmic(&drawn(n, |u| 10_f64.powf(-5.0 + 4.0 * u))), "four decades, {n}");
            assert!(looks_logarithmic(&drawn(n, |u| 10_f64.powf(-3.0 + 2.0 * u))), "two decades, {n}");
            assert!(!looks_logarithmic(&drawn(n, |u| 1.0 + u)), "one to two, {n}");
        }
    }

    #[test]
    fn few_floats_that_come_again_and_again_are_a_list() {
        let values: Vec<Value> = (0..30).map(|k| Value::Float([0.1, 0.01, 0.001][k % 3])).collect();
        let values: Vec<&Value> = values.iter().collect();
        assert_eq!(distribution(&values, false), "{\"values\": [0.1, 0.01, 0.001]}");
        assert!(distribution(&values, true).contains("log_uniform_values"));
    }

    #[test]
    fn whatever_a_table_holds_its_config_is_yaml_and_says_the_same() {
        for odd in ['\u{feff}', '\u{2028}', '\u{85}', '\u{fffe}', '\u{7f}', '\u{1f600}', '\\', '#'] {
            let csv = format!("\u{feff}lr,\u{feff}k{odd}x,lo{odd}ss\n1,a{odd}b,0.5\n2,c,0.25\n");
            let asked = TableSelection { metric: Some(format!("lo{odd}ss")), ..TableSelection::default() };
            let table = TrialTable::read(csv.as_bytes(), "t.csv", &asked).unwrap();
            let name = format!("n{odd}");
            let around = ConfigTemplate {
                name: &name,
                experiment: &name,
                goal: Goal::Minimize,
                source: &format!("t{odd}.csv"),
                log: &[],
            };
            let config = infer_config(&table, &around);
            let checked = crate::config::check(config.as_bytes());
            assert!(checked.errors.is_empty(), "{odd:?}: {:?}\n{config}", checked.errors);
            assert_eq!(checked.config.unwrap().sweep_name.as_deref(), Some(name.as_str()), "{odd:?}");
            assert!(table.params.contains(&"lr".to_owned()), "{:?}", table.params);
        }
    }
}
