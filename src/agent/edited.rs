//! A sweep that was edited while its agents run: what an agent makes of the new version.

use std::sync::Arc;

use super::error::AgentError;
use super::setup::Agent;
use crate::config::{canonical, config_changes};
use crate::record::{Sweep, newest_version};
use crate::strategy::{Strategy, for_versions, limit};
use crate::tracking::TrackingError;

impl Agent {
    /// The same agent for the newest version of its sweep, with what has changed in words. What the sweep's trials are judged
    /// by, what they run, and all that was read and written so far is shared.
    ///
    /// # Errors
    /// Where a version can't be read by this program, or can't follow the one before it.
    pub(super) fn for_version(&self, sweep: Sweep) -> Result<(Self, Vec<String>), AgentError> {
        let configs = sweep.configs()?;
        let config = configs.last().cloned().unwrap_or_else(|| self.config.clone());
        let strategy: Arc<dyn Strategy> = for_versions(&configs, sweep.seed)?.into();
        self.ledger.set_limit(limit(&config, strategy.as_ref()));
        let changes = config_changes(&self.config, &config).unwrap_or_default();
        let provenance = self.provenance.of_config(canonical(&sweep.config).unwrap_or_default());
        Ok((Self { sweep, config, strategy, provenance, ..self.clone() }, changes))
    }

    /// Whether the sweep has a newer version than this agent knows.
    pub(super) async fn is_behind(&self) -> Result<bool, TrackingError> {
        let parent = self.store.run(self.sweep.id()).await?;
        Ok(newest_version(&parent) > self.sweep.version())
    }

    /// Whether its sweep was edited, and the strategy has a list of points in which some may be gone.
    pub(super) fn may_have_gaps(&self) -> bool {
        self.sweep.version() > 1 && self.history.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fixture::Home;
    use crate::agent::trial::propose;
    use crate::record::{Claim, EditOutcome, point_of, tags};
    use crate::space::Point;

    const RANDOM: &str =
        "command: [run, \"${args}\"]\nmethod: random\nrun_cap: 9\nparameters: {x: {min: 0.0, max: 1.0}}\n";
    const BAYES: &str = "command: [run, \"${args}\"]\nmethod: bayes\nrun_cap: 9\nmetric: {name: loss, goal: minimize}\n\
                         parameters: {x: {min: 0.0, max: 1.0}}\n";

    async fn edited(home: &Home, old: &Sweep, config: &str) -> Sweep {
        match old.edit(&home.store, config.as_bytes(), "ann", 1).await.unwrap() {
            EditOutcome::Edited(edited) => edited.sweep,
            other => panic!("{other:?}"),
        }
    }

    /// Runs the next free trial: its point.
    async fn work(home: &Home, agent: &Arc<Agent>) -> Option<Point> {
        let claim = agent.ledger.claim().await.unwrap()?;
        let proposed = propose(agent, claim).await.unwrap()?;
        let run = home.run(agent, claim, &proposed.point).await;
        agent.ledger.settle(claim, &run.id).await.unwrap();
        Some(proposed.point)
    }

    #[tokio::test]
    async fn the_next_free_trial_runs_a_point_that_was_added_and_only_one_does() {
        for config in [RANDOM, BAYES] {
            let home = Home::new(config).await;
            let old = home.agent("old").await;
            work(&home, &old).await.unwrap();
            let sweep = edited(&home, &home.sweep, &format!("{config}points: [{{x: 0.125}}]\n")).await;
            let (one, other) = (home.agent("one").await, home.agent("other").await);
            let one = Arc::new(one.for_version(sweep.clone()).unwrap().0);
            let other = Arc::new(other.for_version(sweep).unwrap().0);
            let added = |point: Point| point.to_json() == serde_json::json!({"x": 0.125});
            assert!(added(work(&home, &one).await.unwrap()));
            assert!(!added(work(&home, &other).await.unwrap()));
            assert!(!added(work(&home, &one).await.unwrap()));
        }
    }

    #[tokio::test]
    async fn an_agent_that_is_killed_with_an_added_point_leaves_it_to_the_next_attempt() {
        let home = Home::new(RANDOM).await;
        let sweep = edited(&home, &home.sweep, &format!("{RANDOM}points: [{{x: 0.125}}]\n")).await;
        let lost = Arc::new(home.agent("lost").await.for_version(sweep.clone()).unwrap().0);
        let claim = lost.ledger.claim().await.unwrap().unwrap();
        assert!(propose(&lost, claim).await.unwrap().is_some());
        let heir = Arc::new(home.agent("heir").await.for_version(sweep).unwrap().0);
        let again = Claim { attempt: 2, ..claim };
        let proposed = propose(&heir, again).await.unwrap().unwrap();
        assert_eq!(proposed.point.to_json(), serde_json::json!({"x": 0.125}));
        assert!(proposed.tags.iter().any(|(key, _)| key == tags::ADDED_POINT));
    }

    #[tokio::test]
    async fn a_further_attempt_keeps_the_point_of_the_first_whatever_the_version() {
        let home = Home::new(RANDOM).await;
        let old = home.agent("old").await;
        let claim = old.ledger.claim().await.unwrap().unwrap();
        let first = propose(&old, claim).await.unwrap().unwrap().point;
        home.run(&old, claim, &first).await;
        let sweep = edited(&home, &home.sweep, &RANDOM.replace("max: 1.0", "max: 9.0")).await;
        let new = Arc::new(home.agent("new").await.for_version(sweep).unwrap().0);
        let again = propose(&new, Claim { attempt: 2, ..claim }).await.unwrap().unwrap();
        assert_eq!(again.point, point_of(&home.attempts(0).await[0]));
        assert!(again.tags.contains(&(tags::CONFIG_VERSION.to_owned(), "1".to_owned())));
    }

    #[tokio::test]
    async fn a_parameter_that_was_added_is_searched_with_what_is_known_of_old_trials() {
        let home = Home::new(BAYES).await;
        let old = home.agent("old").await;
        for _ in 0..3 {
            work(&home, &old).await.unwrap();
        }
        let config = BAYES.replace("}}\n", "}, wd: {min: 0.0, max: 1.0, before: 0.5}}\n");
        let sweep = edited(&home, &home.sweep, &config).await;
        let new = Arc::new(home.agent("new").await.for_version(sweep).unwrap().0);
        let point = work(&home, &new).await.unwrap();
        assert!(point.get("wd").is_some(), "{point:?}");
        assert!(new.is_behind().await.is_ok_and(|behind| !behind));
        assert!(old.is_behind().await.unwrap());
    }
}
