//! `metric.from_output`: the metric of a command that logs nothing, read from what it prints.
//!
//! Each value goes to the trial's run with the step 0, 1, 2, …, in the background and in batches, so that a slow store
//! never holds the command up. What could not be delivered by the end goes with the settlement: only what the store
//! refuses for what it is is given up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use regex::Regex;
use tokio::sync::Notify;

use crate::agent::journal::{is_refusal, log_values};
use crate::agent::machine::AgentMachine;
use crate::agent::tasks::Task;
use crate::config::Config;
use crate::process::Clock;
use crate::tracking::{Metric, Result, RunId, Store};

/// Bytes looked at of one line; what is beyond is no line that a person reads.
const LINE: usize = 16 << 10;
/// Values of one request.
const BATCH: usize = 500;
/// Between two requests, and before one that failed is tried again.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long the last values may take once the command is over; what is left then goes with the settlement.
const LAST_DELIVERY: Duration = Duration::from_secs(3);
/// Characters shown of what is no number.
const SHOWN: usize = 40;

/// Reads the metric from the output of one command.
pub(in crate::agent) struct FromOutput {
    lines: OutputLines,
    metrics: Vec<MetricPattern>,
    waiting: Arc<WaitingValues>,
    clock: Clock,
    task: Task<()>,
}

/// A metric that is looked for in the output.
struct MetricPattern {
    pattern: Regex,
    name: String,
    /// That of its next value.
    step: i64,
    odd: UnreadableValue,
}

/// What the pattern found that is no number.
#[derive(Default)]
struct UnreadableValue {
    count: usize,
    first: String,
}

/// The values that the store does not have yet.
#[derive(Default)]
struct WaitingValues {
    queue: Mutex<ValueQueue>,
    news: Notify,
    /// No more values will come: nothing is gained by a pause.
    end: Notify,
}

#[derive(Default)]
struct ValueQueue {
    values: Vec<Metric>,
    /// No more will come.
    closed: bool,
    /// So many were refused for what they are.
    refused: usize,
    /// The store did not take the last ones that it was given.
    failing: bool,
}

impl FromOutput {
    /// Starts where the config asks for it.
    pub(in crate::agent) fn start(
        config: &Config,
        store: &Arc<dyn Store>,
        machine: &AgentMachine,
        run: &RunId,
    ) -> Option<Self> {
        let judged = config.objectives().metrics.into_iter().map(|metric| (metric.name, metric.from_output));
        let reported = config.report_metric.clone().map(|metric| (metric.name, metric.from_output));
        let metrics = judged.chain(reported).filter_map(|(name, pattern)| {
            let (pattern, odd) = (pattern?.0, UnreadableValue::default());
            Some(MetricPattern { pattern, name, step: 0, odd })
        });
        let metrics: Vec<MetricPattern> = metrics.collect();
        if metrics.is_empty() {
            return None;
        }
        let waiting = Arc::new(WaitingValues::default());
        let delivery = deliver(Arc::clone(store), run.clone(), Arc::clone(&waiting));
        let (task, clock) = (Task::start(&machine.tasks, delivery), machine.clock.clone());
        Some(Self { lines: OutputLines::default(), metrics, waiting, clock, task })
    }

    /// Takes in what the command printed.
    pub(in crate::agent) fn push(&mut self, bytes: &[u8]) {
        let (mut found, now) = (Vec::new(), self.clock.now_ms());
        let metrics = &mut self.metrics;
        self.lines
            .push(bytes, |line| metrics.iter_mut().for_each(|metric| metric.read(line, now, &mut found)));
        self.enqueue(found);
    }

    /// Waits until the store has all values, not for ever. What it does not have by then is returned; `note` is called
    /// with what a person should know.
    pub(in crate::agent) async fn finish(mut self, note: impl Fn(&str)) -> Vec<Metric> {
        let (mut found, now) = (Vec::new(), self.clock.now_ms());
        let metrics = &mut self.metrics;
        self.lines.end(|line| metrics.iter_mut().for_each(|metric| metric.read(line, now, &mut found)));
        self.enqueue(found);
        let failing = {
            let mut queue = self.waiting.queue();
            queue.closed = true;
            queue.failing
        };
        self.waiting.news.notify_one();
        self.waiting.end.notify_one();
        // A store that is away has its chance with the settlement.
        if !failing {
            let _ = tokio::time::timeout(LAST_DELIVERY, self.task.join()).await;
        }
        drop(self.task);
        for MetricPattern { odd, step, name, .. } in &self.metrics {
            // Which one is meant need not be said where there is one.
            let of = if self.metrics.len() > 1 { format!("{name}: ") } else { String::new() };
            odd.tell(*step, |text| note(&format!("{of}{text}")));
        }
        let mut queue = self.waiting.queue();
        if queue.refused > 0 {
            let values = if queue.refused == 1 { "1 value" } else { &format!("{} values", queue.refused) };
            note(&format!("the tracking store refused {values} that metric.from_output found"));
        }
        std::mem::take(&mut queue.values)
    }

