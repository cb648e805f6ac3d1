//! The screens of typical mistakes, as a person meets them.

use super::*;
use crate::config::check;

fn screen(source: &str) -> String {
    render_findings("sweep.yaml", source, &check(source.as_bytes()), false)
}

#[test]
fn misspelt_keys_and_words() {
    insta::assert_snapshot!(screen(
        "program: train.py\nmetod: bayes\nmetric:\n  name: loss\n  goal: minimise\nparameters:\n  lr:\n    distribution: loguniform\n    min: 0.0001\n    max: 0.1\n  batch:\n    vales: [16, 32]\n"
    ));
}

#[test]
fn a_range_the_wrong_way_round_and_a_missing_end() {
    insta::assert_snapshot!(screen(
        "command: python train.py --lr ${lr} --wd ${wd} --seed ${sede}\nparameters:\n  lr:\n    min: 0.1\n    max: 0.0001\n  wd: {min: 0}\n  seed: [1, 2, 3]\n"
    ));
}

#[test]
fn a_grid_over_a_continuous_range() {
    insta::assert_snapshot!(screen(
        "command: python train.py --lr ${lr}\nmethod: grid\nparameters:\n  lr:\n    distribution: log_uniform_values\n    min: 1e-5\n    max: 1e-1\n"
    ));
}

#[test]
fn exponents_that_look_like_values() {
    insta::assert_snapshot!(screen(
        "command: python train.py --lr ${lr}\nmethod: random\nmetric: {name: loss}\nparameters:\n  lr:\n    distribution: log_uniform\n    min: 0.001\n    max: 0.1\n  dropout: {min: 0, max: 0.5}\n"
    ));
}

#[test]
fn macros_without_quotes_and_tabs() {
    insta::assert_snapshot!(format!(
        "{}\n{}",
        screen(
            "program: train.py\nmethod: random\ncommand: [${env}, ${args}]\nparameters:\n  lr: {min: 0.0, max: 1.0}\n"
        ),
        screen("program: train.py\nmethod: random\nparameters:\n\tlr: {min: 0.0, max: 1.0}\n"),
    ));
}

#[test]
fn more_unreadable_files() {
    insta::assert_snapshot!(
        [
            "",
            "- a\n",
            "a: 1\n---\nb: 2\n",
            "command: python a: b\n",
            "name: 'open\nmethod: grid\n",
            "v: @x\n",
            "a: [1, 2\nb: 3\n",
            "a: *nope\n",
            "a: !foo 1\n"
        ]
        .map(screen)
        .join("\n")
    );
}

#[test]
fn traps_of_the_command() {
    insta::assert_snapshot!(screen(
        "command: |\n  echo `date ${lr}`\n  python train.py --lr ${learning_rate} --opts ${opts} \"${HOME}\"\nmethod: grid\nentity: me\nparameters:\n  lr: {values: [1, 2, 3]}\n  opts: {values: ['--adam', '--sgd --momentum 0.9']}\n  seed: {min: 1, max: 100}\n"
    ));
}

#[test]
fn values_of_the_wrong_type() {
    insta::assert_snapshot!(screen(
        "program: t.py\nmethod: random\nrun_cap: '7'\nseed: -1\nmax_duration: 5 years\nname: 2024\nearly_terminate: {type: hyperband, max_iter: 27}\nparameters:\n  x: {values: [a, b], probabilities: [0.5, 0.6]}\n  y: {min: '0.1', max: 1}\n  z: 3\n  on: {value: 1}\n  2x: {value: 1}\n"
    ));
}

#[test]
fn wide_characters_and_long_places_are_marked_in_bounds() {
    let source = "name: \"漢字 é 🎉\"\nprogram: t.py\nmethod: rändom\nparameters: {x: {value: |\n";
    assert!(screen(source).contains("sweep.yaml:"));
    let colored = render_findings("s", "method: x\n", &check(b"method: x\n"), true);
    assert!(colored.contains('\u{1b}'));
}
