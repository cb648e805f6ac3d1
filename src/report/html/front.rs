//! The front of a sweep with several metrics: its plot, and its trials with their values.

use maud::{Markup, PreEscaped, html};

use super::super::SweepReport;
use super::super::front::front as front_plot;
use super::super::numbers::significant;
use super::super::text::clean;

/// The section; nothing where there is one metric.
pub(super) fn front(report: &SweepReport) -> Markup {
    let Some(front) = report.front else { return html! {} };
    html! {
        section #front {
            h2 { "Front" }
            figure.plot { (PreEscaped(front_plot(report).svg)) }
            table {
                thead {
                    tr {
                        th { "Trial" }
                        @for (name, goal) in &front.metrics { th { (clean(name)) " (" (goal.as_str()) ")" } }
                        th { "Run" }
                    }
                }
                tbody {
                    @for trial in front.trials.iter().filter(|trial| trial.on_front) {
                        tr {
                            td { (trial.trial) }
                            @for value in &trial.values { td { (significant(*value, 6)) } }
                            td { code { (clean(&trial.run_id)) } }
                        }
                    }
                }
            }
        }
    }
}
