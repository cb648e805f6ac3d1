//! What reaches a terminal, and what a pipe: nothing hostile, no word cut, nothing left out.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::Stdio;

use rusqlite::Connection;

use crate::support::big_sweep;
use crate::support::pty::in_terminal;
use crate::support::sandbox::{Ran, Sandbox};

const CONFIG: &str = "\
command: 'true ${lr} ${depth}'
method: grid
parameters: {lr: {values: [0.1, 0.2]}, depth: {values: [1]}}
seed: 1
";

/// A name as somebody else may give to a run: title, clear screen, colour, C1, bidi, a line break, a link.
const HOSTILE: &str = "\u{1b}]0;X\u{7}\u{1b}[2J\u{1b}[31mred\u{9b}2J\u{202e}dcba\u{2069}\nerror: forged\u{1b}]8;;http://x\u{1b}\\";

/// A sweep in which everything that others may write is hostile.
fn hostile_sweep() -> Sandbox {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    let db = Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    db.execute("UPDATE runs SET name = name || ?1", [HOSTILE]).unwrap();
    db.execute("UPDATE experiments SET name = name || ?1 WHERE name = 'big'", [HOSTILE]).unwrap();
    let keys = "('mlflow.runName', 'sweep.host', 'sweep.agent', 'sweep.command', 'mlflow.source.name')";
    db.execute(&format!("UPDATE tags SET value = value || ?1 WHERE key IN {keys}"), [HOSTILE]).unwrap();
    for table in ["metrics", "latest_metrics"] {
        db.execute(&format!("UPDATE {table} SET key = ?1 WHERE key = 'val_accuracy'"), [HOSTILE]).unwrap();
    }
    db.execute("UPDATE params SET value = value || ?1 WHERE key = 'optimizer'", [HOSTILE]).unwrap();
    sandbox
}

/// What could control a terminal: everything but line breaks and the program's own styles.
fn controls(shown: &str) -> Vec<char> {
    let own = regex::Regex::new("\u{1b}\\[(0|1|2|3|32|1;31|1;33)m").unwrap();
    let rest = own.replace_all(shown, "").replace('\n', "");
    let bidi = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    rest.chars().filter(|c| c.is_control() || bidi(*c)).collect()
}

#[test]
fn no_name_of_a_store_controls_the_terminal_or_forges_a_line() {
    let sandbox = hostile_sweep();
    for (args, code) in [
        (&["list"][..], 0),
        (&["status"], 0),
        (&["trials"], 0),
        (&["trials", "--format", "csv"], 0),
        (&["trials", "--format", "md"], 0),
        (&["trials", "--where", "nope < 1"], 2),
        (&["show", "3"], 0),
        (&["show", "3", "--format", "json"], 0),
        (&["show", "99"], 2),
        (&["best"], 0),
        (&["best", "-n", "3"], 0),
        (&["best", "--as", "command"], 0),
        (&["diff", "1", "2"], 0),
        (&["verify", "1"], 1),
        (&["models"], 0),
        (&["pause"], 0),
        (&["resume"], 0),
        (&[], 0),
    ] {
        let mut command = sandbox.command(args);
        // Wide enough that no line is wrapped: a line that begins with a forged word is one that a name began.
        let (ended, shown) = in_terminal(command.env_remove("NO_COLOR"), 400);
        assert_eq!(ended, code, "{args:?}\n{shown}");
        assert!(controls(&shown).is_empty(), "{args:?}\n{shown:?}");
        // In CSV a line break in quotes is a part of the cell.
        assert!(
            args.contains(&"csv") || !shown.lines().any(|line| line.starts_with("error: forged")),
            "{args:?}\n{shown}"
        );
    }
    let json = sandbox.run(&["list", "--format", "json"]).expect(0);
    assert!(
        json.stdout.contains("\\u202e")
            && json.stdout.contains("\\u009b")
            && controls(&json.stdout).is_empty()
    );
    assert!(json.json()[0]["name"].as_str().unwrap().ends_with(HOSTILE), "JSON holds the name as it is");
}

