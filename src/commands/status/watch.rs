//! `sweep status -w` on a terminal: looks again and again, and answers keys.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use tokio::time::{Instant, sleep_until};

use super::super::shared::{CommandFailure, Context, Exit, Setting, live_file, not_heard};
use super::keys::{HELP, KeyAction, ScreenState, Showing};
use super::pause::until_next_look;
use super::pick::PickedTrials;
use crate::process::{EndSignals, Suspensions};
use crate::query::SweepSnapshot;
use crate::record::{SweepOrder, index_of};
use crate::trial::TrialIndex;
use crate::ui::{Key, Keyboard, Screen, Style, Ui, printable, shorten};

/// So much of the end of a trial's output is read.
const LOG_END: u64 = 64 << 10;

/// What makes a program look up from its screen.
enum Wake {
    Time,
    Key(Key),
    Suspended,
    Ended(Exit),
}

/// Looks at a sweep until it is over, or the person has seen enough.
pub(super) async fn watch(
    setting: &Setting,
    context: &Context,
    mut look: SweepSnapshot,
    screen: Screen,
) -> Result<Exit, CommandFailure> {
    let mut shown = WatchScreen::new(setting.ui, screen)?;
    loop {
        if look.overview.state().is_over() {
            return Ok(shown.close(context, &look).await);
        }
        shown.draw(context, &look).await;
        let next_look = Instant::now() + until_next_look(&look);
        loop {
            match shown.wait(next_look).await {
                Wake::Time => break,
                Wake::Ended(exit) => return Ok(exit),
                Wake::Suspended => shown.suspend(),
                Wake::Key(key) => match shown.press(key, &look) {
                    KeyAction::Quit => return Ok(shown.close(context, &look).await),
                    KeyAction::Draw => {}
                    KeyAction::Order(order) => {
                        shown.state.message = Some(give(setting, &look, order).await);
                        break;
                    }
                },
            }
            shown.draw(context, &look).await;
        }
        look = match shown.or_ended(look.again(&context.store)).await {
            Ok(look) => look?,
            Err(exit) => return Ok(exit),
        };
    }
}

/// Gives an order as `sweep pause` and `sweep resume` do; says what came of it.
async fn give(setting: &Setting, look: &SweepSnapshot, order: SweepOrder) -> String {
    // The look itself only reads.
    let given = async {
        let context = Context::open(setting)?;
        look.overview.sweep.give_order(context.store.as_ref(), order).await?;
        Ok::<_, CommandFailure>(())
    };
    match given.await {
        Ok(()) if order == SweepOrder::Pause => {
            "Paused: agents finish running trials and start none.".to_owned()
        }
        Ok(()) => "Resumed: waiting agents start trials again.".to_owned(),
        Err(failure) => printable(&failure.to_string()),
    }
}

/// The terminal: what is shown, and what is pressed.
struct WatchScreen {
    ui: Ui,
    screen: Screen,
    state: ScreenState,
    /// `None`: nobody can press a key.
    listening: Option<Listening>,
    /// The running trials on the screen, in their order.
    running: Vec<TrialIndex>,
}

/// While keys are heard, signals are, too: the terminal is to be left as it was.
struct Listening {
    keyboard: Keyboard,
    ends: EndSignals,
    suspensions: Suspensions,
}

impl WatchScreen {
    fn new(ui: Ui, screen: Screen) -> Result<Self, CommandFailure> {
        let listening = match Keyboard::open() {
            Some(keyboard) => Some(Listening {
                keyboard,
                ends: EndSignals::listen().map_err(|error| not_heard(&error))?,
                suspensions: Suspensions::listen().map_err(|error| not_heard(&error))?,
            }),
            None => None,
        };
        Ok(Self { ui, screen, state: ScreenState::default(), listening, running: Vec::new() })
    }

    /// Waits for what comes first: a key, a signal, the time.
    async fn wait(&mut self, until: Instant) -> Wake {
        let Some(Listening { keyboard, ends, suspensions }) = &mut self.listening else {
            sleep_until(until).await;
            return Wake::Time;
        };
        tokio::select! {
            biased;
            signal = ends.next() => Wake::Ended(Exit::after(signal)),
            () = suspensions.next() => Wake::Suspended,
            key = keyboard.next() => Wake::Key(key),
            () = sleep_until(until) => Wake::Time,
        }
    }

