//! This program and what the system allows it: how it was built, and how many files it may have open.

use super::CheckResult;

/// An agent needs some 20 descriptors, and a few more for each trial beside the first.
const FEW: u64 = 64;
const TOO_FEW: u64 = 24;

/// Looks at the program itself.
pub(super) fn look() -> Vec<CheckResult> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok();
    std::iter::once(build()).chain(limits.as_deref().and_then(soft_limit).map(descriptors)).collect()
}

/// What it was built for: a binary for musl runs on any Linux, one for glibc on systems that are not older.
fn build() -> CheckResult {
    let library = match () {
        () if cfg!(target_env = "musl") => "musl, which runs on any Linux of this kind of machine",
        () if cfg!(target_env = "gnu") => "glibc, which needs a system as new as the one it was built on",
        () => "the system's C library",
    };
    let (version, machine, system) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH, std::env::consts::OS);
    CheckResult::ok("program", format!("sweep {version} for {machine} {system}, built with {library}"))
}

/// The soft limit of open files in the words of `/proc/self/limits`.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let word = line.split_whitespace().next()?;
    if word == "unlimited" { Some(u64::MAX) } else { word.parse().ok() }
}

fn descriptors(limit: u64) -> CheckResult {
    let text = match limit {
        u64::MAX => "any number of files may be open".to_owned(),
        limit => format!("{limit} files may be open at once"),
    };
    let advice = "Allow more in the shell that starts sweep: ulimit -n 1024.";
    match limit {
        ..TOO_FEW => CheckResult::bad("limits", format!("{text}: too few for an agent"), advice),
        TOO_FEW..FEW => {
            CheckResult::warn("limits", format!("{text}: enough for one trial at a time"), advice)
        }
        _ => CheckResult::ok("limits", text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
                          Max processes             1000                 1000                 processes \n\
                          Max open files            48                   4096                 files     \n";

    #[test]
    fn a_low_limit_of_open_files_is_found_with_the_command_that_raises_it() {
        assert_eq!(soft_limit(LIMITS), Some(48));
        assert_eq!(soft_limit(&LIMITS.replace("48  ", "unlimited")), Some(u64::MAX));
        assert_eq!(soft_limit("nothing"), None);
        for (limit, state) in [
            (12, CheckState::Bad),
            (48, CheckState::Warn),
            (1024, CheckState::Ok),
            (u64::MAX, CheckState::Ok),
        ] {
            let found = descriptors(limit);
            assert_eq!(found.state, state, "{found:?}");
            assert!(state == CheckState::Ok || found.advice.unwrap().contains("ulimit -n"));
        }
    }

    #[test]
    fn the_program_names_its_version_and_its_c_library() {
        let found = build().found;
        assert!(found.contains(env!("CARGO_PKG_VERSION")) && found.contains("built with"), "{found}");
    }
}
