//! The facts of a ledger as params: their keys, written and read.

use crate::trial::TrialIndex;

/// A fact that may be decided only once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LedgerFact {
    /// `trial/000007` or `trial/000007/2`: which agent runs this attempt. The value is the agent's token.
    Claimed { trial: TrialIndex, attempt: u32 },
    /// `done/000007` or `done/000007/2`: which run is the trial's result. The value is the run's id. The number is the
    /// attempt that the round began with: a trial that is run again later has a result a round.
    Done { trial: TrialIndex, round: u32 },
    /// `again/000007/2`: the trial has its result and is to be run again: this attempt begins a new round.
    Again { trial: TrialIndex, attempt: u32 },
    /// `back/000007/2`: the attempt before this one was given back; this one may be claimed without waiting for a lease.
    /// The value is `failed` where that attempt is to be repeated, and `yes` where it was interrupted.
    Back { trial: TrialIndex, attempt: u32 },
    /// `pointof/000007` or `pointof/000007/2`: the first, or second, point that the trial may be run with. The value is
    /// the point (see `points`).
    PointOf { trial: TrialIndex, candidate: u32 },
    /// `report/000007` or `report/000007/2`: what was reported of this attempt, which another program ran. The value is the
    /// beginning of the report's SHA-256.
    Reported { trial: TrialIndex, attempt: u32 },
    /// `given/0007`: which trial is run with the point at this place of the config's `points`, which was added later. The value
    /// is the trial's index.
    Given(u64),
    /// `shard/0001`: the run that holds the facts of the trials from 1,000 on. The value is the run's id.
    Shard(u64),
    /// `full/0001`: all trials of this run are taken. It saves others a look.
    Full(u64),
    /// `pointshard/0001`: the run that holds a part of the facts on who has which point. The value is the run's id.
    PointShard(u64),
}

/// A higher number of an attempt, round or candidate was not written by an agent, and is ignored.
const HIGHEST_NUMBER: u32 = 1_000_000;

impl LedgerFact {
    /// The key of the param.
    pub(super) fn key(self) -> String {
        let numbered = |word: &str, trial: TrialIndex, number: u32| match number {
            1 => format!("{word}/{:06}", trial.0),
            _ => format!("{word}/{:06}/{number}", trial.0),
        };
        match self {
            Self::Claimed { trial, attempt } => numbered("trial", trial, attempt),
            Self::Done { trial, round } => numbered("done", trial, round),
            Self::Again { trial, attempt } => format!("again/{:06}/{attempt}", trial.0),
            Self::Back { trial, attempt } => format!("back/{:06}/{attempt}", trial.0),
            Self::PointOf { trial, candidate } => numbered("pointof", trial, candidate),
            Self::Reported { trial, attempt } => numbered("report", trial, attempt),
            Self::Given(place) => format!("given/{place:04}"),
            Self::Shard(number) => format!("shard/{number:04}"),
            Self::Full(number) => format!("full/{number:04}"),
            Self::PointShard(number) => format!("pointshard/{number:04}"),
        }
    }

    /// Reads a key; `None` for any other param.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let mut pieces = key.split('/');
        let (word, first) = (pieces.next()?, pieces.next()?.parse().ok()?);
        let number: u32 = pieces.next().map_or(Some(1), |piece| piece.parse().ok())?;
        if pieces.next().is_some() || number > HIGHEST_NUMBER {
            return None;
        }
        let trial = TrialIndex(first);
        match word {
            "trial" => Some(Self::Claimed { trial, attempt: number }),
            "done" => Some(Self::Done { trial, round: number }),
            "again" => Some(Self::Again { trial, attempt: number }),
            "back" => Some(Self::Back { trial, attempt: number }),
            "pointof" => Some(Self::PointOf { trial, candidate: number }),
            "report" => Some(Self::Reported { trial, attempt: number }),
            "given" => Some(Self::Given(first)),
            "shard" => Some(Self::Shard(first)),
            "full" => Some(Self::Full(first)),
            "pointshard" => Some(Self::PointShard(first)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_design_and_read_back() {
        let trial = TrialIndex(7);
        for (fact, key) in [
            (LedgerFact::Claimed { trial, attempt: 1 }, "trial/000007"),
            (LedgerFact::Claimed { trial, attempt: 2 }, "trial/000007/2"),
            (LedgerFact::Done { trial, round: 1 }, "done/000007"),
            (LedgerFact::Done { trial, round: 3 }, "done/000007/3"),
            (LedgerFact::Again { trial, attempt: 2 }, "again/000007/2"),
            (LedgerFact::Back { trial, attempt: 2 }, "back/000007/2"),
            (LedgerFact::PointOf { trial, candidate: 1 }, "pointof/000007"),
            (LedgerFact::PointOf { trial, candidate: 2 }, "pointof/000007/2"),
            (LedgerFact::Reported { trial, attempt: 1 }, "report/000007"),
            (LedgerFact::Reported { trial, attempt: 2 }, "report/000007/2"),
            (LedgerFact::Given(7), "given/0007"),
            (LedgerFact::Shard(1), "shard/0001"),
            (LedgerFact::Full(1), "full/0001"),
            (LedgerFact::PointShard(3), "pointshard/0003"),
            (LedgerFact::Claimed { trial: TrialIndex(12_345_678), attempt: 1 }, "trial/12345678"),
        ] {
            assert_eq!((fact.key().as_str(), LedgerFact::parse(key)), (key, Some(fact)));
        }
        for other in
            ["lr", "point/0f3a", "trial/x", "trial/1/2/3", "done", "note/000001", "trial/1/4294967295"]
        {
            assert_eq!(LedgerFact::parse(other), None, "{other}");
        }
    }
}
