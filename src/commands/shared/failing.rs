//! Which trials fail, and where, on the terminal.

use crate::analysis::FailureAnalysis;
use crate::text::count;
use crate::ui::{Ui, printable};

/// A sentence for each group, with the last line that its trials printed; nothing where no rule was found.
pub fn print_failures(ui: &Ui, found: &FailureAnalysis) {
    for (place, group) in found.groups.iter().enumerate() {
        let elsewhere = found.elsewhere().filter(|_| place + 1 == found.groups.len());
        let elsewhere = elsewhere.map(|elsewhere| format!("; {elsewhere}")).unwrap_or_default();
        ui.tell(&format!("Failures: {}{elsewhere}.\n", printable(&group.sentence())));
        if let Some(line) = &group.last_line {
            ui.tell(&format!("  Last line: {}\n", printable(line)));
        }
    }
}

/// The same, which also says that nothing was found.
pub fn tell_failures(ui: &Ui, found: &FailureAnalysis) {
    let trials = count(found.trials as u64, "trial");
    if found.failed == 0 {
        ui.tell(&format!("Failures: none of {trials} failed.\n"));
    } else if found.groups.is_empty() {
        ui.tell(&format!(
            "Failures: {} of {trials} failed. No parameter shows where: too few, or spread at random.\n",
            found.failed
        ));
    }
    print_failures(ui, found);
}
