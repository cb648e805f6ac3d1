//! An export or import on the terminal.

use std::cell::RefCell;

use crate::exchange::ExchangeEvent;
use crate::ui::{Steps, Ui, words};

/// Shows what an export or import does: a line at the foot of the terminal.
pub fn progress(ui: &Ui) -> impl Fn(ExchangeEvent<'_>) + use<> {
    let (ui, steps) = (*ui, RefCell::new(None::<Steps>));
    move |event| match event {
        ExchangeEvent::Replaced => ui.say("An earlier import of this was cut off: what it left was removed."),
        ExchangeEvent::Begins(trials) => *steps.borrow_mut() = Some(Steps::new(&ui, trials, "trials")),
        ExchangeEvent::At(name) => steps.borrow().iter().for_each(|steps| steps.at(name)),
        ExchangeEvent::Done => steps.borrow().iter().for_each(Steps::step),
        // What is said from here on must not be overdrawn.
        ExchangeEvent::Ends => *steps.borrow_mut() = None,
    }
}

/// Says that artifacts were left out, with the reason for the first of them.
pub fn warn_of_left_out(ui: &Ui, left_out: &[String]) {
    if let Some(first) = left_out.first() {
        let artifacts = words::count(left_out.len() as u64, "artifact");
        ui.warn(&format!("{artifacts} left out, for example {first}"));
    }
}