#[test]
fn on_a_terminal_lines_end_between_words_and_in_a_pipe_nothing_is_broken() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    let args = ["show", "99", "--sweep-id", "a-name-of-none"];
    let (_, narrow) = in_terminal(&mut sandbox.command(&args), 50);
    let piped = sandbox.run(&args).expect(2).stderr;
    assert!(
        narrow.lines().count() > piped.lines().count() && narrow.lines().all(|line| line.len() <= 50),
        "{narrow}"
    );
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&narrow), words(&piped));
}

#[test]
fn a_pipe_gets_all_columns_and_so_does_wide() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    let piped = Ran::from(sandbox.command(&["trials"]).env_remove("COLUMNS").output().unwrap()).expect(0);
    let wide = sandbox.run(&["trials", "--wide"]).expect(0);
    for ran in [&piped, &wide] {
        let header = ran.stdout.lines().nth(1).unwrap();
        let names = ["lr", "depth", "dropout", "momentum", "batch_size", "optimizer", "train_loss", "Run"];
        let places: Vec<usize> =
            names.map(|name| header.find(name).unwrap_or_else(|| panic!("{name}: {header}"))).into();
        assert!(places.is_sorted(), "in the order of the config: {header}");
        assert!(!ran.stderr.contains("Not shown"), "{}", ran.stderr);
    }
    let narrow = Ran::from(sandbox.command(&["trials"]).env("COLUMNS", "60").output().unwrap()).expect(0);
    assert!(narrow.stderr.contains("--wide shows all columns"), "{}", narrow.stderr);
    let chosen =
        sandbox.run(&["trials", "--columns", "depth,trial", "--format", "plain", "--top", "2"]).expect(0);
    assert!(chosen.stdout.starts_with("depth  Trial\n"), "{}", chosen.stdout);
    let refused = sandbox.run(&["trials", "--columns", "dept"]).expect(2);
    assert!(refused.stderr.contains("Did you mean `depth`?"), "{}", refused.stderr);
    let markdown = sandbox.run(&["best", "-n", "2", "--format", "md"]).expect(0);
    assert!(markdown.stdout.starts_with("| Rank | Trial |"), "{}", markdown.stdout);
}

#[test]
fn the_best_trials_are_turned_on_their_side_where_they_have_many_params() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    let ran =
        Ran::from(sandbox.command(&["best", "-n", "2"]).env("COLUMNS", "60").output().unwrap()).expect(0);
    let rows: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("│ ")).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.split(' ').next().unwrap()).collect();
    assert_eq!(
        names,
        ["val_loss", "lr", "depth", "dropout", "momentum", "batch_size", "optimizer"],
        "{}",
        ran.stdout
    );
}

#[test]
fn tables_are_ascii_where_the_locale_or_the_terminal_knows_no_more() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    for (name, value) in [("LC_ALL", "C"), ("TERM", "dumb")] {
        for verb in ["trials", "status", "list"] {
            let ran = Ran::from(sandbox.command(&[verb]).env(name, value).output().unwrap()).expect(0);
            assert!(ran.stdout.is_ascii() && ran.stderr.is_ascii(), "{name}\n{}{}", ran.stdout, ran.stderr);
        }
    }
}

