//! Why a command did not start, what caused it, and what to do about it.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{AccessFlags, access};

/// Why a command did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{program}`")]
pub struct SpawnError {
    /// The program.
    pub program: String,
    /// Where it was to run; empty: here.
    pub folder: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// What has to change before the command starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpawnErrorScope {
    /// The command: no trial would start.
    Command,
    /// The trial's values: others may start.
    Values,
    /// This machine: another one may run this very trial.
    Machine,
}

impl SpawnError {
    /// What has to change.
    #[must_use]
    pub fn blame(&self) -> SpawnErrorScope {
        match self.source.raw_os_error() {
            Some(libc::E2BIG) => SpawnErrorScope::Values,
            Some(libc::EMFILE | libc::ENFILE | libc::EAGAIN | libc::ENOMEM | libc::ESRCH) => {
                SpawnErrorScope::Machine
            }
            _ => SpawnErrorScope::Command,
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        if let Some(hint) = machine_hint(&self.source) {
            return hint;
        }
        match self.source.raw_os_error() {
            Some(libc::E2BIG) => {
                "A value, or the command line with the environment, is longer than the system allows \
                                  (Linux: 128 KiB for one value). Hand large data over by the name of a file."
                    .to_owned()
            }
            _ if !self.folder.as_os_str().is_empty() && !self.folder.is_dir() => {
                format!("The directory it is to run in does not exist: {}", self.folder.display())
            }
            _ => why_not_started(&self.program, &self.folder).unwrap_or_else(|| not_found(&self.program)),
        }
    }
}

/// What to do where the machine refuses what any program needs; `None`: it is another error.
#[must_use]
pub fn machine_hint(error: &io::Error) -> Option<String> {
    Some(match error.raw_os_error() {
        Some(libc::EMFILE) => format!(
            "This process may open {} files: raise the limit (ulimit -n 4096), or run fewer trials in parallel \
             (--jobs).",
            limit(Resource::RLIMIT_NOFILE)
        ),
        Some(libc::ENFILE) => "The machine has as many files open as it can (fs.file-max).".to_owned(),
        Some(libc::EAGAIN) => format!(
            "No further process may be started: the limit is {} for this user (ulimit -u), and a container may \
             have a lower one. End other programs, raise it, or run fewer trials in parallel (--jobs).",
            limit(PROCESSES)
        ),
        Some(libc::ENOMEM) => {
            "The machine is short of memory: end other programs, or run fewer trials in parallel (--jobs)."
                .to_owned()
        }
        _ => return None,
    })
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
const PROCESSES: Resource = Resource::RLIMIT_NPROC;

fn limit(resource: Resource) -> String {
    match getrlimit(resource) {
        Ok((soft, _)) if soft == nix::sys::resource::RLIM_INFINITY => "unlimited".to_owned(),
        Ok((soft, _)) => soft.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

fn not_found(program: &str) -> String {
    if program.contains('/') {
        format!("There is no file `{program}`. Is the path right, as seen from the directory it runs in?")
    } else {
        format!("Is `{program}` installed, and on the PATH?")
    }
}

/// What is wrong with a program as it would be found from `folder`; `None`: nothing that can be seen.
#[must_use]
pub fn why_not_started(program: &str, folder: &Path) -> Option<String> {
    if program.is_empty() {
        return Some("The command is empty.".to_owned());
    }
    let Some(file) = find(program, folder) else {
        let here = folder.join(program);
        return Some(if !program.contains('/') && here.is_file() {
            format!("`{program}` is a file in {}, but not on the PATH: write `./{program}`.", shown(folder))
        } else {
            not_found(program)
        });
    };
    if file.is_dir() {
        return Some(format!("`{program}` is a directory."));
    }
    if access(&file, AccessFlags::X_OK).is_err() {
        let by = interpreter(&file).map(|by| format!(", or start it by its interpreter: {by} {program}"));
        return Some(format!(
            "`{program}` is not executable: chmod +x {}{}",
            file.display(),
            by.unwrap_or_default()
        ));
    }
    let first = first_line(&file)?;
    let Some(line) = first.strip_prefix("#!") else {
        return (!first.starts_with("\u{7f}ELF")).then(|| {
            format!("`{program}` is not a program and has no `#!` line: write `#!/bin/sh` as its first line.")
        });
    };
    if line.ends_with('\r') {
        return Some(format!(
            "The first line of `{program}` ends with CR, as on Windows, which becomes part of the interpreter's name: \
             sed -i 's/\\r$//' {}",
            file.display()
        ));
    }
    let by = line.split_whitespace().next()?;
    (!Path::new(by).exists())
        .then(|| format!("The first line of `{program}` names the interpreter `{by}`, which does not exist."))
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { "this directory".to_owned() } else { folder.display().to_string() }
}

/// The file that a program's name leads to, as the system looks for it.
fn find(program: &str, folder: &Path) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program)).filter(|file| file.exists());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|place| folder.join(place).join(program)).find(|file| file.is_file())
}

