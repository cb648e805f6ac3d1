//! `sweep diff A B`: what differs between two trials, of one sweep or of two: params, metrics, code, machine.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::shared::{
    AnswerFormat, CommandFailure, Context, Exit, FoundTrial, Setting, SweepChoice, TrialChoice, find_trial,
    print_json,
};
use crate::config::logged_value;
use crate::process::now_ms;
use crate::query::{shown_command, took};
use crate::record::{exit_code_of, index_of, point_of, tags};
use crate::space::Value;
use crate::tracking::{ErrorKind, Run};
use crate::trial::TrialIndex;
use crate::ui::{Sheet, SheetCell, SheetColumn, Style, printable, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct DiffArgs {
    /// The sweep of trials that are named by number; `None`: the latest of this directory.
    pub sweep: SweepChoice,
    /// The one.
    pub a: String,
    /// The other.
    pub b: String,
    /// How it is printed.
    pub format: AnswerFormat,
}

/// Prints what differs between two trials.
///
/// # Errors
/// Where there is no such trial, or the store fails.
pub async fn diff(setting: &Setting, args: &DiffArgs) -> Result<Exit, CommandFailure> {
    let context = Context::open_to_read(setting)?;
    let choice = |trial: &str| TrialChoice { sweep: args.sweep.clone(), trial: trial.to_owned() };
    let a = find_trial(&context, &choice(&args.a)).await?;
    let b = find_trial(&context, &choice(&args.b)).await?;
    let changes = [git_diff(&context, &a.run).await?, git_diff(&context, &b.run).await?];
    let difference = Difference::of(a, b, &changes);
    match args.format {
        AnswerFormat::Json => print_json(&setting.ui, &difference.json()),
        AnswerFormat::Csv => setting.ui.data(&difference.csv()),
        AnswerFormat::Table => difference.tell(setting),
    }
    Ok(Exit::Done)
}

/// The changes that were not committed when a run was made.
async fn git_diff(context: &Context, run: &Run) -> Result<Option<String>, CommandFailure> {
    match context.store.artifact(&run.info, tags::GIT_DIFF_ARTIFACT).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unsupported) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A value on either side; `None`: that side has none.
#[derive(Debug, Clone, PartialEq)]
struct TrialPair {
    name: String,
    a: Option<Value>,
    b: Option<Value>,
}

impl TrialPair {
    fn differs(&self) -> bool {
        match (&self.a, &self.b) {
            (Some(a), Some(b)) => !a.same_as(b),
            (a, b) => a.is_some() != b.is_some(),
        }
    }

    /// Both sides for people: with as many figures as it takes to distinguish them.
    fn shown(&self) -> [String; 2] {
        let side =
            |value: &Option<Value>, show: fn(&Value) -> String| value.as_ref().map_or("–".to_owned(), show);
        let short = [side(&self.a, words::value), side(&self.b, words::value)];
        if short[0] == short[1] && self.differs() {
            return [side(&self.a, Value::text), side(&self.b, Value::text)];
        }
        short
    }

    /// B − A of two numbers.
    fn difference(&self) -> Option<f64> {
        Some(self.b.as_ref()?.as_f64()? - self.a.as_ref()?.as_f64()?)
    }
}

/// Two trials, side by side.
struct Difference {
    a: FoundTrial,
    b: FoundTrial,
    params: Vec<TrialPair>,
    metrics: Vec<TrialPair>,
    /// Status, duration, code, machine.
    facts: Vec<TrialPair>,
    /// Files whose uncommitted changes differ; `None`: neither run has kept any.
    changed_files: Option<Vec<String>>,
}

impl Difference {
    fn of(a: FoundTrial, b: FoundTrial, changes: &[Option<String>; 2]) -> Self {
        let pairs = |of: fn(&Run) -> BTreeMap<String, Value>| pairs(&of(&a.run), &of(&b.run));
        let (params, metrics) = (pairs(params), pairs(metrics));
        let params = match &a.of {
            Some((_, config)) => config.in_order(params, |pair| &pair.name),
            None => params,
        };
        let facts = FACTS
            .iter()
            .map(|(name, fact)| TrialPair { name: (*name).to_owned(), a: fact(&a), b: fact(&b) })
            .filter(|pair| pair.a.is_some() || pair.b.is_some())
            .collect();
        let changed_files = changed_files(changes);
        Self { a, b, params, metrics, facts, changed_files }
    }

    fn differing(pairs: &[TrialPair]) -> impl Iterator<Item = &TrialPair> {
        pairs.iter().filter(|pair| pair.differs())
    }

    fn title(found: &FoundTrial) -> String {
        let of = found.of.as_ref().map(|(sweep, _)| format!(" of {}", sweep.parent.info.name));
        printable(&format!("{}{}", found.title(), of.unwrap_or_default()))
    }

    /// Short names for the columns: numbers where they distinguish the two.
    fn headers(&self) -> [String; 2] {
        let (a, b) = (self.a.title(), self.b.title());
        if a == b { ["A".to_owned(), "B".to_owned()] } else { [a, b] }
    }

    fn tell(&self, setting: &Setting) {
        let ui = &setting.ui;
        let [a, b] = [&self.a, &self.b].map(Self::title);
        let [short_a, short_b] = self.headers();
        let heading = |text: &str| ui.print(&format!("\n{}\n", Style::Strong.paint(text, ui.color_out)));
        if short_a == "A" {
            ui.tell(&format!("A: {a} (run {})\nB: {b} (run {})\n", self.a.run.info.id, self.b.run.info.id));
        } else {
            ui.tell(&format!("{a} and {b}\n"));
        }
        let same: Vec<&TrialPair> = self.params.iter().filter(|pair| !pair.differs()).collect();
        if Self::differing(&self.params).next().is_some() {
            heading("Params that differ");
            self::print(setting, &sheet("Param", [&short_a, &short_b], Self::differing(&self.params)));
        } else if !self.params.is_empty() {
            heading("All params are the same");
        }
        if !same.is_empty() {
            let told: Vec<String> =
                same.iter().map(|pair| printable(&format!("{}={}", pair.name, pair.shown()[0]))).collect();
            ui.say(&format!("The same in both: {}", told.join(" ")));
        }
        if !self.metrics.is_empty() {
            heading("Metrics");
            self::print(setting, &self.metric_sheet([&short_a, &short_b]));
        }
        heading("Runs");
        let always = ["status", "duration"];
        let facts = self.facts.iter().filter(|pair| pair.differs() || always.contains(&pair.name.as_str()));
        self::print(setting, &sheet("", [&short_a, &short_b], facts));
        if let Some(files) = &self.changed_files {
            match files.as_slice() {
                [] => ui.say("Their changes that were not committed are the same."),
                files => ui.say(&format!(
                    "Changes that were not committed differ in: {}",
                    printable(&files.join(", "))
                )),
            }
        }
    }

    fn metric_sheet(&self, [a, b]: [&str; 2]) -> Sheet {
        let columns = vec![
            SheetColumn::new("Metric", "name"),
            SheetColumn::new(a, "a"),
            SheetColumn::new(b, "b"),
            SheetColumn::new("Difference", "difference"),
        ];
        let row = |pair: &TrialPair| {
            let [a, b] = pair.shown();
            let difference = pair.difference().map(|difference| {
                let sign = if difference > 0.0 { "+" } else { "" };
                format!("{sign}{}", words::number(difference))
            });
            vec![
                SheetCell::Text(pair.name.clone()),
                SheetCell::Figure(a),
                SheetCell::Figure(b),
                SheetCell::figure(difference),
            ]
        };
        Sheet { columns, rows: self.metrics.iter().map(row).collect() }
    }

    fn json(&self) -> DiffJson {
        let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
        let list = |pairs: &[TrialPair]| -> Vec<Json> {
            pairs
                .iter()
                .map(|pair| {
                    json!({
                        "name": pair.name,
                        "a": value(&pair.a),
                        "b": value(&pair.b),
                        "difference": pair.difference().filter(|difference| difference.is_finite()),
                        "differs": pair.differs(),
                    })
                })
                .collect()
        };
        let side = |found: &FoundTrial| SideJson {
            sweep_id: found.of.as_ref().map(|(sweep, _)| sweep.id().to_string()),
            sweep_name: found.of.as_ref().map(|(sweep, _)| sweep.parent.info.name.clone()),
            trial: index_of(&found.run),
            run_id: found.run.info.id.to_string(),
        };
        DiffJson {
            a: side(&self.a),
            b: side(&self.b),
            params: list(&self.params),
            metrics: list(&self.metrics),
            facts: list(&self.facts),
            changed_files: self.changed_files.clone(),
        }
    }

    fn csv(&self) -> String {
        let kinds = [("param", &self.params), ("metric", &self.metrics), ("fact", &self.facts)];
        let cell = |value: &Option<Value>| value.clone().map_or(SheetCell::Empty, SheetCell::Value);
        let row = |kind: &str, pair: &TrialPair| {
            vec![
                SheetCell::Text(kind.to_owned()),
                SheetCell::Text(pair.name.clone()),
                cell(&pair.a),
                cell(&pair.b),
                SheetCell::number(pair.difference()),
            ]
        };
        let rows = kinds.iter().flat_map(|(kind, pairs)| pairs.iter().map(|pair| row(kind, pair)));
        let columns = ["kind", "name", "a", "b", "difference"].map(|key| SheetColumn::new(key, key));
        Sheet { columns: columns.into(), rows: rows.collect() }.csv()
    }
}

/// Two trials side by side, for programs.
#[derive(Debug, Serialize)]
struct DiffJson {
    a: SideJson,
    b: SideJson,
    params: Vec<Json>,
    metrics: Vec<Json>,
    facts: Vec<Json>,
    changed_files: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct SideJson {
    sweep_id: Option<String>,
    sweep_name: Option<String>,
    trial: Option<TrialIndex>,
    run_id: String,
}

fn sheet<'a>(what: &str, [a, b]: [&str; 2], pairs: impl Iterator<Item = &'a TrialPair>) -> Sheet {
    let columns = vec![SheetColumn::new(what, "name"), SheetColumn::new(a, "a"), SheetColumn::new(b, "b")];
    let row = |pair: &TrialPair| {
        let [a, b] = pair.shown();
        [pair.name.clone(), a, b].map(SheetCell::Text).to_vec()
    };
    Sheet { columns, rows: pairs.map(row).collect() }
}

fn pairs(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> Vec<TrialPair> {
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let pair =
        |name: &String| TrialPair { name: name.clone(), a: a.get(name).cloned(), b: b.get(name).cloned() };
    names.into_iter().map(pair).collect()
}

/// The sampled values, and what the script logged beside them.
fn params(run: &Run) -> BTreeMap<String, Value> {
    let point = point_of(run);
    let logged = run.params.iter().map(|(name, text)| (name.clone(), logged_value(text)));
    let mut params: BTreeMap<String, Value> = logged.collect();
    params.extend(point.leaves().into_iter().map(|(path, value)| (path, value.clone())));
    params
}

fn metrics(run: &Run) -> BTreeMap<String, Value> {
    run.metrics.iter().map(|metric| (metric.key.clone(), Value::Float(metric.value))).collect()
}

/// What is compared besides params and metrics.
type ComparedFact = fn(&FoundTrial) -> Option<Value>;

const FACTS: [(&str, ComparedFact); 14] = [
    ("status", |found| Some(Value::Text(found.run.info.status.to_string()))),
    ("exit code", |found| exit_code_of(&found.run).map(|code| Value::Int(code.into()))),
    ("duration", |found| took(&found.run, now_ms()).map(|took| Value::Text(words::duration(took)))),
    ("started", |found| Some(Value::Text(words::moment(found.run.info.start_time)))),
    ("seed", |run| text(run, tags::TRIAL_SEED)),
    ("command", |found| match &found.of {
        Some((sweep, config)) => shown_command(sweep, config, &found.run).map(Value::Text),
        None => text(found, tags::COMMAND),
    }),
    ("folder", |run| text(run, tags::FOLDER)),
    ("host", |run| text(run, tags::HOST)),
    ("user", |run| text(run, tags::USER)),
    ("git commit", |run| text(run, tags::GIT_COMMIT)),
    ("git branch", |run| text(run, tags::GIT_BRANCH)),
    ("git dirty", |run| text(run, tags::GIT_DIRTY)),
    ("fingerprint", |run| text(run, tags::FINGERPRINT)),
    ("stopped by", |run| text(run, tags::STOPPED_RULE)),
];

fn text(found: &FoundTrial, tag: &str) -> Option<Value> {
    found.run.tag(tag).map(|text| Value::Text(text.to_owned()))
}

/// The files whose parts of two git diffs are not the same.
fn changed_files(changes: &[Option<String>; 2]) -> Option<Vec<String>> {
    if changes.iter().all(Option::is_none) {
        return None;
    }
    let [a, b] = [&changes[0], &changes[1]].map(|text| by_file(text.as_deref().unwrap_or_default()));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    Some(names.into_iter().filter(|name| a.get(*name) != b.get(*name)).cloned().collect())
}

/// The parts of a git diff by the file that they change.
fn by_file(diff: &str) -> BTreeMap<String, String> {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in diff.lines() {
        if let Some(rest) = line.strip_prefix("diff --git ") {
            let file = rest.rsplit_once(" b/").map_or(rest, |(_, file)| file);
            file.clone_into(&mut name);
        }
        let part = parts.entry(name.clone()).or_default();
        part.push_str(line);
        part.push('\n');
    }
    parts
}

/// Prints a table; its columns are always the same.
fn print(setting: &Setting, sheet: &Sheet) {
    setting.ui.print(&sheet.draw(&setting.ui, now_ms()).table);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_with_as_many_figures_as_that_takes() {
        let pair = |a: f64, b: f64| TrialPair {
            name: "x".into(),
            a: Some(Value::Float(a)),
            b: Some(Value::Float(b)),
        };
        assert_eq!(pair(0.123_456_789, 0.2).shown(), ["0.123457", "0.2"]);
        assert_eq!(pair(0.123_456_789, 0.123_456_788).shown(), ["0.123456789", "0.123456788"]);
        assert!(!pair(f64::NAN, f64::NAN).differs());
        let gone = TrialPair { name: "x".into(), a: None, b: Some(Value::Int(1)) };
        assert_eq!((gone.shown(), gone.differs()), (["–".to_owned(), "1".to_owned()], true));
    }

    #[test]
    fn changes_are_compared_file_by_file() {
        let one = "diff --git a/x.py b/x.py\n+1\ndiff --git a/y.py b/y.py\n+2\n";
        let two = "diff --git a/x.py b/x.py\n+1\ndiff --git a/y.py b/y.py\n+3\n";
        let files =
            |a: Option<&str>, b: Option<&str>| changed_files(&[a.map(str::to_owned), b.map(str::to_owned)]);
        assert_eq!(files(Some(one), Some(two)), Some(vec!["y.py".to_owned()]));
        assert_eq!(files(Some(one), None), Some(vec!["x.py".to_owned(), "y.py".to_owned()]));
        assert_eq!(files(Some(one), Some(one)), Some(vec![]));
        assert_eq!(files(None, None), None);
    }
}
