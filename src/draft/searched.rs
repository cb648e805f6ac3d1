//! What other programs search, in YAML of a sweep file.

use crate::config::{yaml_float, yaml_text};
use crate::space::Value;

/// So many steps are listed.
const MOST: usize = 200;

/// A range of another program.
#[derive(Debug, Clone, Copy)]
pub(super) struct SearchedRange<'a> {
    /// The least value.
    pub low: &'a Value,
    /// The largest value.
    pub high: &'a Value,
    /// Whole numbers only.
    pub whole: bool,
    /// On a log scale.
    pub log: bool,
    /// In steps of this, from the least value.
    pub step: Option<f64>,
}

impl SearchedRange<'_> {
    /// The distribution; `None`: no sweep file has it.
    pub fn yaml(self) -> Option<String> {
        let (low, high) = (self.low.as_f64()?, self.high.as_f64()?);
        if low > high || (self.log && low <= 0.0) {
            return None;
        }
        if low >= high {
            return Some(format!("{{value: {}}}", yaml_text(self.low)));
        }
        if let Some(step) =
            self.step.filter(|step| *step > 0.0 && (!self.whole || (*step - 1.0).abs() > f64::EPSILON))
        {
            return Some(self.in_steps(low, high, step));
        }
        Some(match (self.whole, self.log) {
            (true, true) => format!("{{distribution: q_log_uniform_values, min: {low}, max: {high}, q: 1}}"),
            (true, false) => format!("{{min: {low}, max: {high}}}"),
            (false, true) => format!(
                "{{distribution: log_uniform_values, min: {}, max: {}}}",
                yaml_float(low),
                yaml_float(high)
            ),
            (false, false) => format!("{{min: {}, max: {}}}", yaml_float(low), yaml_float(high)),
        })
    }

    /// A range in steps counts from 0 in a sweep file, and from its least value elsewhere: few steps are listed.
    fn in_steps(self, low: f64, high: f64, step: f64) -> String {
        // What 0.1 + 0.2 leaves at the end is no part of a step.
        let tidy = |x: f64| format!("{x:.12}").parse::<f64>().unwrap_or(x);
        let values: Vec<f64> = (0..=MOST)
            .map(|k| tidy(k as f64 * step + low))
            .take_while(|x| *x <= high + step * 1e-9)
            .collect();
        if values.len() > MOST {
            return format!(
                "{{distribution: q_uniform, min: {}, max: {}, q: {}}}",
                yaml_float(low),
                yaml_float(high),
                yaml_float(step)
            );
        }
        let value = |x: &f64| if self.whole { format!("{x:.0}") } else { yaml_float(*x) };
        format!("{{values: [{}]}}", values.iter().map(value).collect::<Vec<_>>().join(", "))
    }
}

/// A list of values.
pub(super) fn listed(values: &[Value]) -> Option<String> {
    (!values.is_empty()).then(|| format!("{{values: {}}}", yaml_text(&Value::List(values.to_vec()))))
}
