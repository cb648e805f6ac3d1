//! The example that runs on every machine with a shell and awk, as the program carries it.

/// The sweep file of the repository, which runs its script from the top.
const SWEEP_FILE: &str = include_str!("../../sweep_config.example.yaml");
/// Where the repository has the script.
const IN_REPOSITORY: &str = "sh examples/diabetes/train.sh";
/// Where the example has it.
const BESIDE: &str = "sh train.sh";

/// A file of the example.
#[derive(Debug, Clone, Copy)]
pub struct ExampleFile {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub text: &'static str,
}

/// What lies beside the sweep file.
pub const EXAMPLE_FILES: [ExampleFile; 2] = [
    ExampleFile { name: "train.sh", text: include_str!("../../examples/diabetes/train.sh") },
    ExampleFile { name: "diabetes.csv", text: include_str!("../../examples/diabetes/diabetes.csv") },
];

/// The sweep file of the example; its script is in the same folder.
#[must_use]
pub fn example_sweep_file() -> String {
    // The first line tells how to run it from a clone.
    let (_, rest) = SWEEP_FILE.split_once('\n').unwrap_or_default();
    let rest = rest.replace(IN_REPOSITORY, BESIDE);
    format!("# Written by `sweep new --example`. It runs as it stands, here: sweep start sweep.yaml\n{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_names_the_script_beside_it_and_has_no_errors() {
        assert!(SWEEP_FILE.contains(IN_REPOSITORY));
        let text = example_sweep_file();
        assert!(text.contains(BESIDE) && !text.contains("examples/") && !text.contains("cargo"), "{text}");
        let checked = crate::config::check(text.as_bytes());
        assert!(checked.errors.is_empty() && checked.warnings.is_empty(), "{checked:?}");
    }
}
