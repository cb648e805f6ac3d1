//! Editing a sweep, where agents and other editors are in between.

use super::*;
use crate::agent::fixture::Home;

const RANDOM: &str =
    "command: [run, \"${args}\"]\nmethod: random\nrun_cap: 4\nparameters: {x: {min: 0.0, max: 1.0}}\n";

fn capped(cap: u64) -> String {
    RANDOM.replace("run_cap: 4", &format!("run_cap: {cap}"))
}

#[tokio::test]
async fn of_two_that_edit_the_same_version_one_wins_and_the_other_is_told() {
    let home = Home::new(RANDOM).await;
    let (one, other) = (home.sweep.clone(), home.sweep.clone());
    let first = one.edit(&home.store, capped(10).as_bytes(), "ann", 1).await.unwrap();
    let second = other.edit(&home.store, capped(20).as_bytes(), "bob", 2).await.unwrap();
    assert!(
        matches!(&first, EditOutcome::Edited(edited) if edited.changes == ["run_cap 4 → 10"]),
        "{first:?}"
    );
    assert!(matches!(second, EditOutcome::Overtaken), "{second:?}");
    let sweep = Sweep::open(&home.store, home.sweep.id()).await.unwrap();
    let by: Vec<&str> = sweep.versions.iter().map(|version| version.by.as_str()).collect();
    assert_eq!((by, sweep.config), (vec!["me", "ann"], capped(10).into_bytes()));
}

#[tokio::test]
async fn an_editor_that_is_killed_leaves_the_old_version_or_the_new_one() {
    for writes in 0..4 {
        let home = Home::new(RANDOM).await;
        let (agent, mortal) = home.mortal("editor").await;
        mortal.live_for(writes);
        let done = home.sweep.edit(agent.store.as_ref(), capped(10).as_bytes(), "ann", 1).await;
        let sweep = Sweep::open(&home.store, home.sweep.id()).await.unwrap();
        // The artifact comes first, then the param that decides; agents are only then asked to answer.
        assert_eq!(sweep.version(), if writes < 2 { 1 } else { 2 }, "{writes}: {done:?}");
        let again = sweep.edit(&home.store, capped(30).as_bytes(), "bob", 2).await.unwrap();
        assert!(matches!(again, EditOutcome::Edited(_)), "{writes}: {again:?}");
    }
}

#[tokio::test]
async fn a_version_that_was_smuggled_in_with_another_command_is_refused() {
    let home = Home::new(RANDOM).await;
    let evil = RANDOM.replace("run ", "rm -rf ");
    let version = ConfigVersion {
        number: 2,
        sha256: sha256(evil.as_bytes()),
        bytes: evil.into_bytes(),
        by: "eve".into(),
        at: 1,
    };
    assert!(decide(&home.store, &home.sweep.parent.info, &version).await.unwrap());
    let sweep = Sweep::open(&home.store, home.sweep.id()).await.unwrap();
    let error = sweep.configs().unwrap_err();
    assert!(error.message.contains("changes `command`"), "{error}");
}
