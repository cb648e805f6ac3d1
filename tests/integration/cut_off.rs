//! A machine whose network is cut while its agent runs a trial: both go on, and nothing counts twice.

use crate::support::agent::{AgentProcess, file_in, until};
use crate::support::network::Machine;
use crate::support::outcome::{Outcome, embedded};
use crate::support::sandbox::Sandbox;
use crate::support::sweep_server::SweepServer;

const LOGIN: [(&str, &str); 2] = [("SWEEP_SERVER_USERNAME", "ada"), ("SWEEP_SERVER_PASSWORD", "lovelace")];
const CREDENTIALS: [(&str, &str); 2] =
    [("MLFLOW_TRACKING_USERNAME", "ada"), ("MLFLOW_TRACKING_PASSWORD", "lovelace")];

/// Each attempt says that it began, and waits for a file of its own.
const WAITING: &str = "\
command: 'echo began >> attempt-$SWEEP_ATTEMPT; while [ ! -e go-$SWEEP_ATTEMPT ]; do sleep 0.02; done; echo loss=$SWEEP_ATTEMPT'
method: grid
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
parameters: {x: {values: [1]}}
";

/// One trial on a server that two machines reach, of which one can be cut off.
struct Story {
    machine: Machine,
    folder: Sandbox,
    _server: SweepServer,
    sandbox: Sandbox,
    id: String,
}

impl Story {
    fn begin(number: u8) -> Option<Self> {
        let machine = Machine::new(number)?;
        let folder = Sandbox::new();
        let server = SweepServer::start(folder.path(), &["--host", machine.host()], &LOGIN);
        let sandbox = Sandbox::tracking(server.url());
        sandbox.file("sweep.yaml", WAITING);
        let mut command = sandbox.command(&["init", "-q", "sweep.yaml"]);
        let said = command.envs(CREDENTIALS).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        let text = String::from_utf8(said.stdout).unwrap();
        let id = text.split_whitespace().last().unwrap().to_owned();
        Some(Self { machine, folder, _server: server, sandbox, id })
    }

    /// An agent on the machine that can be cut off.
    fn afar(&self, lease: &str) -> AgentProcess {
        let mut command = self.sandbox.wrapped(&self.machine.wrapper(), &["run", "--lease", lease]);
        command.envs(CREDENTIALS);
        AgentProcess::of(&self.sandbox, command)
    }

    fn here(&self, lease: &str) -> AgentProcess {
        AgentProcess::start(&self.sandbox, &["run", "--lease", lease], &CREDENTIALS)
    }

    fn outcome(&self) -> Outcome {
        Outcome::read(&embedded(self.folder.path()), &self.id)
    }
}

#[test]
fn a_machine_that_is_cut_off_for_longer_than_its_lease_ends_its_copy_and_the_other_one_counts() {
    let Some(story) = Story::begin(0) else { return };
    let far = story.afar("3s");
    file_in(story.sandbox.path(), "attempt-1");
    story.machine.cut();
    let near = story.here("3s");
    // Once the lease has run out by its own clock, and not before another one has begun.
    file_in(story.sandbox.path(), "attempt-2");
    story.sandbox.file("go-2", "now");
    near.finish().expect(0);
    assert_eq!(story.outcome().states(0).last().map(String::as_str), Some("FINISHED*"));
    // The first copy still runs: its machine knows of nothing.
    story.machine.heal();
    let ran = far.finish();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(story.outcome().states(0), ["KILLED", "FINISHED*"]);
    let executions = |attempt: &str| file_in(story.sandbox.path(), attempt).lines().count();
    assert_eq!((executions("attempt-1"), executions("attempt-2")), (1, 1));
}

#[test]
fn a_trial_that_ends_while_its_machine_is_cut_off_is_delivered_when_the_network_is_back() {
    let Some(story) = Story::begin(1) else { return };
    let far = story.afar("60s");
    file_in(story.sandbox.path(), "attempt-1");
    story.machine.cut();
    story.sandbox.file("go-1", "now");
    let journal = story.sandbox.path().join(".sweep/journal").join(&story.id);
    let waits = || std::fs::read_dir(&journal).is_ok_and(|files| files.count() > 0);
    until("its result in the journal", || waits().then_some(()));
    assert_eq!(story.outcome().states(0), ["RUNNING"]);
    story.machine.heal();
    far.finish().expect(0);
    assert_eq!(story.outcome().states(0), ["FINISHED*"]);
    assert!(!waits(), "nothing is left in the journal");
}
