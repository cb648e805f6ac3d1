//! The importance of parameters on the terminal.

use crate::analysis::Analysis;
use crate::ui::{Ui, importance_table};

/// The table for people; a warning where there is nothing to put into it.
pub fn print_importance(ui: &Ui, analysis: &Analysis, metric: &str) {
    if analysis.n_used == 0 {
        ui.warn(&format!(
            "there is nothing to analyse: no finished trial has a number as `{metric}`. {} Does the command log it under \
             this very name?",
            analysis.used_sentence()
        ));
    } else {
        ui.print(&importance_table(ui, analysis, metric));
    }
}
