//! Timeline: a bar per trial from its start to its end, coloured by status.
//!
//! The trials of one agent get a row each where they are few; many are packed into lanes, where a trial takes the first
//! lane that is free: as many lanes as there were trials at the same time. Several agents have lanes of their own, one
//! below the other by the time of their first trial, unless there are too many agents to distinguish.

use std::fmt::Write;

use super::facts::trial_label;
use super::frame::{DrawnFrame, FrameSpec};
use super::palette::{GRID, STATUSES, of_status};
use super::scale::PlotAxis;
use super::svg::{Canvas, Swatch, caption_height, caption_lines};
use super::text::{clean, count, ems, moment_text, shorten};
use super::{MarkBox, Plot, SweepReport};
use crate::trial::{RunStatus, Trial, TrialIndex};

/// Most trials that get a row each.
const MOST_ROWS: usize = 60;

/// Most agents that get lanes of their own.
const MOST_AGENTS: usize = 40;

/// Height of title and legend.
const HEAD: f64 = 76.0;

/// The run timeline of a sweep as an SVG document.
#[must_use]
pub fn timeline_svg(report: &SweepReport) -> String {
    timeline(report).svg
}

pub(super) fn timeline(report: &SweepReport) -> Plot {
    let mut bars = bars(report);
    if bars.is_empty() {
        return Plot::without_marks(report, "Timeline", "No trial has started yet.");
    }
    let rows = TimelineRows::place(&mut bars);
    let caption = caption_lines(&sentences(report, &rows));
    let frame = frame(report, &bars, &rows);
    let mut canvas = Canvas::new("Timeline", HEAD + frame_height(&rows) + caption_height(&caption) + 16.0);
    let legend = report
        .by_status()
        .into_iter()
        .map(|(status, n)| (of_status(status), Swatch::Box, format!("{} {n}", status.as_str())));
    canvas.legend(60.0, &legend.collect::<Vec<_>>());
    canvas.raw(&frame.markup);
    rows.draw_borders(&mut canvas, &frame);
    let mut marks = vec![None; report.trials.len()];
    for status in STATUSES {
        let mut path = String::new();
        for bar in bars.iter().filter(|bar| bar.status == status) {
            let mark = mark(bar, &frame, &rows);
            draw_bar(&mut path, mark, bar.status == RunStatus::Running);
            if let Some(slot) = marks.get_mut(bar.position) {
                *slot = Some(mark);
            }
        }
        canvas.fill(&format!("bars {}", status.as_str()), &path, of_status(status));
    }
    canvas.caption(HEAD + frame_height(&rows) + 16.0, &caption);
    Plot { svg: canvas.finish(), marks }
}

/// A trial on its way to a bar; times in milliseconds since the sweep's first start.
#[derive(Debug)]
struct Bar {
    /// Place of the trial in the report.
    position: usize,
    label: String,
    /// Its place among the rows, where each has its own.
    order: (TrialIndex, u32),
    status: RunStatus,
    agent: Option<String>,
    start: f64,
    end: f64,
    row: usize,
}

fn bars(report: &SweepReport) -> Vec<Bar> {
    let origin = report.first_start();
    let since = |moment: i64| moment.saturating_sub(origin) as f64;
    let bar = |(position, trial): (usize, &Trial)| Bar {
        position,
        label: trial_label(trial),
        order: (trial.index, trial.attempt),
        status: trial.status,
        agent: trial.agent.clone(),
        start: since(trial.start_time),
        end: since(report.end_of(trial)),
        row: 0,
    };
    let (mut started, _) = report.started();
    started.sort_by_key(|(_, trial)| (trial.start_time, trial.index, trial.attempt));
    started.into_iter().map(bar).collect()
}

/// How bars are laid out in height.
#[derive(Debug)]
struct TimelineRows {
    count: usize,
    /// Distance from one row to the next.
    pitch: f64,
    packed: bool,
    /// The agents with their first lanes, where lanes belong to agents.
    agents: Vec<(String, usize)>,
}

