//! What the integration tests, the benchmarks and the fuzzers use of the program's inside, and nothing else may.
//!
//! The modules themselves are private: what is neither on the public face nor in this list is used by the program, or the
//! compiler reports it as dead code. A test that needs more adds a name here, not a `pub mod`.

mod fuzzing;

pub use fuzzing::{TARGETS, play};

pub use crate::analysis::estimator::TREES;
pub use crate::analysis::features::{Features, Group, SplitKind};
pub use crate::analysis::forest::Forest;
pub use crate::analysis::permutation::{JudgedRows, PermutationImportance};
pub use crate::evidence::{Candidate, NextRun, judge, next_run};
pub use crate::gateway::{Gateway, LoggedMetric, TrialScope};
pub use crate::process::{Child, ChildSpec, CommandExit, Guard, OwnerMark, now_ms};
pub use crate::record::{
    Claim, ClaimOrder, Ledger, NewSweep, NewTrial, Peers, SHARD, SettleOutcome, Sweep, UnfinishedTrial,
};
pub use crate::text::parse_moment;
pub use crate::tracking::embedded::{Db, EmbeddedStore, ParamOutcome};
pub use crate::tracking::local_artifacts::ArtifactUpload;
pub use crate::tracking::protocol::{DatasetInput, ModelOutput, NewLoggedModel, RegistryQuery, TraceQuery};
pub use crate::tracking::rest::{Environment, RestStore, ServerSettings};
pub use crate::tracking::{
    ArtifactEntry, ErrorKind, Experiment, ExperimentId, Metric, NewRun, NewVersion, Page, ParamWrite,
    Registry, Result as StoreResult, Run, RunId, RunInfo, RunProjection, RunQuery, RunUpdate, Store,
    ViewType,
};
pub use crate::trial::trial_seed;
