//! Examples for the help of every verb; a test holds that the grammar reads them.

use clap::Command;
use itertools::Itertools as _;

/// Command lines of each verb, with what they do.
const EXAMPLES: [(&str, &[(&str, &str)]); 40] = [
    (
        "new",
        &[
            ("sweep new \"python train.py\"", "from what `train.py --help` prints"),
            ("sweep new --from wandb.yaml", "from a file of another program"),
            ("sweep new --example", "one that runs as it stands"),
        ],
    ),
    (
        "check",
        &[
            ("sweep check sweep.yaml", "errors and warnings, or the first commands"),
            ("cat sweep.yaml | sweep check -", "the same from stdin"),
        ],
    ),
    (
        "sample",
        &[
            ("sweep sample sweep.yaml -n 5", "the first five trials"),
            ("sweep sample --replay 7d33 --trial 12", "propose trial 12 again"),
        ],
    ),
    (
        "init",
        &[
            ("sweep init sweep.yaml", "make a sweep"),
            ("sweep init sweep.yaml --prior trials.csv", "one that learns from old trials"),
        ],
    ),
    (
        "run",
        &[
            ("sweep run", "run the sweep that was last initialised here"),
            ("sweep run 7d33 -j 4", "that one, four trials at a time"),
        ],
    ),
    (
        "finalize",
        &[
            ("sweep finalize", "analyse and end the sweep"),
            ("sweep finalize --open", "and open the report"),
            ("sweep finalize -o report.html", "and write it to a file"),
        ],
    ),
    ("start", &[("sweep start sweep.yaml -j 4", "init, run and finalize")]),
    (
        "analyze",
        &[
            ("sweep analyze", "of the latest sweep"),
            ("sweep analyze --failures", "which trials fail"),
            ("sweep analyze --csv runs.csv --metric loss --log lr", "of a table"),
        ],
    ),
    ("export", &[("sweep export out", "params, metrics and artifacts as files")]),
    (
        "import",
        &[
            ("sweep import out", "an export"),
            ("sweep import study.db --study cifar", "a study of Optuna"),
            ("sweep import wandb.csv --metric loss --goal minimize", "a CSV"),
        ],
    ),
    (
        "list",
        &[
            ("sweep list", "the newest first"),
            ("sweep list -n 5 --format json", "the newest five, for programs"),
        ],
    ),
    ("status", &[("sweep status", "of the latest sweep"), ("sweep status 7d33 -w", "watch another one")]),
    (
        "trials",
        &[
            ("sweep trials --top 10", "the best ten"),
            ("sweep trials --pareto", "the front of several metrics"),
            ("sweep trials --where 'lr < 0.01 and status = \"FINISHED\"'", ""),
            ("sweep trials --sort duration --desc --columns trial,lr,duration_s", ""),
        ],
    ),
    (
        "best",
        &[
            ("sweep best -n 3", "the best three"),
            ("sweep best --prefer acc=0.7,ms=0.3", "one of a front"),
            ("sh -c \"$(sweep best --as command)\"", "run the winner"),
        ],
    ),
    (
        "show",
        &[
            ("sweep show 17", "trial 17 of the latest sweep"),
            ("sweep show best", "its best trial"),
            ("sweep show 7d33:17", "trial 17 of another sweep"),
        ],
    ),
    ("diff", &[("sweep diff best 7", "of one sweep"), ("sweep diff 7d33:4 91ab:4", "of two sweeps")]),
    (
        "confirm",
        &[
            ("sweep confirm", "five points, up to 20 runs"),
            ("sweep confirm 7d33 --top 3 --budget 30 -j 4", "again: continue with more"),
        ],
    ),
    ("rerun", &[("sweep rerun best --seeds 5", "mean and standard deviation over five seeds")]),
    ("logs", &[("sweep logs 17", "what trial 17 printed"), ("sweep logs 17 -f", "and follow it")]),
    (
        "stop",
        &[
            ("sweep stop", "the latest sweep"),
            ("sweep stop 7d33", "another one"),
            ("sweep stop --trial 17", "trial 17 alone: what it logged is kept"),
        ],
    ),
    ("cancel", &[("sweep cancel", "the latest sweep"), ("sweep cancel 7d33", "another one")]),
    ("pause", &[("sweep pause", "the latest sweep"), ("sweep pause 7d33", "another one")]),
    ("resume", &[("sweep resume", "the latest sweep"), ("sweep resume 7d33", "another one")]),
    ("retry", &[("sweep retry --failed", "all that failed"), ("sweep retry 3 4", "trials 3 and 4")]),
    (
        "edit",
        &[
            ("sweep edit", "open the config of the latest sweep in $EDITOR"),
            ("sweep edit 7d33 --set run_cap=200", "more trials"),
            ("sweep edit --set parameters.lr.max=0.5", "a wider range"),
            ("sweep edit --file new.yaml --before wd=0", "a new parameter"),
        ],
    ),
    ("rename", &[("sweep rename 7d33 lr-search", "the sweep whose id begins so")]),
    (
        "delete",
        &[
            ("sweep delete 7d33 old-search", "two sweeps; asks first"),
            ("sweep delete old-search --dry-run", "what would be deleted"),
            ("sweep delete --restore 7d33", "undo it"),
        ],
    ),
    (
        "report",
        &[
            ("sweep report --open", "of the latest sweep, in the browser"),
            ("sweep report 7d33 -o report.html", "of another, in a file"),
            ("sweep report --methods", "the paragraph for a paper"),
        ],
    ),
    (
        "launch",
        &[
            ("sweep launch slurm --agents 8 --time 4h --gpus 1", "an array of agents"),
            ("sweep launch slurm --agents 8 --print", "the script alone"),
            ("sweep launch local --gpus 0-3", "four agents, a GPU each"),
            ("sweep launch ssh --hosts a,b:2", "three agents on two hosts"),
            ("sweep launch top-up", "replace lost agents"),
            ("sweep launch cancel", "end all of them"),
        ],
    ),
    ("launches", &[("sweep launches", "of the latest sweep"), ("sweep launches 7d33", "of another one")]),
    (
        "ask",
        &[
            ("sweep ask", "claim a trial, printed as JSON"),
            ("sh -c \"$(sweep ask --format command)\"", "and run it"),
            ("eval \"$(sweep ask --format env)\"", "set its environment"),
        ],
    ),
    (
        "tell",
        &[
            ("sweep tell 7 --metric loss=0.3", "trial 7 ended well"),
            ("sweep tell 7 --failed", "it failed"),
            ("sweep tell 7 --alive", "it is being run: keep it"),
        ],
    ),
    (
        "log",
        &[
            ("sweep log metric loss 0.3 --step 7", ""),
            ("sweep log param optimizer=adam", ""),
            ("sweep log artifact model.pt", ""),
        ],
    ),
    (
        "ui",
        &[
            ("sweep ui", "all sweeps, in the browser"),
            ("sweep ui 7d33 --open", "one sweep, and open the browser"),
        ],
    ),
    (
        "server",
        &[
            ("sweep server", "on http://127.0.0.1:5000"),
            ("sweep server -p 8080 --backend-store-uri sqlite:///other.db", ""),
            ("sweep server backup copy.db", "the database as it is now, while it runs"),
        ],
    ),
    (
        "verify",
        &[
            ("sweep verify best", "what has changed since"),
            ("sweep verify 7 --diff | git apply", "get its uncommitted changes back"),
        ],
    ),
    ("promote", &[("sweep promote best --name churn --alias production", "")]),
    ("models", &[("sweep models", "all"), ("sweep models churn", "the versions of one")]),
    ("doctor", &[("sweep doctor", "check everything")]),
    ("man", &[("sweep man | man -l -", "read the manual"), ("sweep man share/man/man1", "write all pages")]),
];

