//! Which trial is run with which point, for strategies that read history: two agents that ask at the same moment know the
//! same, and would propose the same.
//!
//! Two facts decide, both written once. `pointof/000007` is a candidate: all attempts at trial 7 have the same one.
//! `point/<key>` says which trial has a point. A trial is run with its first candidate that is its own; one that is
//! another trial's is followed by the next, `pointof/000007/2`. So every attempt at a trial, and anyone who reads the
//! ledger, comes to the same point, whichever agent is killed between two writes; and nobody holds a point that he does not run.
//!
//! The facts on who has which point are spread over several runs where there will be many, by the point's key: a losing
//! write costs more the more params a run has.

use std::collections::BTreeMap;

use super::keys::LedgerFact;
use super::point_shards::{COUNT, read_count};
use super::{Ledger, missing_shard};
use crate::record::sha256;
use crate::tracking::{ParamWrite, Result, RunId};
use crate::trial::TrialIndex;

/// A longer text is kept in pieces: older servers cut or refuse a longer param.
const LONGEST_TEXT: usize = 490;
/// Candidates beyond these are ignored.
const MOST_CANDIDATES: u32 = 100_000;

/// What came of asking for a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixedPoint {
    /// The trial is run with this point, for good. Another one than was asked for where another attempt was first.
    Point(String),
    /// What was asked for is the point of this trial.
    Held(TrialIndex),
}

/// What a trial may be run with, as it stands in the ledger: `{…}`, the point itself; `#<key>/<n>`, its text is in n
/// pieces. A mark before it: no other trial is asked whether it has the point.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StoredCandidate {
    point: String,
    shared: bool,
}

const SHARED: char = '!';

impl StoredCandidate {
    fn pieces(&self) -> Vec<&str> {
        let mut rest = self.point.as_str();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let mut end = rest.len().min(LONGEST_TEXT);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (piece, after) = rest.split_at(end);
            pieces.push(piece);
            rest = after;
        }
        pieces
    }

    fn text(&self) -> String {
        let mark = if self.shared { SHARED.to_string() } else { String::new() };
        if self.point.len() <= LONGEST_TEXT {
            return format!("{mark}{}", self.point);
        }
        format!("{mark}#{}/{}", key_of(&self.point), self.pieces().len())
    }

    /// Reads what [`StoredCandidate::text`] wrote; `pieces` knows the pieces of long texts.
    fn read(text: &str, pieces: &BTreeMap<String, String>) -> Option<Self> {
        let (shared, text) = match text.strip_prefix(SHARED) {
            Some(text) => (true, text),
            None => (false, text),
        };
        let Some(long) = text.strip_prefix('#') else {
            return Some(Self { point: text.to_owned(), shared });
        };
        let (key, count) = long.split_once('/')?;
        let count: u32 = count.parse().ok()?;
        // The pieces end where the first is missing, whatever the number says.
        let found: Vec<&String> = (0..count).map_while(|piece| pieces.get(&piece_name(key, piece))).collect();
        (found.len() == count as usize)
            .then(|| Self { point: found.into_iter().map(String::as_str).collect(), shared })
    }
}

/// The key of a piece of a long text is this after `pointtext/`.
fn piece_name(key: &str, piece: u32) -> String {
    format!("{key}/{piece}")
}

/// What stands for a point: 96 bits, so that two points of a sweep never share one.
fn key_of(point: &str) -> String {
    let mut key = sha256(point.as_bytes());
    key.truncate(24);
    key
}

impl Ledger {
    /// The point of a trial, as a JSON text, where an attempt has fixed it already.
    ///
    /// # Errors
    /// As the store's.
    pub async fn point_of(&self, trial: TrialIndex) -> Result<Option<String>> {
        {
            let mut view = self.view.lock().await;
            self.refresh(&mut view, trial).await?;
        }
        match self.walk(trial, None).await? {
            Some(FixedPoint::Point(point)) => Ok(Some(point)),
            Some(FixedPoint::Held(_)) | None => self.point_of_old(trial).await,
        }
    }

