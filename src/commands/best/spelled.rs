//! Trials printed for another program.

use super::super::shared::work::workdir;
use super::super::shared::{CommandFailure, Context, Exit, Pin, Setting, check_pin};
use super::trial_form::{TrialForm, spell};
use crate::config::Config;
use crate::query::{TAG_DIFFERS, TrialCommand, TrialRow, whole_point};
use crate::record::Sweep;

/// Prints the trials in a form.
pub(super) fn spell_rows(
    setting: &Setting,
    context: &Context,
    (sweep, config): (&Sweep, &Config),
    mut rows: Vec<TrialRow>,
    spelling: TrialForm,
) -> Result<Exit, CommandFailure> {
    if spelling == TrialForm::Command {
        check_pin(context, sweep, &Pin::Remembered).map_err(|failure| {
            failure.hint(
                "Its command may be somebody else's: `sweep show best` shows what was run with which point.",
            )
        })?;
    }
    for row in &mut rows {
        row.point = whole_point(sweep, config, &row.run)?;
    }
    let workdir = workdir::named(context, sweep, config);
    setting.ui.data(&spell(sweep, config, &rows, spelling, workdir.as_deref())?);
    if spelling == TrialForm::Command {
        tell_of_tags(setting, sweep, config, &rows);
    }
    Ok(Exit::Done)
}

/// Says so where a run's tag has another command.
pub(super) fn tell_of_tags(setting: &Setting, sweep: &Sweep, config: &Config, rows: &[TrialRow]) {
    let differs =
        |row: &TrialRow| TrialCommand::of(sweep, config, &row.run).is_ok_and(|command| command.tag_differs);
    if rows.iter().any(differs) {
        setting.ui.warn(TAG_DIFFERS);
    }
}
