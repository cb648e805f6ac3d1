//! What a person must know before reading the table, in plain sentences.

use super::columns::{AnalysisTable, ParameterColumn};
use super::design::FEWEST;
use super::model::{ForestTrust, Measure, ParameterAssociation};
use super::ranks;

/// Fewer used trials than this are too few for a ranking.
const TOO_FEW: usize = 10;
/// Fewer used trials than this are few.
pub(super) const FEW: usize = 20;
/// Pairs of parameters that get a sentence of their own.
const PAIRS_NAMED: usize = 5;

/// Why there can be no forest; `None`: there can.
pub(super) fn no_forest(table: &AnalysisTable) -> Option<String> {
    let used = table.metric.len();
    if used == 0 {
        Some("no trial can be used: none is finished with a finite metric".to_owned())
    } else if used < FEWEST {
        Some(format!("fewer than {FEWEST} usable trials ({used})"))
    } else if ranks::constant(&table.metric) {
        Some("the metric has the same value in every used trial".to_owned())
    } else if table.columns.is_empty() {
        Some("there are no parameters".to_owned())
    } else if table.columns.iter().all(|column| column.n_present < FEWEST) {
        Some(format!("no parameter is present in {FEWEST} used trials"))
    } else {
        None
    }
}

/// Why a parameter was left out of a forest that there is.
pub(super) fn exclusion(column: &ParameterColumn) -> Option<String> {
    let n = column.n_present;
    (n < FEWEST).then(|| format!("present in {n} used {}, fewer than {FEWEST}", trials(n)))
}

/// Word for an out-of-bag R².
pub(super) fn trust(r2: Option<f64>) -> ForestTrust {
    match r2 {
        None => ForestTrust::Absent,
        Some(r2) if r2 >= 0.6 => ForestTrust::Good,
        Some(r2) if r2 >= 0.3 => ForestTrust::Fair,
        Some(r2) if r2 >= 0.1 => ForestTrust::Weak,
        Some(_) => ForestTrust::None,
    }
}

/// What the sentences are about.
pub(super) struct NoteContext<'a> {
    pub(super) table: &'a AnalysisTable,
    pub(super) forest_reason: Option<&'a str>,
    pub(super) r2: Option<f64>,
    pub(super) rank_target: bool,
    pub(super) together: &'a [ParameterAssociation],
}

impl NoteContext<'_> {
    /// The sentences, those about the whole table first.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut notes = Vec::new();
        match self.forest_reason {
            Some(reason) => notes.push(format!("No importances: {reason}.")),
            None => self.about_forest(&mut notes),
        }
        self.about_columns(&mut notes);
        self.about_pairs(&mut notes);
        notes
    }

    fn about_forest(&self, notes: &mut Vec<String>) {
        let used = self.table.metric.len();
        if used < TOO_FEW {
            notes.push(format!("Too few runs: {used} trials were used, which is not enough for a ranking."));
        } else if used < FEW {
            notes.push(format!("Few runs: {used} trials were used; the ranking may change with more, and no effect is called clear below {FEW}."));
        }
        let r2 = self.r2.unwrap_or(0.0);
        match trust(self.r2) {
            ForestTrust::None => notes.push(format!(
                "The parameters explain almost nothing of the metric (out-of-bag R² {r2:.2}): read no ranking into this."
            )),
            ForestTrust::Weak => notes.push(format!(
                "The parameters explain little of the metric (out-of-bag R² {r2:.2}): the evidence is weak."
            )),
            ForestTrust::Absent | ForestTrust::Fair | ForestTrust::Good => {}
        }
        if self.rank_target {
            notes.push(
                "Some values of the metric lie far from the others (more than 10 interquartile ranges from the \
                 median): all figures are on the ranks of the metric."
                    .to_owned(),
            );
        }
        let in_forest = self.table.columns.iter().filter(|column| column.n_present >= FEWEST).count();
        if in_forest == 1 {
            notes.push(
                "With one parameter its importance is 1 by definition: read the permutation importance and R²."
                    .to_owned(),
            );
        }
    }

    fn about_columns(&self, notes: &mut Vec<String>) {
        let used = self.table.metric.len();
        let columns = || self.table.columns.iter();
        if self.forest_reason.is_none() {
            for column in columns() {
                if let Some(reason) = exclusion(column) {
                    notes.push(format!("{} was left out of the forest: {reason}.", column.name));
                }
            }
        }
        let partly = |column: &&ParameterColumn| column.n_present < used && column.n_present >= FEWEST;
        for column in columns().filter(partly) {
            notes.push(format!(
                "{} is present in {} of {used} used trials; its figures speak of those.",
                column.name, column.n_present
            ));
        }
        let constant: Vec<&str> = columns()
            .filter(|column| column.n_distinct == 1 && used > 1)
            .map(|column| column.name.as_str())
            .collect();
        if !constant.is_empty() {
            notes.push(format!(
                "The same in every used trial, so nothing can be said of it: {}.",
                constant.join(", ")
            ));
        }
    }

    fn about_pairs(&self, notes: &mut Vec<String>) {
        for pair in self.together.iter().take(PAIRS_NAMED) {
            let [a, b] = &pair.names;
            let measure = match pair.measure {
                Measure::Spearman => "Spearman",
                Measure::CramersV => "Cramér's V",
            };
            let value = pair.value;
            notes.push(format!("{a} and {b} move together ({measure} {value:.2}): they share one effect."));
        }
        let more = self.together.len().saturating_sub(PAIRS_NAMED);
        if more > 0 {
            notes.push(format!("So do {more} more {}.", if more == 1 { "pair" } else { "pairs" }));
        }
    }
}

fn trials(n: usize) -> &'static str {
    if n == 1 { "trial" } else { "trials" }
}
