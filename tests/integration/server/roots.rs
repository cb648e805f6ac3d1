//! Where files go, and what becomes of a sweep whose files can go nowhere.

use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const CONFIG: &str = "command: 'true'\nmethod: grid\nparameters: {x: {values: [1]}}\n";

#[test]
fn an_init_whose_files_can_go_nowhere_leaves_no_sweep_behind() {
    let folder = tempfile::tempdir().unwrap();
    let server = SweepServer::start(folder.path(), &["--default-artifact-root", "s3://bucket"], &[]);
    let sandbox = Sandbox::tracking(server.url());
    sandbox.file("sweep.yaml", CONFIG);
    let ran = sandbox.run(&["init", "sweep.yaml"]).expect(3);
    assert!(ran.stderr.contains("s3:"), "{}", ran.stderr);
    assert_eq!(sandbox.run(&["list", "--format", "json"]).expect(0).json(), serde_json::json!([]));
    let ran = sandbox.run(&["run"]).expect(2);
    assert!(ran.stderr.contains("no sweep"), "{}", ran.stderr);
}
