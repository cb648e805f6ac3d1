//! The substitution vectors, and hostile values on their way through a real shell.

use std::path::Path;
use std::process::Command as Process;

use serde_json::Value as Json;

use super::*;
use crate::config::vectors::cases;
use crate::space::Value;

fn point_of(params: &Json) -> Point {
    let entries = params.as_object().unwrap();
    Point(entries.iter().map(|(name, value)| (name.clone(), Value::from_json(value))).collect())
}

fn context<'a>(environment: &'a dyn Fn(&str) -> Option<String>) -> RenderContext<'a> {
    RenderContext { program: None, environment, extra: &[], params_file: None, declared: &[] }
}

fn shell(template: &str, point: &Point) -> Result<String, CommandError> {
    let nothing = |_: &str| None;
    render(&Command::Shell(template.to_owned()), point, &context(&nothing)).map(|r| r.argv[2].clone())
}

/// Every placeholder of a parameter, made raw.
fn raw(template: &str, point: &Point) -> String {
    point.leaves().iter().fold(template.to_owned(), |text, (name, _)| {
        text.replace(&format!("${{{name}}}"), &format!("${{raw:{name}}}"))
    })
}

#[test]
fn every_value_vector_has_its_text() {
    for case in cases("substitution", "render") {
        let yaml = format!(
            "program: x\nmethod: random\nparameters:\n  v: {{value: {}}}\n",
            case["yaml"].as_str().unwrap()
        );
        let config = crate::config::check(yaml.as_bytes()).config.unwrap();
        let value = config.space.leaves()[0].parameter.distribution.quantile(0.5);
        assert_eq!(value.text(), case["text"].as_str().unwrap());
    }
}

#[test]
fn every_template_vector_is_met_by_raw_names() {
    for case in cases("substitution", "template") {
        let point = point_of(&case["params"]);
        let template = raw(case["template"].as_str().unwrap(), &point);
        assert_eq!(shell(&template, &point).unwrap(), case["expected"].as_str().unwrap(), "{case}");
    }
}

#[test]
fn every_template_vector_is_met_where_quoting_adds_nothing() {
    for case in cases("substitution", "template") {
        let point = point_of(&case["params"]);
        if point.leaves().iter().all(|(_, value)| quote::is_plain(&value.text())) {
            let text = shell(case["template"].as_str().unwrap(), &point).unwrap();
            assert_eq!(text, case["expected"].as_str().unwrap(), "{case}");
        }
    }
}

#[test]
fn a_placeholder_behind_a_backslash_is_seen_wherever_it_stands() {
    let point = Point(vec![("x".into(), Value::Text("v w".into()))]);
    for (before, after) in [("`echo \\", "`"), ("\"`echo \\", "`\""), ("${y:-\\", "}"), ("\"${y:-\\", "}\"")]
    {
        let raw = format!("{before}${{raw:x}}{after}");
        assert_eq!(shell(&raw, &point).unwrap(), format!("{before}v w{after}"));
        // Left as it is, the shell would find a variable of its own there, which is empty.
        shell(&format!("{before}${{x}}{after}"), &point).unwrap_err();
    }
}

