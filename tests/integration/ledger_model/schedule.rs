//! Random schedules, held against what must be true whatever happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use proptest::prelude::*;
use sweep::TrialIndex;
use sweep::testing::{Claim, ClaimOrder, Ledger, RunId, SHARD, SettleOutcome, UnfinishedTrial};

use super::{Home, block_on, open, run_of};

/// What an agent may do next. `pick` chooses among what it has: its claims, what it saw, the trials.
#[derive(Debug, Clone, Copy)]
enum Step {
    Claim,
    Settle {
        pick: usize,
    },
    GiveBack {
        pick: usize,
    },
    /// Looks for trials without a result, and remembers them: by the time it acts on it, it may be old news.
    Look,
    /// Takes over one of the trials it remembers. A lease may have run out at any time.
    TakeOver {
        pick: usize,
    },
    /// Settles, as if it had never heard the answer, what it settled last.
    SettleAgain,
    Pause,
    Wake,
    /// Is gone for good, and another one comes in its place.
    Crash,
    Reopen {
        pick: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let pick = 0..8_usize;
    prop_oneof![
        6 => Just(Step::Claim),
        5 => pick.clone().prop_map(|pick| Step::Settle { pick }),
        2 => pick.clone().prop_map(|pick| Step::GiveBack { pick }),
        4 => Just(Step::Look),
        4 => pick.prop_map(|pick| Step::TakeOver { pick }),
        1 => Just(Step::SettleAgain),
        1 => Just(Step::Pause),
        2 => Just(Step::Wake),
        1 => Just(Step::Crash),
        1 => (0..12_u64).prop_map(|pick| Step::Reopen { pick }),
    ]
}

struct Actor {
    ledger: Ledger,
    claims: Vec<Claim>,
    seen: Vec<UnfinishedTrial>,
    settled: Option<(Claim, SettleOutcome)>,
    paused: bool,
}

/// All agents, and what an all-knowing observer has seen of them.
struct World {
    home: &'static Home,
    root: RunId,
    order: ClaimOrder,
    limit: u64,
    actors: Vec<Actor>,
    born: usize,
    /// Who holds which attempt.
    holders: BTreeMap<(TrialIndex, u32), String>,
    /// What counted, by trial.
    counted: BTreeMap<TrialIndex, Vec<RunId>>,
    /// How often a person had a trial run again.
    reopened: BTreeMap<TrialIndex, usize>,
}

impl World {
    async fn new(agents: usize, order: ClaimOrder, limit: u64) -> Self {
        static HOME: OnceLock<Home> = OnceLock::new();
        let home = match HOME.get() {
            Some(home) => home,
            None => {
                let made = Home::new().await;
                HOME.get_or_init(|| made)
            }
        };
        let mut world = Self {
            home,
            root: home.ledger().await,
            order,
            limit,
            actors: Vec::new(),
            born: 0,
            holders: BTreeMap::new(),
            counted: BTreeMap::new(),
            reopened: BTreeMap::new(),
        };
        for _ in 0..agents {
            let actor = world.newcomer().await;
            world.actors.push(actor);
        }
        world
    }

    async fn newcomer(&mut self) -> Actor {
        self.born += 1;
        let token = format!("agent-{}", self.born);
        let ledger = open(self.home.shared(), &self.root, &token, self.order, Some(self.limit)).await;
        Actor { ledger, claims: Vec::new(), seen: Vec::new(), settled: None, paused: false }
    }

    /// All trials but the last few are done: what follows happens at a border of shards.
    async fn fast_forward(&mut self, to: u64) {
        while self.holders.len() < usize::try_from(to).unwrap() {
            let claim = self.actors[0].ledger.claim().await.unwrap().unwrap();
            self.hold(0, claim);
            self.settle(0, claim).await;
        }
        self.actors[0].claims.clear();
    }

    fn hold(&mut self, who: usize, claim: Claim) {
        assert!(claim.trial.0 < self.limit, "{claim:?} lies beyond the limit");
        let former = self.holders.insert((claim.trial, claim.attempt), format!("{who}"));
        assert_eq!(former, None, "{claim:?} has two holders");
        self.actors[who].claims.push(claim);
    }

    async fn settle(&mut self, who: usize, claim: Claim) {
        let run = run_of(claim);
        let verdict = self.actors[who].ledger.settle(claim, &run).await.unwrap();
        self.actors[who].settled = Some((claim, verdict));
        if verdict == SettleOutcome::Counts {
            let results = self.counted.entry(claim.trial).or_default();
            results.push(run);
            let rounds = 1 + self.reopened.get(&claim.trial).copied().unwrap_or(0);
            assert!(results.len() <= rounds, "{claim:?}: {results:?} in {rounds} rounds");
        }
    }

