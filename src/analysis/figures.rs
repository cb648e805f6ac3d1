//! One parameter against the metric, without the forest.

use super::columns::ParameterColumn;
use super::correlation::{self, FEWEST_ROWS};
use super::model::{Correlation, ParameterKind};
use super::{association, ranks};

/// The correlations of one parameter with the metric, or why there are none.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) pearson: Option<Correlation>,
    pub(super) pearson_raw: Option<f64>,
    pub(super) spearman: Option<Correlation>,
    pub(super) eta_squared: Option<f64>,
    pub(super) reason: Option<String>,
}

impl Figures {
    /// Taken over the rows in which the parameter is present.
    pub(super) fn of(column: &ParameterColumn, metric: &[f64]) -> Self {
        let present = column.codes.iter().zip(metric);
        let (codes, metric): (Vec<u32>, Vec<f64>) =
            present.filter_map(|(code, value)| code.map(|code| (code, *value))).unzip();
        if let Some(reason) = undefined(column, &metric) {
            return Self { reason: Some(reason.to_owned()), ..Self::default() };
        }
        if column.kind == ParameterKind::Categorical {
            let reason = Some("categorical: it has no order, so eta² is given instead".to_owned());
            return Self {
                eta_squared: association::eta_squared(&codes, &metric),
                reason,
                ..Self::default()
            };
        }
        let values: Vec<f64> = column.values.iter().copied().flatten().collect();
        let plain = correlation::pearson(&values, &metric);
        let spearman = correlation::spearman(&values, &metric);
        if !column.log {
            let reason = plain.is_none().then(|| "not finite in some trials".to_owned());
            return Self { pearson: plain, spearman, reason, ..Self::default() };
        }
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let pearson = correlation::pearson(&logs, &metric);
        let reason = pearson.is_none().then(|| "its logarithm is not finite in some trials".to_owned());
        Self { pearson, pearson_raw: plain.map(|plain| plain.r), spearman, reason, eta_squared: None }
    }
}

fn undefined(column: &ParameterColumn, metric: &[f64]) -> Option<&'static str> {
    if metric.is_empty() {
        Some("in none of the used trials")
    } else if metric.len() < FEWEST_ROWS {
        Some("in fewer than 3 used trials")
    } else if column.n_distinct < 2 {
        Some("constant in the used trials")
    } else if ranks::constant(metric) {
        Some("the metric is constant in its trials")
    } else {
        None
    }
}