#[test]
fn every_command_vector_gives_its_arguments() {
    for case in cases("substitution", "command") {
        let env = case["env"].clone();
        let environment = |name: &str| env[name].as_str().map(str::to_owned);
        let point = point_of(&case["params"]);
        let items: Vec<String> = match case["command"].as_array() {
            Some(items) => items.iter().map(|item| Value::from_json(item).text()).collect(),
            None => ["${env}", "${interpreter}", "${program}", "${args}"].map(str::to_owned).to_vec(),
        };
        let context = RenderContext { program: case["program"].as_str(), ..context(&environment) };
        let windows = case["platform"] == "windows";
        let (argv, _) = argv::expand(&items, &point, &context, windows, &mut Vec::new());
        let argv: Vec<String> = argv.iter().map(|argument| real(argument, "")).collect();
        let expected: Vec<&str> =
            case["expected"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
        assert_eq!(argv, expected, "{case}");
    }
}

const HOSTILE: [&str; 26] = [
    "two words",
    "",
    "it's",
    "\"double\"",
    "line\nbreak",
    "ends with\n",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "a; touch pwned #",
    "$HOME",
    "${HOME}",
    "-n",
    "--flag=x",
    "é ü 漢字 🎉",
    "back\\slash",
    "ends\\",
    "a && b || c",
    "> pwned",
    "*",
    "~",
    "!history",
    "tab\tand\rreturn",
    "'\"'\"'",
    "#comment",
    "\\\"$(touch pwned)\\'",
];

/// Runs a script in a folder of its own and gives back what it printed; nothing else may appear there.
fn run(script: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let output = Process::new("sh").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert!(output.stderr.is_empty(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{script} left something behind");
    output.stdout
}

#[test]
fn hostile_values_arrive_byte_for_byte_in_every_place() {
    for value in HOSTILE {
        let point = Point(vec![("v".into(), Value::Text(value.to_owned()))]);
        for template in [
            "printf %s ${v}",
            "printf %s '${v}'",
            "printf %s \"${v}\"",
            "printf %s \"$(printf %s ${v}; printf x)\" | sed '$s/x$//'",
            "x=${v}; printf %s \"$x\"",
            "printf %s ''${v}''\"\"",
            "# a comment ${v}\nprintf %s \"${v}\"",
            "cat <<'EOF' > /dev/null\n'\"$(\nEOF\nprintf %s '${v}'",
            "if true; then (printf %s ${v}); fi",
            "y=z; printf %s \"${y#z}${v}\"",
            "echo $((1 + (2))) > /dev/null; printf %s ${v}",
            "echo `echo \\`echo \"x'\"\\`` > /dev/null; printf %s ${v}",
        ] {
            let script = shell(template, &point).unwrap();
            let printed = run(&script);
            let ends_cut = template.contains("sed") && value.ends_with('\n');
            assert!(ends_cut || printed == value.as_bytes(), "{template} with {value:?} became {script}");
        }
    }
}

#[test]
fn a_hostile_value_next_to_shell_text_stays_data() {
    for value in HOSTILE {
        let point = Point(vec![("v".into(), Value::Text(value.to_owned()))]);
        for (template, expected) in [
            ("printf %s \"$${v}\"", format!("${value}")),
            ("printf %s $${v}", format!("${value}")),
            ("A=1; printf %s \"$A${v}\"", format!("1{value}")),
            ("A=1; printf %s \"$A\"${v}", format!("1{value}")),
            ("printf %s a${v}#b", format!("a{value}#b")),
            ("printf %s ${v}#b", format!("{value}#b")),
            ("printf %s ${v}${v}", format!("{value}{value}")),
            ("printf %s '${v}'\\'\"${v}\"", format!("{value}'{value}")),
            ("printf %s \\\\${v}", format!("\\{value}")),
        ] {
            let script = shell(template, &point).unwrap();
            assert_eq!(run(&script), expected.as_bytes(), "{template} with {value:?} became {script}");
        }
    }
}

#[test]
fn places_that_can_not_be_quoted_are_refused() {
    let point = Point(vec![("v".into(), Value::Text("a b".into()))]);
    for template in [
        "echo `echo ${v}`",
        "cat <<EOF\n${v}\nEOF\n",
        "cat <<-'E'\n\t${v}\n\tE\n",
        "echo ${HOME:-${v}}",
        "echo \"$(case x in x) echo ${v};; esac)\"",
        "echo $((${v} + 1))",
        "echo \\${v}",
        "echo $'a\\'b' ${v}",
        "echo $((cd '/'; ls) | wc) ${v}",
    ] {
        assert!(matches!(shell(template, &point), Err(CommandError::Unquotable { .. })), "{template}");
        assert!(shell(&raw(template, &point), &point).is_ok(), "{template}");
    }
    let number = Point(vec![("v".into(), Value::Int(4))]);
    assert_eq!(run(&shell("printf %s $((${v} * 2))", &number).unwrap()), b"8");
}

#[test]
fn the_line_to_paste_does_the_same_as_the_command() {
    let nothing = |_: &str| None;
    for value in HOSTILE.into_iter().filter(|value| !value.ends_with('\n')) {
        let point = Point(vec![("v".into(), Value::Text(value.to_owned()))]);
        for command in [
            Command::Shell("printf '%s' ${v}".to_owned()),
            Command::Shell("x=${v} &&\nprintf '%s' \"$x\"\n".to_owned()),
            Command::Argv(["printf", "%s", "${v}"].map(str::to_owned).to_vec()),
        ] {
            let rendered = render(&command, &point, &context(&nothing)).unwrap();
            assert!(!rendered.display.contains('\n'), "{}", rendered.display);
            assert_eq!(run(&rendered.display), value.as_bytes(), "{}", rendered.display);
        }
    }
}

#[test]
fn a_parameter_that_does_not_exist_here_stands_for_nothing() {
    let declared = ["momentum".to_owned()];
    let nothing = |_: &str| None;
    let context = RenderContext { declared: &declared, ..context(&nothing) };
    let point = Point(vec![("lr".into(), Value::Float(0.1))]);
    let text = Command::Shell("t ${lr} ${momentum}".to_owned());
    assert_eq!(render(&text, &point, &context).unwrap().argv[2], "t 0.1 ");
    let list = Command::Argv(["t", "--m=${momentum}", "${lr}", "${unknown}"].map(str::to_owned).to_vec());
    let rendered = render(&list, &point, &context).unwrap();
    assert_eq!(rendered.argv, ["t", "0.1"]);
    assert_eq!(rendered.warnings.len(), 1);
}

#[test]
fn extra_names_yield_to_parameters() {
    let nothing = |_: &str| None;
    let context = RenderContext { extra: &[("trial_seed", "42"), ("lr", "no")], ..context(&nothing) };
    let point = Point(vec![("lr".into(), Value::Float(0.1))]);
    let text = Command::Shell("t ${lr} ${trial_seed} $((${trial_seed} % 7))".to_owned());
    assert_eq!(render(&text, &point, &context).unwrap().argv[2], "t 0.1 42 $((42 % 7))");
}

#[test]
fn a_nul_character_is_an_error_and_not_a_shorter_value() {
    let point = Point(vec![("v".into(), Value::Text("a\0b".into()))]);
    assert_eq!(shell("t ${v}", &point), Err(CommandError::Nul("v".into())));
}

#[test]
fn the_json_file_is_asked_for_only_where_it_is_used() {
    let nothing = |_: &str| None;
    let point = Point(vec![("lr".into(), Value::Float(1e-5))]);
    let context = RenderContext { params_file: Some(Path::new("/tmp/p.json")), ..context(&nothing) };
    let list = Command::Argv(["t", "${args_json_file}"].map(str::to_owned).to_vec());
    let rendered = render(&list, &point, &context).unwrap();
    assert_eq!(rendered.argv, ["t", "/tmp/p.json"]);
    assert_eq!(rendered.params_file_json.as_deref(), Some("{\"lr\": 1e-05}"));
    let list = Command::Argv(vec!["t".into()]);
    assert_eq!(render(&list, &point, &context).unwrap().params_file_json, None);
}

/// A value that would leave a file behind wherever the shell read a part of it as code.
const BREAKOUT: &str = "\n touch pwned\n'; touch pwned; '\"; touch pwned; \"$(touch pwned)`touch pwned`\\\n touch pwned\nEOF\n touch pwned\n}) touch pwned; esac; touch pwned; #";

fn shell_text() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::{Strategy as _, prop};
    let pieces = vec![
        "${v}",
        "${v}",
        "${v}",
        "$${v}",
        "\\${v}",
        "\"",
        "'",
        "\"",
        "'",
        "`",
        "$(",
        ")",
        "(",
        "((",
        "$((",
        "))",
        "${A:-",
        "${A#",
        "}",
        "{ ",
        "\\",
        "\n",
        "\n",
        " ",
        " ",
        ";",
        " # ",
        "#",
        "<<EOF",
        "<<'EOF'",
        "<<-EOF",
        "\nEOF\n",
        "|",
        "&&",
        "$A",
        "$",
        "a",
        "a=",
        "printf %s ",
        "case a in a) ",
        ";; esac",
        "if true; then ",
        "; fi",
        "$'",
        "\\'",
        "\\\"",
        "<",
        "=",
        "for i in a; do ",
        "; done",
        "f() { ",
        "[ ",
        " ]",
    ];
    prop::collection::vec(prop::sample::select(pieces), 1..14)
        .prop_map(|pieces| format!("printf %s {}", pieces.concat()))
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, ..Default::default() })]

    #[test]
    fn no_script_lets_a_value_run(script in shell_text()) {
        let point = Point(vec![("v".into(), crate::space::Value::Text(BREAKOUT.to_owned()))]);
        if let Ok(text) = shell(&script, &point) {
            let folder = tempfile::tempdir().unwrap();
            let null = std::process::Stdio::null;
            let _ = Process::new("sh").args(["-c", &text]).current_dir(folder.path())
                .stdin(null()).stdout(null()).stderr(null()).status().unwrap();
            proptest::prop_assert!(!folder.path().join("pwned").exists(), "{script:?} became {text:?}");
        }
    }
}
