//! What is said of files that come from W&B, Hydra and other programs: few words, true ones, with a way on.

use crate::config::{Config, check};
use crate::space::Value;

fn ok(rest: &str) -> Config {
    let found = check(format!("{TWO}{rest}").as_bytes());
    found.config.unwrap_or_else(|| panic!("{rest}: {:#?}", found.errors))
}

/// The one warning of a file, as `code at key: message | hint`.
fn warned(file: &str) -> Vec<String> {
    let found = check(file.as_bytes());
    assert!(found.config.is_some(), "{file}: {:#?}", found.errors);
    let line = |w: crate::config::Finding| {
        format!("{} at {}: {} | {}", w.code.unwrap_or(""), w.key, w.message, w.hint.unwrap_or_default())
    };
    found.warnings.into_iter().map(line).collect()
}

/// The one error of a file, as `key: message | hint`.
fn refused(file: &str) -> Vec<String> {
    let errors = check(file.as_bytes()).errors;
    errors.into_iter().map(|e| format!("{}: {} | {}", e.key, e.message, e.hint.unwrap_or_default())).collect()
}

const TWO: &str = "program: t.py\nmethod: random\nparameters: {a: {value: 1}, b: {value: 2}}\n";

#[test]
fn a_text_with_macros_is_refused_and_one_with_variables_of_its_own_is_not() {
    for (command, hint) in [
        ("python t.py ${args}", r#"command: ["python", "t.py", "${args}"]"#),
        ("python t.py --lr 3 ${args_no_equals}", r#""${args_no_equals}"]"#),
        ("python t.py ${args_no_hyphen}", "write a list"),
        ("'cd x && python t.py ${args_json}'", "\"$@\\\""),
        ("bash -c 'python t.py ${args}'", "write a list"),
        ("curl ${envvar:TOKEN}", "write `$TOKEN`"),
        ("'- ${env} - python'", "so that YAML reads a list"),
        ("'[\"python\", \"${args}\"]'", "so that YAML reads a list"),
        ("|\n  - python\n  - t.py", "remove the `|`"),
    ] {
        let found = refused(&format!("{TWO}command: {command}\n"));
        assert!(
            found.len() == 1 && found[0].starts_with("command: ") && found[0].contains(hint),
            "{command}: {found:?}"
        );
    }
    for command in [
        "'args=\"--a ${a} --b ${b}\"; python t.py ${args}'",
        "'for env in x y; do python t.py ${env} ${a} ${b}; done'",
        "'python t.py ${args:-} ${a} ${b}  # ${args}'",
        "'[ -f t.py ] && python t.py ${a} ${b}'",
    ] {
        assert_eq!(warned(&format!("{TWO}command: {command}\n")), Vec::<String>::new(), "{command}");
    }
    let named = "command: python t.py ${args} ${program}\nmethod: random\nparameters: {args: {value: 1}, program: {value: 2}}\n";
    assert_eq!(warned(named), Vec::<String>::new());
}

#[test]
fn items_that_do_not_do_what_they_seem_to_are_warned_of() {
    for (items, wanted) in [
        (
            r#"[bash, -c, "python t.py ${args}"]"#,
            "macro-in-item at command: the shell puts nothing in the place of `${args}`",
        ),
        (r#"[/bin/bash, -lc, "python t.py ${args_no_hyphens}"]"#, "\"bash\", \"${args_no_hyphens}\""),
        (r#"[python, t.py, "--config=${args_json}"]"#, "\"--config\" and \"${args_json}\""),
        (r#"["${env}", "python t.py", "${args}"]"#, "item-with-spaces"),
        ("[python t.py, \"${args}\"]", "`- python`, `- t.py`"),
        (r#"[python, t.py, --lr 0.1, "${args}"]"#, "`- --lr`, `- 0.1`"),
        (r#"[python, t.py, " ${args}"]"#, "write the macro alone"),
        (r#"[python, t.py, "${args_no_hyphen}"]"#, "did you mean `${args_no_hyphens}`?"),
        (r#"["${env}", "LIB=${LIB}:x", python, "${args}"]"#, "`${envvar:LIB}`"),
    ] {
        let found = warned(&format!("{TWO}command: {items}\n"));
        assert!(found.iter().any(|warning| warning.contains(wanted)), "{items}: {found:#?}");
    }
    for items in [
        r#"[python, t.py, "${args}", "--note=two words", "-x=a b"]"#,
        r#"[bash, -c, "cd ${HOME} && python t.py \"$@\"", bash, "${args}"]"#,
        r#"["${env}", "A=${a} b", "${interpreter}", "${program}", "${args_json_file}"]"#,
    ] {
        let found = warned(&format!("{TWO}command: {items}\n"));
        assert!(found.iter().all(|warning| !warning.contains("item")), "{items}: {found:#?}");
    }
}

#[test]
fn what_concerns_many_parameters_is_said_once() {
    let list = warned(&format!("{TWO}command: [python, t.py]\n"));
    assert_eq!(list.len(), 1, "{list:#?}");
    assert!(list[0].contains("2 parameters: `a`, `b`") && list[0].contains("add `\"${args}\"`"), "{list:#?}");
    let text = warned(&format!("{TWO}command: python t.py\n"));
    assert!(text.len() == 1 && text[0].contains("put `${a}`, `${b}` into the command"), "{text:#?}");
    let exponents = "program: t.py\nmethod: random\nparameters: {a: {values: [1e-4, 1e-3, 1e5]}, b: {min: 1e-2, max: 1.0}}\n";
    let found = warned(exponents);
    assert!(found.len() == 1 && found[0].contains("and 3 more like it"), "{found:#?}");
}

#[test]
fn unknown_keys_are_one_fault_with_what_is_meant() {
    let found = refused(&format!("count: 3\nlearning: 1\n{TWO}entity: 3\nparamters: {{}}\n"));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with("count: 3 unknown keys"), "{found:#?}");
    assert!(
        found[0].contains("`count`: write `run_cap`; `paramters`: did you mean `parameters`?"),
        "{found:#?}"
    );
    let found = refused("program: t.py\nmethod: random\nparams: {a: {value: 1}}\n");
    assert!(found.len() == 1 && found[0].contains("write `parameters`"), "{found:#?}");
    let own = "x-range: &r {min: 0.0, max: 1.0}\nprogram: t.py\nmethod: random\nparameters: {a: *r, b: {<<: *r, max: 2.0}}\n";
    assert_eq!(warned(own), Vec::<String>::new());
    let sweeper = "experiment: e\nalgorithm: grid\nspec: {metric: loss, direction: minimize, n_runs: 3}\ncommand: python t.py\nparameters: {lr: [0.1, 0.2], seed: 0}\n";
    let found = refused(sweeper);
    assert!(
        found.len() == 1 && found[0].contains("mlflow-sweeper") && found[0].contains("`run_cap`"),
        "{found:#?}"
    );
}

#[test]
fn names_that_hydra_and_jsonargparse_use_have_a_way() {
    let file = |name: &str| format!("program: t.py\nmethod: random\nparameters: {{{name}: {{value: 1}}}}\n");
    for name in ["model/init/lr", "a.b-c_d/e", "_x"] {
        assert_eq!(refused(&file(name)), Vec::<String>::new(), "{name}");
    }
    for (name, hint) in [
        ("++model.w", "write `model.w`, and `\"${args_override_hydra}\"`"),
        ("+w", "write `w`, and `\"${args_append_hydra}\"`"),
        ("a//b", "single `/`"),
        ("a/../b", "single `/`"),
        ("a/", "single `/`"),
        ("/a", "single `/`"),
        ("off", "put it in quotes: \"off\""),
        ("3", "a name starts with a letter"),
        ("a b", "a name starts with a letter"),
    ] {
        let found = refused(&file(name));
        assert!(found.len() == 1 && found[0].contains(hint), "{name}: {found:#?}");
        assert!(check(file(name).as_bytes()).warnings.is_empty(), "{name}");
    }
}

#[test]
fn hints_say_what_is_right() {
    for (parameter, hint) in [
        ("{values: [1, 2], description: size}", "make it a comment"),
        ("{low: 1, high: 2}", "`low`: write `min`; `high`: write `max`"),
        ("{distribution: int_uniform, min: 1e1, max: 20}", "write 10"),
        ("{distribution: int_uniform, min: 0.5, max: 20}", "`distribution: uniform`"),
        ("{min: 0.0, max: 1e999}", "beyond what a floating-point number holds"),
        ("{value: 18446744073709551616}", "put it in quotes"),
        ("{values: [[1, -9223372036854775809]]}", "put it in quotes"),
    ] {
        let found = refused(&format!("program: t.py\nmethod: random\nparameters: {{a: {parameter}}}\n"));
        assert!(found.len() == 1 && found[0].contains(hint), "{parameter}: {found:#?}");
    }
}

#[test]
fn bounds_that_can_only_be_exponents_are_not_warned_of() {
    let file = |bounds: &str, name: &str| {
        format!("program: t.py\nmethod: random\nparameters: {{a: {{distribution: {name}, {bounds}}}}}\n")
    };
    for name in ["log_uniform", "inv_log_uniform", "q_log_uniform"] {
        assert_eq!(warned(&file("min: -9.2, max: -4.6", name)), Vec::<String>::new());
        assert_eq!(warned(&file("min: -1.0, max: 0.5", name)), Vec::<String>::new());
        assert!(warned(&file("min: 0.001, max: 0.1", name))[0].contains("exponent-bounds"));
    }
}

#[test]
fn labels_are_taken_as_they_are_written() {
    let config = ok("name: 12\nproject: 007\ndescription: 1e5\nentity: [a]\n");
    assert_eq!(config.sweep_name.as_deref(), Some("12"));
    assert_eq!((config.experiment_name.as_str(), config.description.as_deref()), ("007", Some("1e5")));
    assert!(ok("").git_diff && !ok("git_diff: false\n").git_diff);
}

#[test]
fn json_with_escaped_emoji_is_read_and_places_behind_them_stay_true() {
    let file = r#"{"program": "t.py", "method": "grid", "parameters": {"a": {"values": ["\ud83d\ude00", "\u00e9"]}}, "seeed": 1}"#;
    let errors = check(file.as_bytes()).errors;
    assert_eq!(errors[0].column, file.find("\"seeed\"").unwrap() + 1);
    let config = check(file.replace(", \"seeed\": 1", "").as_bytes()).config.unwrap();
    let leaves = config.space.leaves();
    let values = leaves[0].parameter.distribution.grid().unwrap();
    assert_eq!(values.get(0), Some(Value::Text("😀".into())));
}

#[test]
fn places_in_lines_that_are_read_as_if_indented_are_those_of_the_file() {
    let file = "program: t.py\nmethod: grid\nparameters:\n  a:\n    values: [\n'x',\n1\n]\n  b: {vales: [\n\"y\"\n]}\n  c: {min: 'é\n é', max: 1}\n";
    let found: Vec<(usize, usize)> =
        check(file.as_bytes()).errors.iter().map(|e| (e.line, e.column)).collect();
    assert_eq!(found, [(9, 7), (12, 12)]);
    let tab = check(b"a:\n  b: [\n'x',\n\ty\n]\n").errors;
    assert_eq!(tab.len(), 1, "{tab:?}");
}

#[test]
fn a_value_that_a_shell_in_a_list_would_read_as_code_is_warned_of() {
    let file = |script: &str, value: &str| {
        format!(
            "command: [\"bash\", \"-c\", '{script}']\nmethod: grid\nparameters: {{a: {{values: [x, {value}]}}}}\n"
        )
    };
    for (script, value, shown) in [
        ("python t.py --a ${a}", "a b", " `a b` "),
        ("python t.py --a ${a}", "$(id)", " `$(id)` "),
        ("python t.py --a \"${a}\"", "$HOME", " `$HOME` "),
        ("python t.py --a \"${a}\"", "'it\"s'", "`it\"s`"),
        ("python t.py --a ${a}", "[1, 2]", " `[1, 2]` "),
    ] {
        let found = warned(&file(script, value));
        assert!(
            found.len() == 1
                && found[0].starts_with("unquoted-value at command: ")
                && found[0].contains(shown)
                && found[0].contains("\"$1\""),
            "{script} {value}: {found:?}"
        );
    }
    // Nothing in these is read otherwise than it is written.
    for (script, value) in [
        ("python t.py --a ${a}", "3.0e-4"),
        ("python t.py --a ${a}", "path/to/x-1.txt"),
        ("python t.py --a \"${a}\"", "a b"),
    ] {
        assert_eq!(warned(&file(script, value)), Vec::<String>::new(), "{script} {value}");
    }
    let argument = "command: [\"bash\", \"-c\", 'python t.py --a \"$1\"', \"bash\", \"${a}\"]\nmethod: grid\nparameters: {a: {values: [x, a b]}}\n";
    assert_eq!(warned(argument), Vec::<String>::new());
}

#[test]
fn a_longer_form_of_a_word_is_understood() {
    for (written, meant) in [("Bayesian", "bayes"), ("grid_search", "grid"), ("RANDOM", "random")] {
        let found = refused(&format!("program: t.py\nmethod: {written}\nparameters: {{a: {{value: 1}}}}\n"));
        assert!(found.len() == 1 && found[0].contains(&format!("did you mean `{meant}`?")), "{found:?}");
    }
}
