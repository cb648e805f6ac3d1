//! At home in the terminal: completions, manual pages, the log file.

use std::process::Command;

use crate::support::mlflow_server::MlflowServer;
use crate::support::sandbox::{Ran, Sandbox};

const CONFIG: &str = "\
sweep_name: first-steps
command: 'true ${lr}'
method: grid
parameters: {lr: {values: [0.1, 0.2, 0.3]}}
seed: 1
";

/// Where the binary is.
const SWEEP: &str = env!("CARGO_BIN_EXE_sweep");

/// Sets up what bash sets up when somebody presses TAB at the end of a line, and prints what the completion answers.
const PRESS_TAB: &str = r#"
set -eu
eval "$("$SWEEP" completions bash)"
read -r -a COMP_WORDS <<< "$LINE"
case "$LINE" in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9
function=$(complete -p sweep | sed -n 's/.*-F \([^ ]*\) .*/\1/p')
COMPREPLY=()
"$function" sweep "${COMP_WORDS[$COMP_CWORD]}" "${COMP_WORDS[$COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// What bash offers at the end of this line.
fn offered(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", PRESS_TAB]).current_dir(sandbox.path()).envs(environment(sandbox));
    bash.env("SWEEP", SWEEP).env("LINE", line);
    let ran = Ran::from(bash.output().unwrap()).expect(0);
    assert_eq!(ran.stderr, "", "{line}");
    ran.stdout.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The same without the options, which bash offers wherever one may stand.
fn offered_values(sandbox: &Sandbox, line: &str) -> Vec<String> {
    offered(sandbox, line).into_iter().filter(|word| !word.starts_with('-')).collect()
}

/// The variables of the sandbox that count.
fn environment(sandbox: &Sandbox) -> Vec<(String, String)> {
    let command = sandbox.command(&[]);
    let set = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())));
    set.collect()
}

#[test]
fn bash_completes_verbs_options_and_words() {
    let sandbox = Sandbox::new();
    assert_eq!(offered(&sandbox, "sweep fin"), ["finalize"]);
    assert_eq!(offered(&sandbox, "sweep run --max"), ["--max-failures"]);
    assert_eq!(offered_values(&sandbox, "sweep completions "), ["bash", "zsh", "fish"]);
    assert!(!sandbox.path().join("mlflow.db").exists(), "a look made a database");
}

#[test]
fn bash_completes_the_sweeps_and_trials_of_the_store() {
    let sandbox = Sandbox::new();
    let older = sandbox.init(CONFIG);
    let newer = sandbox.init(CONFIG);
    sandbox.run(&["run", "--count", "3"]).expect(0);
    assert_eq!(offered_values(&sandbox, "sweep run "), [newer.as_str(), older.as_str()]);
    assert_eq!(offered(&sandbox, &format!("sweep finalize --sweep-id {}", &older[..12])), [older.as_str()]);
    assert_eq!(offered_values(&sandbox, "sweep retry "), ["0", "1", "2"]);
    // A name that two sweeps have completes nothing.
    assert_eq!(offered(&sandbox, "sweep status first-"), [""; 0]);
    sandbox.init(&CONFIG.replace("first", "second"));
    assert_eq!(offered(&sandbox, "sweep status sec"), ["second-steps"]);
}

#[test]
fn bash_completes_the_sweeps_of_a_server_and_waits_for_none_that_is_away() {
    let server = MlflowServer::start();
    let sandbox = Sandbox::tracking(server.url());
    let sweep = sandbox.init(CONFIG);
    assert_eq!(offered_values(&sandbox, "sweep run "), [sweep.as_str()]);
    let away = Sandbox::tracking("http://127.0.0.1:9");
    assert_eq!(offered_values(&away, "sweep run "), [""; 0]);
}

#[test]
fn other_shells_are_told_what_an_id_stands_for() {
    let sandbox = Sandbox::new();
    let sweep = sandbox.init(CONFIG);
    let mut asked = sandbox.command(&["--", "sweep", "run", ""]);
    let ran = Ran::from(asked.env("SWEEP_COMPLETE", "fish").output().unwrap()).expect(0);
    assert_eq!(ran.stdout.lines().next().unwrap(), format!("{sweep}\tfirst-steps, running"));
}