impl TimelineRows {
    /// Gives each bar its row, the first at the top; bars come in the order of their starts.
    fn place(bars: &mut [Bar]) -> Self {
        let agents = agents(bars);
        if agents.len() > 1 && agents.len() <= MOST_AGENTS {
            return Self::by_agent(bars, agents);
        }
        if bars.len() <= MOST_ROWS {
            bars.sort_by_key(|bar| bar.order);
            for (row, bar) in bars.iter_mut().enumerate() {
                bar.row = row;
            }
            let count = bars.len().max(1);
            let pitch = if count <= 20 { 22.0 } else { 13.0 };
            return Self { count, pitch, packed: false, agents: Vec::new() };
        }
        let lanes = pack(bars.iter_mut(), 0);
        Self { count: lanes, pitch: lane_pitch(lanes), packed: true, agents: Vec::new() }
    }

    fn by_agent(bars: &mut [Bar], agents: Vec<String>) -> Self {
        let mut lanes = 0;
        let mut placed = Vec::new();
        for agent in agents {
            let own = bars.iter_mut().filter(|bar| bar.agent.as_deref().unwrap_or(UNKNOWN) == agent);
            let taken = pack(own, lanes);
            placed.push((agent, lanes));
            lanes += taken;
        }
        Self { count: lanes, pitch: lane_pitch(lanes), packed: true, agents: placed }
    }

    /// The first lane after those of an agent.
    fn end_of(&self, place: usize) -> usize {
        self.agents.get(place + 1).map_or(self.count, |(_, next)| *next)
    }

    /// A line between the lanes of one agent and the next.
    fn draw_borders(&self, canvas: &mut Canvas, frame: &DrawnFrame) {
        for (_, first) in self.agents.iter().skip(1) {
            let y = frame.y(-(*first as f64));
            canvas.line((frame.left, y), (frame.right, y), 1.0, GRID);
        }
    }

    /// The middle of each agent's lanes with its name, where there is space for one.
    fn agent_ticks(&self) -> Vec<(f64, String)> {
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for (place, (name, first)) in self.agents.iter().enumerate() {
            let middle = (*first + self.end_of(place)) as f64 / 2.0;
            let available = ticks.last().is_none_or(|(above, _)| (middle + above) * self.pitch >= 14.0);
            if available {
                ticks.push((-middle, shorten(&clean(name), AGENT_NAMES, 12.0)));
            }
        }
        ticks
    }
}

/// The label of a trial whose agent is not known.
const UNKNOWN: &str = "unknown";
/// Widest the names of agents get.
const AGENT_NAMES: f64 = 190.0;

/// The agents in the order of their first trials; bars come in the order of their starts.
fn agents(bars: &[Bar]) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    let names = bars.iter().map(|bar| bar.agent.as_deref().unwrap_or(UNKNOWN));
    names.filter(|name| known.insert(*name)).map(str::to_owned).collect()
}

fn lane_pitch(lanes: usize) -> f64 {
    (640.0 / lanes.max(1) as f64).min(26.0)
}

/// Gives each bar the free lane with the lowest number, from `first` on, and returns how many were needed. Lanes that are
/// busy wait by their end, free ones by number.
fn pack<'a>(bars: impl Iterator<Item = &'a mut Bar>, first: usize) -> usize {
    let mut free = std::collections::BTreeSet::new();
    let mut busy: std::collections::BTreeSet<(u64, usize)> = std::collections::BTreeSet::new();
    let mut lanes = 0;
    for bar in bars {
        let (start, end) = (bar.start as u64, bar.end as u64);
        while let Some(&(until, lane)) = busy.first()
            && until <= start
        {
            busy.remove(&(until, lane));
            free.insert(lane);
        }
        bar.row = free.pop_first().unwrap_or_else(|| {
            lanes += 1;
            first + lanes - 1
        });
        // A bar of no length still fills its lane at its moment.
        busy.insert((end.max(start + 1), bar.row));
    }
    lanes
}

fn frame_height(rows: &TimelineRows) -> f64 {
    (rows.count as f64 * rows.pitch).round().max(60.0) + 48.0 + 8.0
}

