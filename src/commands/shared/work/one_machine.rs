//! A database file is for one machine: agents of a second one are refused, with the way out.

use std::time::Duration;

use super::super::context::this_machine;
use super::super::exit::Exit;
use super::super::failure::CommandFailure;
use crate::process::now_ms;
use crate::record::{Machine, Sweep, enter_machine, other_machine};
use crate::tracking::embedded::EmbeddedStore;
use crate::ui::words;

/// Refuses to work beside agents of another machine; otherwise leaves word that this one does.
pub async fn check(store: &EmbeddedStore, sweep: &Sweep) -> Result<(), CommandFailure> {
    let own = this_machine();
    look(store, &own).await?;
    enter_machine(store, sweep, &own, now_ms()).await?;
    // Two that start at the same moment: at least one of them sees the other now.
    look(store, &own).await
}

async fn look(store: &EmbeddedStore, own: &Machine) -> Result<(), CommandFailure> {
    match other_machine(store, own, now_ms()).await? {
        Some((other, age)) if !is_restart(own, &other, store.db().network()) => {
            Err(refusal(store, &other, age))
        }
        _ => Ok(()),
    }
}

/// A file on a disk of this machine, last used by a machine of the same name: that was this one, before it was restarted.
fn is_restart(own: &Machine, other: &Machine, network: Option<&str>) -> bool {
    network.is_none() && other.host == own.host_in_tag()
}

fn refusal(store: &EmbeddedStore, other: &Machine, age: i64) -> CommandFailure {
    let age = words::duration(Duration::from_millis(u64::try_from(age).unwrap_or(0)));
    let path = store.db().path().display();
    CommandFailure::new(
        Exit::Tracking,
        format!(
            "agents of another machine, {}, work with {path} (last sign of life {age} ago): a database file is for the \
             processes of one machine",
            other.host
        ),
    )
    .hint(format!(
        "for several machines start a server beside the file, `sweep server --host 0.0.0.0`, and set \
         MLFLOW_TRACKING_URI=http://HOST:5000 on each; or wait until {} has ended. If its agents are gone, try again in two \
         minutes.",
        other.host
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_on_a_disk_of_its_own_a_machine_knows_itself_after_a_restart() {
        let machine = |id: &str, host: &str| Machine { id: id.into(), host: host.into() };
        let (own, before) = (machine("b", "node"), machine("a", "node"));
        assert!(is_restart(&own, &before, None));
        // Two machines of one name share a network file system.
        assert!(!is_restart(&own, &before, Some("NFS")));
        assert!(!is_restart(&own, &machine("a", "other"), None));
    }
}
