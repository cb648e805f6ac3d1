//! Opening a page for the person: the desktop's own way, within a time limit.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A desktop that has not taken the page by then is left to itself.
const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(20);

/// Opens a page or file in what the person's desktop opens it with.
///
/// # Errors
/// Why it can't be opened, as a clause.
pub fn open_for_person(address: &str) -> Result<(), String> {
    // The address comes from a store: only these schemes are passed to the desktop.
    if !["http://", "https://", "file://"].iter().any(|scheme| address.starts_with(scheme)) {
        return Err("it is not a file or a page".to_owned());
    }
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{program} ended with {status}")),
            // A browser in the foreground: it is open.
            Ok(None) if begun.elapsed() > PATIENCE => return Ok(()),
            Ok(None) => std::thread::sleep(STEP),
            Err(error) => return Err(format!("{program}: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_pages_and_files_are_handed_to_the_desktop() {
        for address in ["-x", "javascript:alert(1)", "s3://bucket/report.html", ""] {
            assert!(super::open_for_person(address).is_err(), "{address}");
        }
    }
}
