//! `sweep show TRIAL`: everything about one trial.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, FoundTrial, LogPlace, Setting, TrialChoice, find_trial,
    log_place, print_json, status_cell,
};
use crate::process::now_ms;
use crate::query::{
    ChosenMetric, TAG_DIFFERS, TrialCommand, TrialJson, TrialRow, files_of, histories_of, is_imported_table,
    shown_command, took,
};
use crate::record::{
    Sweep, attempt_of, exit_code_of, index_of, point_of, reruns_of, status_word, stopped_early, tags,
};
use crate::space::Value;
use crate::tracking::{ArtifactEntry, Metric, Run};
use crate::trial::TrialIndex;
use crate::ui::{Facts, Sheet, SheetCell, SheetColumn, Style, Ui, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct ShowArgs {
    /// Which trial.
    pub trial: TrialChoice,
    /// How it is printed.
    pub format: AnswerFormat,
}

/// Most artifacts that are listed: a folder of checkpoints may hold thousands.
const MOST_ARTIFACTS: usize = 200;
/// Most folders that are looked into: a server could make up any number.
const MOST_FOLDERS: usize = 500;
/// Most metrics whose histories are read, a call each on a server.
const MOST_HISTORIES: usize = 50;
/// Characters of a sparkline.
const SPARK: usize = 24;

/// Prints everything about one trial.
///
/// # Errors
/// Where there is no such trial, or the store fails.
pub async fn show(setting: &Setting, args: &ShowArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let found = find_trial(&context, &args.trial).await?;
    let whole = TrialDetails::read(&context, found).await?;
    match args.format {
        AnswerFormat::Json => print_json(&setting.ui, &whole.json()),
        AnswerFormat::Csv => setting.ui.data(&whole.sheet().csv()),
        AnswerFormat::Table => setting.ui.print(&whole.text(&setting.ui)),
    }
    Ok(Exit::Done)
}

/// A trial with all that belongs to it.
struct TrialDetails {
    found: FoundTrial,
    metric: Option<ChosenMetric>,
    histories: BTreeMap<String, Vec<Metric>>,
    artifacts: Vec<ArtifactEntry>,
    log: LogPlace,
    reruns: Vec<Run>,
    now: i64,
}

impl TrialDetails {
    async fn read(context: &Context, found: FoundTrial) -> Result<Self, CommandFailure> {
        let store = context.store.as_ref();
        let metric = found.of.as_ref().and_then(|(_, config)| ChosenMetric::of(config, None, None));
        let keys = found.run.metrics.iter().map(|metric| metric.key.clone()).take(MOST_HISTORIES);
        let histories = histories_of(&context.store, &found.run.info.id, keys.collect()).await?;
        let artifacts = files_of(store, &found.run.info, MOST_ARTIFACTS, MOST_FOLDERS).await?;
        let log = log_place(&found.run, &artifacts);
        let reruns = match &found.of {
            Some((sweep, _)) => reruns_of(store, sweep, &found.run.info.id).await?,
            None => Vec::new(),
        };
        Ok(Self { found, metric, histories, artifacts, log, reruns, now: now_ms() })
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.found.run.tag(key)
    }

    fn params(&self) -> Vec<(String, String, bool)> {
        let point = point_of(&self.found.run);
        let leaves = match &self.found.of {
            Some((_, config)) => config.in_order(point.leaves(), |(path, _)| path),
            None => point.leaves(),
        };
        let sampled = leaves.into_iter().map(|(path, value)| (path, words::value(value), true));
        let mut params: Vec<(String, String, bool)> = sampled.collect();
        let own = self.found.run.params.iter().filter(|(name, _)| point.get(name).is_none());
        params.extend(own.map(|(name, value)| (name.clone(), value.clone(), false)));
        params
    }

    /// The command line; of a run that belongs to no sweep what its tag says.
    fn command(&self) -> Option<String> {
        match &self.found.of {
            Some((sweep, config)) => shown_command(sweep, config, &self.found.run),
            None => self.tag(tags::COMMAND).map(str::to_owned),
        }
    }

    fn tag_differs(&self) -> bool {
        let (run, of) = (&self.found.run, self.found.of.as_ref());
        of.is_some_and(|(sweep, config)| {
            TrialCommand::of(sweep, config, run).is_ok_and(|command| command.tag_differs)
        })
    }

    /// How the run ended, in words.
    fn ending(&self) -> String {
        let run = &self.found.run;
        let mut words = status_word(run).to_owned();
        let code = exit_code_of(run).filter(|code| *code != 0).map(|code| format!("exit code {code}"));
        let stopped = stopped_early(run);
        let signal = self.tag(tags::SIGNAL).filter(|_| !stopped).map(str::to_owned);
        let rule = self.tag(tags::STOPPED_RULE).map(|rule| format!("early by {rule}"));
        let reason = self.tag(tags::REASON).filter(|_| !stopped).map(str::to_owned);
        let why: Vec<String> = [code, signal, rule, reason].into_iter().flatten().collect();
        if !why.is_empty() {
            words += &format!(" ({})", why.join(", "));
        }
        words
    }

    fn text(&self, ui: &Ui) -> String {
        let mut out = self.headline(ui);
        let mut facts = Facts::default();
        self.add_run(&mut facts);
        facts.section("Params");
        for (name, value, sampled) in self.params() {
            facts.add(&name, if sampled { value } else { format!("{value}  (logged by the script)") });
        }
        facts.section("Metrics");
        for metric in &self.found.run.metrics {
            facts.add(&metric.key, self.metric_line(metric, ui));
        }
        if self.found.attempts.len() > 1 {
            facts.section("Attempts");
            for run in &self.found.attempts {
                let counts = if run.info.id == self.found.run.info.id { "  (this one)" } else { "" };
                let took = took(run, self.now).map(words::duration).unwrap_or_default();
                let line = format!("{}  {took}  run {}{counts}", status_word(run), run.info.id);
                facts.add(&attempt_of(run).to_string(), line);
            }
        }
        if !self.reruns.is_empty() {
            facts.section("Run again");
            for run in &self.reruns {
                let number = run.info.name.rsplit_once('-').map_or("", |(_, number)| number);
                facts.add(&format!("again {number}"), self.rerun_line(run));
            }
        }
        facts.section("Artifacts");
        for entry in self.artifacts.iter().take(MOST_ARTIFACTS) {
            facts.add(&entry.path, entry.size.map(words::bytes).unwrap_or_default());
        }
        if self.artifacts.len() > MOST_ARTIFACTS {
            facts.add("…", "there are more");
        }
        facts.section("Output");
        facts.add("log", self.log.words(&self.found));
        out += &facts.text(ui);
        out
    }

    fn headline(&self, ui: &Ui) -> String {
        let status = self.found.run.info.status;
        let style = match status {
            crate::trial::RunStatus::Finished => Style::Good,
            crate::trial::RunStatus::Failed => Style::Bad,
            _ => Style::Warning,
        };
        let of = self.found.of.as_ref().map(|(sweep, _)| format!(" of {}", sweep.parent.info.name));
        let title = format!("{}{}", self.found.title(), of.unwrap_or_default());
        let ending = self.ending();
        format!("{}  {}\n\n", Style::Strong.paint(&title, ui.color_out), style.paint(&ending, ui.color_out))
    }

    fn add_run(&self, facts: &mut Facts) {
        let info = &self.found.run.info;
        facts.add("run", info.id.to_string());
        facts.add_some("sweep", self.found.of.as_ref().map(|(sweep, _)| sweep.id().to_string()));
        facts.add_some("repeats run", self.tag(tags::RERUN_OF));
        let since = u64::try_from(self.now - info.start_time).unwrap_or(0);
        let took = took(&self.found.run, self.now).map(words::duration).unwrap_or_default();
        let ago = words::ago(Duration::from_millis(since));
        let when = format!("{ago} ({})", words::moment(info.start_time));
        let imported = self.found.of.as_ref().is_some_and(|(sweep, _)| is_imported_table(sweep));
        match imported && info.end_time == Some(info.start_time) {
            // The table did not say when.
            true => facts.add("imported", when),
            false => facts.add("ran", format!("{took}, started {when}")),
        }
        facts.add_some("host", self.tag(tags::HOST));
        facts.add_some("agent", self.tag(tags::AGENT));
        facts.add_some("folder", self.tag(tags::FOLDER));
        facts.add_some("seed", self.tag(tags::TRIAL_SEED));
        facts.add_some("config", self.found.of.as_ref().and_then(|(sweep, _)| self.version(sweep)));
        facts.add_some("continues", self.tag(tags::CONTINUES).map(|trial| format!("trial {trial}")));
        let dirty = self.tag(tags::GIT_DIRTY).is_some_and(|dirty| dirty.eq_ignore_ascii_case("true"));
        let branch = self.tag(tags::GIT_BRANCH).map(|branch| format!(" on {branch}")).unwrap_or_default();
        let commit = self.tag(tags::GIT_COMMIT).map(|commit| {
            let left_out = self.tag(tags::GIT_LEFT_OUT);
            let left_out = left_out.map(|files| format!(" (those of {files} are not kept)"));
            let changes = if dirty { ", with changes that were not committed" } else { "" };
            format!("{commit}{branch}{changes}{}", left_out.unwrap_or_default())
        });
        facts.add_some("git", commit);
        facts.add_some("fingerprint", self.tag(tags::FINGERPRINT));
        if let Some(command) = self.command() {
            facts.add_exact("command", command);
        }
        if self.tag_differs() {
            facts.add("", format!("({TAG_DIFFERS})"));
        }
    }

    /// Which version of the config it was proposed under, where the sweep was edited, and what the versions are.
    fn version(&self, sweep: &Sweep) -> Option<String> {
        let later = sweep.versions.get(1..).filter(|later| !later.is_empty())?;
        let each = later
            .iter()
            .map(|one| format!("{} by {}, {}", one.number, words::printable(&one.by), words::moment(one.at)));
        let each: Vec<String> = each.collect();
        let own = sweep.version_of(&self.found.run);
        Some(format!("version {own} of {} ({})", sweep.version(), each.join("; ")))
    }

    /// Latest value, history, and its extremes.
    fn metric_line(&self, metric: &Metric, ui: &Ui) -> String {
        let latest = words::number(metric.value);
        let history = self.histories.get(&metric.key).map_or(&[][..], Vec::as_slice);
        if history.len() < 2 {
            return latest;
        }
        let values: Vec<f64> = history.iter().map(|entry| entry.value).collect();
        let available = SPARK.min(ui.width / 4).max(8);
        let extreme = |word: &str, pick: fn(f64, f64) -> bool| {
            let finite = history.iter().filter(|entry| !entry.value.is_nan());
            let found = finite.reduce(|best, next| if pick(next.value, best.value) { next } else { best })?;
            Some(format!("{word} {} at step {}", words::number(found.value), found.step))
        };
        let extremes = [extreme("min", |a, b| a < b), extreme("max", |a, b| a > b)];
        let extremes: Vec<String> = extremes.into_iter().flatten().collect();
        format!("{latest:<10} {}  {}", words::sparkline(&values, available), extremes.join(", "))
    }

    fn rerun_line(&self, run: &Run) -> String {
        let value = self.metric.as_ref().and_then(|metric| {
            let value = run.metric(&metric.name)?.value;
            Some(format!("{} {}  ", metric.name, words::number(value)))
        });
        format!("{}  {}{}", status_word(run), value.unwrap_or_default(), run.info.id)
    }

    fn json(&self) -> ShowJson {
        let run = &self.found.run;
        let row = TrialRow {
            trial: index_of(run).unwrap_or(TrialIndex(0)),
            point: point_of(run),
            value: self.metric.as_ref().and_then(|metric| Some(run.metric(&metric.name)?.value)),
            run: run.clone(),
        };
        let entry = |entry: &Metric| {
            json!({
                "step": entry.step,
                "time": words::moment(entry.timestamp),
                "value": Value::Float(entry.value).to_json(),
            })
        };
        let own = |name: &str| self.tag(name).map(str::to_owned);
        ShowJson {
            sweep_id: self.found.of.as_ref().map(|(sweep, _)| sweep.id().to_string()),
            sweep_name: self.found.of.as_ref().map(|(sweep, _)| sweep.parent.info.name.clone()),
            trial: row.json(self.now),
            rerun_of: own(tags::RERUN_OF),
            reason: own(tags::REASON),
            signal: own(tags::SIGNAL),
            seed: self.tag(tags::TRIAL_SEED).and_then(|seed| seed.parse().ok()),
            command: self.command(),
            folder: own(tags::FOLDER),
            git_commit: own(tags::GIT_COMMIT),
            git_branch: own(tags::GIT_BRANCH),
            config_version: self.found.of.as_ref().map(|(sweep, _)| sweep.version_of(run)),
            fingerprint: own(tags::FINGERPRINT),
            logged_params: run
                .params
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect(),
            histories: self
                .histories
                .iter()
                .map(|(key, history)| (key.clone(), history.iter().map(entry).collect::<Vec<Json>>().into()))
                .collect(),
            attempts: self
                .found
                .attempts
                .iter()
                .map(|run| {
                    json!({
                        "attempt": attempt_of(run),
                        "run_id": run.info.id.as_str(),
                        "status": status_word(run),
                        "seconds": took(run, self.now).map(|took| took.as_secs_f64()),
                    })
                })
                .collect(),
            reruns: self.reruns.iter().map(|run| run.info.id.to_string()).collect(),
            artifacts: self
                .artifacts
                .iter()
                .map(|entry| json!({ "path": entry.path, "bytes": entry.size }))
                .collect(),
            log: self.log.path(),
        }
    }

    /// A row a fact, for spreadsheets.
    fn sheet(&self) -> Sheet {
        let text = |text: &str| SheetCell::Text(text.to_owned());
        let run = &self.found.run;
        let mut rows = vec![
            vec![text("run"), text("run_id"), text(run.info.id.as_str())],
            vec![text("run"), text("status"), status_cell(run)],
            vec![text("run"), text("started"), SheetCell::Moment(run.info.start_time)],
            vec![text("run"), text("ended"), run.info.end_time.map_or(SheetCell::Empty, SheetCell::Moment)],
            vec![text("run"), text("seconds"), took(run, self.now).map_or(SheetCell::Empty, SheetCell::Took)],
        ];
        let point = point_of(run);
        rows.extend(point.leaves().into_iter().map(|(path, value)| {
            vec![text("param"), SheetCell::Text(path), SheetCell::Value(value.clone())]
        }));
        rows.extend(
            run.params.iter().map(|(name, value)| vec![text("logged_param"), text(name), text(value)]),
        );
        rows.extend(
            run.metrics
                .iter()
                .map(|metric| vec![text("metric"), text(&metric.key), SheetCell::Number(metric.value)]),
        );
        // The command as it is known to be: its tag is what somebody wrote, and may be run by the reader.
        rows.extend(
            self.command().map(|command| vec![text("run"), text("command"), SheetCell::Text(command)]),
        );
        let kept = run.tags.iter().filter(|(key, _)| key != tags::COMMAND);
        rows.extend(kept.map(|(key, value)| vec![text("tag"), text(key), text(value)]));
        rows.extend(self.artifacts.iter().map(|entry| {
            vec![text("artifact"), text(&entry.path), entry.size.map_or(SheetCell::Empty, SheetCell::Count)]
        }));
        let columns = vec![
            SheetColumn::new("Kind", "kind"),
            SheetColumn::new("Name", "name"),
            SheetColumn::new("Value", "value"),
        ];
        Sheet { columns, rows }
    }
}

/// Everything about a trial, for programs.
#[derive(Debug, Serialize)]
struct ShowJson {
    sweep_id: Option<String>,
    sweep_name: Option<String>,
    #[serde(flatten)]
    trial: TrialJson,
    rerun_of: Option<String>,
    reason: Option<String>,
    signal: Option<String>,
    seed: Option<u64>,
    command: Option<String>,
    folder: Option<String>,
    git_commit: Option<String>,
    git_branch: Option<String>,
    config_version: Option<u32>,
    fingerprint: Option<String>,
    logged_params: serde_json::Map<String, Json>,
    histories: serde_json::Map<String, Json>,
    attempts: Vec<Json>,
    reruns: Vec<String>,
    artifacts: Vec<Json>,
    log: Option<String>,
}
