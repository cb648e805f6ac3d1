use super::*;
use crate::config::{self, Goal, Method};
use crate::space::Distribution;

fn around<'a>(name: &'a str, experiment: &'a str, goal: Goal, source: &'a str) -> ConfigTemplate<'a> {
    ConfigTemplate { name, experiment, goal, source, log: &[] }
}

fn asked(metric: &str, params: &[&str]) -> TableSelection {
    let metric = Some(metric.to_owned()).filter(|metric| !metric.is_empty());
    TableSelection { metric, params: params.iter().map(|param| (*param).to_owned()).collect(), study: None }
}

fn read(text: &str, metric: &str, params: &[&str]) -> TrialTable {
    TrialTable::read(text.as_bytes(), "t.csv", &asked(metric, params)).unwrap()
}

const WANDB: &str = "\u{feff}\"Name\",\"State\",\"Notes\",\"User\",\"Tags\",\"Created\",\"Runtime\",\"Sweep\",\"lr\",\"opt\",\"_step\",\"val_loss\",\"epoch\"\n\
\"sage-1\",\"finished\",\"-\",\"me\",\"\",\"2024-05-01T12:00:00.000Z\",\"12.5\",\"s1\",\"0.001\",\"adam\",\"9\",\"0.25\",\"9\"\n\
\"sage-2\",\"crashed\",\"\",\"me\",\"\",\"2024-05-01T12:01:00.000Z\",\"3\",\"s1\",\"0.1\",\"sgd, \"\"plain\"\"\",\"1\",\"NaN\",\"1\"\n\
\"sage-3\",\"running\",\"\",\"me\",\"\",\"2024-05-01T12:02:00.000Z\",\"\",\"s1\",\"0.2\",\"sgd\",\"\",\"\",\"\"\n";

const OPTUNA: &str = ",number,value,datetime_start,datetime_complete,duration,params_lr,params_n_layers,user_attrs_host,state\n\
0,0,0.5,2024-05-01 12:00:00.250000,2024-05-01 12:00:10.750000,0 days 00:00:10.5,1e-05,3,h1,COMPLETE\n\
1,1,,2024-05-01 12:00:11.000000,2024-05-01 12:00:12.000000,0 days 00:00:01,0.1,2,h1,PRUNED\n\
2,2,0.25,2024-05-01 12:00:11.000000,2024-05-01 12:00:12.000000,0 days 00:00:01,0.01,1,h1,COMPLETE\n\
3,3,,2024-05-01 12:00:13.000000,,,0.02,1,h1,FAIL\n";

#[test]
fn wandbs_run_table_is_read_with_the_params_that_are_named() {
    let table = read(WANDB, "val_loss", &["lr", "opt"]);
    assert_eq!(
        (table.dialect, table.params.as_slice()),
        (Dialect::Wandb, &["lr".to_owned(), "opt".into()][..])
    );
    assert_eq!(table.left_out, [("line 4".to_owned(), "it is running: not over".to_owned())]);
    let [first, second] = table.trials.as_slice() else { panic!("{table:?}") };
    assert_eq!(first.name.as_deref(), Some("sage-1"));
    assert_eq!(
        first.point,
        Point(vec![("lr".into(), Value::Float(0.001)), ("opt".into(), Value::Text("adam".into()))])
    );
    assert_eq!(first.metrics, [("val_loss".to_owned(), 0.25), ("epoch".into(), 9.0)]);
    assert_eq!((first.start, first.end), (Some(1_714_564_800_000), Some(1_714_564_812_500)));
    assert_eq!(second.status, RunStatus::Failed);
    assert_eq!(second.point.get("opt"), Some(&Value::Text("sgd, \"plain\"".into())));
    assert!(second.metrics[0].1.is_nan());
}

#[test]
fn without_named_params_all_columns_but_wandbs_own_are_params() {
    let table = read(WANDB, "val_loss", &[]);
    assert_eq!(table.params, ["lr", "opt", "epoch"], "in the order of the table");
}

#[test]
fn optunas_value_gets_the_name_that_was_asked_for() {
    let table = read(OPTUNA, "loss", &[]);
    assert_eq!((table.dialect, table.metric.as_str()), (Dialect::Optuna, "loss"));
    assert_eq!(table.params, ["lr", "n_layers"]);
    let ends: Vec<_> = table.trials.iter().map(|trial| (trial.status, trial.stopped_early)).collect();
    let finished = (RunStatus::Finished, false);
    assert_eq!(ends, [finished, (RunStatus::Killed, true), finished, (RunStatus::Failed, false)]);
    assert_eq!(table.trials[0].metrics, [("loss".to_owned(), 0.5)]);
    assert_eq!(table.trials[0].start, Some(1_714_564_800_250));
    assert_eq!(table.trials[0].end, Some(1_714_564_810_750));
    assert_eq!(table.trials[0].tags, [("user_attrs_host".to_owned(), "h1".to_owned())]);
    assert_eq!(read(OPTUNA, "", &[]).metric, "value");
}

