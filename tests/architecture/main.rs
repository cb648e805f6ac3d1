//! Holds the layers: a module names only modules in a layer below its own, its files do not need each other in circles,
//! no verb names another, and a type that others can name has a name of its own.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

mod circles;
mod layers;
mod source;
mod unique_names;

use std::fs;
use std::path::Path;

use circles::Files;
use layers::Layers;
use source::Source;

const TABLE: &str = "| layer | module |\n|---|---|\n| 2 | `cli` |\n| 1 | `ui`, `report` |\n| 0 | `space` |";

/// Each Rust file below `src`: its path from there, with `/`, and its text.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inner = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((inner, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 20, "the source is not where it was looked for");
    found
}

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    Files::read(files.iter().copied()).circles()
}

#[test]
fn no_module_names_one_in_its_own_layer_or_above() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let layers = Layers::read(&fs::read_to_string(document).unwrap());
    let mut arrows = Vec::new();
    for (file, text) in sources() {
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        if module == "lib" {
            let tests = Source::read(&text).test_modules;
            let mut declared = layers::declared(&text);
            declared.retain(|module| !tests.iter().any(|test| test == module));
            assert_eq!(declared, layers.modules(), "modules of the crate and of ARCHITECTURE.md");
        } else if module != "main" {
            arrows
                .extend(layers.arrows(module, &text).into_iter().map(|name| format!("{file} names {name}")));
        }
    }
    assert!(arrows.is_empty(), "arrows that lead up or sideways:\n{}", arrows.join("\n"));
}

#[test]
fn an_upward_or_sideways_arrow_would_be_found() {
    let layers = Layers::read(TABLE);
    assert_eq!(layers.modules(), ["cli", "report", "space", "ui"]);
    assert_eq!(layers.arrows("report", "use crate::ui::Ui;\nuse crate::space::Point;"), ["ui"]);
    assert_eq!(layers.arrows("space", "fn f(x: crate::ui::Ui) {}"), ["ui"]);
    assert!(layers.arrows("cli", "// crate::nothing\nuse crate::ui::Ui;").is_empty());
    assert_eq!(layers::declared("pub mod b;\nmod a;\nuse c;"), ["a", "b"]);
}

#[test]
fn no_files_of_a_module_need_each_other() {
    let sources = sources();
    let circles = Files::read(sources.iter().map(|(path, text)| (path.as_str(), text.as_str()))).circles();
    assert!(
        circles.is_empty(),
        "{} circles; move what they share to a file that names neither:\n{}",
        circles.len(),
        circles.join("\n\n")
    );
}

