//! MLflow's nouns, once: what a store holds and what is asked of it, each with its JSON in MLflow's REST API.
//!
//! `rest` writes requests and reads answers with these structs, `gateway` reads requests and writes answers, `embedded`
//! keeps them in tables. NaN, infinities, 64-bit integers as text, pairs as `{"key", "value"}` and the words for states
//! are coded and decoded here and nowhere above. Refuses to know HTTP and SQL.

mod artifact;
mod assessment;
mod experiment;
pub(crate) mod form;
mod id;
mod inputs;
mod logged_model;
mod metric;
mod model_version;
pub(crate) mod number;
mod otlp;
mod page;
pub(crate) mod pairs;
mod protobuf;
mod registered_model;
mod registry_request;
mod run;
mod run_request;
mod span;
mod status;
mod trace;
mod wire_time;

pub use artifact::{ArtifactEntry, ArtifactList};
pub use assessment::{
    Assessment, AssessmentError, AssessmentSource, AssessmentUpdate, AssessmentValue, ExpectationValue,
    FeedbackValue, IssueValue, UpdateAssessment,
};
pub use experiment::{
    CreateExperiment, DatasetSummary, Experiment, ExperimentQuery, SearchExperiments, ViewType,
    WhichExperiment,
};
pub use id::{ExperimentId, RunId};
pub use inputs::{Dataset, DatasetInput, ModelInput, ModelOutput, RunInputs, RunOutputs};
pub use logged_model::{
    DatasetFilter, LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelMetric, LoggedModelQuery,
    ModelOrder, NewLoggedModel, SearchLoggedModels,
};
pub use metric::{Metric, MetricEntry, RunMetric};
pub use model_version::{ModelVersion, NewVersion};
pub use otlp::{SentSpans, spans_of_json, spans_of_protobuf};
pub use page::{One, Page};
pub use registered_model::{RegisteredModel, RegistryQuery, SearchRegistry};
pub use registry_request::{CreateRegisteredModel, ModelAlias, VersionTag, WhichVersion};
pub use run::{NewRun, PastRun, Run, RunInfo, RunProjection, RunQuery, RunUpdate};
pub use run_request::{LogBatch, LogMetric, MetricHistory, RunPair, SearchRuns, UpdateRun, WhichRun};
pub use span::{Span, SpanStatus, wire_of};
pub(crate) use status::unknown_status;
pub use trace::{
    DeleteTraces, LinkTraces, SOURCE_RUN, SearchTraces, TRACE_NAME, TraceInfo, TraceInfoV2, TraceLocation,
    TraceQuery, TraceState, TraceStep,
};
