//! How fast a sweep goes, and how long it will take.

use std::time::Duration;

use crate::tracking::Run;

/// The pace of the trials that ended last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Throughput {
    /// Trials in a second, since the first of them was started.
    pub rate: f64,
    /// How long half of them took at most.
    median: Duration,
    /// How many they are.
    count: u64,
}

impl Throughput {
    /// `None`: none has ended, or the time is not known.
    pub fn of(ended: &[Run]) -> Option<Self> {
        Self::of_spans(ended.iter().filter_map(|run| Some((run.info.start_time, run.info.end_time?))))
    }

    /// The same of their starts and ends, epoch milliseconds.
    pub fn of_spans(ended: impl Iterator<Item = (i64, i64)>) -> Option<Self> {
        let spans: Vec<(i64, i64)> = ended.filter(|(start, end)| *start > 0 && end >= start).collect();
        let first = spans.iter().map(|(start, _)| *start).min()?;
        let last = spans.iter().map(|(_, end)| *end).max()?;
        let milliseconds = |span: i64| u64::try_from(span).unwrap_or(0);
        let mut took: Vec<u64> = spans.iter().map(|(start, end)| milliseconds(end - start)).collect();
        took.sort_unstable();
        let median = Duration::from_millis(*took.get(took.len() / 2)?);
        let count = spans.len() as u64;
        #[allow(clippy::cast_precision_loss)]
        let rate = count as f64 * 1000.0 / milliseconds(last - first).max(1) as f64;
        Some(Self { rate, median, count })
    }

    /// The time that `left` trials take, so many side by side: as many rounds as are left, each of a median trial; but no
    /// less than the rate has it, once there was more than one round.
    pub fn left(&self, left: u64, slots: u64) -> Duration {
        let slots = slots.max(1);
        let rounds = u32::try_from(left.div_ceil(slots)).unwrap_or(u32::MAX);
        #[allow(clippy::cast_precision_loss)]
        let by_rate = Duration::try_from_secs_f64(left as f64 / self.rate).unwrap_or(Duration::MAX);
        let by_rate = if self.count > slots { by_rate } else { Duration::ZERO };
        self.median.saturating_mul(rounds).max(by_rate)
    }
}

/// The time since a moment, epoch milliseconds.
pub fn since(then: i64, now: i64) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(then)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::RunInfo;
    use crate::trial::RunStatus;

    fn run(start: i64, end: i64) -> Run {
        Run::bare(RunInfo {
            start_time: start,
            end_time: Some(end),
            ..RunInfo::sample("", RunStatus::Finished)
        })
    }

    #[test]
    fn a_wave_that_ends_at_one_moment_is_as_fast_as_it_took() {
        let wave: Vec<Run> = (0..4).map(|k| run(1_000, 11_000 + k)).collect();
        let pace = Throughput::of(&wave).unwrap();
        assert!((pace.rate * 60.0 - 24.0).abs() < 0.1, "{pace:?}");
        // Eight are left, four at once: two rounds of ten seconds.
        assert_eq!(pace.left(8, 4).as_secs(), 20);
        assert_eq!(pace.left(9, 4).as_secs(), 30);
        assert_eq!(Throughput::of(&[]), None);
    }

    #[test]
    fn what_lies_between_two_trials_counts_too() {
        let slow: Vec<Run> = (0..5).map(|k| run(1_000 + 2_000 * k, 2_000 + 2_000 * k)).collect();
        let left = Throughput::of(&slow).unwrap().left(9, 1);
        assert!((15..=18).contains(&left.as_secs()), "{left:?}");
    }
}
