//! `sweep promote TRIAL --name MODEL`: a trial's logged model becomes a version in MLflow's registry, which says where it
//! came from.
//!
//! Anyone who does it twice finds the version that is there; only the alias moves.

use serde::Serialize;

use super::shared::{
    CommandFailure, Context, Exit, Format, FoundTrial, Setting, TrialChoice, find_trial, print_json,
};
use crate::process::now_ms;
use crate::query::{ChosenMetric, ModelSource, find_model};
use crate::record::{index_of, point_of, tags};
use crate::space::Value;
use crate::tracking::{ModelVersion, NewVersion, Registry, Run};
use crate::trial::TrialIndex;
use crate::ui::words;

/// What was typed.
#[derive(Debug, Clone)]
pub struct PromoteArgs {
    /// Which trial.
    pub trial: TrialChoice,
    /// The registered model.
    pub name: String,
    /// The alias that is to point at the version.
    pub alias: Option<String>,
    /// Which of the trial's models, where it logged several.
    pub artifact: Option<String>,
    /// Output format.
    pub format: Format,
}

/// Servers before MLflow 3 cut or refuse longer ones.
const LONGEST_KEY: usize = 250;
const LONGEST_VALUE: usize = 5000;
/// A script may log thousands, one for each layer.
const MOST_METRICS: usize = 200;

/// What happened, for programs.
#[derive(Debug, Serialize)]
struct Promoted {
    model: String,
    version: u64,
    /// Whether this call made the version.
    created: bool,
    alias: Option<String>,
    /// The version that had the alias before, if another.
    alias_before: Option<u64>,
    run_id: String,
    trial: Option<TrialIndex>,
    sweep_id: Option<String>,
    source: String,
    /// What `load_model` is given.
    uri: String,
}

/// Registers a trial's model, and moves an alias to it.
///
/// # Errors
/// Where the trial has no model, or several, or is not over; and as the store's.
pub async fn promote(setting: &Setting, args: &PromoteArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let found = find_trial(&context, &args.trial).await?;
    let title = found.title();
    if !found.run.info.status.is_final() {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("{title} is not over: its model may still change"),
        )
        .hint("Wait for it: sweep status -w."));
    }
    let model = find_model(context.store.as_ref(), &found.run.info, &title, args.artifact.as_deref()).await?;
    let registry = context.store.registry();
    let about = ModelOrigin::of(&context, &found).await?;
    let (version, created) = version_of(registry, args, &found.run, &model, &about).await?;
    let before = match &args.alias {
        Some(alias) => move_alias(registry, &version, alias).await?,
        None => None,
    };
    let uri = match &args.alias {
        Some(alias) => format!("models:/{}@{alias}", args.name),
        None => format!("models:/{}/{}", args.name, version.version),
    };
    let promoted = Promoted {
        model: args.name.clone(),
        version: version.version,
        created,
        alias: args.alias.clone(),
        alias_before: before,
        run_id: found.run.info.id.to_string(),
        trial: index_of(&found.run),
        sweep_id: found.of.as_ref().map(|(sweep, _)| sweep.id().to_string()),
        source: model.source,
        uri,
    };
    match args.format {
        Format::Json => print_json(&setting.ui, &promoted),
        Format::Table => setting.ui.tell(&in_words(&promoted, &title, &about)),
    }
    Ok(Exit::Done)
}

/// What a version says of where it came from.
struct ModelOrigin {
    tags: Vec<(String, String)>,
    description: String,
    /// ` of sweep … (loss = 0.1)`.
    words: String,
}

impl ModelOrigin {
    async fn of(context: &Context, found: &FoundTrial) -> Result<Self, CommandFailure> {
        let run = &found.run;
        let metric = found.of.as_ref().and_then(|(_, config)| ChosenMetric::of(config, None, None));
        let mut value = None;
        if let Some(metric) = &metric {
            value = metric.values(&context.store, std::iter::once(run)).await?.remove(&run.info.id);
        }
        let objective = metric.zip(value).map(|(metric, value)| (metric.name, value));
        let mut words = found.of.as_ref().map_or(String::new(), |(sweep, _)| {
            format!(" of sweep {} ({})", sweep.parent.info.name, sweep.id())
        });
        if let Some((name, value)) = &objective {
            words.push_str(&format!(", {name} = {}", words::number(*value)));
        }
        let point = words::point(&point_of(run));
        let point = if point.is_empty() { String::new() } else { format!(": {point}") };
        Ok(Self {
            description: format!("{}{words}{point}", capital(&found.title())),
            tags: tags_of(found, objective.as_ref()),
            words,
        })
    }
}