#[test]
fn every_shell_reads_its_script() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(&["completions", shell]).expect(0).stdout;
        assert!(script.contains("SWEEP_COMPLETE") && script.contains(SWEEP), "{script}");
        let file = sandbox.file(&format!("script.{shell}"), &script);
        // Not every machine has every shell.
        match Command::new(shell).arg("-n").arg(file).output() {
            Ok(read) => Ran::from(read).expect(0),
            Err(_) if shell != "bash" => continue,
            Err(error) => panic!("{shell}: {error}"),
        };
    }
}

#[test]
fn the_manual_is_a_page_or_a_page_for_each_verb() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["man"]).expect(0).stdout;
    assert!(page.contains(".TH sweep 1") && page.contains("SUBCOMMANDS"), "{page}");
    sandbox.run(&["man", "pages/man1"]).expect(0);
    let pages = sandbox.path().join("pages/man1");
    assert_eq!(std::fs::read_to_string(pages.join("sweep.1")).unwrap(), page);
    let run = std::fs::read_to_string(pages.join("sweep-run.1")).unwrap();
    assert!(run.contains("max\\-failures"), "{run}");
    sandbox.file("taken", "");
    let refused = sandbox.run(&["man", "taken"]).expect(1);
    assert!(refused.stderr.contains("taken can't be written"), "{}", refused.stderr);
}

#[test]
fn the_log_file_tells_what_went_on_and_the_terminal_stays_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    let plain = sandbox.run(&["run", "--count", "1", "--quiet"]).expect(0);
    let ran = sandbox.run(&["run", "--count", "1", "--quiet", "--log-file", "sweep.log"]).expect(0);
    assert_eq!((plain.stdout, plain.stderr), (ran.stdout, ran.stderr));
    let mut third = sandbox.command(&["run", "--count", "1", "--quiet"]);
    Ran::from(third.env("SWEEP_LOG_FILE", "sweep.log").output().unwrap()).expect(0);
    let log = std::fs::read_to_string(sandbox.path().join("sweep.log")).unwrap();
    for trial in [1, 2] {
        assert!(log.contains(&format!("settled trial={trial} ")), "{log}");
    }
    assert!(!log.contains('\u{1b}'), "{log}");
    let refused = sandbox.run(&["list", "--log-file", "no/such/folder/log"]).expect(2);
    assert!(refused.stderr.contains("no/such/folder/log can't be written"), "{}", refused.stderr);
}

#[test]
fn no_log_holds_a_login_or_the_secret_of_a_trial() {
    let server = MlflowServer::shared();
    let uri = server.url().replace("http://", "http://ann:s3cret-in-url@");
    for sandbox in [Sandbox::tracking(&uri), Sandbox::new()] {
        sandbox.init(&CONFIG.replace("true ${lr}", "echo $MLFLOW_TRACKING_URI > uri.txt"));
        let mut run = sandbox.command(&["run", "-vv", "--count", "1", "--log-file", "sweep.log"]);
        let ran = Ran::from(run.env("SWEEP_LOG", "trace").output().unwrap()).expect(0);
        let log = std::fs::read_to_string(sandbox.path().join("sweep.log")).unwrap() + &ran.stderr;
        assert!(log.contains("settled"), "{log}");
        assert!(!log.contains("s3cret-in-url") && !log.contains("YW5uOnMzY3"), "a login in the log");
        let uri = std::fs::read_to_string(sandbox.path().join("uri.txt")).unwrap();
        let secret = uri.trim().rsplit('/').next().unwrap();
        if uri.contains("/t/") {
            assert!(secret.len() >= 32 && !log.contains(secret), "a trial's secret in the log");
        }
    }
}

#[test]
fn output_that_is_lost_on_a_full_disk_is_no_success_and_a_reader_that_has_seen_enough_is_no_failure() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.yaml", CONFIG);
    let sample = |out: &str| {
        let mut command = sandbox.command(&["sample", "sweep.yaml"]);
        command.stdout(std::fs::OpenOptions::new().write(true).open(out).unwrap());
        Ran::from(command.output().unwrap())
    };
    sample("/dev/null").expect(0);
    let full = sample("/dev/full").expect(1);
    assert!(full.stderr.contains("cannot write to stdout: No space left"), "{}", full.stderr);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = sandbox.command(&["sample", "sweep.yaml"]).stdout(writer).output().unwrap();
    Ran::from(closed).expect(0);
}
