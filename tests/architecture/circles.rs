//! Which files of a module need each other in a circle.
//!
//! A file needs the file in which a name stands, not the ones that hand the name on: `pub use child::Name` in a `mod.rs`
//! is no arrow unless the `mod.rs` uses the name itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Source;

/// A module by its path from the crate's root: `["record", "ledger"]`.
type Module = Vec<String>;

/// The program's files by the modules that they are.
pub struct Files(BTreeMap<Module, Source>);

impl Files {
    /// Of (path below `src`, text). Files that are compiled for tests only are left out.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all: BTreeMap<Module, Source> =
            files.into_iter().map(|(path, text)| (module_of(path), Source::read(text))).collect();
        let tests: Vec<Module> = all
            .iter()
            .flat_map(|(module, source)| source.test_modules.iter().map(|name| child(module, name)))
            .collect();
        all.retain(|module, _| {
            !module.last().is_some_and(|name| name.ends_with("tests"))
                && !tests.iter().any(|test| module.starts_with(test))
        });
        Self(all)
    }

    /// The circles inside of modules, each as the arrows between its files.
    pub fn circles(&self) -> Vec<String> {
        let arrows: BTreeMap<&Module, BTreeMap<Module, BTreeSet<String>>> =
            self.0.iter().map(|(module, source)| (module, self.arrows(module, source))).collect();
        let reach: BTreeMap<&Module, BTreeSet<&Module>> =
            arrows.keys().map(|module| (*module, reachable(module, &arrows))).collect();
        let mut circles = Vec::new();
        let mut seen: BTreeSet<&Module> = BTreeSet::new();
        for (module, others) in &reach {
            if !others.contains(module) || seen.contains(module) {
                continue;
            }
            let members: BTreeSet<&Module> =
                others.iter().copied().filter(|other| reach[other].contains(module)).collect();
            seen.extend(&members);
            let mut lines = Vec::new();
            for member in &members {
                for (target, names) in arrows[member].iter().filter(|(target, _)| members.contains(target)) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    lines.push(format!(
                        "  {} → {} ({})",
                        member.join("::"),
                        target.join("::"),
                        names.join(", ")
                    ));
                }
            }
            circles.push(lines.join("\n"));
        }
        circles
    }

    /// What the parts of a module need of each other, where they may need nothing but `shared`, and `shared` nothing of
    /// them. A part is a file or a folder of the module.
    pub fn crossings(&self, module: &str, shared: &str) -> Vec<String> {
        let mut crossings = Vec::new();
        for (file, source) in &self.0 {
            let [top, part, ..] = file.as_slice() else { continue };
            if top != module {
                continue;
            }
            for (target, names) in self.arrows(file, source) {
                let other = target.get(1);
                if other != Some(part) && other.is_none_or(|other| other != shared) {
                    let names: Vec<String> = names.into_iter().collect();
                    crossings.push(format!(
                        "{} → {} ({})",
                        file.join("::"),
                        target.join("::"),
                        names.join(", ")
                    ));
                }
            }
        }
        crossings
    }

    /// The other files of its top-level module that a file needs, with the names that it needs of them.
    fn arrows(&self, module: &Module, source: &Source) -> BTreeMap<Module, BTreeSet<String>> {
        let imports =
            source.imports.iter().filter(|import| !import.public || source.names.contains(&import.name));
        let mut arrows: BTreeMap<Module, BTreeSet<String>> = BTreeMap::new();
        for path in imports.map(|import| &import.path).chain(&source.paths) {
            if let Some((target, name)) = self.home(module, path, 0)
                && target != *module
                && target.first() == module.first()
            {
                arrows.entry(target).or_default().insert(name);
            }
        }
        arrows
    }

    /// The file in which the thing stands that `module` means by `path`, and its name there.
    /// `None`: a module as such, a thing of the file's own, or of another crate.
    fn home(&self, module: &Module, path: &[String], steps: u8) -> Option<(Module, String)> {
        let (first, rest) = path.split_first()?;
        let mut at = module.clone();
        let mut rest = rest;
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
                while let Some((next, behind)) = rest.split_first()
                    && next == "super"
                {
                    at.pop();
                    rest = behind;
                }
            }
            _ => rest = path,
        }
        let relative = rest.len() == path.len();
        for (place, name) in rest.iter().enumerate() {
            let inner = child(&at, name);
            if self.0.contains_key(&inner) {
                at = inner;
            } else if relative && place == 0 {
                let import = self.import(&at, name)?;
                return self.behind(&at, import, &rest[1..], steps);
            } else {
                return match self.import(&at, name) {
                    Some(import) if name != "*" => self.behind(&at, import, &rest[place + 1..], steps),
                    _ => Some((at, name.clone())),
                };
            }
        }
        None
    }

    fn import(&self, module: &Module, name: &str) -> Option<&[String]> {
        let imports = &self.0.get(module)?.imports;
        imports.iter().find(|import| import.name == name).map(|import| import.path.as_slice())
    }

    fn behind(
        &self,
        module: &Module,
        import: &[String],
        rest: &[String],
        steps: u8,
    ) -> Option<(Module, String)> {
        // `use nix::nix;` would lead on for ever.
        (steps < 8).then(|| self.home(module, &[import, rest].concat(), steps + 1))?
    }
}

fn reachable<'a>(
    from: &Module,
    arrows: &'a BTreeMap<&'a Module, BTreeMap<Module, BTreeSet<String>>>,
) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut ahead: Vec<&Module> = arrows[from].keys().collect();
    while let Some(next) = ahead.pop() {
        if found.insert(next) {
            ahead.extend(arrows[next].keys());
        }
    }
    found
}

fn module_of(path: &str) -> Module {
    let mut names: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    if names == ["lib"] {
        names.clear();
    }
    names
}

fn child(module: &[String], name: &str) -> Module {
    [module, &[name.to_owned()]].concat()
}