/// Where it came from, with params and metrics.
fn tags_of(found: &FoundTrial, objective: Option<&(String, f64)>) -> Vec<(String, String)> {
    let run = &found.run;
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, value: Option<&str>| {
        all.extend(value.map(|value| (key.to_owned(), value.to_owned())));
    };
    let sweep = found.of.as_ref().map(|(sweep, _)| sweep);
    add(tags::SWEEP_ID, sweep.map(|sweep| sweep.id().as_str()).or(run.tag(tags::SWEEP_ID)));
    add(tags::SWEEP_NAME, sweep.map(|sweep| sweep.parent.info.name.as_str()));
    for key in [
        tags::TRIAL,
        tags::ATTEMPT,
        tags::TRIAL_SEED,
        tags::FINGERPRINT,
        tags::GIT_COMMIT,
        tags::GIT_DIRTY,
        tags::GIT_DIFF_SHA256,
    ] {
        add(key, run.tag(key));
    }
    add(tags::OBJECTIVE, objective.map(|(name, _)| name.as_str()));
    let params = run.tags.iter().filter(|(key, _)| key.starts_with(tags::PARAM_PREFIX)).cloned();
    all.extend(params);
    let key = |name: &str| format!("{}{name}", tags::METRIC_PREFIX);
    all.extend(objective.map(|(name, value)| (key(name), Value::Float(*value).text())));
    let others = run.metrics.iter().filter(|metric| objective.is_none_or(|(name, _)| *name != metric.key));
    all.extend(others.take(MOST_METRICS).map(|metric| (key(&metric.key), Value::Float(metric.value).text())));
    all.retain(|(key, _)| key.len() <= LONGEST_KEY);
    for (_, value) in &mut all {
        if value.chars().count() > LONGEST_VALUE {
            *value = value.chars().take(LONGEST_VALUE).collect();
        }
    }
    all
}

/// The version that was made of this model already, else a new one; and whether it is new.
async fn version_of(
    registry: &dyn Registry,
    args: &PromoteArgs,
    run: &Run,
    model: &ModelSource,
    about: &ModelOrigin,
) -> Result<(ModelVersion, bool), CommandFailure> {
    registry.ensure_model(&args.name).await?;
    let known = registry.versions(&args.name).await?;
    let same = |version: &&ModelVersion| {
        version.run_id.as_ref() == Some(&run.info.id) && version.source == model.source
    };
    if let Some(version) = known.iter().find(same) {
        // Somebody may have registered it by hand, or this program was ended in between.
        for (key, value) in &about.tags {
            if !version.tags.iter().any(|(known, _)| known == key) {
                registry.set_version_tag(&args.name, version.version, key, value).await?;
            }
        }
        return Ok((version.clone(), false));
    }
    let new = NewVersion {
        model: args.name.clone(),
        source: model.source.clone(),
        run_id: Some(run.info.id.clone()),
        model_id: model.id.clone(),
        description: about.description.clone(),
        tags: about.tags.clone(),
        ..NewVersion::default()
    };
    Ok((registry.create_version(&new).await?, true))
}

/// Points the alias at the version; the one that had it keeps a tag that says so. The number of that one, if another.
async fn move_alias(
    registry: &dyn Registry,
    version: &ModelVersion,
    alias: &str,
) -> Result<Option<u64>, CommandFailure> {
    let before = registry.by_alias(&version.model, alias).await?.map(|known| known.version);
    if before == Some(version.version) {
        return Ok(None);
    }
    registry.set_alias(&version.model, alias, version.version).await?;
    let now = words::moment(now_ms());
    let key = format!("{}{alias}", tags::ALIAS_PREFIX);
    if let Some(before) = before {
        let text = format!("until {now}, then version {}", version.version);
        registry.set_version_tag(&version.model, before, &key, &text).await?;
    }
    let after = before.map_or(String::new(), |before| format!(", after version {before}"));
    registry.set_version_tag(&version.model, version.version, &key, &format!("since {now}{after}")).await?;
    Ok(before)
}

fn in_words(promoted: &Promoted, title: &str, about: &ModelOrigin) -> String {
    let Promoted { model, version, .. } = promoted;
    let mut text = match promoted.created {
        true => format!("Registered {model} version {version}: {title}{}\n", about.words),
        false => format!("{model} version {version} is {title} already; no second one was made\n"),
    };
    if let Some(alias) = &promoted.alias {
        text.push_str(&match promoted.alias_before {
            Some(before) => format!("{model}@{alias} is version {version} now; it was version {before}\n"),
            None => format!("{model}@{alias} is version {version}\n"),
        });
    }
    text + &format!("MLflow's clients load it as {}\n", promoted.uri)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
