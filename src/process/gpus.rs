//! Which GPUs this machine has.

use std::process::{Command, Stdio};

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
    let output = Command::new("nvidia-smi")
        .args(["--query-gpu=index", "--format=csv,noheader"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
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
