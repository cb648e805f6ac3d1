//! `sweep new`: a first sweep file, from a script's own help, from another program's file, or the example.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::shared::workspace;
use super::shared::{CommandFailure, Exit, Setting, asked_to_end};
use crate::config;
use crate::draft::{
    EXAMPLE_FILES, ForeignFileError, HelpDraftError, SweepDraft, command_words, draft_from_file,
    draft_from_help, example_sweep_file, read_help, schema_line,
};
use crate::process::{BriefRun, ChildSpec, CommandExit, OwnerMark, run_briefly};
use crate::tracking::open_typed;
use crate::ui::words;

/// The file that is written where none is named.
const SWEEP_FILE: &str = "sweep.yaml";
/// More of what a program prints is not read.
const LONGEST_HELP: usize = 1 << 20;
/// Larger files are no configs and no scripts.
const LARGEST: u64 = 1 << 20;
/// Lines that show why a program printed no help.
const LAST_LINES: usize = 5;
/// Wide enough that no library cuts words off.
const COLUMNS: &str = "160";

/// What a sweep file is made from.
#[derive(Debug, Clone)]
pub enum DraftSource {
    /// A command, as it was typed: in one text, or in words.
    Help(Vec<String>),
    /// A file of another program.
    File(PathBuf),
    /// The example.
    Example,
}

/// What was typed.
#[derive(Debug, Clone)]
pub struct NewArgs {
    /// What the file is made from; `None`: nothing was named.
    pub source: Option<DraftSource>,
    /// Where it goes; `-`: to stdout.
    pub output: Option<PathBuf>,
    /// Replace what is there.
    pub force: bool,
    /// How long the program may take to print its help.
    pub timeout: Duration,
}

/// Writes a sweep file and says what is left to do.
///
/// # Errors
/// Where there is nothing to make it from, or a file is in its place.
pub async fn new(setting: &Setting, args: &NewArgs) -> Result<Exit, CommandFailure> {
    let Some(source) = &args.source else {
        return Err(CommandFailure::new(Exit::Usage, "nothing to write a sweep file from").hint(
            "`sweep new \"python train.py\"` reads the script's --help, `sweep new --from FILE` a file of W&B, Hydra or \
             Optuna, and `sweep new --example` writes an example that runs.",
        ));
    };
    let to_stdout = args.output.as_deref() == Some(Path::new("-"));
    let output = setting.folder.join(args.output.as_deref().unwrap_or(Path::new(SWEEP_FILE)));
    if !to_stdout && !args.force {
        refuse_what_is_there(source, &output)?;
    }
    let (text, next) = match source {
        DraftSource::Help(command) => match of_help(setting, command, args.timeout).await? {
            Ok((text, varied)) => (
                text,
                format!("{} varied. Next: name the metric in it, then", words::count(varied, "parameter")),
            ),
            Err(exit) => return Ok(exit),
        },
        DraftSource::File(file) => (of_file(setting, file)?, "next: read it, then".to_owned()),
        DraftSource::Example => (example_sweep_file(), "it runs as it stands:".to_owned()),
    };
    if to_stdout {
        setting.ui.data(&text);
        return Ok(Exit::Done);
    }
    let folder = output.parent().unwrap_or(&setting.folder);
    if matches!(source, DraftSource::Example) {
        for file in EXAMPLE_FILES {
            write(&folder.join(file.name), file.text, args.force)?;
        }
    }
    write(&output, &format!("{}{text}", schema(setting, folder)), args.force)?;
    let shown = args.output.as_deref().unwrap_or(Path::new(SWEEP_FILE)).display().to_string();
    let verb = if matches!(source, DraftSource::Example) { "start" } else { "check" };
    setting.ui.say(&format!("Wrote {shown}: {next} `sweep {verb} {shown}`"));
    Ok(Exit::Done)
}

fn refuse_what_is_there(source: &DraftSource, output: &Path) -> Result<(), CommandFailure> {
    let folder = output.parent().unwrap_or(Path::new("."));
    let beside = EXAMPLE_FILES
        .iter()
        .filter(|_| matches!(source, DraftSource::Example))
        .map(|file| folder.join(file.name));
    for path in std::iter::once(output.to_path_buf()).chain(beside) {
        if path.symlink_metadata().is_ok() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            return Err(CommandFailure::new(Exit::Usage, format!("there is a {name} already"))
                .hint("--force replaces it, -o FILE writes another, and -o - prints it."));
        }
    }
    Ok(())
}