    async fn step(&mut self, who: usize, step: Step) {
        if self.actors[who].paused && !matches!(step, Step::Wake | Step::Crash) {
            return;
        }
        match step {
            Step::Claim => {
                if let Some(claim) = self.actors[who].ledger.claim().await.unwrap() {
                    assert_eq!((claim.attempt, claim.round), (1, 1));
                    self.hold(who, claim);
                }
            }
            Step::Settle { pick } => {
                if let Some(claim) = take(&mut self.actors[who].claims, pick) {
                    self.settle(who, claim).await;
                }
            }
            Step::GiveBack { pick } => {
                if let Some(claim) = take(&mut self.actors[who].claims, pick) {
                    self.actors[who].ledger.give_back(claim.trial, claim.attempt).await.unwrap();
                }
            }
            Step::Look => self.actors[who].seen = self.actors[who].ledger.unfinished().await.unwrap(),
            Step::TakeOver { pick } => {
                if let Some(trial) = take(&mut self.actors[who].seen, pick)
                    && let Some(claim) = self.actors[who].ledger.claim_again(&trial).await.unwrap()
                {
                    self.hold(who, claim);
                }
            }
            Step::SettleAgain => {
                if let Some((claim, verdict)) = self.actors[who].settled {
                    let again = self.actors[who].ledger.settle(claim, &run_of(claim)).await.unwrap();
                    assert_eq!(again, verdict, "{claim:?}: a second delivery changed the verdict");
                }
            }
            Step::Pause => self.actors[who].paused = true,
            Step::Wake => self.actors[who].paused = false,
            Step::Crash => self.actors[who] = self.newcomer().await,
            Step::Reopen { pick } => self.reopen(who, pick).await,
        }
    }

    async fn reopen(&mut self, who: usize, pick: u64) {
        let trials = BTreeSet::from([TrialIndex(self.limit.saturating_sub(1 + pick))]);
        for trial in self.actors[who].ledger.reopen(&trials).await.unwrap() {
            let rounds = self.reopened.entry(trial).or_default();
            *rounds += 1;
            assert_eq!(self.counted[&trial].len(), *rounds, "trial {trial} was reopened without a result");
        }
    }

    /// Everybody wakes up and finishes; one agent then does what is left.
    async fn drain(&mut self) {
        for who in 0..self.actors.len() {
            for claim in std::mem::take(&mut self.actors[who].claims) {
                self.settle(who, claim).await;
            }
        }
        while let Some(claim) = self.actors[0].ledger.claim().await.unwrap() {
            self.hold(0, claim);
        }
        for trial in self.actors[0].ledger.unfinished().await.unwrap() {
            if let Some(claim) = self.actors[0].ledger.claim_again(&trial).await.unwrap() {
                self.hold(0, claim);
            }
        }
        for claim in std::mem::take(&mut self.actors[0].claims) {
            self.settle(0, claim).await;
        }
        // An attempt that was claimed on old news of an earlier round can't count in this one: one more does.
        for trial in self.actors[0].ledger.unfinished().await.unwrap() {
            let claim = self.actors[0].ledger.claim_again(&trial).await.unwrap().unwrap();
            self.hold(0, claim);
            self.settle(0, claim).await;
        }
    }

    async fn check_the_end(&self) {
        assert_eq!(self.actors[0].ledger.unfinished().await.unwrap(), []);
        let firsts = self.holders.keys().filter(|(_, attempt)| *attempt == 1).count();
        assert_eq!(firsts as u64, self.limit);
        let results = Ledger::read(&self.home.store, &self.root).await.unwrap().results();
        assert_eq!(results.len() as u64, self.limit);
        for (trial, run) in &results {
            let counted = &self.counted[trial];
            let rounds = 1 + self.reopened.get(trial).copied().unwrap_or(0);
            assert_eq!(counted.len(), rounds, "trial {trial}: {counted:?}");
            assert_eq!(counted.last(), Some(run), "trial {trial}: {counted:?}");
        }
    }
}

fn take<T>(list: &mut Vec<T>, pick: usize) -> Option<T> {
    (!list.is_empty()).then(|| list.remove(pick % list.len()))
}

/// `PROPTEST_CASES`, else so many.
fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

fn order() -> impl Strategy<Value = ClaimOrder> {
    prop_oneof![Just(ClaimOrder::Ascending), Just(ClaimOrder::Spread)]
}

fn schedule(length: usize) -> impl Strategy<Value = Vec<(usize, Step)>> {
    prop::collection::vec((0..8_usize, step()), 0..length)
}

async fn play(world: &mut World, steps: &[(usize, Step)]) {
    for (who, step) in steps {
        world.step(who % world.actors.len(), *step).await;
    }
    world.drain().await;
    world.check_the_end().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(150), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_breaks_the_ledger(
        agents in 1..=8_usize,
        order in order(),
        limit in 1..=12_u64,
        steps in schedule(90),
    ) {
        block_on(async {
            let mut world = World::new(agents, order, limit).await;
            play(&mut world, &steps).await;
        });
    }
}

proptest! {
    // A thousand trials come before what matters.
    #![proptest_config(ProptestConfig { cases: cases(4), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_breaks_the_ledger_at_a_border_of_shards(
        agents in 2..=4_usize,
        order in order(),
        beyond in 0..=6_u64,
        steps in schedule(60),
    ) {
        block_on(async {
            let mut world = World::new(agents, order, SHARD + beyond).await;
            world.fast_forward(SHARD - 5).await;
            play(&mut world, &steps).await;
        });
    }
}
