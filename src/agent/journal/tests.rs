//! What is in the journal reaches the store, whatever else is in it.

use std::fs;

use super::files::{FoundSettlement, Journal};
use super::kept_values::{KeptValues, kept};
use super::settlement::Settlement;
use super::values::log_values;
use crate::agent::fake_store::{FakeStore, ODD};
use crate::agent::outcome::TrialFate;
use crate::record::{Claim, LOG_ARTIFACT, Ledger, tags};
use crate::tracking::{ErrorKind, Metric, RunId, RunInfo, Store};
use crate::trial::{RunStatus, TrialIndex};

/// Everything that is not the store's own word on a value.
const BAD_DAYS: [ErrorKind; 6] = [
    ErrorKind::Unavailable,
    ErrorKind::Unauthorized,
    ErrorKind::Forbidden,
    ErrorKind::Protocol,
    ErrorKind::Unsupported,
    ErrorKind::Io,
];

fn metric(key: &str, step: i64) -> Metric {
    Metric { key: key.into(), value: 0.5, timestamp: 7, step }
}

fn settlement(run: &RunInfo, trial: u64) -> Settlement {
    Settlement {
        run: run.id.clone(),
        claim: Claim { trial: TrialIndex(trial), attempt: 1, round: 1, preemptions: 0 },
        status: RunStatus::Finished,
        end_time: 9,
        params: vec![("x".into(), "1".into()), (ODD.into(), "2".into())],
        tags: vec![(tags::EXIT_CODE.into(), "0".into()), (ODD.into(), "3".into())],
        values: vec![kept(&metric("loss", 0))],
        fate: TrialFate::Result,
    }
}

struct Story {
    store: FakeStore,
    ledger: Ledger,
    journal: Journal,
}

impl Story {
    /// A sweep with so many trials claimed.
    async fn new(trials: u64) -> Self {
        let store = FakeStore::new().await;
        let ledger = store.ledger(trials).await;
        for _ in 0..trials {
            ledger.claim().await.unwrap();
        }
        let journal = Journal::new(store.folder().join("journal"));
        Self { store, ledger, journal }
    }

    /// A trial that was settled into the journal by an agent that is dead by now.
    async fn kept(&self, trial: u64) -> RunInfo {
        let run = self.store.make_run(&format!("trial {trial}")).await;
        drop(self.journal.keep(&settlement(&run, trial), None, b"its log\n").unwrap());
        run
    }

