use super::*;

#[test]
fn lines_in_brackets_and_quotes_are_moved_right_of_their_key() {
    for (text, wanted) in [
        ("a:\n  b: [\n'x'\n  ]\n", "a:\n  b: [\n   'x'\n   ]\n"),
        ("a: {\n}\n", "a: {\n }\n"),
        ("- - [\n]\n", "- - [\n   ]\n"),
        ("a: \"one\n\ntwo\"\nb: 1\n", "a: \"one\n\n two\"\nb: 1\n"),
        ("a: 'it''s\n[x'\n", "a: 'it''s\n [x'\n"),
        ("\"a\": [x\n'y', z\n]\n", "\"a\": [x\n 'y', z\n ]\n"),
    ] {
        assert_eq!(relax(text).unwrap().text, wanted, "{text:?}");
    }
}

#[test]
fn what_only_looks_like_brackets_and_quotes_is_left_as_it_is() {
    for text in [
        "a: |\n  [\n  'x\nb: 1\n",
        "a: # [\n  b: it's\n  c: x[1\nd: 2\n",
        "[\n'x'\n]\n",
        "a: x 'y\nb: 1\n",
        "a: >-\n\n  \"\n\nb: 2\n",
        "- |\n  [\n- >2\n    {\n- x\n",
    ] {
        assert_eq!(relax(text), None, "{text:?}");
    }
}

#[test]
fn a_surrogate_pair_becomes_one_character() {
    let relaxed = relax("{\"a\": \"x\\ud83d\\ude00y\", \"b\": 1}").unwrap();
    assert_eq!(relaxed.text, "{\"a\": \"x\\U0001f600y\", \"b\": 1}");
    assert_eq!((relaxed.original(1, 3), relaxed.original(1, 22), relaxed.original(1, 25)), (3, 24, 27));
    for half in ["\"\\ud83d\"", "\"\\ude00\\ud83d\"", "'\\ud83d\\ude00'", "\"\\\\ud83d\\\\ude00\""] {
        assert_eq!(relax(half), None, "{half}");
    }
}
