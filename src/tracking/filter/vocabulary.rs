//! Which subjects can be asked for, by what is searched.

use super::ast::Entity;

/// Whether an attribute is a number or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeKind {
    /// Compared as a number.
    Number,
    /// Compared as text.
    Text,
}

/// The subjects of one search.
#[derive(Debug)]
pub struct Vocabulary {
    /// Attributes: the word, the canonical name, its kind.
    pub attributes: &'static [(&'static str, &'static str, AttributeKind)],
    /// Entities besides attributes.
    pub entities: &'static [Entity],
    /// Attributes that may be compared with a list.
    pub lists: &'static [&'static str],
    /// Entities that may be asked for `IS NULL`.
    pub nullable: &'static [Entity],
}

/// What runs can be searched by.
pub static RUNS: Vocabulary = Vocabulary {
    attributes: &[
        ("run_id", "run_id", AttributeKind::Text),
        ("run_name", "run_name", AttributeKind::Text),
        ("run name", "run_name", AttributeKind::Text),
        ("Run name", "run_name", AttributeKind::Text),
        ("Run Name", "run_name", AttributeKind::Text),
        ("status", "status", AttributeKind::Text),
        ("artifact_uri", "artifact_uri", AttributeKind::Text),
        ("user_id", "user_id", AttributeKind::Text),
        ("start_time", "start_time", AttributeKind::Number),
        ("created", "start_time", AttributeKind::Number),
        ("Created", "start_time", AttributeKind::Number),
        ("end_time", "end_time", AttributeKind::Number),
    ],
    entities: &[Entity::Metric, Entity::Param, Entity::Tag, Entity::Dataset],
    lists: &["run_id"],
    nullable: &[Entity::Param, Entity::Tag],
};

/// What experiments can be searched by.
pub static EXPERIMENTS: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", AttributeKind::Text),
        ("experiment_id", "experiment_id", AttributeKind::Text),
        ("creation_time", "creation_time", AttributeKind::Number),
        ("last_update_time", "last_update_time", AttributeKind::Number),
    ],
    entities: &[Entity::Tag],
    lists: &["experiment_id"],
    nullable: &[Entity::Tag],
};

/// What logged models can be searched by.
pub static LOGGED_MODELS: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", AttributeKind::Text),
        ("model_id", "model_id", AttributeKind::Text),
        ("model_type", "model_type", AttributeKind::Text),
        ("status", "status", AttributeKind::Text),
        ("source_run_id", "source_run_id", AttributeKind::Text),
        ("creation_timestamp", "creation_timestamp_ms", AttributeKind::Number),
        ("creation_time", "creation_timestamp_ms", AttributeKind::Number),
        ("creation_timestamp_ms", "creation_timestamp_ms", AttributeKind::Number),
        ("last_updated_timestamp", "last_updated_timestamp_ms", AttributeKind::Number),
        ("last_updated_timestamp_ms", "last_updated_timestamp_ms", AttributeKind::Number),
    ],
    entities: &[Entity::Metric, Entity::Param, Entity::Tag],
    lists: &["name", "model_id", "model_type", "status", "source_run_id"],
    nullable: &[],
};

/// What registered models can be searched by.
pub static REGISTERED_MODELS: Vocabulary = Vocabulary {
    attributes: &[("name", "name", AttributeKind::Text)],
    entities: &[Entity::Tag],
    lists: &["name"],
    nullable: &[],
};

/// What registered models can be sorted by.
pub static REGISTERED_MODEL_ORDER: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", AttributeKind::Text),
        ("timestamp", "last_updated_timestamp", AttributeKind::Number),
        ("last_updated_timestamp", "last_updated_timestamp", AttributeKind::Number),
    ],
    entities: &[],
    lists: &[],
    nullable: &[],
};

/// What versions of registered models can be searched by.
pub static MODEL_VERSIONS: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", AttributeKind::Text),
        ("version_number", "version_number", AttributeKind::Number),
        ("run_id", "run_id", AttributeKind::Text),
        ("source_path", "source_path", AttributeKind::Text),
    ],
    entities: &[Entity::Tag],
    lists: &["name", "run_id"],
    nullable: &[],
};

/// What versions of registered models can be sorted by.
pub static MODEL_VERSION_ORDER: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", AttributeKind::Text),
        ("version_number", "version_number", AttributeKind::Number),
        ("creation_timestamp", "creation_timestamp", AttributeKind::Number),
        ("last_updated_timestamp", "last_updated_timestamp", AttributeKind::Number),
    ],
    entities: &[],
    lists: &[],
    nullable: &[],
};

/// What traces can be searched by, and sorted by.
pub static TRACES: Vocabulary = Vocabulary {
    attributes: &[
        ("request_id", "request_id", AttributeKind::Text),
        ("trace_id", "request_id", AttributeKind::Text),
        ("experiment_id", "experiment_id", AttributeKind::Text),
        ("client_request_id", "client_request_id", AttributeKind::Text),
        ("status", "status", AttributeKind::Text),
        ("name", "name", AttributeKind::Text),
        ("run_id", "run_id", AttributeKind::Text),
        ("text", "text", AttributeKind::Text),
        ("timestamp", "timestamp_ms", AttributeKind::Number),
        ("timestamp_ms", "timestamp_ms", AttributeKind::Number),
        ("execution_time", "execution_time_ms", AttributeKind::Number),
        ("execution_time_ms", "execution_time_ms", AttributeKind::Number),
        ("end_time", "end_time_ms", AttributeKind::Number),
        ("end_time_ms", "end_time_ms", AttributeKind::Number),
    ],
    entities: &[Entity::Tag, Entity::Metadata, Entity::Span, Entity::Feedback, Entity::Expectation],
    lists: &["request_id", "client_request_id", "status", "name", "run_id"],
    nullable: &[Entity::Tag, Entity::Metadata, Entity::Feedback, Entity::Expectation],
};
