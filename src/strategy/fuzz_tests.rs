//! Files that nobody meant to write: nothing may panic or run on for ever on any of them, from the bytes to
//! the commands of the first trials.

use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy;

use super::for_config;
use crate::config::command::{RenderContext, render};
use crate::config::{check, render_findings};
use crate::space::Point;
use crate::trial::TrialIndex;

/// Takes a file all the way, and checks what must hold of every outcome.
fn exercise(bytes: &[u8]) {
    let checked = check(bytes);
    assert_eq!(checked.config.is_some(), checked.errors.is_empty());
    for finding in checked.errors.iter().chain(&checked.warnings).chain(&checked.notes) {
        assert!(finding.line >= 1 && finding.column >= 1 && finding.length >= 1 && !finding.key.is_empty());
        assert!(!finding.message.is_empty());
    }
    let screen = render_findings("sweep.yaml", &String::from_utf8_lossy(bytes), &checked, false);
    assert_eq!(
        screen.is_empty(),
        checked.errors.is_empty() && checked.warnings.is_empty() && checked.notes.is_empty()
    );
    let Some(config) = checked.config else { return };
    let Ok(strategy) = for_config(&config, 1) else { return };
    let declared = config.parameter_names();
    let nothing = |_: &str| None;
    let context = RenderContext {
        program: config.program.as_deref(),
        environment: &nothing,
        extra: &[],
        params_file: None,
        declared: &declared,
    };
    for k in [0, 1, 7] {
        if let Ok(Some(point)) = strategy.point(TrialIndex(k)) {
            let _ = render(&config.command, &point, &context);
            assert_eq!(Point::from_json(&point.to_json()).map(|p| p.0.len()), Some(point.0.len()));
        }
    }
}

fn valid_files() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/config/configs.public.json");
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of = |kind: &str| -> Vec<String> {
        file[kind].as_array().unwrap().iter().map(|case| case["yaml"].as_str().unwrap().to_owned()).collect()
    };
    let own = "command: |\n  x=`date` && python t.py \"${a}\" '${b.c}' ${raw:d} # ${a}\nmethod: grid\nzip: [[a, d]]\nconstraints: [\"a < b.c or d == 'x'\"]\npoints: [{a: 1, b: {c: 2}, d: y}]\nseed: 3\nenv: {A: yes}\norder: shuffled\nmax_duration: 4h\nparameters:\n  a: {values: [1, 2]}\n  b: {parameters: {c: {min: 1, max: 5, when: {a: 1}}}}\n  d: {values: [x, y]}\n";
    [of("valid"), of("invalid"), vec![own.to_owned()]].concat()
}

#[derive(Debug, Clone)]
enum SpaceEdit {
    Delete(usize, usize),
    Insert(usize, String),
    Swap(usize, usize),
    Repeat(usize, usize),
}