    async fn results(&self) -> Vec<(u64, RunId)> {
        let settled = self.ledger.settled().await.unwrap();
        settled.into_iter().map(|settled| (settled.trial.0, settled.run)).collect()
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.journal.folder()).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[tokio::test]
async fn a_settlement_is_delivered_with_its_values_and_log_and_then_gone() {
    let story = Story::new(1).await;
    let run = story.kept(0).await;
    let posted = story.journal.post(&story.store, &story.ledger).await;
    assert_eq!((posted.delivered, posted.dropped, posted.refused.len()), (1, 0, 0), "{posted:?}");
    let found = story.store.run(&run.id).await.unwrap();
    assert_eq!(found.info.status, RunStatus::Finished);
    // What the store does not take of it is no reason to lose the rest.
    assert_eq!((found.param("x"), found.tag(tags::EXIT_CODE)), (Some("1"), Some("0")));
    assert_eq!(story.store.values(&run.id, "loss").await, [(0, 0.5)]);
    assert_eq!(story.store.artifact(&run, LOG_ARTIFACT).await.unwrap(), b"its log\n");
    assert_eq!(story.results().await, [(0, run.id)]);
    assert!(story.files().is_empty(), "{:?}", story.files());
}

#[tokio::test]
async fn nothing_is_given_up_while_the_store_answers_with_anything_but_its_own_word() {
    let story = Story::new(1).await;
    let run = story.kept(0).await;
    let before = story.files();
    for kind in BAD_DAYS {
        story.store.fails(Some(kind));
        let posted = story.journal.post(&story.store, &story.ledger).await;
        assert_eq!(posted.error.map(|error| error.kind), Some(kind));
        assert_eq!(story.files(), before, "{kind:?}");
    }
    story.store.fails(None);
    assert_eq!(story.journal.post(&story.store, &story.ledger).await.delivered, 1);
    assert_eq!(story.store.values(&run.id, "loss").await, [(0, 0.5)]);
}

#[tokio::test]
async fn what_can_never_be_delivered_is_set_aside_and_stops_nobody() {
    let story = Story::new(4).await;
    let deleted = story.kept(0).await;
    story.store.delete_run(&deleted.id).await.unwrap();
    // Gone altogether.
    drop(
        story
            .journal
            .keep(&settlement(&RunInfo { id: RunId("f".repeat(32)), ..deleted.clone() }, 1), None, b"")
            .unwrap(),
    );
    fs::write(story.journal.folder().join("torn.json"), b"{\"version\": 2, \"run\": \"ab").unwrap();
    fs::write(story.journal.folder().join("later.json"), b"{\"version\": 3, \"all\": \"new\"}").unwrap();
    let whole = story.kept(3).await;

    let posted = story.journal.post(&story.store, &story.ledger).await;
    assert!(posted.error.is_none(), "{posted:?}");
    assert_eq!((posted.delivered, posted.dropped), (1, 2));
    let mut reasons: Vec<_> = posted.refused.iter().map(|(what, why)| format!("{what}: {why}")).collect();
    reasons.sort();
    assert_eq!(reasons[0], "later.json: it is of version 3, and this program knows 2");
    assert!(reasons[1].starts_with("torn.json: EOF"), "{reasons:?}");
    assert_eq!(reasons.len(), 2);
    // The trials of deleted runs are over, too: nobody makes them again.
    let results = story.results().await;
    assert_eq!(results.iter().map(|(trial, _)| *trial).collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!(results[2].1, whole.id);
    assert_eq!(story.journal.refused().len(), 4);
    assert_eq!(story.journal.waiting(), 0);
    // It is told once.
    let again = story.journal.post(&story.store, &story.ledger).await;
    assert!(again.refused.is_empty() && again.dropped == 0 && again.delivered == 0);
}

#[tokio::test]
async fn what_a_living_agent_is_delivering_is_left_to_it() {
    let story = Story::new(1).await;
    let run = story.store.make_run("trial 0").await;
    let kept = story.journal.keep(&settlement(&run, 0), None, b"").unwrap();
    assert_eq!((story.journal.waiting(), story.journal.kept()), (0, 1));
    assert_eq!(story.journal.post(&story.store, &story.ledger).await.delivered, 0);
    kept.delivered();
    assert_eq!(story.journal.kept(), 0);
}

#[tokio::test]
async fn entries_of_before_there_were_versions_are_read() {
    let story = Story::new(1).await;
    let run = story.store.make_run("trial 0").await;
    let old = format!(
        r#"{{"run":"{}","trial":0,"attempt":1,"round":1,"status":"FINISHED","end_time":5,"params":[],"tags":[],"fate":"Result"}}"#,
        run.id
    );
    fs::create_dir_all(story.journal.folder()).unwrap();
    fs::write(story.journal.folder().join(format!("{}.json", run.id)), old).unwrap();
    assert!(matches!(story.journal.settlements()[..], [FoundSettlement::Settlement(..)]));
    assert_eq!(story.journal.post(&story.store, &story.ledger).await.delivered, 1);
}

#[tokio::test]
async fn the_log_is_the_file_that_is_there_already() {
    let story = Story::new(1).await;
    let run = story.store.make_run("trial 0").await;
    let live = story.store.folder().join("live.txt");
    fs::write(&live, b"as it was printed\n").unwrap();
    let kept = story.journal.keep(&settlement(&run, 0), Some(&live), b"as it was printed\n").unwrap();
    fs::remove_file(&live).unwrap();
    assert_eq!(kept.read_log(), b"as it was printed\n");
}

#[tokio::test]
async fn values_of_a_script_are_there_before_its_trial_is_settled() {
    let story = Story::new(1).await;
    let run = story.kept(0).await;
    for step in 0..3 {
        let values = KeptValues::new(
            run.id.clone(),
            &[metric("acc", step), metric(ODD, step)],
            &[(format!("p{step}"), "v".into())],
            &[],
        );
        story.journal.keep_values(run.id.as_str(), &values).unwrap();
    }
    assert!(story.journal.has_values(run.id.as_str()) && !story.journal.has_values("other"));
    for kind in BAD_DAYS {
        story.store.fails(Some(kind));
        assert!(story.journal.post(&story.store, &story.ledger).await.error.is_some());
    }
    story.store.fails(None);
    assert_eq!(story.journal.post(&story.store, &story.ledger).await.delivered, 1);
    assert_eq!(story.store.values(&run.id, "acc").await, [(0, 0.5), (1, 0.5), (2, 0.5)]);
    assert_eq!(story.store.run(&run.id).await.unwrap().param("p2"), Some("v"));
    assert!(story.files().is_empty(), "{:?}", story.files());
}

#[tokio::test]
async fn files_of_a_script_are_delivered_as_they_were_when_they_were_kept() {
    let story = Story::new(1).await;
    let run = story.kept(0).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model");
    fs::write(&file, "before").unwrap();
    let files = [(file.clone(), "out/model".to_owned())];
    story.journal.keep_files(run.id.as_str(), run.id.clone(), &files).unwrap();
    fs::write(&file, "after").unwrap();
    story.store.fails(Some(BAD_DAYS[0]));
    assert!(story.journal.post(&story.store, &story.ledger).await.error.is_some());
    story.store.fails(None);
    assert_eq!(story.journal.post(&story.store, &story.ledger).await.delivered, 1);
    assert_eq!(story.store.artifact(&run, "out/model").await.unwrap(), b"before");
    assert!(story.files().is_empty(), "{:?}", story.files());
}

#[tokio::test]
async fn values_of_a_trial_that_was_lost_are_delivered_too() {
    let story = Story::new(1).await;
    let run = story.store.make_run("trial 0").await;
    let values = KeptValues::new(run.id.clone(), &[metric("acc", 0)], &[], &[]);
    story.journal.keep_values(run.id.as_str(), &values).unwrap();
    assert!(story.journal.post(&story.store, &story.ledger).await.error.is_none());
    assert_eq!(story.store.values(&run.id, "acc").await, [(0, 0.5)]);
    assert_eq!(story.journal.waiting(), 0);
}

#[tokio::test]
async fn only_values_that_the_store_refuses_for_what_they_are_are_given_up() {
    let story = Story::new(0).await;
    let run = story.store.make_run("run").await;
    let mut values: Vec<Metric> = (0..1200).map(|step| metric("loss", step)).collect();
    values[7].key = ODD.into();
    values[700].key = ODD.into();
    assert_eq!(log_values(&story.store, &run.id, &values).await.unwrap(), 2);
    assert_eq!(story.store.values(&run.id, "loss").await.len(), 1198);
    // Where the run is gone, no value is at fault.
    story.store.delete_run(&run.id).await.unwrap();
    assert!(log_values(&story.store, &run.id, &values).await.is_err());
}

#[test]
fn a_settlement_has_the_names_of_the_journals_that_lie_on_disks() {
    let mut kept = settlement(&RunInfo::sample("r", RunStatus::Finished), 7);
    kept.claim.preemptions = 2;
    let json = serde_json::to_value(&kept).unwrap();
    let claim = ["trial", "attempt", "round", "excused"].map(|key| json[key].as_u64());
    assert_eq!(claim, [Some(7), Some(1), Some(1), Some(2)]);
    let read: Settlement = serde_json::from_value(json).unwrap();
    assert_eq!(read.claim, kept.claim);
    let old = r#"{"run": "r", "trial": 3, "attempt": 1, "round": 1, "status": "FINISHED", "end_time": 1,
                  "params": [], "tags": [], "fate": "Result"}"#;
    assert_eq!(serde_json::from_str::<Settlement>(old).unwrap().claim.preemptions, 0);
}