/// The grammar with the examples at the end of each verb's help.
pub(super) fn add_to(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (verb, lines)| {
        let shown = of(lines);
        command.mut_subcommand(*verb, |verb| {
            let before = verb.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
            verb.after_help(format!("{before}Examples:\n{shown}"))
        })
    })
}

fn of(lines: &[(&str, &str)]) -> String {
    let widest = lines.iter().filter(|(_, what)| !what.is_empty()).map(|(line, _)| line.len()).max();
    let line = |(line, what): &(&str, &str)| match widest {
        Some(width) if !what.is_empty() => format!("  {line:width$}  # {what}"),
        _ => format!("  {line}"),
    };
    lines.iter().map(line).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::help::grammar;

    #[test]
    fn every_verb_has_examples_that_the_grammar_reads() {
        for verb in
            grammar().get_subcommands().filter(|verb| !["completions", "help"].contains(&verb.get_name()))
        {
            let (_, lines) =
                EXAMPLES.iter().find(|(name, _)| *name == verb.get_name()).unwrap_or_else(|| {
                    panic!("{} has no example", verb.get_name());
                });
            for (line, _) in *lines {
                let typed = line.split("sweep ").find(|rest| rest.starts_with(verb.get_name())).unwrap();
                let typed = typed.split([')', '|']).next().unwrap().replace(['"', '\''], "");
                // A filter is one argument.
                let words = match typed.split_once("--where ") {
                    Some((before, filter)) => {
                        [before.split_whitespace().collect::<Vec<_>>(), vec!["--where", filter]].concat()
                    }
                    None => typed.split_whitespace().collect(),
                };
                let read = grammar().try_get_matches_from(std::iter::once("sweep").chain(words));
                assert!(read.is_ok(), "{line}: {}", read.unwrap_err());
            }
        }
    }

    #[test]
    fn examples_fit_80_columns() {
        for line in
            EXAMPLES.iter().flat_map(|(_, lines)| of(lines).lines().map(str::to_owned).collect::<Vec<_>>())
        {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