fn edits() -> impl Strategy<Value = SpaceEdit> {
    let piece = prop_oneof![
        "[-\\[\\]{}:,#&*!|>'\"%@` \\n\\ta-z0-9.$()<]{1,6}",
        prop::sample::select(vec![
            "&a ",
            "*a",
            "<<: *a",
            "!!float ",
            "1e999",
            "-1e-400",
            ".nan",
            ".inf",
            "null",
            "~",
            "${",
            "$((",
            "$(",
            "`",
            "\\",
            "---\n",
            "170141183460469231731687303715884105728",
            "0x",
            "values: []",
            "when: {a: [1, {}]}",
            "parameters: ",
            "q: 1e-300",
            "distribution: q_log_normal",
            "min: -1e308",
            "max: 1e308",
            "\u{0}",
            "\u{feff}",
            "🎉",
            "<<EOF\n",
            "case x in",
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        (any::<usize>(), 1usize..12).prop_map(|(at, n)| SpaceEdit::Delete(at, n)),
        (any::<usize>(), piece).prop_map(|(at, text)| SpaceEdit::Insert(at, text)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| SpaceEdit::Swap(a, b)),
        (any::<usize>(), 1usize..40).prop_map(|(at, n)| SpaceEdit::Repeat(at, n)),
    ]
}

fn apply(text: &str, edits: &[SpaceEdit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for edit in edits {
        let n = chars.len().max(1);
        match edit {
            SpaceEdit::Delete(at, count) => {
                let from = (at % n).min(chars.len());
                let to = (from + count).min(chars.len());
                chars.drain(from..to);
            }
            SpaceEdit::Insert(at, text) => {
                let from = (at % n).min(chars.len());
                chars.splice(from..from, text.chars());
            }
            SpaceEdit::Swap(a, b) if !chars.is_empty() => chars.swap(a % n, b % n),
            SpaceEdit::Swap(..) => {}
            SpaceEdit::Repeat(at, count) => {
                let from = (at % n).min(chars.len());
                let to = (from + count).min(chars.len());
                let piece: Vec<char> = chars[from..to].to_vec();
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&bytes);
    }

    #[test]
    fn any_text_of_yaml_characters_is_survived(text in "[-\\[\\]{}:,#&*!|>'\"%@` \\n\\r\\ta-c0-9.?~<$()=_]{0,120}") {
        exercise(text.as_bytes());
    }

    #[test]
    fn damaged_files_are_survived(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(edits(), 1..6),
    ) {
        let files = valid_files();
        let file: &String = which.get(&files);
        exercise(apply(file, &changes).as_bytes());
    }

    #[test]
    fn any_command_is_survived_and_its_raw_form_is_a_plain_replacement(template in "[-a ${}()'\"`\\\\#<>;\\nE=x]{0,60}") {
        let point = Point(vec![("x".into(), crate::space::Value::Text("v'\"$w".into()))]);
        let nothing = |_: &str| None;
        let context = RenderContext { program: None, environment: &nothing, extra: &[], params_file: None, declared: &[] };
        let raw = template.replace("${x}", "${raw:x}");
        let rendered = render(&crate::config::Command::Shell(raw.clone()), &point, &context).unwrap();
        prop_assert_eq!(&rendered.argv[2], &raw.replace("${raw:x}", "v'\"$w"));
        let _ = render(&crate::config::Command::Shell(template), &point, &context);
    }
}

#[test]
fn large_hostile_files_end_soon() {
    let head = "program: t.py\nmethod: random\n";
    let many = |piece: &str, n: usize| piece.repeat(n);
    let mut files = vec![
        many("[", 1 << 20),
        many("{a: ", 100_000),
        many("- ", 500_000),
        many("a: ", 300_000),
        many("? ", 300_000),
        many("a: 1\n", 200_000),
        many("- yes\n", 99_000),
        many("&a ", 300_000),
        many("'", 1 << 20),
        many("a\n", 500_000),
        many("\t", 1 << 20),
        many("!a ", 300_000),
        many("#", 1 << 20),
        format!("{head}parameters: {{x: {{values: [{}]}}}}\n", many("1,", 90_000)),
        format!(
            "{head}parameters:\n{}",
            (0..30_000).map(|i| format!("  p{i}: {{value: 1}}\n")).collect::<String>()
        ),
        (0..60_000).map(|i| format!("key{i}: 1\n")).collect(),
        format!(
            "{head}parameters: {{x: {{{}}}}}\n",
            (0..30_000).map(|i| format!("key{i}: 1,")).collect::<String>()
        ),
        format!("{head}constraints: [{}]\nparameters: {{x: {{value: 1}}}}\n", many("y < 1,", 60_000)),
        format!("{head}zip: [[{}]]\nparameters: {{x: {{value: 1}}}}\n", many("y,", 90_000)),
        format!(
            "command: \"{}\"\nparameters: {{x: {{values: ['a b']}}}}\n",
            many("${x} `${x}` ${y} ", 6_000)
        ),
        format!(
            "command: \"{}\"\nparameters: {{x: {{values: ['a b']}}}}\n",
            many("${x} `${x}` ${y} ", 60_000)
        ),
        format!("command: [{}]\nparameters: {{x: {{values: ['a b']}}}}\n", many("'${x} ${y}',", 60_000)),
        format!("x: &a [{}]\ny: [{}]\n", many("1,", 300), many("*a,", 100_000)),
        format!("name: {}\nprogram: a\n", many("é", 500_000)),
    ];
    let names: Vec<String> = (0..1900).map(|i| format!("p{i}")).collect();
    let chain = |i: usize| if i == 0 { String::new() } else { format!(", when: {{p{}: 1}}", i - 1) };
    files.push(format!(
        "{head}parameters:\n{}",
        names
            .iter()
            .enumerate()
            .map(|(i, n)| format!("  {n}: {{values: [1, 2]{}}}\n", chain(i)))
            .collect::<String>()
    ));
    files.push(format!(
        "command: x\npoints: [{}]\nparameters:\n{}",
        many(&format!("{{{}}},", names[..200].iter().map(|n| format!("{n}: 3,")).collect::<String>()), 200),
        names[..200]
            .iter()
            .map(|n| format!("  {n}: {{values: [{}]}}\n", many("1,2,", 50)))
            .collect::<String>()
    ));
    for file in files {
        exercise(file.as_bytes());
    }
}
