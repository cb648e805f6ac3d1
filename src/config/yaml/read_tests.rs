//! The YAML vectors, and what must be refused.

use super::*;
use crate::config::vectors::cases;

fn value_of(document: &str) -> Value {
    read(document.as_bytes()).unwrap().root.unwrap().to_value()
}

#[test]
fn every_scalar_vector_is_read_as_it_says() {
    for case in cases("yaml", "scalars") {
        let scalar = case["scalar"].as_str().unwrap();
        let document = read(format!("v: {scalar}\n").as_bytes()).unwrap();
        let Value::Map(entries) = document.root.unwrap().to_value() else { panic!("{scalar}") };
        let expected = match case["type"].as_str().unwrap() {
            "str" => Value::Text(case["value"].as_str().unwrap().to_owned()),
            _ => Value::from_json(&case["value"]),
        };
        assert_eq!(format!("{:?}", entries[0].1), format!("{expected:?}"), "{scalar}");
        let codes: Vec<_> = document.remarks.iter().map(|remark| remark.code).collect();
        if let Some(code) = case["warn"].as_str() {
            assert_eq!(codes, [code], "{scalar}");
        }
    }
}

#[test]
fn every_document_vector_is_read_as_it_says() {
    let mut wrong = Vec::new();
    for case in cases("yaml", "documents") {
        let text = case["document"].as_str().unwrap();
        match read(text.as_bytes()) {
            Ok(document) => {
                let value = document.root.map_or(Value::Null, |root| root.to_value());
                if !value.same_as(&Value::from_json(&case["value"])) {
                    wrong.push(format!("{text}\n=> {value:?}\nnot {}", case["value"]));
                }
            }
            Err(error) => wrong.push(format!("{text}\n=> {error:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_bad_vector_is_refused() {
    for case in cases("yaml", "bad") {
        let text = case["document"].as_str().unwrap();
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn further_unreadable_documents_are_refused() {
    for text in [
        "a:\n\tb: 1\n",
        "\ta: 1\n",
        "a: [1,\n\t2]\n",
        "a:\n  \tb\n",
        "a: !foo 1\n",
        "a: !!python/object:os.system x\n",
        "a: &x [*x]\n",
        "a: b: c\n",
        "? [a]\n: b\n",
        "a: 1\n b: 2\n",
        "<<: 3\n",
        "a: {b: 1\n",
        "a: \"\\q\"\n",
        "a: 1\0b: 2\n",
        "a: %x\n",
        "v: !!int abc\n",
    ] {
        assert!(read(text.as_bytes()).is_err(), "{text:?}");
    }
    assert!(read(b"a: \xff\n").is_err());
}

#[test]
fn further_scalars_are_read_as_yaml_1_1_reads_them() {
    for (text, expected) in [
        ("1_000", Value::Int(1000)),
        ("1:30", Value::Int(90)),
        ("12:30:45", Value::Int(45045)),
        ("1:30.5", Value::Float(90.5)),
        ("08", Value::Text("08".into())),
        ("0o17", Value::Text("0o17".into())),
        ("1.0e+2", Value::Float(100.0)),
        ("-017", Value::Int(-15)),
        ("1:99", Value::Text("1:99".into())),
        ("1e", Value::Text("1e".into())),
        (".", Value::Text(".".into())),
        ("=", Value::Text("=".into())),
        ("._5", Value::Text("._5".into())),
        ("1__0.5", Value::Float(10.5)),
        ("0x", Value::Text("0x".into())),
        ("9223372036854775808", Value::Int(9_223_372_036_854_775_808)),
    ] {
        assert_eq!(value_of(&format!("[{text}]\n")), Value::List(vec![expected]), "{text}");
    }
}

#[test]
fn places_are_counted_in_characters_from_one() {
    let root = read("é: 1\nparameters:\n  ü: [1, bé, 'x y']\n".as_bytes()).unwrap().root.unwrap();
    let NodeKind::Mapping(entries) = root.kind else { panic!("no mapping") };
    let NodeKind::Mapping(inner) = &entries[1].value.kind else { panic!("no mapping") };
    assert_eq!(inner[0].key.span, Span { line: 3, column: 3, length: 1 });
    let NodeKind::Sequence(items) = &inner[0].value.kind else { panic!("no list") };
    assert_eq!(items[1].span, Span { line: 3, column: 10, length: 2 });
    assert_eq!(items[2].span, Span { line: 3, column: 14, length: 5 });
}

#[test]
fn own_keys_win_over_merged_ones_wherever_they_stand() {
    let text = "a: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\nc: {x: 9, <<: [*a, *b], z: 5}\n";
    let Value::Map(entries) = value_of(text) else { panic!("no mapping") };
    let expected = Value::Map(vec![
        ("x".into(), Value::Int(9)),
        ("y".into(), Value::Int(2)),
        ("z".into(), Value::Int(5)),
    ]);
    assert_eq!(entries[2].1, expected);
}

#[test]
fn a_repeated_key_keeps_the_last_value_and_is_remarked() {
    let document = read(b"a: 1\nb: 2\na: 3\n").unwrap();
    assert_eq!(document.remarks[0].code, "duplicate-key");
    assert_eq!(document.remarks[0].span.line, 3);
    let expected = Value::Map(vec![("a".into(), Value::Int(3)), ("b".into(), Value::Int(2))]);
    assert_eq!(document.root.unwrap().to_value(), expected);
}

#[test]
fn aliases_can_not_blow_the_document_up() {
    let mut text = String::from("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
    for i in 1..12 {
        let item = format!("*a{}", i - 1);
        text += &format!("a{i}: &a{i} [{}]\n", vec![item; 10].join(","));
    }
    let error = read(text.as_bytes()).unwrap_err();
    assert!(error.message.contains("more than 100000"), "{}", error.message);
}

#[test]
fn deep_nesting_is_refused_before_it_hurts() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let text = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        assert!(read(text.as_bytes()).is_err(), "{open}");
    }
    let mut text = String::from("a0: &a0 [1]\n");
    for i in 1..70 {
        text += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    assert!(read(text.as_bytes()).unwrap_err().message.contains("levels deep"));
}