    fn enqueue(&self, found: Vec<Metric>) {
        if !found.is_empty() {
            self.waiting.queue().values.extend(found);
            self.waiting.news.notify_one();
        }
    }
}

impl MetricPattern {
    /// Adds the values of a line to `found`.
    fn read(&mut self, line: &str, timestamp: i64, found: &mut Vec<Metric>) {
        for value in values(&self.pattern, line, &mut self.odd) {
            found.push(Metric { key: self.name.clone(), value, timestamp, step: self.step });
            self.step += 1;
        }
    }
}

impl UnreadableValue {
    /// Says what of the output was no number, where `numbers` were some.
    fn tell(&self, numbers: i64, note: impl Fn(&str)) {
        let Self { count, first } = self;
        match (numbers, count) {
            (0, 0) => note("nothing that it printed matches metric.from_output"),
            (_, 0) => {}
            (0, 1) => note(&format!("metric.from_output matched `{first}`, which is not a number")),
            (0, _) => {
                note(&format!("metric.from_output matched {count} times, never a number, such as `{first}`"));
            }
            (_, 1) => note(&format!("metric.from_output also matched `{first}`, which is not a number")),
            (_, _) => note(&format!(
                "metric.from_output also matched {count} times what is not a number, such as `{first}`"
            )),
        }
    }
}

impl WaitingValues {
    fn queue(&self) -> MutexGuard<'_, ValueQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what became of the first `number` values; false where no more can be delivered.
    fn answered(&self, number: usize, outcome: Result<usize>) -> bool {
        let mut queue = self.queue();
        queue.failing = outcome.is_err();
        match outcome {
            Ok(refused) => {
                queue.values.drain(..number);
                queue.refused += refused;
                true
            }
            // Where the run is gone, the agent that settles the trial finds that out.
            Err(error) => !is_refusal(&error),
        }
    }
}

/// Takes values to the store until no more come. A value leaves the queue only once the store has it.
async fn deliver(store: Arc<dyn Store>, run: RunId, waiting: Arc<WaitingValues>) {
    let mut pause = PAUSE;
    loop {
        let (batch, closed) = {
            let queue = waiting.queue();
            (queue.values.iter().take(BATCH).cloned().collect::<Vec<_>>(), queue.closed)
        };
        if batch.is_empty() {
            if closed {
                return;
            }
            waiting.news.notified().await;
            continue;
        }
        let outcome = log_values(store.as_ref(), &run, &batch).await;
        if let Err(error) = &outcome {
            tracing::debug!(%error, "values from the output have to wait");
        }
        // A login may be renewed and a server come back: nothing is given up.
        pause = if outcome.is_ok() { PAUSE } else { (2 * pause).min(LONGEST_PAUSE) };
        if !waiting.answered(batch.len(), outcome) {
            return;
        }
        if !closed || pause > PAUSE {
            tokio::select! {
                biased;
                () = tokio::time::sleep(pause) => {}
                () = waiting.end.notified() => {}
            }
        }
    }
}

/// The numbers that the pattern's group holds in a line; what it holds besides is counted.
fn values(pattern: &Regex, line: &str, odd: &mut UnreadableValue) -> Vec<f64> {
    let found = pattern.captures_iter(line).filter_map(|found| Some(found.get(1)?.as_str().trim()));
    let numbers = found.filter_map(|text| match text.parse() {
        Ok(number) => Some(number),
        Err(_) => {
            if odd.count == 0 {
                odd.first = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            }
            odd.count += 1;
            None
        }
    });
    numbers.collect()
}

/// Bytes to lines as a person saw them: without colours, and of a line that was redrawn (`\r`) its last state.
#[derive(Default)]
struct OutputLines {
    line: Vec<u8>,
    /// A `\r` came last: a `\n` after it only ends the line, anything else redraws it.
    returned: bool,
}

impl OutputLines {
    fn push(&mut self, bytes: &[u8], mut on_line: impl FnMut(&str)) {
        for byte in bytes {
            match byte {
                b'\n' => self.end(&mut on_line),
                b'\r' => self.returned = true,
                byte => {
                    if std::mem::take(&mut self.returned) {
                        self.line.clear();
                    }
                    if self.line.len() < LINE {
                        self.line.push(*byte);
                    }
                }
            }
        }
    }

    fn end(&mut self, mut on_line: impl FnMut(&str)) {
        self.returned = false;
        if !self.line.is_empty() {
            on_line(&plain(&String::from_utf8_lossy(&self.line)));
            self.line.clear();
        }
    }
}

