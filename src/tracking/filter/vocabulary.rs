//! Which subjects can be asked for, by what is searched.

use super::ast::Entity;

/// Whether an attribute is a number or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Compared as a number.
    Number,
    /// Compared as text.
    Text,
}

/// The subjects of one search.
#[derive(Debug)]
pub struct Vocabulary {
    /// Attributes: the word, the canonical name, its kind.
    pub attributes: &'static [(&'static str, &'static str, Kind)],
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
        ("run_id", "run_id", Kind::Text),
        ("run_name", "run_name", Kind::Text),
        ("run name", "run_name", Kind::Text),
        ("Run name", "run_name", Kind::Text),
        ("Run Name", "run_name", Kind::Text),
        ("status", "status", Kind::Text),
        ("artifact_uri", "artifact_uri", Kind::Text),
        ("user_id", "user_id", Kind::Text),
        ("start_time", "start_time", Kind::Number),
        ("created", "start_time", Kind::Number),
        ("Created", "start_time", Kind::Number),
        ("end_time", "end_time", Kind::Number),
    ],
    entities: &[Entity::Metric, Entity::Param, Entity::Tag, Entity::Dataset],
    lists: &["run_id"],
    nullable: &[Entity::Param, Entity::Tag],
};

/// What experiments can be searched by.
pub static EXPERIMENTS: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", Kind::Text),
        ("experiment_id", "experiment_id", Kind::Text),
        ("creation_time", "creation_time", Kind::Number),
        ("last_update_time", "last_update_time", Kind::Number),
    ],
    entities: &[Entity::Tag],
    lists: &["experiment_id"],
    nullable: &[Entity::Tag],
};

/// What logged models can be searched by.
pub static LOGGED_MODELS: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", Kind::Text),
        ("model_id", "model_id", Kind::Text),
        ("model_type", "model_type", Kind::Text),
        ("status", "status", Kind::Text),
        ("source_run_id", "source_run_id", Kind::Text),
        ("creation_timestamp", "creation_timestamp_ms", Kind::Number),
        ("creation_time", "creation_timestamp_ms", Kind::Number),
        ("creation_timestamp_ms", "creation_timestamp_ms", Kind::Number),
        ("last_updated_timestamp", "last_updated_timestamp_ms", Kind::Number),
        ("last_updated_timestamp_ms", "last_updated_timestamp_ms", Kind::Number),
    ],
    entities: &[Entity::Metric, Entity::Param, Entity::Tag],
    lists: &["name", "model_id", "model_type", "status", "source_run_id"],
    nullable: &[],
};

/// What registered models can be searched by.
pub static REGISTERED_MODELS: Vocabulary = Vocabulary {
    attributes: &[("name", "name", Kind::Text)],
    entities: &[Entity::Tag],
    lists: &["name"],
    nullable: &[],
};

/// What registered models can be sorted by.
pub static REGISTERED_MODEL_ORDER: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", Kind::Text),
        ("timestamp", "last_updated_timestamp", Kind::Number),
        ("last_updated_timestamp", "last_updated_timestamp", Kind::Number),
    ],
    entities: &[],
    lists: &[],
    nullable: &[],
};

/// What versions of registered models can be searched by.
pub static MODEL_VERSIONS: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", Kind::Text),
        ("version_number", "version_number", Kind::Number),
        ("run_id", "run_id", Kind::Text),
        ("source_path", "source_path", Kind::Text),
    ],
    entities: &[Entity::Tag],
    lists: &["name", "run_id"],
    nullable: &[],
};

/// What versions of registered models can be sorted by.
pub static MODEL_VERSION_ORDER: Vocabulary = Vocabulary {
    attributes: &[
        ("name", "name", Kind::Text),
        ("version_number", "version_number", Kind::Number),
        ("creation_timestamp", "creation_timestamp", Kind::Number),
        ("last_updated_timestamp", "last_updated_timestamp", Kind::Number),
    ],
    entities: &[],
    lists: &[],
    nullable: &[],
};
