//! A Slurm of one node with four GPUs that are none, where the system has the programs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::agent::until;

/// Where Debian has them.
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// A running cluster; dropping it ends it.
pub struct Slurm {
    folder: tempfile::TempDir,
}

impl Slurm {
    /// A cluster that tests share which run at the same time; says why not where the programs are missing.
    pub fn shared() -> Result<Arc<Self>, String> {
        static SHARED: Mutex<Weak<Slurm>> = Mutex::new(Weak::new());
        let missing = ["slurmctld", "slurmd", "munged", "sbatch"].into_iter().find(|name| !is_there(name));
        if let Some(name) = missing {
            return Err(format!(
                "no `{name}` here (Debian: apt install --no-install-recommends slurmctld slurmd slurm-client munge)"
            ));
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(shared.upgrade().unwrap_or_else(|| {
            let slurm = Arc::new(Self::start());
            *shared = Arc::downgrade(&slurm);
            slurm
        }))
    }

    fn start() -> Self {
        let slurm = Self { folder: tempfile::tempdir().unwrap() };
        let folder = slurm.folder.path();
        for name in ["munge", "state", "spool", "log", "run"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(folder.join("munge"), private).unwrap();
        std::fs::write(folder.join("munge/munge.key"), rand_bytes()).unwrap();
        let key = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.join("munge/munge.key"), key).unwrap();
        let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
        let host = host.split('.').next().unwrap().to_owned();
        std::fs::write(slurm.conf(), conf(folder, &host)).unwrap();
        let devices = ["null", "zero", "full", "random"];
        let gres: String =
            devices.iter().map(|name| format!("NodeName={host} Name=gpu File=/dev/{name}\n")).collect();
        std::fs::write(folder.join("gres.conf"), format!("AutoDetect=off\n{gres}")).unwrap();
        let at = |name: &str| folder.join(name).display().to_string();
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
        );
        until("munge", || slurm.answers("munge", &["-n", "-S", &at("munge/munge.sock")]));
        slurm.call("slurmctld", &["-f", &at("slurm.conf")]);
        until("slurmctld", || slurm.answers("scontrol", &["ping"]));
        slurm.call("slurmd", &["-f", &at("slurm.conf")]);
        until("a node", || {
            let state = slurm.ask("sinfo", &["-h", "-o", "%T"]);
            ["idle", "mixed", "allocated"].contains(&state.trim()).then_some(())
        });
        slurm
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
        let output = self.command(program, arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn call(&self, program: &str, arguments: &[&str]) {
        self.ask(program, arguments);
    }

    fn answers(&self, program: &str, arguments: &[&str]) -> Option<()> {
        self.command(program, arguments).output().ok()?.status.success().then_some(())
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
        for (name, file) in
            [("slurmd", "run/slurmd.pid"), ("slurmctld", "run/slurmctld.pid"), ("munged", "munge/munged.pid")]
        {
            let pid = std::fs::read_to_string(self.folder.path().join(file)).ok();
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
                std::thread::sleep(std::time::Duration::from_millis(100));
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

/// No cgroups, no accounting, more CPUs than there are, and only 127.0.0.1.
fn conf(folder: &Path, host: &str) -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    let (at, control, daemon) = (folder.display(), free_port(), free_port());
    format!(
        "ClusterName=sweeptest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={daemon}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={at}/munge/munge.sock,cred_expire=5
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool
SlurmctldPidFile={at}/run/slurmctld.pid
SlurmdPidFile={at}/run/slurmd.pid
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
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 Boards=1 SocketsPerBoard=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=8000 Gres=gpu:4 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE State=UP
PartitionName=high Nodes={host} Default=NO MaxTime=INFINITE PriorityTier=9 PreemptMode=OFF State=UP
"
    )
}
