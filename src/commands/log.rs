//! `sweep log`: metrics, params, tags and files of a trial, for scripts in any language that have no MLflow client.

mod sink;

use std::collections::BTreeSet;
use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::shared::{CommandFailure, Exit, Setting};
use crate::process::now_ms;
use crate::tracking::{Metric, RunId};
use sink::{Sink, unreadable};

/// Values of one request.
const BATCH: usize = 800;
/// The longest line of a file of metrics.
const LONGEST_LINE: u64 = 1 << 20;
/// The deepest folder that is sent.
const DEEPEST: usize = 32;

/// What is to be logged, and to which run.
#[derive(Debug, Clone)]
pub struct LogArgs {
    /// The run; `None`: the trial's, by `MLFLOW_RUN_ID`.
    pub run: Option<String>,
    /// What.
    pub what: LogCommand,
}

/// What is to be logged.
#[derive(Debug, Clone)]
pub enum LogCommand {
    /// Values of metrics: `NAME VALUE` or `NAME=VALUE …`.
    Metric {
        /// As typed.
        words: Vec<String>,
        /// The step of all of them.
        step: i64,
        /// Epoch milliseconds; `None`: now.
        timestamp: Option<i64>,
    },
    /// Values of metrics, a JSON object a line.
    Metrics {
        /// Where they come from; `None`: stdin.
        file: Option<PathBuf>,
    },
    /// Params.
    Param(Vec<String>),
    /// Tags.
    Tag(Vec<String>),
    /// Files and folders.
    Artifact {
        /// Which.
        paths: Vec<PathBuf>,
        /// The folder among the run's artifacts.
        to: Option<String>,
    },
}

/// Logs to the trial's run. What the store does not take now is kept in the journal of the sweep's directory.
///
/// # Errors
/// Where there is no trial, what was typed makes no sense, or the store refuses.
pub async fn log(setting: &Setting, args: &LogArgs) -> Result<Exit, CommandFailure> {
    let run = the_run(args.run.as_deref(), setting)?;
    match &args.what {
        LogCommand::Metric { words, step, timestamp } => {
            let timestamp = timestamp.unwrap_or_else(now_ms);
            let metrics = pairs(words, "metric")?
                .into_iter()
                .map(|(key, text)| Ok(Metric { value: number(&key, &text)?, key, timestamp, step: *step }))
                .collect::<Result<Vec<_>, CommandFailure>>()?;
            Sink::open(setting, run)?.log(&metrics, &[], &[]).await?;
        }
        LogCommand::Metrics { file } => log_lines(setting, run, file.as_deref()).await?,
        LogCommand::Param(words) => {
            let params = pairs(words, "param")?;
            Sink::open(setting, run)?.log(&[], &params, &[]).await?;
        }
        LogCommand::Tag(words) => {
            let tags = pairs(words, "tag")?;
            Sink::open(setting, run)?.log(&[], &[], &tags).await?;
        }
        LogCommand::Artifact { paths, to } => log_files(setting, run, paths, to.as_deref()).await?,
    }
    Ok(Exit::Done)
}

fn the_run(typed: Option<&str>, setting: &Setting) -> Result<RunId, CommandFailure> {
    let of_trial = || std::env::var("MLFLOW_RUN_ID").ok().filter(|id| !id.is_empty());
    let Some(id) = typed.map(str::to_owned).or_else(of_trial) else {
        return Err(CommandFailure::new(Exit::Usage, "there is no run to log to: MLFLOW_RUN_ID is not set")
            .hint(
                "`sweep log` is for the command of a trial: `sweep run` sets the run and the store. \
             Elsewhere, name a run: --run-id ID",
            ));
    };
    if typed.is_none() && setting.tracking_uri.is_none() {
        return Err(CommandFailure::new(Exit::Usage, "MLFLOW_RUN_ID is set, but MLFLOW_TRACKING_URI is not")
            .hint("Set it to the store that holds the run, or pass --tracking-uri."));
    }
    Ok(RunId(id))
}

/// `NAME VALUE`, or `NAME=VALUE` any number of times.
fn pairs(words: &[String], noun: &str) -> Result<Vec<(String, String)>, CommandFailure> {
    if let [name, value] = words
        && !name.contains('=')
    {
        return Ok(vec![(name.clone(), value.clone())]);
    }
    words
        .iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(CommandFailure::new(
                Exit::Usage,
                format!("expected a {noun} and its value, got `{word}`"),
            )
            .hint(format!("Write: sweep log {noun} NAME VALUE, or NAME=VALUE as often as you like."))),
        })
        .collect()
}

fn number(name: &str, text: &str) -> Result<f64, CommandFailure> {
    text.trim().parse().map_err(|_| {
        CommandFailure::new(Exit::Usage, format!("`{text}` is not a number: the metric {name} needs one"))
            .hint("Texts are logged as params or tags: sweep log tag NAME VALUE")
    })
}

/// Logs metrics from lines of JSON, a batch at a time, so that a pipe that stays open is logged as it comes.
async fn log_lines(setting: &Setting, run: RunId, file: Option<&Path>) -> Result<(), CommandFailure> {
    let sink = Sink::open(setting, run)?;
    let (mut reader, name): (Box<dyn BufRead>, String) = match file.filter(|file| *file != Path::new("-")) {
        None => (Box::new(std::io::stdin().lock()), "stdin".to_owned()),
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
            (Box::new(std::io::BufReader::new(file)), path.display().to_string())
        }
    };
    let mut batch = Vec::new();
    let mut line = String::new();
    for place in 1.. {
        line.clear();
        let read = reader.by_ref().take(LONGEST_LINE).read_line(&mut line);
        let size = read.map_err(|error| unreadable(Path::new(&name), &error))?;
        if size == 0 {
            break;
        }
        if !line.trim().is_empty() {
            let wrong = |why| {
                CommandFailure::new(Exit::Usage, format!("{name}, line {place}: {why}")).hint(
                    "A line is {\"loss\": 0.3, \"acc\": 0.9, \"step\": 7} or {\"key\": \"loss\", \"value\": 0.3, \
                     \"step\": 7}; `timestamp` (epoch milliseconds) may be there, too.",
                )
            };
            batch.extend(metrics_of(&line, now_ms()).map_err(wrong)?);
        }
        if batch.len() >= BATCH {
            sink.log(&batch, &[], &[]).await?;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        sink.log(&batch, &[], &[]).await?;
    }
    Ok(())
}

