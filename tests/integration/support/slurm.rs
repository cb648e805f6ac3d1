//! A Slurm of one node with four GPUs that are none, where the system has the programs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::agent::{processes_with, until};

/// Where Debian has them.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// A daemon that takes longer than this does not run here.
const TIME_TO_START: Duration = Duration::from_secs(30);

/// A running cluster; dropping it ends it.
pub struct Slurm {
    folder: tempfile::TempDir,
    /// Their names; the only one has that of the machine.
    nodes: Vec<String>,
    cpus: u32,
}

impl Slurm {
    /// A cluster that tests share which run at the same time; says why not where the programs are missing, or where this
    /// machine does not let them run.
    pub fn shared() -> Result<Arc<Self>, String> {
        static SHARED: Mutex<Weak<Slurm>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slurm) = shared.upgrade() {
            return Ok(slurm);
        }
        let slurm = Arc::new(Self::own()?);
        *shared = Arc::downgrade(&slurm);
        Ok(slurm)
    }

    /// A cluster of this test's own.
    pub fn own() -> Result<Self, String> {
        let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
        Self::of_nodes(vec![host.split('.').next().unwrap().to_owned()], 8)
    }

    /// One of several nodes of so many CPUs, all of which are this machine.
    pub fn of_nodes(nodes: Vec<String>, cpus: u32) -> Result<Self, String> {
        // What kept one from starting keeps others from it, after as long a wait.
        static REFUSED: Mutex<Option<String>> = Mutex::new(None);
        let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = refused.as_ref() {
            return Err(why.clone());
        }
        let missing = ["slurmctld", "slurmd", "munged", "sbatch"].into_iter().find(|name| !is_there(name));
        let started = match missing {
            Some(name) => Err(format!(
                "no `{name}` here (Debian: apt install --no-install-recommends slurmctld slurmd slurm-client munge)"
            )),
            None => Self::start(nodes, cpus),
        };
        if let Err(why) = &started {
            *refused = Some(why.clone());
        }
        started
    }

    /// Starts the three daemons.
    fn start(nodes: Vec<String>, cpus: u32) -> Result<Self, String> {
        let slurm = Self { folder: tempfile::tempdir().unwrap(), nodes, cpus };
        slurm.write_files();
        let at = |name: &str| slurm.folder.path().join(name).display().to_string();
        slurm.call(
            "munged",
            &[
                "--force",
                &format!("--key-file={}", at("munge/munge.key")),
                &format!("--socket={}", at("munge/munge.sock")),
                &format!("--pid-file={}", at("munge/munged.pid")),
                &format!("--log-file={}", at("munge/munged.log")),
                &format!("--seed-file={}", at("munge/munged.seed")),
            ],
        )?;
        slurm.comes_up("munged", || slurm.answers("munge", &["-n", "-S", &at("munge/munge.sock")]))?;
        slurm.call("slurmctld", &["-f", &at("slurm.conf")])?;
        slurm.comes_up("slurmctld", || slurm.answers("scontrol", &["ping"]))?;
        for node in &slurm.nodes {
            let name = if slurm.nodes.len() > 1 { &["-N", node][..] } else { &[] };
            slurm.call("slurmd", &[&["-f", &at("slurm.conf")], name].concat())?;
        }
        slurm.comes_up("slurmd", || {
            let state = slurm.call("sinfo", &["-h", "-N", "-p", "main", "-o", "%T"]).unwrap_or_default();
            let up = |state: &&str| ["idle", "mixed", "allocated"].contains(&state.trim());
            state.lines().filter(up).count() == slurm.nodes.len()
        })?;
        // A node that takes no job is no node: no cgroups, no user to run it as.
        let took = slurm.call("srun", &["--immediate=20", "--time=1", "true"]);
        took.map_err(|why| format!("a job of Slurm's does not run here: {why}"))?;
        Ok(slurm)
    }

    fn write_files(&self) {
        let folder = self.folder.path();
        for name in ["munge", "state", "log", "run"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(folder.join("munge"), private).unwrap();
        std::fs::write(folder.join("munge/munge.key"), rand_bytes()).unwrap();
        let key = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.join("munge/munge.key"), key).unwrap();
        std::fs::write(self.conf(), self.conf_text()).unwrap();
        let devices = ["null", "zero", "full", "random"];
        let gres = self.nodes.iter().flat_map(|node| {
            devices.iter().map(move |name| format!("NodeName={node} Name=gpu File=/dev/{name}\n"))
        });
        let gres: String = gres.collect();
        std::fs::write(folder.join("gres.conf"), format!("AutoDetect=off\n{gres}")).unwrap();
    }

    pub fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.conf()).env("PATH", PATH);
        command
    }

    /// Calls one of Slurm's programs, which must succeed.
    #[track_caller]
    pub fn ask(&self, program: &str, arguments: &[&str]) -> String {
        self.call(program, arguments).unwrap()
    }

    fn call(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let output = self.command(program, arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(format!("{program} {arguments:?}: {}{stderr}", self.last_words(program)));
        }
        Ok(String::from_utf8(output.stdout).unwrap())
    }

    fn answers(&self, program: &str, arguments: &[&str]) -> bool {
        self.command(program, arguments).output().is_ok_and(|output| output.status.success())
    }

    /// Waits for a daemon; where it does not come, says what its log ends with.
    fn comes_up(&self, daemon: &str, look: impl Fn() -> bool) -> Result<(), String> {
        let deadline = Instant::now() + TIME_TO_START;
        while !look() {
            if Instant::now() > deadline {
                return Err(format!("{daemon} does not start here: {}", self.last_words(daemon)));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn last_words(&self, daemon: &str) -> String {
        let text = ["log", "munge"].iter().find_map(|folder| {
            std::fs::read_to_string(self.folder.path().join(folder).join(format!("{daemon}.log"))).ok()
        });
        let text = text.unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(3).collect();
        last.into_iter().rev().map(|line| format!("{line}\n")).collect()
    }

    /// Ends a node as a loss of its power does: its daemon and all that runs on it, at once.
    pub fn lose(&self, node: &str) {
        let daemon = std::fs::read_to_string(self.pid_file(node)).unwrap().trim().parse().unwrap();
        let jobs = processes_with(&format!("SLURMD_NODENAME={node}"));
        // Those that watch its jobs would report their end.
        let watchers = jobs.iter().filter_map(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.to_owned();
            let comm = std::fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
            comm.starts_with("slurmstepd").then(|| parent.parse::<u32>().ok())?
        });
        let all: Vec<u32> = std::iter::once(daemon).chain(watchers).chain(jobs.iter().copied()).collect();
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for pid in &all {
                let _ = kill(Pid::from_raw(i32::try_from(*pid).unwrap()), signal);
            }
        }
    }

    fn pid_file(&self, node: &str) -> PathBuf {
        self.folder.path().join(format!("run/slurmd-{node}.pid"))
    }

    /// What the command of a sandbox needs to reach it.
    pub fn reach(&self, command: &mut Command) {
        let path = format!("{PATH}:{}", std::env::var("PATH").unwrap());
        command.env("SLURM_CONF", self.conf()).env("PATH", path);
    }

    /// The states of the tasks of a job that are there.
    pub fn states(&self, job: &str) -> Vec<String> {
        let lines = self.ask("squeue", &["-h", "-r", "-o", "%i %T"]);
        let of_job = lines.lines().filter_map(|line| {
            let (id, state) = line.split_once(' ')?;
            (id == job || id.starts_with(&format!("{job}_"))).then(|| state.to_owned())
        });
        of_job.collect()
    }

    /// Waits until nothing of a job is queued or running.
    #[track_caller]
    pub fn is_over(&self, job: &str) {
        // Of one that is requeued, `squeue` shows the state between, too.
        until("the end of the job", || self.states(job).is_empty().then_some(()));
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let _ = self.command("scancel", &["--full", "--me"]).output();
        let at = |name: &str| self.folder.path().join(name);
        let daemons = self.nodes.iter().map(|node| ("slurmd", self.pid_file(node)));
        let others = [("slurmctld", at("run/slurmctld.pid")), ("munged", at("munge/munged.pid"))];
        for (name, file) in daemons.chain(others) {
            let pid = std::fs::read_to_string(file).ok();
            let Some(pid) = pid.and_then(|text| text.trim().parse::<i32>().ok()) else { continue };
            let is =
                || std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
            if !is() {
                continue;
            }
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            for _ in 0..100 {
                if !is() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            if is() {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

fn is_there(program: &str) -> bool {
    PATH.split(':').any(|folder| Path::new(folder).join(program).is_file())
}

fn rand_bytes() -> Vec<u8> {
    let mut bytes = [0; 128];
    std::io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").unwrap(), &mut bytes).unwrap();
    bytes.to_vec()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Slurm {
    /// No cgroups, no accounting, more CPUs than there are, and only 127.0.0.1.
    fn conf_text(&self) -> String {
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
        let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
        let host = host.split('.').next().unwrap();
        let (at, control, cpus) = (self.folder.path().display(), free_port(), self.cpus);
        let nodes: String = self.nodes.iter().map(|node| node_text(node, host, cpus)).collect();
        let names = self.nodes.join(",");
        format!(
        "ClusterName=sweeptest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={at}/munge/munge.sock,cred_expire=5
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool-%n
SlurmctldPidFile={at}/run/slurmctld.pid
SlurmdPidFile={at}/run/slurmd-%n.pid
SlurmctldLogFile={at}/log/slurmctld.log
SlurmdLogFile={at}/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=2,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=15
MinJobAge=300
JobRequeue=1
GresTypes=gpu
SlurmdParameters=config_overrides
DefMemPerCPU=100
{nodes}PartitionName=main Nodes={names} Default=YES MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=high Nodes={names} Default=NO MaxTime=INFINITE PriorityTier=9 PreemptMode=OFF State=UP
"
        )
    }
}

fn node_text(node: &str, host: &str, cpus: u32) -> String {
    let port = free_port();
    format!(
        "NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} Boards=1 SocketsPerBoard=1 \
         CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory=8000 Gres=gpu:4 State=UNKNOWN\n"
    )
}
