//! A draft from a file of another program: which one wrote it is seen by what it holds.

use super::optuna;
use super::sweeper::{of_hydra, of_mlflow_sweeper};
use crate::config::{CheckedConfig, check, yaml_comment, yaml_value};
use crate::space::Value;

/// Why a file of another program makes no sweep file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ForeignFileError {
    /// It is nothing that is known here.
    #[error(
        "{0} is no sweep file of W&B or mlflow-sweep, no config of a Hydra sweeper, and no script that calls Optuna"
    )]
    Unknown(String),
    /// It is a sweep file with errors.
    #[error("{0} has errors")]
    Faulty(String, Box<CheckedConfig>),
    /// Nothing in it is searched.
    #[error("{0}: nothing in it is searched")]
    NothingToVary(String),
}

/// The text of a sweep file that does what the file `name` describes.
///
/// # Errors
/// Where the file is none that is known, or has errors.
pub fn draft_from_file(text: &str, name: &str) -> Result<String, ForeignFileError> {
    let script = text.contains("suggest_") && text.contains("optuna");
    if script && let Some(draft) = optuna::draft(text, name) {
        return draft.text().ok_or_else(|| ForeignFileError::NothingToVary(name.to_owned()));
    }
    let Some(value @ Value::Map(_)) = yaml_value(text.as_bytes()).filter(|_| !script) else {
        return Err(match script {
            true => ForeignFileError::NothingToVary(name.to_owned()),
            false => ForeignFileError::Unknown(name.to_owned()),
        });
    };
    if let Some(draft) = of_hydra(&value, name).or_else(|| of_mlflow_sweeper(&value, name)) {
        return draft.text().ok_or_else(|| ForeignFileError::NothingToVary(name.to_owned()));
    }
    let has =
        |key: &str| matches!(&value, Value::Map(entries) if entries.iter().any(|(known, _)| known == key));
    if !has("parameters") && !has("method") {
        return Err(ForeignFileError::Unknown(name.to_owned()));
    }
    let checked = check(text.as_bytes());
    if !checked.errors.is_empty() {
        return Err(ForeignFileError::Faulty(name.to_owned(), Box::new(checked)));
    }
    Ok(as_it_is(text, name, &checked))
}

/// W&B's and mlflow-sweep's files are sweep files: what is to be known of them stands above.
fn as_it_is(text: &str, name: &str, checked: &CheckedConfig) -> String {
    let mut out =
        format!("# Written by `sweep new`: {} as it is, since it is a sweep file.\n", yaml_comment(name, 80));
    for finding in checked.warnings.iter().chain(&checked.notes) {
        let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        out.push_str(&format!(
            "# {}\n",
            yaml_comment(&format!("{}: {}{hint}", finding.key, finding.message), 300)
        ));
    }
    // A byte order mark stands at the very beginning or not at all.
    format!("{out}\n{}", text.trim_start_matches('\u{feff}'))
}