/// The values of one line of JSON.
fn metrics_of(line: &str, now: i64) -> Result<Vec<Metric>, String> {
    let object: serde_json::Map<String, Json> =
        serde_json::from_str(line.trim()).map_err(|error| format!("not a JSON object ({error})"))?;
    let whole = |name: &str, default: i64| match object.get(name) {
        None | Some(Json::Null) => Ok(default),
        Some(found) => found.as_i64().ok_or_else(|| format!("`{name}` is {found}, not a whole number")),
    };
    let (step, timestamp) = (whole("step", 0)?, whole("timestamp", now)?);
    let metric = |key: &str, value: &Json| -> Result<Metric, String> {
        let value = match value {
            Json::Number(number) => number.as_f64(),
            Json::Bool(yes) => Some(f64::from(u8::from(*yes))),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let value = value.ok_or_else(|| format!("the value of `{key}` is not a number"))?;
        Ok(Metric { key: key.to_owned(), value, timestamp, step })
    };
    if let (Some(Json::String(key)), Some(value)) = (object.get("key"), object.get("value")) {
        return Ok(vec![metric(key, value)?]);
    }
    let known: BTreeSet<&str> = ["step", "timestamp"].into();
    let metrics: Vec<_> = object
        .iter()
        .filter(|(key, _)| !known.contains(key.as_str()))
        .map(|(key, value)| metric(key, value))
        .collect::<Result<_, _>>()?;
    if metrics.is_empty() { Err("it names no metric".to_owned()) } else { Ok(metrics) }
}

async fn log_files(
    setting: &Setting,
    run: RunId,
    paths: &[PathBuf],
    to: Option<&str>,
) -> Result<(), CommandFailure> {
    let prefix = to.map(|to| to.trim_matches('/')).filter(|to| !to.is_empty());
    let mut files = Vec::new();
    for path in paths {
        let missing = || {
            CommandFailure::new(Exit::Usage, format!("`{}` has no name to be saved under", path.display()))
                .hint("Name a file or a folder.")
        };
        let full = std::fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
        // A link is saved under its own name; `.` has none but that of its folder.
        let name = path.file_name().or(full.file_name()).and_then(|name| name.to_str());
        let name = name.ok_or_else(missing)?.to_owned();
        let target = prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}/{name}"));
        collect(&full, target, 0, &mut files)?;
    }
    Sink::open(setting, run)?.save(&files).await
}

/// The files of a path with the names they are saved under. Links inside a folder are left out.
fn collect(
    path: &Path,
    target: String,
    depth: usize,
    files: &mut Vec<(PathBuf, String)>,
) -> Result<(), CommandFailure> {
    let broken = |error| unreadable(path, &error);
    let kind = std::fs::symlink_metadata(path).map_err(broken)?;
    if kind.is_file() {
        files.push((path.to_owned(), target));
    } else if kind.is_dir() && depth < DEEPEST {
        let entries = std::fs::read_dir(path).map_err(broken)?.collect::<Result<Vec<_>, _>>();
        let mut entries = entries.map_err(broken)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| {
                CommandFailure::new(
                    Exit::Usage,
                    format!("{} has a name that is not UTF-8", entry.path().display()),
                )
            })?;
            collect(&entry.path(), format!("{target}/{name}"), depth + 1, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_name_and_a_value_or_any_number_of_equations() {
        assert_eq!(pairs(&words("loss 0.3"), "metric").unwrap(), [("loss".into(), "0.3".into())]);
        assert_eq!(pairs(&words("note a=b"), "tag").unwrap(), [("note".into(), "a=b".into())]);
        assert_eq!(
            pairs(&words("lr=0.1 depth=3"), "param").unwrap(),
            [("lr".into(), "0.1".into()), ("depth".into(), "3".into())]
        );
        for bad in ["lr", "a b c", "=3", "a=1 b"] {
            let failure = pairs(&words(bad), "param").unwrap_err();
            assert!(failure.hint.is_some_and(|hint| hint.contains("sweep log param NAME VALUE")), "{bad}");
        }
    }

    #[test]
    fn a_line_holds_one_metric_or_many() {
        let one = metrics_of(r#"{"key":"loss","value":"NaN","step":7,"timestamp":5}"#, 1).unwrap();
        assert!(one[0].value.is_nan() && (one[0].step, one[0].timestamp) == (7, 5));
        let many = metrics_of(r#"{"loss":0.5,"acc":1,"step":-2}"#, 9).unwrap();
        let found: Vec<_> = many.iter().map(|m| (m.key.as_str(), m.value, m.step, m.timestamp)).collect();
        assert_eq!(found, [("loss", 0.5, -2, 9), ("acc", 1.0, -2, 9)]);
        for bad in
            ["", "[]", r#"{"step":1}"#, r#"{"loss":"high"}"#, r#"{"loss":1,"step":1.5}"#, r#"{"a":[]}"#]
        {
            assert!(metrics_of(bad, 0).is_err(), "{bad}");
        }
    }
}
