//! A PostgreSQL server of its own, where the system has the programs.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use super::agent::until;

/// A running server; dropping it ends it.
pub struct Postgres {
    server: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Postgres {
    /// Starts a server with an empty database; says why not where that is impossible.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL is not installed (Debian: `apt install postgresql`)")?;
        let user = unprivileged()?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        if let Some(user) = &user {
            let owner = Command::new("chown").arg(&user.name).arg(folder.path()).status();
            owner.map_err(|error| error.to_string())?;
        }
        let data = folder.path().join("data");
        let made = as_user(&programs.join("initdb"), user.as_ref(), folder.path())
            .args(["-U", "sweep", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data)
            .output()
            .map_err(|error| format!("initdb does not start: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
        let server = as_user(&programs.join("postgres"), user.as_ref(), folder.path())
            .args(["-F", "-h", "127.0.0.1", "-p"])
            .arg(port.to_string())
            .arg("-k")
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .spawn()
            .map_err(|error| format!("postgres does not start: {error}"))?;
        let server = Self { server, port, _folder: folder };
        until("PostgreSQL's answer", || {
            let mut ready = as_user(&programs.join("pg_isready"), user.as_ref(), Path::new("/"));
            ready.args(["-q", "-h", "127.0.0.1", "-p"]).arg(port.to_string());
            ready.status().is_ok_and(|status| status.success()).then_some(())
        });
        Ok(server)
    }

    /// Its database, as SQLAlchemy names it.
    pub fn uri(&self) -> String {
        format!("postgresql+psycopg2://sweep@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Ok(pid) = i32::try_from(self.server.id()) {
            // Its word for: at once.
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        }
        let _ = self.server.wait();
    }
}

/// The folder of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let folders = versions.map(|entry| entry.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// PostgreSQL refuses to be run by root.
fn unprivileged() -> Result<Option<User>, String> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let found = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
    found.map(Some).ok_or_else(|| "there is no unprivileged user to run PostgreSQL".into())
}

fn as_user(program: &Path, user: Option<&User>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}
