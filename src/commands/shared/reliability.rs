//! How far the best value can be trusted, in words: the noise around it, and what was recorded beside it.

use crate::query::{MetricNoise, Reported};
use crate::ui::{Ui, printable, words};

/// ` ± 0.022 (noise 0.011): 4 other trials are within the noise`; `None`: nothing is known.
pub fn noise_words(noise: &MetricNoise) -> Option<String> {
    let said = noise.words(|number| words::figures(number, 2));
    (!said.is_empty()).then_some(said)
}

/// The value of `report_metric`, and a warning where it ranks the trials otherwise.
pub fn tell_reported(ui: &Ui, reported: &Reported, metric: &str) {
    let value = reported.of_best.map_or_else(|| "no value".to_owned(), words::number);
    let rank =
        reported.agreement.map(|agreement| format!(", number {} of {}", agreement.best_is, agreement.n));
    let rank = rank.unwrap_or_default();
    ui.tell(&format!("  {} {value}{rank} (recorded, not optimised)\n", printable(&reported.name)));
    if let Some(warning) = reported.warning(metric) {
        ui.warn(&printable(&warning));
    }
}
