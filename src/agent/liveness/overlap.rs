//! Asks a store again and again. A question that waits for its answer does not hold up the next one, or a server that is
//! back after a partition would hear nothing until the lost question has timed out. Nor is it given up when the next one
//! is asked, or a server that is only slow would never be heard.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until, timeout};

/// Questions that may wait for an answer at the same time: each more is one for a server that has too many.
const IN_FLIGHT: u32 = 2;

/// When to ask.
pub(in crate::agent) struct Pace<F> {
    /// How long after an answer the next question is asked.
    pub pause: F,
    /// How long after a question without an answer the next one is asked. Each has [`IN_FLIGHT`] times that.
    pub patience: Duration,
}

/// Asks until an answer is the last one; `ask` gets the number of the question, from 1.
pub(in crate::agent) async fn ask_repeatedly<T, A: Future<Output = Option<T>>>(
    pace: Pace<impl Fn() -> Duration>,
    mut ask: impl FnMut(u64) -> A,
) -> T {
    let mut waiting = FuturesUnordered::new();
    let mut due = Instant::now() + (pace.pause)();
    let mut asked = 0;
    loop {
        tokio::select! {
            biased;
            Some(answer) = waiting.next() => match answer {
                Ok(Some(last)) => return last,
                Ok(None) => due = Instant::now() + (pace.pause)(),
                // No answer: the next question is due as it was.
                Err(_) => {}
            },
            () = sleep_until(due), if waiting.len() < IN_FLIGHT as usize => {
                asked += 1;
                waiting.push(timeout(IN_FLIGHT * pace.patience, ask(asked)));
                due = Instant::now() + pace.patience;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::sleep;

    use super::*;

    const PAUSE: Duration = Duration::from_millis(750);
    const PATIENCE: Duration = Duration::from_secs(4);

    /// When answers arrived within `time` from a store that takes so long for the question of this number.
    async fn answers(time: Duration, takes: impl Fn(u64) -> Duration) -> Vec<Duration> {
        let started = Instant::now();
        let arrived = RefCell::new(Vec::new());
        let pace = Pace { pause: || PAUSE, patience: PATIENCE };
        let asking = ask_repeatedly(pace, |number| {
            let (takes, arrived) = (takes(number), &arrived);
            async move {
                sleep(takes).await;
                arrived.borrow_mut().push(started.elapsed());
                None::<()>
            }
        });
        assert!(timeout(time, asking).await.is_err());
        arrived.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_answers_is_asked_at_each_pause() {
        let answers = answers(Duration::from_secs(30), |_| Duration::from_millis(1)).await;
        assert_eq!(answers.len(), 39);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_store_is_heard() {
        for seconds in [3, 5, 7] {
            let answers = answers(Duration::from_secs(60), |_| Duration::from_secs(seconds)).await;
            assert!(answers.len() > 12, "{seconds}: {answers:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn questions_that_are_lost_hold_up_none_after_them() {
        let never = Duration::from_secs(100_000);
        let answers = answers(Duration::from_secs(120), |number| match number {
            1..=20 => never,
            _ => Duration::from_millis(1),
        })
        .await;
        // Twenty were asked, each so long after the one before.
        assert!(answers[0] <= 21 * PATIENCE + PAUSE, "{answers:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_store_is_asked_no_more_often_than_its_answers_allow() {
        let asked = RefCell::new(0);
        let pace = Pace { pause: || Duration::from_secs(15), patience: PATIENCE };
        let asking = ask_repeatedly(pace, |_| {
            *asked.borrow_mut() += 1;
            async {
                sleep(Duration::from_secs(3)).await;
                None::<()>
            }
        });
        assert!(timeout(Duration::from_secs(200), asking).await.is_err());
        // Two at a time, since the first has no answer after two seconds; then a pause from the later answer on.
        assert!(asked.into_inner() <= 20);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_answer_ends_it() {
        let pace = Pace { pause: || PAUSE, patience: PATIENCE };
        assert_eq!(ask_repeatedly(pace, async |number| (number == 3).then_some(number)).await, 3);
    }
}