    /// Does something that may take long; it is given up for a signal that ends the program.
    async fn or_ended<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Exit> {
        let Some(Listening { ends, .. }) = &mut self.listening else { return Ok(work.await) };
        tokio::select! {
            biased;
            signal = ends.next() => Err(Exit::after(signal)),
            done = work => Ok(done),
        }
    }

    /// Lets the shell have the terminal until the program is continued.
    fn suspend(&mut self) {
        if let Some(Listening { keyboard, .. }) = &self.listening {
            keyboard.leave();
            Suspensions::suspend();
            keyboard.enter();
            self.screen.forget();
        }
    }

    /// Leaves the table on the screen, without what is there for keys.
    async fn close(&mut self, context: &Context, look: &SweepSnapshot) -> Exit {
        self.listening = None;
        self.state.showing = Showing::Table;
        self.draw(context, look).await;
        Exit::Done
    }

    fn press(&mut self, key: Key, look: &SweepSnapshot) -> KeyAction {
        self.state.press(key, look, &self.running)
    }

    async fn draw(&mut self, context: &Context, look: &SweepSnapshot) {
        // The terminal may have another width by now.
        let ui = self.ui.again();
        let footer_lines = usize::from(self.listening.is_some());
        let rows = Screen::rows().saturating_sub(footer_lines);
        let picked = PickedTrials::of(look, &self.state).unwrap_or_else(|error| {
            self.state.filter = None;
            let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
            self.state.message = Some(format!("{error}.{hint}").replace("--where: ", ""));
            PickedTrials::all(look)
        });
        self.running = picked.running.iter().filter_map(|(run, _)| index_of(run)).collect();
        let mut text = match &self.state.showing {
            Showing::Help => format!("{}\n\n{HELP}", Style::Strong.paint("Keys", ui.color_out)),
            Showing::Log(trial) => log_text(context, look, *trial, (&ui, rows)).await,
            _ => look.text_within(&ui, rows, &picked),
        };
        if self.listening.is_some() {
            let footer = shorten(&printable(&self.state.footer()), ui.width.saturating_sub(1));
            // What is longer than the screen would push it out.
            let kept: Vec<&str> = text.lines().take(rows).collect();
            text = format!("{}\n{}\n", kept.join("\n"), Style::Faint.paint(&footer, ui.color_out));
        }
        self.screen.show(&text);
    }
}

/// The end of what a running trial has printed, as much as fits.
async fn log_text(
    context: &Context,
    look: &SweepSnapshot,
    trial: TrialIndex,
    (ui, rows): (&Ui, usize),
) -> String {
    let title = Style::Strong.paint(&format!("Output of trial {trial}"), ui.color_out);
    let running = look.running.iter().find(|(run, _)| index_of(run) == Some(trial));
    let Some((run, _)) = running else {
        return format!("{title}\n\nIt has ended: sweep logs {trial}\n");
    };
    // The table does without the tags that say where the file is.
    let path = match context.store.run(&run.info.id).await {
        Ok(run) => live_file(&run),
        Err(error) => return format!("{title}\n\n{}\n", printable(&error.to_string())),
    };
    let Some(text) = path.and_then(|path| end_of(&path).ok()) else {
        return format!("{title}\n\nIt can be read on the machine of its agent: sweep logs {trial}\n");
    };
    let lines: Vec<String> = text
        .lines()
        // Of a progress bar the last state.
        .map(|line| line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default())
        .map(|line| shorten(&printable(&line.replace('\t', "    ")), ui.width.saturating_sub(1)))
        .collect();
    let first = lines.len().saturating_sub(rows.saturating_sub(2));
    format!("{title}\n\n{}\n", lines.get(first..).unwrap_or_default().join("\n"))
}

fn end_of(path: &std::path::Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_END)))?;
    let mut bytes = Vec::new();
    file.take(LOG_END).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