#[test]
fn no_verb_names_another() {
    let sources = sources();
    let files = Files::read(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let crossings = files.crossings("commands", "shared");
    assert!(
        crossings.is_empty(),
        "what several verbs need stands in commands/shared, which names no verb:
{}",
        crossings.join(
            "
"
        )
    );
}

#[test]
fn a_verb_that_names_another_would_be_found() {
    let crossings = |files: &[(&str, &str)]| Files::read(files.iter().copied()).crossings("c", "shared");
    let facade = (
        "c/mod.rs",
        "mod a;
mod b;
mod shared;
pub use shared::noun::Noun;",
    );
    let noun = ("c/shared/noun.rs", "pub struct Noun;");
    let shared = ("c/shared/mod.rs", "pub mod noun;");
    let good = [
        (
            "c/a.rs",
            "use super::Noun;
use part::P;",
        ),
        ("c/a/part.rs", "use super::super::shared::noun::N;"),
    ];
    assert_eq!(crossings(&[facade, shared, noun, good[0], good[1], ("c/b.rs", "")]), [""; 0]);
    assert_eq!(
        crossings(&[
            facade,
            noun,
            (
                "c/a.rs",
                "use super::b;
fn f() { b::g() }"
            ),
            ("c/b.rs", "pub fn g() {}")
        ]),
        ["c::a → c::b (g)"]
    );
    assert_eq!(
        crossings(&[
            facade,
            ("c/shared/noun.rs", "use crate::c::a::A;"),
            ("c/a.rs", "struct A;"),
            ("c/b.rs", "")
        ]),
        ["c::shared::noun → c::a (A)"]
    );
}

#[test]
fn a_circle_would_be_found() {
    let direct = circles(&[("m/a.rs", "use super::b::{B, other};"), ("m/b.rs", "fn f() -> super::a::A {}")]);
    assert_eq!(direct, ["  m::a → m::b (B, other)\n  m::b → m::a (A)"]);
    let parent = circles(&[("m/mod.rs", "mod a;\nfn f() { a::g() }"), ("m/a.rs", "use super::Noun;")]);
    assert_eq!(parent, ["  m → m::a (g)\n  m::a → m (Noun)"]);
    let long = [("m/a.rs", "use super::b::B;"), ("m/b.rs", "use crate::m::c;\nfn f(c: c::C) {}")];
    let facade = ("m/mod.rs", "mod a;\nmod b;\nmod c;");
    assert_eq!(circles(&[facade, long[0], long[1], ("m/c.rs", "use super::a::A as B;")]).len(), 1);
    assert_eq!(circles(&[facade, long[0], long[1], ("m/c.rs", "use super::super::n::N;")]), [""; 0]);
}

#[test]
fn a_name_that_is_handed_on_counts_where_it_stands() {
    let children = [("m/a.rs", "use super::Noun;"), ("m/noun.rs", "pub struct Noun;")];
    assert_eq!(
        circles(&[("m/mod.rs", "pub use a::A;\npub use noun::Noun;"), children[0], children[1]]),
        [""; 0]
    );
    let back = ("m/noun.rs", "use super::A;");
    assert_eq!(circles(&[("m/mod.rs", "pub use a::A;\npub use noun::Noun;"), children[0], back]).len(), 1);
}

#[test]
fn comments_texts_and_tests_make_no_circle() {
    let quiet = "// super::b::B\n/* super::b::B */ const T: &str = \"super::b::B\"; const R: &str = r#\"super::b::\"B\"#;
        #[cfg(test)]\n#[path = \"x\"]\nmod tests { use super::super::b::B; fn f() { ('{', '\\'') } }
        #[cfg(test)]\nmod double;";
    let files =
        [("m/a.rs", quiet), ("m/a/double.rs", "use super::super::b::B;"), ("m/b.rs", "use super::a::A;")];
    assert_eq!(circles(&files), [""; 0]);
    let loud = format!("{quiet}\nfn f<'a>(b: &'a super::b::B) {{}}");
    assert_eq!(circles(&[("m/a.rs", &loud), files[2]]).len(), 1);
}

#[test]
fn clap_is_named_in_cli_alone_and_only_main_exits() {
    for (file, text) in sources() {
        assert!(file.starts_with("cli/") || !text.contains("clap::"), "{file} names clap");
        assert!(!text.contains("process::exit"), "{file} ends the process");
    }
}

#[test]
fn a_type_name_means_one_thing_in_the_whole_crate() {
    let sources = sources();
    let repeated = unique_names::repeated(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    assert!(
        repeated.is_empty(),
        "{} names of types mean several things:\n{}",
        repeated.len(),
        repeated.join("\n")
    );
}

#[test]
fn a_type_name_that_is_used_twice_would_be_found() {
    let twice = [
        ("a.rs", "pub struct Noun;\nstruct Own;\npub enum A {}"),
        ("b.rs", "pub(in crate::b) trait Noun {}\nstruct Own;\npub(super) type B = u8;"),
        ("c.rs", "// pub struct A;\n#[cfg(test)]\nmod tests { pub struct B; }\npub fn a() {}"),
    ];
    assert_eq!(unique_names::repeated(twice), ["Noun: a.rs, b.rs"]);
}