/// The line for editors, whose schema is put below the directory's own `.sweep`.
fn schema(setting: &Setting, folder: &Path) -> String {
    match workspace::save_schema(folder, &format!("{:#}\n", config::schema())) {
        Ok(path) => schema_line(&path),
        Err(error) => {
            setting.ui.warn(&format!("the schema for editors could not be written: {error}"));
            String::new()
        }
    }
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), CommandFailure> {
    let unwritable = |error: std::io::Error| {
        CommandFailure::new(Exit::WorkFailed, format!("{} could not be written", path.display()))
            .caused_by(&error)
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().permissions(readable()).tempfile_in(folder).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    let kept = if force { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(drop).map_err(|error| unwritable(error.error))
}

/// As the umask makes any file of a person's.
fn readable() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

fn of_file(setting: &Setting, file: &Path) -> Result<String, CommandFailure> {
    use std::io::Read as _;
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    let read = open_typed(&setting.folder.join(file))
        .and_then(|open| open.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| CommandFailure::new(Exit::Usage, format!("cannot read {name}")).caused_by(&error))?;
    let text = String::from_utf8_lossy(&bytes);
    if bytes.len() as u64 > LARGEST {
        return Err(CommandFailure::new(Exit::Usage, format!("{name} is larger than 1 MiB")));
    }
    draft_from_file(&text, &name).map_err(|error| {
        if let ForeignFileError::Faulty(_, checked) = &error {
            let findings = config::render_findings(&name, &text, checked, setting.ui.color_err);
            setting.ui.findings(findings.trim_end());
        }
        let failure = CommandFailure::new(Exit::Usage, error.to_string());
        match error {
            ForeignFileError::Faulty(..) => failure.hint("Correct them: nothing was written."),
            ForeignFileError::Unknown(_) => failure.hint(
                "`sweep new \"python train.py\"` reads the --help of a script that parses its command line.",
            ),
            ForeignFileError::NothingToVary(_) => failure,
        }
    })
}

/// The sweep file and how many parameters it varies; or the exit code of the signal that came meanwhile.
async fn of_help(
    setting: &Setting,
    typed: &[String],
    limit: Duration,
) -> Result<Result<(String, u64), Exit>, CommandFailure> {
    let command = match typed {
        [one] => command_words(one).map_err(|error| {
            CommandFailure::new(Exit::Usage, error.to_string())
                .hint("Give one program with its arguments, such as \"python train.py\" or \"env A=1 python train.py\".")
        })?,
        words => words.to_vec(),
    };
    let shown = format!("{} --help", command.join(" "));
    setting.ui.say(&format!("Running `{shown}`, and nothing else (for at most {} s).", limit.as_secs_f64()));
    let spec = ChildSpec {
        argv: command.iter().cloned().chain(["--help".to_owned()]).collect(),
        env_remove: Vec::new(),
        env: [("COLUMNS", COLUMNS), ("NO_COLOR", "1"), ("TERM", "dumb"), ("PAGER", "cat")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
        folder: Some(setting.folder.clone()),
        mark: OwnerMark::of(&["new", &shown, &std::process::id().to_string()]),
    };
    let run = tokio::select! {
        run = run_briefly(&spec, limit, LONGEST_HELP) => run.map_err(|error| {
            CommandFailure::new(Exit::Usage, error.to_string()).caused_by(&error.source).hint(error.hint())
        })?,
        exit = asked_to_end() => return Ok(Err(exit?)),
    };
    let text = String::from_utf8_lossy(&run.output);
    let draft = draft_from_help(&read_help(&text), &command);
    let draft = draft.map_err(|error| without_draft(&error, &shown, &run, limit))?;
    let draft = SweepDraft {
        title: vec![
            format!("Written by `sweep new` from what `{shown}` prints; nothing else was run."),
            "Ranges and scales are guesses from names and defaults: read them.".to_owned(),
        ],
        experiment: experiment(&command),
        ..draft
    };
    let text = draft.text().ok_or_else(|| {
        CommandFailure::new(Exit::WorkFailed, format!("`{shown}`: none of its options can be a parameter"))
    })?;
    Ok(Ok((text, draft.varied() as u64)))
}

/// The script's name.
fn experiment(command: &[String]) -> Option<String> {
    let script = command.iter().find(|word| {
        [".py", ".sh", ".R", ".jl", ".rb", ".pl", ".js"].iter().any(|ending| word.ends_with(ending))
    });
    let stem = Path::new(script.or(command.first())?).file_stem()?.to_string_lossy().into_owned();
    Some(stem).filter(|stem| !stem.is_empty())
}

fn without_draft(error: &HelpDraftError, shown: &str, run: &BriefRun, limit: Duration) -> CommandFailure {
    let mut failure = match (error, run.exit) {
        (HelpDraftError::NoOptions, None) => {
            CommandFailure::new(Exit::WorkFailed, format!("`{shown}` did not end within {} s", limit.as_secs_f64()))
                .hint("A script that imports much may need longer: --timeout 5m. One that reads no command line trains instead.")
        }
        (HelpDraftError::NoOptions, Some(exit)) if !exit.success() && exit != CommandExit::Exited(1) => {
            CommandFailure::new(Exit::WorkFailed, format!("`{shown}` failed ({exit}), and printed no options"))
        }
        _ => CommandFailure::new(Exit::WorkFailed, format!("`{shown}`: {error}")),
    };
    if *error == HelpDraftError::NoOptions {
        let text = String::from_utf8_lossy(&run.output);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        failure.causes.extend(
            lines
                .iter()
                .skip(lines.len().saturating_sub(LAST_LINES))
                .map(|line| format!("it printed: {line}")),
        );
    }
    let hint = match error {
        HelpDraftError::Commands(commands) => {
            let first = commands.first().map(String::as_str).unwrap_or_default();
            Some(format!(
                "Name the one that trains: sweep new \"{} {first}\"",
                shown.trim_end_matches(" --help")
            ))
        }
        HelpDraftError::NothingToVary(_) => {
            Some("Give the script options for what is to be varied, such as --lr.".to_owned())
        }
        HelpDraftError::NoOptions => None,
    };
    failure.hint = failure.hint.or(hint);
    failure
}
