//! `sweep report --methods`: the paragraph for a paper says what is known, and what is not.

use crate::everyday::shapes::assert_shape;
use crate::support::sandbox::Sandbox;

const CONFIG: &str = "\
command: 'if [ ${x} = 3 ]; then exit 4; fi; echo loss=${x}.$SWEEP_TRIAL_SEED'
method: grid
sweep_name: digits
seed: 5
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
constraints: ['x != 7']
parameters:
  x: {min: 0, max: 7}
  width: {value: 64}
";

#[test]
fn the_paragraph_has_what_is_known_in_the_order_of_the_checklists() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    sandbox.run(&["run", "--quiet", "--max-failures", "9"]).expect(1);
    let text = sandbox.run(&["report", "--methods"]).expect(0).stdout;
    let expected = [
        "The version of the training code was not recorded.",
        "1 parameter was varied: x (int_uniform: min 0, max 7). Fixed: width (value 64).",
        "Points had to satisfy x != 7.",
        "Points were chosen by grid search with sweep ",
        "search seed 5",
        "7 trials were started: 6 finished, 1 failed. Failures: exit code 4 (1).",
        "Trials were compared by loss (minimized; last value logged).",
        "Trial 0 was chosen as the best of 6 trials by the one value that the search saw of each",
        "The best was not run again with other seeds",
        "7 trials took ",
        "The trials ran on 1 machine (",
        "Not recorded, to be added by hand: models of processors and GPUs",
    ];
    let mut at = 0;
    for sentence in expected {
        at += text[at..]
            .find(sentence)
            .unwrap_or_else(|| panic!("{sentence} is missing or too early:\n{text}"));
    }
    let markdown = sandbox.run(&["report", "--methods", "--format", "md"]).expect(0).stdout;
    assert_eq!(markdown.lines().count(), 10, "{markdown}");
    assert!(markdown.lines().all(|line| line.starts_with("- **")), "{markdown}");
    let json = sandbox.run(&["report", "--methods", "--format", "json"]).expect(0).json();
    assert_shape("methods", &json);
    assert_eq!((&json["trials"]["finished"], &json["confirmation"]), (&6.into(), &serde_json::Value::Null));
    sandbox.run(&["report", "--format", "json"]).expect(2);
}

#[test]
fn a_confirmation_gives_the_interval() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    sandbox.run(&["run", "--quiet", "--max-failures", "9"]).expect(1);
    sandbox.run(&["confirm", "--top", "2", "--budget", "6"]).expect(0);
    let text = sandbox.run(&["report", "--methods"]).expect(0).stdout;
    assert!(text.contains("was chosen by runs with new seeds of the 2 best points of 6 trials"), "{text}");
    assert!(text.contains("(95 % interval ") && !text.contains("an interval of the best"), "{text}");
    let json = sandbox.run(&["report", "--methods", "--format", "json"]).expect(0).json();
    assert_shape("methods", &json);
    assert_eq!(json["confirmation"]["trial"], json["best"]["trial"]);
}