fn frame(report: &SweepReport, bars: &[Bar], rows: &TimelineRows) -> DrawnFrame {
    let last = bars.iter().map(|bar| bar.end).fold(1.0, f64::max);
    let (x, unit) = PlotAxis::time(last);
    let y = row_axis(bars, rows);
    let words: Vec<f64> = y.ticks.iter().map(|(_, text)| ems(text)).collect();
    let widest = words.into_iter().fold(0.0, f64::max);
    let title = match (rows.agents.is_empty(), rows.packed) {
        (false, _) => "Agent",
        (true, true) => "Lane",
        (true, false) => "Trial",
    };
    let origin = moment_text(report.first_start());
    DrawnFrame::draw(&FrameSpec {
        x: &x,
        y: &y,
        titles: (&format!("Time since {origin} ({unit})"), title),
        left: (widest * 12.0 + 44.0).clamp(66.0, 240.0) as u32,
        top: HEAD as u32,
        height: frame_height(rows) as u32,
        lines_across: false,
    })
}

/// Rows count downwards, so row r stands at −r − 0.5.
fn row_axis(bars: &[Bar], rows: &TimelineRows) -> PlotAxis {
    let every = (16.0 / rows.pitch).ceil().max(1.0) as usize;
    let ticks = if !rows.agents.is_empty() {
        rows.agent_ticks()
    } else if rows.packed {
        let every = every.max(rows.count.div_ceil(20));
        (0..rows.count).step_by(every).map(|row| (-(row as f64) - 0.5, (row + 1).to_string())).collect()
    } else {
        bars.iter().step_by(every).map(|bar| (-(bar.row as f64) - 0.5, bar.label.clone())).collect()
    };
    let count = rows.count.max((60.0 / rows.pitch).ceil() as usize);
    PlotAxis { low: -(count as f64), high: 0.0, ticks, log: false }
}

fn mark(bar: &Bar, frame: &DrawnFrame, rows: &TimelineRows) -> MarkBox {
    let gap = (rows.pitch * 0.28).min(5.0);
    let middle = frame.y(-(bar.row as f64) - 0.5);
    let height = rows.pitch - gap;
    let (start, end) = (frame.x(bar.start), frame.x(bar.end));
    // Neighbours in a lane keep a hair between them where there is space for it.
    let hair = if rows.packed && end - start > 3.0 { 0.6 } else { 0.0 };
    let least = if rows.packed { 0.8 } else { 2.0 };
    let width = (end - start - hair).max(least);
    let x = start.min(frame.right - width);
    MarkBox { x, y: middle - height / 2.0, width, height }
}

/// Adds a bar to a path; one that still runs has a pointed end.
fn draw_bar(path: &mut String, bar: MarkBox, open: bool) {
    let MarkBox { x, y, width, height } = bar;
    let _ = if open {
        let tip = (height * 0.5).min(width * 0.5);
        let (flat, half) = (width - tip, height / 2.0);
        write!(path, "M{x:.1} {y:.1}h{flat:.1}l{tip:.1} {half:.1}l-{tip:.1} {half:.1}h-{flat:.1}z")
    } else {
        write!(path, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z")
    };
}

fn sentences(report: &SweepReport, rows: &TimelineRows) -> Vec<String> {
    let (started, waiting) = report.started();
    let mut out = Vec::new();
    if !rows.agents.is_empty() {
        out.push(format!(
            "{} of {}: an agent has as many lanes as it ran trials at the same time.",
            count(started.len(), "trial"),
            count(rows.agents.len(), "agent"),
        ));
    } else if rows.packed {
        out.push(format!(
            "{}, packed: a lane shows trials one after the other, {} at most at the same time.",
            count(started.len(), "trial"),
            rows.count
        ));
    }
    if started.iter().any(|(_, trial)| trial.status == RunStatus::Running) {
        out.push("A pointed end: still running.".to_owned());
    }
    if waiting > 0 {
        out.push(format!("Without a start, so without a bar: {}.", count(waiting, "trial")));
    }
    out
}
