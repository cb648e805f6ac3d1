//! Which GPUs this machine has.

use std::process::Command;
use std::time::Duration;

use super::ask::{Limit, ask};

/// A driver that is just being loaded takes its time.
const PATIENCE: Duration = Duration::from_secs(5);

/// The names of the GPUs: those that `CUDA_VISIBLE_DEVICES` allows where it is set, else those that `nvidia-smi` lists.
/// Empty where there are none.
#[must_use]
pub fn list_gpus() -> Vec<String> {
    let text = std::env::var("CUDA_VISIBLE_DEVICES").ok().or_else(ask_nvidia_smi).unwrap_or_default();
    parse_gpus(&text)
}

/// GPU names between commas or line ends.
#[must_use]
pub fn parse_gpus(text: &str) -> Vec<String> {
    text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn ask_nvidia_smi() -> Option<String> {
    let mut command = Command::new("nvidia-smi");
    command.args(["--query-gpu=index", "--format=csv,noheader"]);
    match ask(command, Limit::of(PATIENCE)) {
        Ok(answer) => answer.filter(|answer| answer.success).map(|answer| answer.text()),
        Err(error) => {
            tracing::warn!(%error, "nvidia-smi");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_listed_by_commas_or_lines() {
        assert_eq!(parse_gpus("0, 2\n"), ["0", "2"]);
        assert_eq!(parse_gpus("GPU-8f,MIG-1"), ["GPU-8f", "MIG-1"]);
        assert!(parse_gpus("\n").is_empty());
    }
}
