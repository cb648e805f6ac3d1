//! `sweep launch`: agents on engines, as far as these are here.

mod in_container;
mod on_hosts;
mod on_kubernetes;
mod on_slurm;
mod typed_session;

use serde_json::Value as Json;

use crate::support::sandbox::Sandbox;

/// The launches of the latest sweep.
fn launches(sandbox: &Sandbox) -> Vec<Json> {
    let json = sandbox.run(&["launches", "--format", "json"]).expect(0).json();
    crate::everyday::shapes::assert_shape("launches", &json);
    json.as_array().unwrap().clone()
}
