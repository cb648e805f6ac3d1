//! What a release is made of, as far as it can be checked without one: YAML is read, files and versions that are named
//! exist and agree, scripts do what they say on a release in a directory.

// What goes wrong here is meant to panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest as _, Sha256};

/// Files that are read by programs which are not here, all of them YAML.
const YAML: [&str; 5] = [
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    "action.yml",
    "packaging/conda/recipe.yaml",
    "CITATION.cff",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The scripts in `packaging/`.
fn scripts() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("packaging")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "sh")).collect()
}

#[test]
fn the_yaml_of_workflows_action_recipe_and_citation_can_be_read() {
    for name in YAML {
        let text = read(name);
        let mut events = 0;
        for event in saphyr_parser::Parser::new_from_str(&text) {
            event.unwrap_or_else(|error| panic!("{name}: {error}"));
            events += 1;
        }
        assert!(events > 20, "{name}");
    }
}

#[test]
fn scripts_can_be_read_by_their_shell_and_run() {
    let scripts = scripts();
    assert!(scripts.len() >= 6);
    for script in scripts {
        let text = std::fs::read_to_string(&script).unwrap();
        let shell = if text.starts_with("#!/bin/sh") { "sh" } else { "bash" };
        assert!(
            Command::new(shell).arg("-n").arg(&script).status().unwrap().success(),
            "{}",
            script.display()
        );
        let mode = std::os::unix::fs::PermissionsExt::mode(&script.metadata().unwrap().permissions());
        assert_eq!(mode & 0o111, 0o111, "{} is not executable", script.display());
    }
}

#[test]
fn files_that_are_named_exist() {
    let mut named = 0;
    let pages =
        ["Containerfile", "CONTRIBUTING.md", "SECURITY.md", "pyproject.toml", "docs/install.md", ".ci/run"];
    for name in YAML.into_iter().chain(pages) {
        let text = read(name);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"./_-".contains(c));
        for word in words.map(|word| word.trim_end_matches(['.', ',']).trim_start_matches("./")) {
            if ["packaging/", "docs/", ".ci/", "python/", "examples/"]
                .iter()
                .any(|folder| word.starts_with(folder))
            {
                assert!(root().join(word).exists(), "{name} names {word}");
                named += 1;
            }
        }
    }
    assert!(named >= 20, "{named}");
}

#[test]
fn the_second_name_of_the_command_is_a_script_of_the_wheel() {
    let project = read("pyproject.toml");
    let script = read(&format!("{}/scripts/sweepml", between(&project, "\ndata = \"", "\"")));
    // What an installer replaces by the path of its Python.
    assert!(script.starts_with("#!python\n"), "{script}");
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no `{before}`"));
    rest.split_once(after).unwrap().0
}

#[test]
fn versions_and_names_agree() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(between(&read("python/sweepml/__init__.py"), "__version__ = \"", "\""), version);
    assert_eq!(between(&read("CITATION.cff"), "\nversion: ", "\n"), version);
    let project = read("pyproject.toml");
    assert_eq!(between(&project, "\nname = \"", "\""), "sweepml");
    assert!(project.contains("dynamic = [\"version\"]"), "the version of the wheel is that of Cargo.toml");
    assert_eq!(between(&read("packaging/conda/recipe.yaml"), "\n  name: ", "\n"), "sweepml");
    assert_eq!(
        between(&project, "requires = [\"maturin", "\""),
        between(&read("packaging/conda/recipe.yaml"), "- maturin ", "\n")
    );
    let rust = env!("CARGO_PKG_RUST_VERSION");
    assert!(
        read("Containerfile").contains(&format!("/rust:{rust}-")),
        "Containerfile builds with another Rust"
    );
    assert!(read(".github/workflows/ci.yml").contains(&format!("rust-toolchain@{rust}\n")));
    for page in ["README.md", "docs/install.md", "CONTRIBUTING.md"] {
        assert!(read(page).contains(&format!("Rust {rust} or newer")), "{page}");
    }
}

/// A release in a directory, as `install.sh` finds it: an archive of a `sweep` that prints its version, and checksums.
struct Release {
    folder: tempfile::TempDir,
}

const VERSION: &str = "9.8.7";

impl Release {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("sweep-{VERSION}-{}-unknown-linux-gnu", std::env::consts::ARCH);
        let inside = folder.path().join(&name);
        std::fs::create_dir_all(inside.join("man")).unwrap();
        std::fs::write(inside.join("sweep"), format!("#!/bin/sh\necho sweep {VERSION}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(inside.join("sweep"), mode).unwrap();
        std::fs::write(inside.join("man/sweep.1"), "a page").unwrap();
        let downloads = folder.path().join(format!("releases/download/v{VERSION}"));
        std::fs::create_dir_all(&downloads).unwrap();
        let archive = downloads.join(format!("{name}.tar.gz"));
        let packed =
            Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(folder.path()).arg(&name).status();
        assert!(packed.unwrap().success());
        let digest = Sha256::digest(std::fs::read(&archive).unwrap());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(downloads.join("SHA256SUMS"), format!("{digest}  {name}.tar.gz\n")).unwrap();
        Self { folder }
    }

    /// Changes the archive after its checksum was taken.
    fn tampered(self) -> Self {
        let downloads = self.folder.path().join(format!("releases/download/v{VERSION}"));
        let archive = std::fs::read_dir(downloads).unwrap().map(|entry| entry.unwrap().path());
        let archive =
            archive.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap();
        let mut bytes = std::fs::read(&archive).unwrap();
        bytes.push(0);
        std::fs::write(archive, bytes).unwrap();
        self
    }

    fn install(&self) -> Output {
        Command::new("sh")
            .arg(root().join("packaging/install.sh"))
            .arg(VERSION)
            .env("SWEEP_REPOSITORY", format!("file://{}", self.folder.path().display()))
            .env("SWEEP_PREFIX", self.folder.path().join("prefix"))
            .output()
            .unwrap()
    }

    fn installed(&self) -> bool {
        self.folder.path().join("prefix/bin/sweep").exists()
    }
}

#[test]
fn the_installer_puts_the_binary_of_a_release_and_its_manual_into_the_prefix() {
    let release = Release::new();
    let ran = release.install();
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(printed.contains(&format!("Installed sweep {VERSION} in ")), "{printed}");
    assert!(release.installed() && release.folder.path().join("prefix/share/man/man1/sweep.1").exists());
}

#[test]
fn the_installer_refuses_an_archive_with_another_checksum() {
    let release = Release::new().tampered();
    let ran = release.install();
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("the checksum of sweep-"), "{ran:?}");
    assert!(!release.installed());
}

#[test]
fn a_release_fills_in_its_address_version_and_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    std::fs::write(folder.path().join(format!("sweep-{version}-source.tar.gz")), "").unwrap();
    let script = root().join("packaging/fill.sh");
    let address = "https://example.org/team/sweep";
    assert!(Command::new(script).arg(address).arg(folder.path()).status().unwrap().success());
    for name in ["install.sh", "sweepml.rb", "recipe.yaml"] {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(text.contains(address) && text.contains(version), "{name}");
        assert!(
            !text.contains("@REPOSITORY@") && !text.contains("@VERSION@") && !text.contains("@SHA256@"),
            "{name}"
        );
    }
    let recipe = std::fs::read_to_string(folder.path().join("recipe.yaml")).unwrap();
    let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(recipe.contains(of_nothing), "{recipe}");
}
