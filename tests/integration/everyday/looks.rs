//! What people see, on a sweep whose every figure is known; and how they are taught.

use sweep::testing::{RunId, Store as _};

use super::{block, store};
use crate::support::big_sweep;
use crate::support::sandbox::{Ran, Sandbox};

fn at_width(sandbox: &Sandbox, width: &str, args: &[&str]) -> String {
    let ran = Ran::from(sandbox.command(args).env("COLUMNS", width).output().unwrap()).expect(0);
    assert!(
        ran.stdout
            .lines()
            .all(|line| line.chars().count() <= width.parse().unwrap() || line.contains("python")),
        "wider than {width}:\n{}",
        ran.stdout
    );
    format!("$ sweep {}   (at {width} columns)\n{}{}\n", args.join(" "), ran.stdout, ran.stderr)
}

fn filtered(work: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d+ days ago", "[days] ago");
    settings.add_filter(r"\d+ h \d\d min", "[time]");
    settings.add_filter(r"sweep( +)[0-9a-f]{32}", "sweep$1[sweep id]");
    settings.add_filter(r"/[^ ]*/(mlflow.db|\.sweep|mlruns)", "[folder]/$1");
    settings.add_filter(r"sweep finalize [0-9a-f]{8}", "sweep finalize [id]");
    settings.add_filter(r"│ [0-9a-f]{8} │\n└", "│ [  id  ] │\n└");
    settings.bind(work);
}

#[test]
fn tables_read_well_at_80_columns_and_at_200() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 60);
    filtered(|| {
        let mut seen = String::new();
        for width in ["80", "200"] {
            for args in [
                &["trials", "--top", "5"][..],
                &[
                    "trials",
                    "--sort",
                    "val_accuracy",
                    "--desc",
                    "--where",
                    "lr < 0.01 and status = 'FINISHED'",
                    "--top",
                    "3",
                ],
                &["trials", "--where", "status != 'FINISHED'"],
                &["best", "-n", "3"],
                &["best"],
                &["status"],
                &["diff", "1", "2"],
            ] {
                seen += &at_width(&sandbox, width, args);
            }
        }
        seen += &at_width(&sandbox, "74", &["list"]);
        insta::assert_snapshot!("tables", seen);
    });
}

#[test]
fn one_trial_is_shown_whole() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    filtered(|| insta::assert_snapshot!("show", at_width(&sandbox, "80", &["show", "3"])));
}

#[test]
fn where_nothing_is_yet_a_person_is_told_what_to_do_and_no_database_is_made() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["list"]).expect(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.contains("sweep init config.yaml")),
        ("", true),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.run(&["ls", "--format", "json"]).expect(0).json(), serde_json::json!([]));
    for args in [&["status"][..], &["trials"], &["best"], &["show", "1"], &["logs", "1"], &["diff", "1", "2"]]
    {
        let ran = sandbox.run(args).expect(2);
        assert!(
            ran.stderr.contains("there is no sweep yet") && ran.stderr.contains("sweep init"),
            "{}",
            ran.stderr
        );
    }
    assert!(!sandbox.path().join("mlflow.db").exists(), "looking made a database");
    let id = sandbox.init("command: 'true'\nmethod: random\nparameters: {x: {min: 0.0, max: 1.0}}\n");
    let ran = sandbox.run(&["trials"]).expect(0);
    assert!(ran.stderr.contains(&format!("sweep run --sweep-id={id}")), "{}", ran.stderr);
    let ran = sandbox.run(&["status"]).expect(0);
    assert!(ran.stdout.contains("next    sweep run"), "{}", ran.stdout);
    let ran = sandbox.run(&["best"]).expect(2);
    assert!(ran.stderr.contains("--metric NAME --goal minimize"), "{}", ran.stderr);
}