    /// Fixes the point of a trial: this one, unless another attempt at the trial was first. Where another trial has it,
    /// that one is named, and a further point may be asked for; with `insist` it is taken all the same.
    ///
    /// # Errors
    /// As the store's.
    pub async fn fix_point(&self, trial: TrialIndex, point: &str, insist: bool) -> Result<FixedPoint> {
        let asked = StoredCandidate { point: point.to_owned(), shared: insist };
        self.walk(trial, Some(asked))
            .await?
            .ok_or_else(|| self.lost(&format!("the candidates of trial {trial}")))
    }

    /// What each trial that has a result was run with, as far as this agent knows: as JSON texts. The candidate of a trial
    /// under way may yet turn out to be another trial's.
    pub async fn points(&self) -> Vec<(TrialIndex, String)> {
        let view = self.view.lock().await;
        let known = &view.known;
        let settled = known.trials().filter(|(_, entry)| entry.has_had_run());
        let last = settled.filter_map(|(trial, entry)| Some((trial, entry.points.last_key_value()?.1)));
        last.filter_map(|(trial, text)| {
            Some((trial, StoredCandidate::read(text, known.pieces_of(trial)?)?.point))
        })
        .collect()
    }

    /// Goes through the candidates of a trial to the one that is its own; at their end `asked` becomes one.
    async fn walk(
        &self,
        trial: TrialIndex,
        mut asked: Option<StoredCandidate>,
    ) -> Result<Option<FixedPoint>> {
        let mut held = None;
        let first = self.view.lock().await.known.entry(trial).map_or(0, |entry| entry.lost) + 1;
        for number in first..=MOST_CANDIDATES {
            let candidate = match self.candidate(trial, number).await? {
                Some(candidate) => candidate,
                None => match &asked {
                    None => return Ok(held),
                    Some(own) => {
                        let own = own.clone();
                        let written = self.write_candidate(trial, number, &own).await?;
                        if written == own {
                            asked = None;
                        }
                        written
                    }
                },
            };
            if candidate.shared {
                return Ok(Some(FixedPoint::Point(candidate.point)));
            }
            match self.take(trial, &key_of(&candidate.point)).await? {
                None => return Ok(Some(FixedPoint::Point(candidate.point))),
                Some(holder) => held = Some(FixedPoint::Held(holder)),
            }
            self.view.lock().await.known.lose(trial, number);
        }
        Ok(held)
    }

    /// A candidate that is known.
    async fn candidate(&self, trial: TrialIndex, number: u32) -> Result<Option<StoredCandidate>> {
        let view = self.view.lock().await;
        let known = &view.known;
        let Some(text) = known.entry(trial).and_then(|entry| entry.points.get(&number)) else {
            return Ok(None);
        };
        let pieces = known.pieces_of(trial).ok_or_else(|| missing_shard(trial))?;
        StoredCandidate::read(text, pieces)
            .map(Some)
            .ok_or_else(|| self.lost(&format!("the point of trial {trial}")))
    }

    /// Enters a candidate; what stands there then may be another attempt's.
    async fn write_candidate(
        &self,
        trial: TrialIndex,
        number: u32,
        own: &StoredCandidate,
    ) -> Result<StoredCandidate> {
        let fact = LedgerFact::PointOf { trial, candidate: number };
        let mut view = self.view.lock().await;
        let run = view.known.shard_of(trial).map(|shard| shard.run.clone());
        let run = run.ok_or_else(|| missing_shard(trial))?;
        if own.point.len() > LONGEST_TEXT {
            let key = key_of(&own.point);
            for (piece, text) in (0..).zip(own.pieces()) {
                // Anyone who writes this writes the same.
                let name = piece_name(&key, piece);
                self.store.log_param(&run, &format!("pointtext/{name}"), text).await?;
                if let Some(shard) = view.known.shard_of(trial) {
                    shard.pieces.insert(name, text.to_owned());
                }
            }
        }
        if self.store.log_param(&run, &fact.key(), &own.text()).await? == ParamWrite::Held {
            if let Some(shard) = view.known.shard_of(trial) {
                shard.point_of(trial, number, &own.text());
            }
            return Ok(own.clone());
        }
        self.refresh(&mut view, trial).await?;
        drop(view);
        self.candidate(trial, number).await?.ok_or_else(|| self.lost(&fact.key()))
    }

