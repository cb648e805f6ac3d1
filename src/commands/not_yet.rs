//! What a config may ask for and this version does not do: said when the sweep is made, not found out afterwards.

use crate::config::Config;
use crate::ui::Ui;

/// Warns of the keys that will have no effect.
pub(super) fn warn(ui: &Ui, config: &Config) {
    if config.metric.as_ref().is_some_and(|metric| metric.from_output.is_some()) {
        ui.warn("`metric.from_output` has no effect in this version: the command must log the metric itself");
    }
}