#[test]
fn sweep_alone_is_a_short_page_that_says_what_to_do_next_here() {
    let sandbox = Sandbox::new();
    let page = |sandbox: &Sandbox| {
        let (code, page) = in_terminal(&mut sandbox.command(&[]), 80);
        assert!(
            code == 0 && page.lines().count() <= 23 && page.lines().all(|line| line.len() <= 80),
            "{page}"
        );
        page
    };
    assert!(page(&sandbox).contains("`sweep new "));
    assert!(!sandbox.path().join("mlflow.db").exists(), "a look made a database");
    sandbox.file("sweep.yaml", CONFIG);
    assert!(page(&sandbox).contains("`sweep start sweep.yaml`"));
    sandbox.init(CONFIG);
    assert!(page(&sandbox).contains("`sweep run`"));
    sandbox.run(&["run", "-q"]).expect(0);
    assert!(page(&sandbox).contains("`sweep finalize`"));
    let unknown = sandbox.run(&["statuss"]).expect(2);
    assert!(
        unknown.stderr.contains("unknown command `statuss`\n  hint: Did you mean `sweep status`"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn init_prints_what_the_config_means_and_check_reads_stdin() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.yaml", CONFIG);
    let init = sandbox.run(&["init", "sweep.yaml"]).expect(0);
    assert!(init.stdout.contains("grid, 2 trials") && init.stdout.contains("true 0.1 1"), "{}", init.stdout);
    assert!(init.stderr.contains("`sweep run` here"), "{}", init.stderr);
    let mut check = sandbox.command(&["check", "-"]);
    let mut child = check.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(CONFIG.as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(0);
    assert!(ran.stdout.starts_with("stdin: ok"), "{}", ran.stdout);
}

#[test]
fn finalize_says_where_the_report_is_writes_it_to_a_file_and_opens_it() {
    let sandbox = Sandbox::new();
    sandbox.init(
        &format!("{CONFIG}metric: {{name: loss, goal: minimize}}\n")
            .replace("'true", &format!("'{} log metric loss 1 #", env!("CARGO_BIN_EXE_sweep"))),
    );
    sandbox.run(&["run", "-q"]);
    sandbox.file("bin/xdg-open", "#!/bin/sh\nprintf %s \"$1\" > opened\n");
    use std::os::unix::fs::PermissionsExt as _;
    let opener = sandbox.path().join("bin/xdg-open");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut finalize = sandbox.command(&["finalize", "--reopen", "-o", "my report.html", "--open"]);
    let path = format!("{}:{}", sandbox.path().join("bin").display(), std::env::var("PATH").unwrap());
    let ran = Ran::from(finalize.env("PATH", path).output().unwrap());
    assert!(ran.stderr.contains("Report: /") && ran.stderr.contains("my report.html"), "{}", ran.stderr);
    let written = std::fs::read_to_string(sandbox.path().join("my report.html")).unwrap();
    assert!(written.contains("<html"));
    let opened = std::fs::read_to_string(sandbox.path().join("opened")).unwrap();
    assert!(opened.starts_with("file:///") && opened.ends_with("/my%20report.html"), "{opened}");
}

#[test]
fn a_metric_whose_name_is_no_word_can_be_asked_for() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    let db = Connection::open(sandbox.path().join("mlflow.db")).unwrap();
    for table in ["metrics", "latest_metrics"] {
        db.execute(&format!("UPDATE {table} SET key = 'val/acc a' WHERE key = 'val_accuracy'"), []).unwrap();
    }
    for filter in [
        "`val/acc a` > 0",
        "metrics.`val/acc a` > 0",
        "metrics.\"val/acc a\" > 0",
        "params.lr < 1 and metrics.val_loss < 9",
    ] {
        let ran = sandbox.run(&["trials", "--where", filter, "--format", "json"]).expect(0);
        assert!(!ran.json()["trials"].as_array().unwrap().is_empty(), "{filter}");
    }
    let refused = sandbox.run(&["trials", "--where", "\"val/acc a\" > 0"]).expect(2);
    assert!(refused.stderr.contains("backticks"), "{}", refused.stderr);
}

#[test]
fn output_that_can_not_be_written_fails_every_verb_and_a_closed_pipe_none() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    sandbox.file("sweep.yaml", CONFIG);
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "run"],
        &["run", "--help"],
        &[],
        &["man"],
        &["completions", "bash"],
        &["check", "sweep.yaml"],
        &["check", "--schema"],
        &["sample", "sweep.yaml"],
        &["init", "sweep.yaml"],
        &["list"],
        &["status", "big-sweep"],
        &["trials", "big-sweep", "--format", "csv"],
        &["trials", "big-sweep", "--format", "json"],
        &["show", "3", "--sweep-id", "big-sweep"],
        &["best", "big-sweep"],
        &["best", "big-sweep", "--as", "command"],
        &["diff", "1", "2", "--sweep-id", "big-sweep"],
        &["analyze", "big-sweep"],
        &["doctor"],
    ] {
        let mut command = sandbox.command(args);
        command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap());
        let full = Ran::from(command.output().unwrap()).expect(1);
        assert!(full.stderr.contains("cannot write to stdout: No space left"), "{args:?}: {}", full.stderr);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = Ran::from(sandbox.command(args).stdout(writer).output().unwrap());
        assert!(!closed.stderr.contains("can't be written"), "{args:?}: {}", closed.stderr);
        assert!(closed.code == Some(0) || args == ["doctor"], "{args:?}: {closed:?}");
    }
}
