//! Questions about a sweep: what its trials, its best, its table and its proposals are.
//!
//! Owns what commands ask of a store beyond single records. Reads only; refuses to print, to know the command line, and to
//! decide how the program ends: what has no answer is a [`QueryError`].

mod artifacts;
mod confirmation;
mod curves;
mod error;
mod facts;
mod failing;
mod frame;
mod front;
mod live;
mod logged_model;
mod methods;
mod metric;
mod noise;
mod overview;
mod pace;
mod ranking;
mod replay;
mod reported;
mod rows;
mod selection;
mod snapshot;
mod trial_command;

pub use crate::strategy::limit;
pub use artifacts::{Walk, files_of};
pub use confirmation::{Confirmation, ConfirmedJson, config_for, searched_trials, strategy_of, top_trials};
pub use curves::{MetricCurve, read_curves};
pub use error::QueryError;
pub use facts::{IMPORTED, is_imported_table, limit_of, method_of};
pub use failing::{failing_rows, failing_trials, why_failed};
pub use frame::{
    FrameRequest, SEED, SweepRuns, analyse_sweep, dependences_of, dependences_with_pairs_of, read_experiment,
    read_trials,
};
pub use front::{Front, FrontTrial, outside_limits};
pub use live::{
    CurvePoint, LiveColumn, LiveFront, LiveRow, LiveState, LiveSummary, LiveTrials, SweepEntry, SweepWatch,
    SweepsWatch, trials_where,
};
pub use logged_model::{ModelSource, find_model};
pub use methods::{ConfirmationFacts, SweepMethods, methods_facts};
pub use metric::{ChosenMetric, histories_of};
pub use noise::{MetricNoise, NOISE_AT_A_GLANCE, metric_noise};
pub use overview::{BestJson, Counts, FrontTrialJson, MetricJson, Overview, SweepState};
pub use pace::since;
pub use ranking::{best_of, best_run};
pub use replay::{Replayed, propose_again};
pub use reported::{Reported, ReportedJson};
pub use rows::{TrialJson, TrialRow, plain_name, took, whole_point};
pub use selection::{Selected, Selection};
pub use snapshot::{AgentHeartbeat, SweepSnapshot};
pub use trial_command::{TAG_DIFFERS, TrialCommand, refuse_foreign_text, seed_of, shown_command};
