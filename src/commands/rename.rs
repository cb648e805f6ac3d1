//! `sweep rename`: another name for a sweep.

use super::shared::{CommandFailure, Context, Exit, Setting, SweepChoice, sweep_run};
use crate::record::{LATEST, Sweep, of_name, tags};
use crate::tracking::RunId;
use crate::ui::{printable, words};

/// What was typed.
#[derive(Debug, Clone)]
pub struct RenameArgs {
    /// Which sweep.
    pub sweep: SweepChoice,
    /// Its new name.
    pub name: String,
}

/// A longer name fits no table, and no column of a database that others write.
const LONGEST: usize = 250;

/// Gives a sweep another name.
///
/// # Errors
/// Where the name can't be one, the sweep can't be found, or the store fails.
pub async fn rename(setting: &Setting, args: &RenameArgs) -> Result<Exit, CommandFailure> {
    let name = args.name.trim();
    if let Some(why) = unfit(name) {
        return Err(CommandFailure::new(
            Exit::Usage,
            format!("{} can't be the name of a sweep: {why}", words::quoted(name)),
        )
        .hint("Give a name in a line, such as lr-search-2."));
    }
    let context = Context::open(setting)?;
    let store = context.store.as_ref();
    let sweep = Sweep::of_run(store, sweep_run(&context, &args.sweep).await?).await?;
    let old = printable(&sweep.parent.info.name);
    if sweep.parent.info.name == name {
        context.ui.say(&format!("{old} has this name already."));
        return Ok(Exit::Done);
    }
    let others = of_name(&Sweep::all(store).await?, name).len() as u64;
    sweep.rename(store, name).await?;
    context.ui.say(&format!("{old} ({}) is now {}.", sweep.id().short(), printable(name)));
    if others > 0 {
        context.ui.warn(&format!(
            "{} {} this name already: `{name}{LATEST}` means the newest, an id any of them",
            words::count(others, "sweep"),
            if others == 1 { "has" } else { "have" }
        ));
    }
    if sweep.parent.tag(tags::REPORTED).is_some() {
        context.ui.say(&format!("Its report has the old name until `sweep report {}`.", sweep.id().short()));
    }
    Ok(Exit::Done)
}

/// Why a text is no name that a command line finds again.
fn unfit(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.chars().count() > LONGEST {
        Some("it is too long")
    } else if printable(name) != name {
        Some("it holds characters that a terminal does not show")
    } else if name.starts_with('-') {
        Some("it reads like an option")
    } else if name.ends_with(LATEST) || name.contains(':') {
        Some("`@latest` and `:` have a meaning after a name")
    } else if RunId::is_whole(name) {
        Some("it reads like an id")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::unfit;

    #[test]
    fn a_name_is_one_that_a_command_line_finds_again() {
        for name in ["lr-search-2", "größer als vorher", "a.b/c", "run 7"] {
            assert_eq!(unfit(name), None, "{name}");
        }
        let whole = "0123456789abcdef0123456789abcdef";
        for name in ["", "a\u{1b}b", "a\nb", "-x", "x@latest", "x:3", whole, &"x".repeat(251)] {
            assert!(unfit(name).is_some(), "{name}");
        }
    }
}