#[test]
fn slips_of_the_pen_are_met_with_what_was_meant() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 10);
    for (args, said) in [
        (&["trials", "big-swep"][..], "Did you mean `big-sweep`?"),
        (&["show", "99"], "It has 10 trials, from 0 to 9"),
        (&["show", "nonsense"], "has no trial `nonsense`"),
        (&["trials", "--sort", "val_los"], "Did you mean `val_loss`?"),
        (&["trials", "--where", "lrr < 1"], "Did you mean `lr`?"),
        (&["trials", "--where", "status = FINISHED"], "A text stands in quotes: \"FINISHED\""),
        (&["trials", "--where", "lr <"], "--where: expected a parameter, a number or a text at character 5"),
        (&["trials", "--where", "optimizer < 3"], "have no order"),
        (&["trials", "--where", "lr + 1"], "must be true or false"),
        (&["best", "--metric", "val_accuracy"], "--goal minimize or --goal maximize"),
        (&["best", "-n", "2", "--as", "env"], "Leave -n out"),
    ] {
        let ran = sandbox.run(args).expect(2);
        assert!(ran.stderr.contains(said), "{args:?}\n{}", ran.stderr);
    }
    let ran = sandbox.run(&["trials", "--where", "status = 'finished'"]).expect(0);
    assert!(
        ran.stderr.contains("A status is FINISHED, STOPPED, FAILED, KILLED or RUNNING"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_result_whose_run_a_person_has_deleted_is_no_result_for_any_reader() {
    let sandbox = Sandbox::new();
    big_sweep::build(&sandbox, 20);
    let best = || sandbox.run(&["best", "--format", "json"]).expect(0).json()["trials"][0].clone();
    let counts = |verb: &str| {
        let json = sandbox.run(&[verb, "--format", "json"]).expect(0).json();
        let of_sweep = if verb == "list" { &json[0] } else { &json };
        let count = |of: &str| of_sweep["trials"][of].as_u64().unwrap();
        (count("begun"), count("finished"), count("deleted"))
    };
    let listed =
        || sandbox.run(&["trials", "--format", "json"]).expect(0).json()["trials"].as_array().unwrap().len();
    let (first, (begun, finished, _), all) = (best(), counts("status"), listed());
    let (trial, run) = (first["trial"].as_u64().unwrap(), first["run_id"].as_str().unwrap().to_owned());
    block(store(&sandbox).delete_run(&RunId(run))).unwrap();

    assert_eq!(counts("status"), (begun, finished - 1, 1));
    assert_eq!(counts("list"), (begun, finished - 1, 1));
    assert_eq!(listed(), all - 1);
    assert_ne!(best()["trial"], first["trial"]);
    let ran = sandbox.run(&["show", &trial.to_string()]).expect(2);
    assert!(ran.stderr.contains("was deleted"), "{}", ran.stderr);
    let ran = sandbox.run(&["finalize", "--reopen", "--format", "json"]).expect(0);
    assert!(ran.stderr.contains("1 result's run was deleted, and left out"), "{}", ran.stderr);
    assert_eq!(sandbox.run(&["trials"]).expect(0).stderr.matches("1 result's run was deleted").count(), 1);
}

#[test]
fn a_sweep_of_two_ledger_runs_is_counted_right_and_the_store_sorts_as_we_do() {
    let sandbox = Sandbox::new();
    let id = big_sweep::build(&sandbox, 1200);
    let trials = serde_json::json!({
        "limit": 1200, "begun": 1200, "running": 3, "finished": 1113, "failed": 60, "stopped_early": 24, "killed": 0,
        "deleted": 0
    });
    let list = sandbox.run(&["list", "--format", "json"]).expect(0).json();
    assert_eq!((&list[0]["trials"], &list[0]["id"]), (&trials, &id.as_str().into()));
    assert_eq!(sandbox.run(&["status", "--format", "json"]).expect(0).json()["trials"], trials);
    let shown = |args: &[&str]| {
        let all = [&["trials", "--format", "json"], args].concat();
        let json = sandbox.run(&all).expect(0).json();
        let trials = json["trials"].as_array().unwrap().iter();
        trials.map(|trial| trial["trial"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    // With a filter all trials are read and sorted here.
    for sorting in [
        &["--top", "7"][..],
        &["--sort", "val_loss", "--top", "7"],
        &["--sort", "val_loss", "--desc", "--top", "7"],
    ] {
        let here = shown(&[sorting, &["--where", "trial >= 0"]].concat());
        assert_eq!(shown(sorting), here, "{sorting:?}");
        assert_eq!(here.len(), 7);
    }
    assert_eq!(shown(&[]).len(), 1200);
    let best = sandbox.run(&["best", "-n", "3", "--format", "json"]).expect(0).json();
    let best: Vec<u64> =
        best["trials"].as_array().unwrap().iter().map(|t| t["trial"].as_u64().unwrap()).collect();
    assert_eq!(best, shown(&["--top", "3"]));
    assert_eq!(list[0]["best"]["trial"], best[0]);
}
