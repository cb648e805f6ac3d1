//! `sweep models`: the registered models, their versions and aliases, and the trial that each came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use itertools::Itertools as _;
use serde::Serialize;
use serde_json::Value as Json;

use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, Setting, print_csv, print_json, print_sheet,
};
use crate::config::nearest;
use crate::record::tags;
use crate::tracking::{ModelVersion, RegisteredModel, Result as StoreResult, Store};
use crate::trial::TrialIndex;
use crate::ui::{MINOR, Sheet, SheetCell, SheetColumn, words};

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct ModelsArgs {
    /// The versions of this model alone.
    pub name: Option<String>,
    /// How the models are printed.
    pub format: AnswerFormat,
}

/// Models whose versions are read side by side.
const AT_ONCE: usize = 8;

/// Prints the registered models.
///
/// # Errors
/// Where there is no such model, or the store fails.
pub async fn models(setting: &Setting, args: &ModelsArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let mut found = context.store.registry().models().await?;
    if let Some(name) = &args.name {
        let names: Vec<String> = found.iter().map(|model| model.name.clone()).collect();
        found.retain(|model| model.name == *name);
        if found.is_empty() {
            return Err(unknown(name, &names));
        }
    }
    let models = read_all(&context.store, found).await?;
    match args.format {
        AnswerFormat::Json => match (&args.name, models.as_slice()) {
            (Some(_), [one]) => print_json(&setting.ui, one),
            _ => print_json(&setting.ui, &models),
        },
        AnswerFormat::Csv => print_csv(setting, &versions_sheet(&models))?,
        AnswerFormat::Table if models.is_empty() => {
            setting
                .ui
                .say("No model is registered yet. `sweep promote TRIAL --name MODEL` registers a trial's.");
        }
        AnswerFormat::Table if args.name.is_some() => print_sheet(setting, &versions_sheet(&models))?,
        AnswerFormat::Table => print_sheet(setting, &models_sheet(&models))?,
    }
    Ok(Exit::Done)
}

fn unknown(name: &str, names: &[String]) -> CommandFailure {
    let failure = CommandFailure::new(Exit::Usage, format!("there is no registered model `{name}`"));
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => failure.hint(format!("Did you mean `{near}`? `sweep models` shows all.")),
        None if names.is_empty() => {
            failure.hint("`sweep promote TRIAL --name MODEL` registers a trial's model.")
        }
        None => failure.hint("`sweep models` shows those that there are."),
    }
}

/// The versions of all of them, some read side by side.
async fn read_all(store: &Arc<dyn Store>, found: Vec<RegisteredModel>) -> StoreResult<Vec<ModelJson>> {
    let read = |model: RegisteredModel| async move {
        let versions = store.registry().versions(&model.name).await?;
        Ok(ModelJson::of(model, &versions))
    };
    stream::iter(found).map(read).buffered(AT_ONCE).try_collect().await
}

/// A registered model.
#[derive(Debug, Serialize)]
struct ModelJson {
    name: String,
    description: String,
    created: String,
    updated: String,
    /// The version that each alias points at.
    aliases: BTreeMap<String, u64>,
    /// The newest first.
    versions: Vec<VersionJson>,
    #[serde(skip)]
    updated_ms: i64,
}

/// A version of it.
#[derive(Debug, Serialize)]
struct VersionJson {
    version: u64,
    aliases: Vec<String>,
    /// Aliases that it has or had: since when, or until when.
    alias_history: BTreeMap<String, String>,
    created: String,
    description: String,
    source: String,
    run_id: Option<String>,
    sweep_id: Option<String>,
    sweep: Option<String>,
    trial: Option<TrialIndex>,
    /// The sweep's metric.
    metric: Option<String>,
    value: Option<f64>,
    /// As on the command line.
    params: BTreeMap<String, String>,
    metrics: BTreeMap<String, Json>,
    fingerprint: Option<String>,
    git_commit: Option<String>,
    #[serde(skip)]
    created_ms: i64,
}

impl ModelJson {
    fn of(model: RegisteredModel, versions: &[ModelVersion]) -> Self {
        Self {
            name: model.name,
            description: model.description,
            created: words::moment(model.created),
            updated: words::moment(model.updated),
            aliases: model.aliases.into_iter().collect(),
            versions: versions.iter().map(VersionJson::of).collect(),
            updated_ms: model.updated,
        }
    }

    /// `production → 4, candidate → 5`.
    fn aliases_in_words(&self) -> String {
        let mut all = self.aliases.iter().map(|(alias, version)| format!("{alias} → {version}"));
        all.join(", ")
    }
}

