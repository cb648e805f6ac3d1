//! Manifests for Kubernetes, held to its published schemas.

use std::process::Command;

use crate::support::sandbox::{Ran, Sandbox};

const VERSIONS: [&str; 3] = ["1.29", "1.33", "1.37"];

#[test]
fn a_manifest_is_valid_for_several_versions_of_kubernetes() {
    let has_validator = Command::new("kubernetes-validate").arg("--help").output().is_ok();
    if !has_validator {
        eprintln!("skipped: no `kubernetes-validate` here (pip install kubernetes-validate)");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nmethod: grid\nparameters: {x: {values: [1]}}\n");
    let small = ["launch", "k8s", "--agents", "2", "--image", "registry.example/a:1", "--print"];
    let more = ["--gpus", "1", "--cpus", "4", "--mem", "16Gi", "--namespace", "ml", "--secret", "login"];
    let last =
        ["--time", "4h", "--max-parallel", "1", "--setup", "echo 'a: \"b\"'", "--env", "NAME=it's: {x}"];
    for words in [small.to_vec(), [&small[..], &more, &last].concat()] {
        let manifest = sandbox.run(&words).expect(0).stdout;
        let file = sandbox.file("job.yaml", &manifest);
        for version in VERSIONS {
            let mut check = Command::new("kubernetes-validate");
            check.args(["--strict", "-k", version]).arg(&file);
            Ran::from(check.output().unwrap()).expect(0);
        }
    }
}