#[test]
fn a_missing_column_is_told_with_those_that_there_are() {
    let error = TrialTable::read(WANDB.as_bytes(), "t.csv", &asked("loss", &[])).unwrap_err();
    assert_eq!(error.to_string(), "t.csv: there is no column `loss`");
    assert!(error.hint().unwrap().contains("val_loss"));
    assert!(TrialTable::read(WANDB.as_bytes(), "t.csv", &asked("val_loss", &["lrr"])).is_err());
    assert!(
        TrialTable::read(WANDB.as_bytes(), "t.csv", &asked("", &[]))
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("--metric")
    );
    assert!(TrialTable::read(b"a,b\n", "t.csv", &asked("a", &[])).is_err(), "no rows");
    assert!(TrialTable::read(b"", "t.csv", &asked("a", &[])).is_err());
}

#[test]
fn the_inferred_config_is_sound_and_holds_every_value() {
    let mut text = "run,loss,lr,depth,opt,flag,width%,same\n".to_owned();
    for k in 0..20 {
        let flag = if k % 2 == 0 { "True" } else { "None" };
        text += &format!("r{k},0.{k},1e-{k:02},{k},\"it's \"\"{}\"\": #\",{flag},{}.5,7\n", k % 3, k + 1);
    }
    let table = read(&text, "loss", &[]);
    let yaml = infer_config(&table, &around("my: \"sweep\"", "päth", Goal::Maximize, "runs\n.csv"));
    let checked = config::check(yaml.as_bytes());
    assert!(checked.errors.is_empty(), "{yaml}\n{:?}", checked.errors);
    let config = checked.config.unwrap();
    assert_eq!(config.method, Method::Random);
    assert_eq!(
        (config.sweep_name.as_deref(), config.experiment_name.as_str()),
        (Some("my: \"sweep\""), "päth")
    );
    assert_eq!(config.run_cap, Some(20));
    assert_eq!(config.metric.unwrap().goal, Goal::Maximize);
    let of = |name: &str| {
        let leaves = config.space.leaves();
        leaves.iter().find(|leaf| leaf.name == name).unwrap().parameter.distribution.clone()
    };
    assert!(of("lr").is_log());
    assert_eq!(of("depth"), Distribution::IntUniform { min: 0, max: 19 });
    for name in ["opt", "flag", "same"] {
        for trial in &table.trials {
            assert!(of(name).coordinate(trial.point.get(name).unwrap()).is_some(), "{name}");
        }
    }
    assert_eq!(of("width_").name(), "uniform");
}

proptest::proptest! {
    #[test]
    fn whatever_a_table_says_is_read_or_refused_and_the_config_of_it_is_sound(
        names in proptest::collection::vec("[-a-b.0ü%/ ]{1,4}", 2),
        rows in proptest::collection::vec(proptest::collection::vec("[-0-9.e,\"'#: a-zü\n%]{0,8}", 3), 1..6)
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["loss", &names[0], &names[1]]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        if let Ok(table) = TrialTable::read(&bytes, "t.csv", &asked("loss", &[])) {
            let yaml = infer_config(&table, &around("t", "e", Goal::Minimize, "t.csv"));
            let checked = config::check(yaml.as_bytes());
            proptest::prop_assert!(checked.errors.is_empty(), "{}\n{:?}", yaml, checked.errors);
        }
    }
}

#[test]
fn params_keep_the_order_of_the_table() {
    let table = read("zeta,alpha,loss,beta\n1,2,3,4\n", "loss", &[]);
    assert_eq!(table.params, ["zeta", "alpha", "beta"]);
    let config = infer_config(&table, &around("t", "Default", Goal::Minimize, "t.csv"));
    let at = |name: &str| config.find(&format!("\"{name}\":")).unwrap();
    assert!(at("zeta") < at("alpha") && at("alpha") < at("beta"), "{config}");
}

#[test]
fn names_of_params_keep_their_slashes_and_are_names_of_a_config() {
    for (written, kept) in
        [("model/lr", "model/lr"), ("a b", "a_b"), ("/a//b/", "_/a/_/b/_"), ("../x", "_/x"), ("1/2", "_1/2")]
    {
        assert_eq!(super::names::param_key(written), kept);
        let config = format!("program: t.py\nmethod: random\nparameters: {{\"{kept}\": {{value: 1}}}}\n");
        assert!(config::check(config.as_bytes()).config.is_some(), "{kept}");
    }
    let table = read("model/lr,loss\n0.1,1\n0.2,2\n", "loss", &["model/lr"]);
    assert_eq!(table.params, ["model/lr"]);
}