impl VersionJson {
    fn of(version: &ModelVersion) -> Self {
        let tag = |key: &str| {
            let found = version.tags.iter().find(|(known, _)| known == key);
            found.map(|(_, value)| value.clone())
        };
        let below = |prefix: &str| -> BTreeMap<String, String> {
            let found = version
                .tags
                .iter()
                .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())));
            found.collect()
        };
        let metrics = below(tags::METRIC_PREFIX);
        let metric = tag(tags::OBJECTIVE);
        let value = metric.as_ref().and_then(|name| metrics.get(name)?.parse().ok());
        Self {
            version: version.version,
            aliases: version.aliases.clone(),
            alias_history: below(tags::ALIAS_PREFIX),
            created: words::moment(version.created),
            description: version.description.clone(),
            source: version.source.clone(),
            run_id: version.run_id.as_ref().map(ToString::to_string),
            sweep_id: tag(tags::SWEEP_ID),
            sweep: tag(tags::SWEEP_NAME),
            trial: tag(tags::TRIAL).and_then(|trial| trial.parse().ok()),
            value: value.filter(|value: &f64| value.is_finite()),
            metric,
            params: below(tags::PARAM_PREFIX),
            metrics: metrics.into_iter().map(|(name, text)| (name, number(&text))).collect(),
            fingerprint: tag(tags::FINGERPRINT),
            git_commit: tag(tags::GIT_COMMIT),
            created_ms: version.created,
        }
    }

    fn metric_cell(&self) -> SheetCell {
        let told = self.metric.as_ref().zip(self.value);
        SheetCell::figure(told.map(|(name, value)| format!("{name} {}", words::number(value))))
    }
}

/// A number, or a text where it is none that JSON has.
fn number(text: &str) -> Json {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.and_then(serde_json::Number::from_f64).map_or_else(|| Json::String(text.to_owned()), Json::Number)
}

/// A row for each model: what it is now.
fn models_sheet(models: &[ModelJson]) -> Sheet {
    let columns = vec![
        SheetColumn::new("Model", "model"),
        SheetColumn::new("Versions", "versions"),
        SheetColumn::new("Aliases", "aliases"),
        SheetColumn::new("Newest from", "newest_from").rank(1),
        SheetColumn::new("Metric", "metric").rank(2),
        SheetColumn::new("Updated", "updated").rank(MINOR),
    ];
    let rows = models.iter().map(|model| {
        let newest = model.versions.first();
        let from = newest.and_then(|version| {
            let sweep = version.sweep.clone()?;
            Some(version.trial.map_or_else(|| sweep.clone(), |trial| format!("{sweep}, trial {trial}")))
        });
        vec![
            SheetCell::Text(model.name.clone()),
            SheetCell::Count(model.versions.len() as u64),
            SheetCell::Text(model.aliases_in_words()),
            SheetCell::text(from),
            newest.map_or(SheetCell::Empty, VersionJson::metric_cell),
            SheetCell::Moment(model.updated_ms),
        ]
    });
    Sheet { rows: rows.collect(), columns }
}

/// A row for each version.
fn versions_sheet(models: &[ModelJson]) -> Sheet {
    let columns = vec![
        SheetColumn::new("", "model").csv_only(),
        SheetColumn::new("Version", "version"),
        SheetColumn::new("Aliases", "aliases"),
        SheetColumn::new("Sweep", "sweep"),
        SheetColumn::new("Trial", "trial"),
        SheetColumn::new("Metric", "").table_only(),
        SheetColumn::new("", "metric").csv_only(),
        SheetColumn::new("", "value").csv_only(),
        SheetColumn::new("Created", "created").rank(2),
        SheetColumn::new("Run", "run_id").rank(3),
        SheetColumn::new("", "sweep_id").csv_only(),
        SheetColumn::new("", "source").csv_only(),
    ];
    let of_model = |model: &ModelJson| -> Vec<Vec<SheetCell>> {
        let row = |version: &VersionJson| {
            vec![
                SheetCell::Text(model.name.clone()),
                SheetCell::Count(version.version),
                SheetCell::Text(version.aliases.join(", ")),
                SheetCell::text(version.sweep.clone()),
                version.trial.map_or(SheetCell::Empty, SheetCell::from),
                version.metric_cell(),
                SheetCell::text(version.metric.clone()),
                SheetCell::number(version.value),
                SheetCell::Moment(version.created_ms),
                version.run_id.clone().map_or(SheetCell::Empty, SheetCell::Id),
                version.sweep_id.clone().map_or(SheetCell::Empty, SheetCell::Id),
                SheetCell::Text(version.source.clone()),
            ]
        };
        model.versions.iter().map(row).collect()
    };
    Sheet { rows: models.iter().flat_map(of_model).collect(), columns }
}