/// A line without the escape sequences of terminals: `ESC [ … letter`, `ESC ] … BEL`, `ESC` and a character.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('[') => while characters.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
            Some(']') => {
                // Ended by BEL, or by ESC and a backslash.
                while let Some(c) = characters.next() {
                    if c == '\u{7}' || (c == '\u{1b}' && characters.next_if_eq(&'\\').is_some()) {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]], pattern: &str) -> Vec<f64> {
        let pattern = Regex::new(pattern).unwrap();
        let mut lines = OutputLines::default();
        let (mut found, mut odd) = (Vec::new(), UnreadableValue::default());
        for piece in pieces {
            lines.push(piece, |line| found.extend(values(&pattern, line, &mut odd)));
        }
        lines.end(|line| found.extend(values(&pattern, line, &mut odd)));
        found
    }

    /// What is said of an output.
    fn said(output: &[u8]) -> String {
        let (pattern, mut odd) = (Regex::new(LOSS).unwrap(), UnreadableValue::default());
        let mut numbers = 0;
        OutputLines::default().push(output, |line| {
            numbers += i64::try_from(values(&pattern, line, &mut odd).len()).unwrap();
        });
        let said = std::cell::RefCell::new(String::new());
        odd.tell(numbers, |text| said.borrow_mut().push_str(text));
        said.into_inner()
    }

    #[test]
    fn what_matches_and_is_no_number_is_shown() {
        assert_eq!(said(b"nothing\n"), "nothing that it printed matches metric.from_output");
        assert_eq!(said(b"loss=1,234.5\n"), "metric.from_output matched `1,234.5`, which is not a number");
        assert!(said(b"loss=0x10\nloss=1_000\n").contains("2 times, never a number, such as `0x10`"));
        assert!(said(b"loss=1\nloss=high\x07\n").contains("also matched `high`, which"));
        assert_eq!(said(b"loss=1\nloss=2\n"), "");
    }

    const LOSS: &str = r"loss=(\S+)";

    #[test]
    fn every_match_counts_wherever_the_output_was_cut() {
        let pieces: [&[u8]; 3] = [b"epoch 0 lo", b"ss=0.5\nloss=1e-05 loss=-2", b" \nnothing\nloss=3"];
        assert_eq!(read(&pieces, LOSS), [0.5, 1e-5, -2.0, 3.0]);
    }

    #[test]
    fn a_line_that_is_drawn_anew_counts_once_in_its_last_state() {
        assert_eq!(read(&[b"loss=3\rloss=2\rloss=1\nloss=0\r\n", b"loss=9\r"], LOSS), [1.0, 0.0, 9.0]);
        assert_eq!(read(&[b"loss=3\r", b"\nloss=2\r", b"loss=1\n"], LOSS), [3.0, 1.0]);
    }

    #[test]
    fn colours_are_not_part_of_a_line() {
        let line = "\u{1b}[1;32mlo\u{1b}[0mss=\u{1b}[38;5;9m0.25\u{1b}[K\u{1b}]8;;http://x\u{7} end\n";
        assert_eq!(read(&[line.as_bytes()], LOSS), [0.25]);
    }

    #[test]
    fn what_is_no_number_is_passed_over() {
        assert_eq!(read(&[b"loss=high\nloss=1,5\nloss=7\n\xff\xfe loss=8\n"], LOSS), [7.0, 8.0]);
        assert!(read(&[b"loss=nan\n"], LOSS)[0].is_nan());
    }

    #[test]
    fn a_line_without_end_takes_no_more_than_its_room() {
        let mut lines = OutputLines::default();
        for _ in 0..1000 {
            lines.push(&[b'x'; 4096], |_| unreachable!());
        }
        assert_eq!(lines.line.len(), LINE);
    }

    const METRIC: &str = "command: train\nparameters: {x: {values: [1]}}\n\
                          metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\n";

    /// What is left for the settlement of a trial that printed two values while the store answered so.
    async fn left_over(fault: Option<crate::tracking::ErrorKind>) -> usize {
        let store = Arc::new(crate::agent::fake_store::FakeStore::new().await);
        let run = store.make_run("trial").await.id;
        store.fails(fault);
        let config = crate::config::check(METRIC.as_bytes()).config.unwrap();
        let port: Arc<dyn Store> = store.clone();
        let mut output = FromOutput::start(&config, &port, &AgentMachine::this(None), &run).unwrap();
        output.push(b"loss=1\nloss=2\n");
        // A first try is over by then.
        tokio::time::sleep(PAUSE / 2).await;
        let left = output.finish(|_| {}).await.len();
        store.fails(None);
        assert_eq!(store.values(&run, "loss").await.len() + left, 2, "{fault:?}");
        left
    }

    #[tokio::test]
    async fn no_value_is_lost_whatever_a_server_answers_in_place_of_mlflow() {
        use crate::tracking::ErrorKind as Kind;
        assert_eq!(left_over(None).await, 0);
        for fault in [Kind::Unavailable, Kind::Unauthorized, Kind::Forbidden, Kind::Protocol, Kind::Io] {
            assert_eq!(left_over(Some(fault)).await, 2, "{fault:?}");
        }
    }
}
