//! `hooks:`: commands that are run when something has happened.

use std::time::Duration;

use super::fields::{ConfigField, ConfigFields};
use crate::config::finding::Findings;
use crate::config::yaml::NodeKind;
use crate::config::{Command, Hooks};
use crate::space::Value;

/// The keys of a hook.
const EVENTS: [&str; 3] = ["on_trial_end", "on_best", "on_finish"];

/// Reads `hooks:`.
pub fn check(field: &ConfigField<'_>, has_metric: bool, findings: &mut Findings) -> Option<Hooks> {
    let before = findings.errors.len();
    let fields = field.mapping(findings)?;
    fields.refuse_unknown(&[EVENTS[0], EVENTS[1], EVENTS[2], "timeout"], "`hooks`", findings);
    let mut command = |key: &str| fields.some(key).and_then(|field| command(&field, findings));
    let (on_trial_end, on_best, on_finish) = (command(EVENTS[0]), command(EVENTS[1]), command(EVENTS[2]));
    let timeout = fields.some("timeout").and_then(|field| positive(&field, findings));
    if let Some(field) = fields.some("on_best").filter(|_| !has_metric) {
        findings
            .warn("no-effect", &field.key, "`on_best` has an effect only with a `metric`")
            .hint("add `metric: {name: …, goal: minimize}` with the key that the script logs");
    }
    let hooks = Hooks { on_trial_end, on_best, on_finish, timeout };
    Some(hooks).filter(|_| findings.errors.len() == before)
}

fn positive(field: &ConfigField<'_>, findings: &mut Findings) -> Option<Duration> {
    let duration = field.duration(findings)?;
    if duration.is_zero() {
        field.wrong("a duration above 0", findings);
        return None;
    }
    Some(duration)
}

fn command(field: &ConfigField<'_>, findings: &mut Findings) -> Option<Command> {
    const EXAMPLE: &str = "such as `on_finish: ./notify.sh` or `on_finish: [python, notify.py]`";
    let command = match &field.node.kind {
        NodeKind::Scalar { value: Value::Text(text), .. }
            if !text.trim().is_empty() && !text.contains('\0') =>
        {
            Command::Shell(text.clone())
        }
        NodeKind::Sequence(items) if !items.is_empty() => {
            let words = items.iter().map(|item| item.scalar().map(Value::text));
            match words.collect::<Option<Vec<String>>>() {
                Some(words) if !words.iter().any(|word| word.contains('\0')) && !words[0].is_empty() => {
                    Command::Argv(words)
                }
                _ => {
                    field.wrong("a list of single values", findings).hint(EXAMPLE);
                    return None;
                }
            }
        }
        _ => {
            field.wrong("a command: a text or a list", findings).hint(EXAMPLE);
            return None;
        }
    };
    Some(command)
}

/// A hook that is meant to get a parameter in its text: it never does, so that no value is read as code of a shell.
pub fn refuse_params(fields: &ConfigFields<'_>, names: &[String], findings: &mut Findings) {
    let Some(hooks) = fields.some("hooks") else { return };
    let NodeKind::Mapping(entries) = &hooks.node.kind else { return };
    let hooks = ConfigFields { place: hooks.key.clone(), entries };
    for field in EVENTS.iter().filter_map(|key| hooks.some(key)) {
        let text = field.node.to_value().text();
        if let Some(name) = names.iter().find(|name| text.contains(&format!("${{{name}}}"))) {
            findings
                .error(&field.place, format!("no value is put into a hook: `${{{name}}}` would stay empty"))
                .hint(format!(
                    "its stdin is a JSON object, with the value as trial.params.{name}: `jq .trial.params`"
                ));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::{Command, check, schema, yaml};

    fn file(hooks: &str) -> String {
        format!(
            "command: run ${{lr}}\nmethod: random\nmetric: {{name: loss, goal: minimize}}\n\
             parameters: {{lr: {{min: 0.0, max: 1.0}}}}\nhooks: {hooks}\n"
        )
    }

    #[test]
    fn a_hook_is_a_text_for_the_shell_or_a_list_of_words() {
        let text = file("{on_best: cat >> best, on_finish: [mail, -s, 3], on_trial_end: null, timeout: 2m}");
        let hooks = check(text.as_bytes()).config.unwrap().hooks;
        assert_eq!(hooks.on_best, Some(Command::Shell("cat >> best".into())));
        assert_eq!(hooks.on_finish, Some(Command::Argv(vec!["mail".into(), "-s".into(), "3".into()])));
        assert_eq!((hooks.on_trial_end, hooks.timeout), (None, Some(Duration::from_secs(120))));
        let without = check(file("null").as_bytes()).config.unwrap();
        assert_eq!(without.hooks, crate::config::Hooks::default());
    }

    #[test]
    fn the_checker_and_the_schema_refuse_the_same_hooks() {
        let schema = jsonschema::draft202012::new(&schema()).unwrap();
        for (hooks, valid) in [
            ("{on_best: sh notify.sh}", true),
            ("{on_best: [sh, notify.sh], timeout: 1.5}", true),
            ("{}", true),
            ("echo", false),
            ("{on_end: echo}", false),
            ("{on_best: 3}", false),
            ("{on_best: []}", false),
            ("{on_best: [[a]]}", false),
            ("{on_best: {run: echo}}", false),
            ("{on_best: echo, timeout: soon}", false),
        ] {
            let text = file(hooks);
            let data = yaml::read(text.as_bytes()).unwrap().root.unwrap().to_value().to_json();
            assert_eq!(check(text.as_bytes()).errors.is_empty(), valid, "{hooks}");
            assert_eq!(schema.is_valid(&data), valid, "{hooks}");
        }
    }

    #[test]
    fn no_value_is_put_into_a_hook() {
        for hooks in ["{on_best: 'echo ${lr}'}", "{on_finish: [echo, 'x${lr}']}"] {
            let errors = check(file(hooks).as_bytes()).errors;
            assert!(errors.len() == 1 && errors[0].message.contains("${lr}"), "{hooks}: {errors:?}");
        }
        assert!(check(file("{on_best: 'echo ${HOME}'}").as_bytes()).errors.is_empty());
    }

    #[test]
    fn a_best_without_a_metric_is_warned_of() {
        let text = file("{on_best: echo}").replace("metric: {name: loss, goal: minimize}\n", "");
        let checked = check(text.as_bytes());
        assert!(checked.errors.is_empty() && checked.warnings.len() == 1, "{:?}", checked.warnings);
    }
}
