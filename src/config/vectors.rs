//! Test data: the public vectors, and further files of the same shape in the folder that SWEEP_VECTORS names.

use serde_json::Value as Json;

/// The cases of one kind in all files `NAME.*.json`.
pub fn cases(name: &str, kind: &str) -> Vec<Json> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/config").to_owned();
    let mut cases = Vec::new();
    for folder in [Some(own), std::env::var("SWEEP_VECTORS").ok()].into_iter().flatten() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            if file.starts_with(&format!("{name}.")) && file.ends_with(".json") {
                let data: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
                cases.extend(data[kind].as_array().cloned().unwrap_or_default());
            }
        }
    }
    assert!(!cases.is_empty(), "no vectors {name}.{kind}");
    cases
}
