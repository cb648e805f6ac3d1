//! An analysis in sentences: what it rests on and how far it can be trusted.
//!
//! The terminal table and the report stand beside each other and may not name each other, so the wording
//! that both show lives here, with the figures it speaks of.

use itertools::Itertools as _;

use super::{Analysis, Dropped, ForestTrust, ParameterAnalysis};

/// More parameters than this are many: those without an effect are folded.
const MANY: usize = 8;
/// So many are shown all the same.
const FEWEST_SHOWN: usize = 5;

impl Analysis {
    /// How many trials were used, and why the others were not.
    #[must_use]
    pub(crate) fn used_sentence(&self) -> String {
        let left_out = self.dropped.phrase();
        let left_out = if left_out.is_empty() { left_out } else { format!(" ({left_out})") };
        format!("{} of {} trials used{left_out}.", self.n_used, self.n_rows)
    }

    /// The out-of-bag R² of the forest with the word for it; `None`: there is no forest, and the notes say why.
    ///
    /// What follows from a low R² is said by the notes.
    #[must_use]
    pub(crate) fn trust_sentence(&self) -> Option<String> {
        let word = match self.trust {
            ForestTrust::Absent => return None,
            ForestTrust::None => "none",
            ForestTrust::Weak => "weak",
            ForestTrust::Fair => "fair",
            ForestTrust::Good => "good",
        };
        let r2 = self.oob_r2.filter(|r2| r2.is_finite())?;
        Some(format!("Forest out-of-bag R² {r2:.2} ({word})."))
    }

    /// How many of the parameters, most important first, are worth a row of their own: all where they are few or there is
    /// no forest, else those down to the last that shows an effect, and five at least.
    #[must_use]
    pub(crate) fn told_apart(&self) -> usize {
        let all = self.parameters.len();
        if all <= MANY || !self.has_forest() {
            return all;
        }
        let shows = |parameter: &ParameterAnalysis| {
            parameter.permutation.is_some_and(|drop| drop.mean > (2.0 * drop.se).max(0.01))
        };
        self.parameters.iter().rposition(shows).map_or(0, |last| last + 1).max(FEWEST_SHOWN)
    }

    /// Whether there are importances to show.
    #[must_use]
    pub(crate) fn has_forest(&self) -> bool {
        self.trust != ForestTrust::Absent
    }
}

impl Dropped {
    /// The reasons that occurred, with their counts; empty when nothing was left out.
    fn phrase(self) -> String {
        let reasons = [
            (self.not_finished, "not finished"),
            (self.metric_absent, "without the metric"),
            (self.metric_nan, "NaN"),
            (self.metric_inf, "infinite"),
        ];
        let parts = reasons.iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, why)| format!("{count} {why}")).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analysis(n_used: usize, trust: ForestTrust, oob_r2: Option<f64>) -> Analysis {
        let dropped = Dropped { not_finished: 4, metric_absent: 1, metric_nan: 2, metric_inf: 0 };
        Analysis {
            n_rows: n_used + 7,
            n_used,
            dropped,
            oob_r2,
            trust,
            forest_reason: None,
            together: Vec::new(),
            rank_target: false,
            variance: None,
            notes: Vec::new(),
            parameters: Vec::new(),
        }
    }

    #[test]
    fn trials_left_out_are_counted_by_reason() {
        let said = analysis(143, ForestTrust::Good, Some(0.71)).used_sentence();
        assert_eq!(said, "143 of 150 trials used (4 not finished, 1 without the metric, 2 NaN).");
    }

    #[test]
    fn nothing_left_out_needs_no_brackets() {
        let mut all = analysis(20, ForestTrust::Good, Some(0.71));
        (all.n_rows, all.dropped) = (20, Dropped::default());
        assert_eq!(all.used_sentence(), "20 of 20 trials used.");
    }

    #[test]
    fn the_figure_of_trust_comes_with_its_word() {
        let words = [
            (ForestTrust::None, "none"),
            (ForestTrust::Weak, "weak"),
            (ForestTrust::Fair, "fair"),
            (ForestTrust::Good, "good"),
        ];
        for (trust, word) in words {
            let said = analysis(50, trust, Some(0.254)).trust_sentence();
            assert_eq!(said, Some(format!("Forest out-of-bag R² 0.25 ({word}).")));
        }
    }

    #[test]
    fn without_a_forest_there_is_no_figure_of_trust() {
        assert_eq!(analysis(4, ForestTrust::Absent, None).trust_sentence(), None);
        assert!(!analysis(4, ForestTrust::Absent, None).has_forest());
    }
}