fn interpreter(file: &Path) -> Option<String> {
    let line = first_line(file)?;
    let by = line.strip_prefix("#!")?.split_whitespace().next()?.to_owned();
    if by.ends_with("/env") {
        return line.split_whitespace().nth(1).map(str::to_owned);
    }
    Path::new(&by).file_name().map(|name| name.to_string_lossy().into_owned())
}

/// The first line, with a CR at its end, as far as it matters; `None`: it can't be read.
fn first_line(file: &Path) -> Option<String> {
    let mut start = Vec::new();
    std::fs::File::open(file).ok()?.take(256).read_to_end(&mut start).ok()?;
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Some(String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn failed(number: i32) -> SpawnError {
        SpawnError {
            program: "train".into(),
            folder: PathBuf::new(),
            source: io::Error::from_raw_os_error(number),
        }
    }

    #[test]
    fn values_machine_and_command_are_told_apart() {
        assert_eq!(failed(libc::E2BIG).blame(), SpawnErrorScope::Values);
        for number in [libc::EMFILE, libc::ENFILE, libc::EAGAIN, libc::ENOMEM] {
            assert_eq!(failed(number).blame(), SpawnErrorScope::Machine);
        }
        for number in [libc::ENOENT, libc::EACCES, libc::ENOEXEC, libc::ENOTDIR] {
            assert_eq!(failed(number).blame(), SpawnErrorScope::Command);
        }
    }

    #[test]
    fn each_cause_has_its_own_hint() {
        for (number, words) in [
            (libc::E2BIG, "128 KiB"),
            (libc::EMFILE, "ulimit -n"),
            (libc::ENFILE, "fs.file-max"),
            (libc::EAGAIN, "ulimit -u"),
            (libc::ENOMEM, "memory"),
            (libc::ENOENT, "on the PATH"),
        ] {
            let hint = failed(number).hint();
            assert!(hint.contains(words), "{hint}");
        }
        let nowhere = SpawnError { folder: "/no/such/folder".into(), ..failed(libc::ENOENT) };
        assert!(nowhere.hint().contains("/no/such/folder"), "{}", nowhere.hint());
    }

    #[test]
    fn a_file_that_is_no_program_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let file = |name: &str, text: &str, mode: u32| {
            std::fs::write(here.join(name), text).unwrap();
            std::fs::set_permissions(here.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        file("cr.sh", "#!/bin/sh\r\necho\r\n", 0o755);
        file("gone.py", "#!/opt/no/python3\n", 0o755);
        file("plain", "echo\n", 0o755);
        file("mode.py", "#!/usr/bin/env python3\n", 0o644);
        file("good.sh", "#!/bin/sh\n", 0o755);
        std::fs::create_dir(here.join("folder")).unwrap();
        for (program, words) in [
            ("./cr.sh", "ends with CR"),
            ("./gone.py", "`/opt/no/python3`, which does not exist"),
            ("./plain", "no `#!` line"),
            ("./folder", "is a directory"),
            ("./none.sh", "no file `./none.sh`"),
            ("good.sh", "write `./good.sh`"),
            ("", "empty"),
        ] {
            let why = why_not_started(program, here).unwrap_or_default();
            assert!(why.contains(words), "{program}: {why}");
        }
        assert_eq!(why_not_started("./good.sh", here), None);
        assert_eq!(why_not_started("sh", here), None);
        // Root may read everything, but starts only what somebody may start.
        let why = why_not_started("./mode.py", here).unwrap();
        assert!(why.contains("chmod +x") && why.contains("python3 ./mode.py"), "{why}");
    }
}
