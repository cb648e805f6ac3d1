//! What a config may ask for and this version does not do: said when the sweep is made, not found out afterwards.

use crate::config::Config;
use crate::ui::Ui;

/// Warns of the keys that will have no effect.
pub(super) fn warn(ui: &Ui, config: &Config) {
    if config.early_terminate.is_some() {
        ui.warn("`early_terminate` has no effect in this version: every trial runs to its end");
    }
}
