//! `sweep check CONFIG`: everything that is wrong with a config at once, or what it would do; touches no store.

use std::path::PathBuf;

use serde_json::json;

use super::shared::{CommandFailure, Exit, Format, Setting, name_of, read_file, seed_of, summary};
use crate::config::{self, CheckedConfig, Method};
use crate::strategy::{self, Strategy};

/// What was typed.
#[derive(Debug, Clone)]
pub struct CheckArgs {
    /// The sweep file.
    pub config: PathBuf,
    /// How findings are printed.
    pub format: Format,
}

/// Prints the JSON Schema of sweep files.
///
/// # Errors
/// None.
pub fn schema(setting: &Setting) -> Result<Exit, CommandFailure> {
    setting.ui.json(&format!("{:#}\n", config::schema()));
    Ok(Exit::Done)
}

/// Checks a config and says what it would do.
///
/// # Errors
/// Where the file can't be read. Its errors are no failure of the check: they are what it prints.
pub fn check(setting: &Setting, args: &CheckArgs) -> Result<Exit, CommandFailure> {
    let name = name_of(&args.config);
    let bytes = read_file(&args.config)?;
    let checked = config::check(&bytes);
    let seed = checked.config.as_ref().map(|config| match args.format {
        Format::Table => seed_of(setting, config, None),
        Format::Json => config.seed.unwrap_or_default(),
    });
    let strategy = match (&checked.config, seed) {
        (Some(config), Some(seed)) => Some(strategy::for_config(config, seed)),
        _ => None,
    };
    let exit = if checked.errors.is_empty() { Exit::Done } else { Exit::Usage };
    if args.format == Format::Json {
        let strategy = strategy.and_then(Result::ok);
        setting.ui.json(&format!("{:#}\n", findings_json(&checked, strategy.as_deref())));
        return Ok(exit);
    }
    let findings =
        config::render_findings(&name, &String::from_utf8_lossy(&bytes), &checked, setting.ui.color_err);
    if !findings.is_empty() {
        setting.ui.findings(findings.trim_end());
    }
    if let (Some(config), Some(seed), Some(strategy)) = (&checked.config, seed, strategy) {
        setting.ui.tell(&summary(setting, &name, config, seed, strategy)?);
    }
    Ok(exit)
}

fn findings_json(checked: &CheckedConfig, strategy: Option<&dyn Strategy>) -> serde_json::Value {
    let is_grid = checked.config.as_ref().is_some_and(|config| config.method == Method::Grid);
    let size = strategy.filter(|_| is_grid).and_then(Strategy::size);
    json!({
        "ok": checked.errors.is_empty(),
        "errors": checked.errors,
        "warnings": checked.warnings,
        "notes": checked.notes,
        // Beyond what JSON's readers hold exactly it is a text's business, not a number's.
        "grid_size": size.and_then(|size| u64::try_from(size).ok()),
    })
}