    /// Takes a point for a trial whose candidate it is; where another has it already, that one.
    async fn take(&self, trial: TrialIndex, key: &str) -> Result<Option<TrialIndex>> {
        let run = self.point_shard(key).await?;
        for holder_number in 1_u32.. {
            let fact = match holder_number {
                1 => format!("point/{key}"),
                number => format!("point/{key}/{number}"),
            };
            if self.store.log_param(&run, &fact, &trial.to_string()).await? == ParamWrite::Held {
                return Ok(None);
            }
            let facts = self.store.run(&run).await?;
            let holder = facts.param(&fact).and_then(holder_of).map(|(holder, _)| holder);
            let holder = holder.ok_or_else(|| self.lost(&fact))?;
            if holder == trial {
                return Ok(None);
            }
            if !self.is_left(holder, key).await? {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }

    /// Whether a trial is said to have a point and is run with another one: in ledgers of earlier versions two attempts
    /// could each take a point.
    async fn is_left(&self, holder: TrialIndex, key: &str) -> Result<bool> {
        {
            let mut view = self.view.lock().await;
            self.refresh(&mut view, holder).await?;
        }
        let mut last = None;
        for number in 1..=MOST_CANDIDATES {
            let Some(candidate) = self.candidate(holder, number).await? else { break };
            if key_of(&candidate.point) == key {
                return Ok(false);
            }
            last = Some(candidate);
        }
        let Some(last) = last else { return Ok(false) };
        if last.shared {
            return Ok(true);
        }
        let last = key_of(&last.point);
        let run = self.store.run(&self.point_shard(&last).await?).await?;
        let (first, again) = (format!("point/{last}"), format!("point/{last}/"));
        let of_last = run.params.iter().filter(|(fact, _)| *fact == first || fact.starts_with(&again));
        Ok(of_last.filter_map(|(_, value)| holder_of(value)).any(|(of, _)| of == holder))
    }

    /// The run that holds who has the point of this key.
    async fn point_shard(&self, key: &str) -> Result<RunId> {
        let mut points = self.points.lock().await;
        let count = match points.count {
            Some(count) => count,
            None => self.decide_count(points.wanted).await?,
        };
        points.count = Some(count);
        let digits = key.get(..8).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let number = digits.checked_rem(count).unwrap_or(0);
        if number == 0 {
            return Ok(self.root.id.clone());
        }
        if let Some(run) = points.runs.get(&number) {
            return Ok(run.clone());
        }
        let fact = LedgerFact::PointShard(number);
        let root = self.store.run(&self.root.id).await?;
        let run = match root.param(&fact.key()) {
            Some(id) => RunId(id.to_owned()),
            None => self.make_shard(fact, &format!("points {number}")).await?.0,
        };
        points.runs.insert(number, run.clone());
        Ok(run)
    }

    async fn decide_count(&self, wanted: u64) -> Result<u64> {
        // All agents of a sweep want the same, which follows from its config.
        if wanted == 1
            || self.store.log_param(&self.root.id, COUNT, &wanted.to_string()).await? == ParamWrite::Held
        {
            return Ok(wanted);
        }
        self.store.run(&self.root.id).await?.param(COUNT).and_then(read_count).ok_or_else(|| self.lost(COUNT))
    }

    /// The point that a trial has in a ledger of an earlier version, which says it with the point alone.
    async fn point_of_old(&self, trial: TrialIndex) -> Result<Option<String>> {
        if self.points.lock().await.count != Some(1) {
            return Ok(None);
        }
        let root = self.store.run(&self.root.id).await?;
        let taken = root.params.iter().filter(|(key, _)| key.starts_with("point/"));
        let mut own = taken.filter_map(|(_, value)| holder_of(value)).filter(|(holder, _)| *holder == trial);
        Ok(own.find_map(|(_, point)| (!point.is_empty()).then(|| point.to_owned())))
    }
}

/// The trial that has a point, and in ledgers of earlier versions the point.
fn holder_of(value: &str) -> Option<(TrialIndex, &str)> {
    let (holder, point) = value.split_once(' ').unwrap_or((value, ""));
    Some((TrialIndex(holder.parse().ok()?), point))
}

#[cfg(test)]
#[path = "points_tests.rs"]
mod tests;
