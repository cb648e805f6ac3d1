//! The layers, read from the table in ARCHITECTURE.md: the only list of them.

use std::collections::BTreeMap;

/// Layer of each module: a higher number may name a lower one.
pub struct Layers(BTreeMap<String, u8>);

impl Layers {
    /// Reads every row `| 2 | `module`, `module` | … |`.
    pub fn read(document: &str) -> Self {
        let mut layers = BTreeMap::new();
        for line in document.lines() {
            let mut cells = line.trim().trim_start_matches('|').split('|');
            let Some(Ok(layer)) = cells.next().map(|cell| cell.trim().parse::<u8>()) else { continue };
            for module in cells.next().unwrap_or_default().split('`').skip(1).step_by(2) {
                let before = layers.insert(module.to_owned(), layer);
                assert!(before.is_none(), "`{module}` stands twice in the table of ARCHITECTURE.md");
            }
        }
        Self(layers)
    }

    pub fn modules(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Modules that `module` names in `text` although they are not in a layer below its own.
    pub fn arrows(&self, module: &str, text: &str) -> Vec<String> {
        let own = self.0.get(module);
        let own = own.unwrap_or_else(|| panic!("`{module}` has no layer: give it one in ARCHITECTURE.md"));
        named(text)
            .into_iter()
            .filter(|name| name != module)
            .filter(|name| self.0.get(name).is_none_or(|other| other >= own))
            .collect()
    }
}

/// The top-level modules that a source text names by `crate::…`, comments left out.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The modules that `src/lib.rs` declares.
pub fn declared(library: &str) -> Vec<&str> {
    let declarations = library.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    let mut modules: Vec<&str> = declarations.collect();
    modules.sort_unstable();
    modules
}
