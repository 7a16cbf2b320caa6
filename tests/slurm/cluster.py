"""A SLURM cluster of one node on this machine, with a fake GPU and accounting, all of it in one folder.

It consists of the daemons of Debian's packages, started without systemd and by root, and touches nothing outside its folder:
its ports are free ones, and whoever talks to it has its ``SLURM_CONF`` in the environment.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "slurmdbd", "munge", "mariadb-server")  # as in the Makefile
DAEMONS = ("munged", "mariadbd", "slurmdbd", "slurmctld", "slurmd")  # in the order in which they start
PROGRAMS = (*DAEMONS, "sbatch", "sacct", "mariadb-install-db", "setpriv", "prlimit")
CPUS, MEMORY = 16, 24000  # that the node claims, MB; it need not have them

SLURM_CONF = """
ClusterName=trial
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# what is queued again waits until its old credential has expired
AuthInfo=socket={folder}/munge.socket,cred_expire=10
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
# a node that comes back serves again
ReturnToService=2
SlurmdTimeout=8
# it may claim more than it has
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
# nothing waits for a round of the scheduler
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=100000
GresTypes=gpu
JobRequeue=0
AccountingStoreFlags=job_comment
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
TaskProlog={folder}/prolog.sh
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
# without cgroups, this is what makes a request of memory a limit
JobAcctGatherParams=OverMemoryKill
{accounting}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} {gres}
PartitionName=cpu Nodes={host} Default=YES MaxTime=1-0 DefMemPerCPU=200 State=UP
PartitionName=urgent Nodes={host} Default=NO PriorityTier=10 PreemptMode=OFF MaxTime=1-0 DefMemPerCPU=200 State=UP
PartitionName=gpu Nodes={host} Default=NO MaxTime=1-0 DefMemPerCPU=200 State=UP
"""
ACCOUNTED = """AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePass={folder}/munge.socket
AccountingStoragePort={ports[2]}
AccountingStorageTRES=gres/gpu"""
UNACCOUNTED = "AccountingStorageType=accounting_storage/none"
# the plugin keeps SLURM_CONF from the srun of a job, which then would look in /etc
SRUN = """#!/bin/sh
SLURM_CONF=%s/slurm.conf exec %s "$@"
"""
# each step says which job it is of and what GPU it was given
PROLOG = """#!/bin/sh
echo "$SLURM_JOB_ID ${CUDA_VISIBLE_DEVICES:--}" >> %s/steps.txt
"""
GRES_CONF = "AutoDetect=off\nNodeName={host} Name=gpu File={folder}/gpu0 Flags=nvidia_gpu_env\n"
CGROUP_CONF = "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nConstrainCores=no\nConstrainRAMSpace=no\nConstrainDevices=no\n"
SLURMDBD_CONF = """AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[2]}
SlurmUser=root
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={ports[3]}
StorageUser=root
StoragePass=none
StorageLoc=slurm
"""


def what_is_missing() -> str:
    """Why no cluster can be started here, as a sentence; empty if one can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "a SLURM cluster can be started by root only"
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    return f"{', '.join(missing)} missing; on Debian 12: apt-get install {' '.join(PACKAGES)}" if missing else ""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(what: str, asked, seconds: float = 60.0, every: float = 0.1):
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + seconds
    while not (answer := asked()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(every)
    return answer


class Cluster:
    """A cluster in a folder; ``with Cluster(folder) as cluster`` starts and ends it."""

    def __init__(self, folder: Path, gpu: bool = True, accounting: bool = True) -> None:
        self.folder, self.gpu, self.accounting = folder, gpu, accounting
        self.host = socket.gethostname().split(".")[0]
        self.daemons: dict[str, subprocess.Popen] = {}
        self.ports = free_ports(4)

    @property
    def environment(self) -> dict[str, str]:
        """What makes SLURM's commands talk to this cluster."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM_", "SBATCH_", "SRUN_"))}
        path = f"{self.folder / 'bin'}:{kept['PATH']}"
        return kept | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def ask(self, *command: str, check: bool = True) -> str:
        """Run a command of SLURM and return what it prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _write(self) -> None:
        values = {"host": self.host, "folder": self.folder, "ports": self.ports, "cpus": CPUS, "memory": MEMORY}
        values["gres"] = "Gres=gpu:1" if self.gpu else ""
        values["accounting"] = (ACCOUNTED if self.accounting else UNACCOUNTED).format(**values)
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        written = {"slurm.conf": SLURM_CONF, "cgroup.conf": CGROUP_CONF, "slurmdbd.conf": SLURMDBD_CONF}
        for name, text in (written | ({"gres.conf": GRES_CONF} if self.gpu else {})).items():
            path = self.folder / name
            path.write_text(text.format(**values))
            path.chmod(0o600)
        if self.gpu:  # a device with the numbers of /dev/null: SLURM hands it out as a GPU, and sets CUDA_VISIBLE_DEVICES
            os.mknod(self.folder / "gpu0", 0o20666, os.makedev(1, 3))
        (self.folder / "bin").mkdir()
        scripts = {"prolog.sh": PROLOG % self.folder, "bin/srun": SRUN % (self.folder, shutil.which("srun"))}
        for name, text in scripts.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)

    def start_daemon(self, name: str, *command: str) -> None:
        """Start a program that ends when this process does, however it ends."""
        with (self.folder / f"{name}.out").open("ab") as out:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def start_node(self) -> None:
        """Its jobs inherit a limit of CPU seconds, so that none is left for good if these tests are killed."""
        self.start_daemon("slurmd", "prlimit", "--cpu=1800", "slurmd", "-D", "-L", str(self.folder / "slurmd.log"))

    def start(self) -> None:
        """Start all daemons and wait until the node takes jobs."""
        at = self.folder
        at.mkdir(parents=True, exist_ok=True)
        self._write()
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        given = [f"--{option}={at}/munge.{ending}" for option, ending in files.items()]
        self.start_daemon("munged", "munged", "--foreground", "--force", *given)
        if self.accounting:
            database = ["--no-defaults", "--user=root", f"--datadir={at}/database"]
            subprocess.run(
                ["mariadb-install-db", *database, "--skip-test-db", "--auth-root-authentication-method=normal"],
                check=True,
                capture_output=True,
            )
            listen = [f"--socket={at}/database.socket", "--bind-address=127.0.0.1", f"--port={self.ports[3]}"]
            self.start_daemon("mariadbd", "mariadbd", *database, *listen, "--skip-grant-tables", "--innodb-buffer-pool-size=64M")
            wait_for("the database", lambda: self._listens(3))
            self.start_daemon("slurmdbd", "slurmdbd", "-D")
            wait_for("slurmdbd", lambda: self._listens(2))
            self.ask("sacctmgr", "-i", "add", "cluster", "trial")
            self.ask("sacctmgr", "-i", "add", "account", "lab", "Description=lab", "Organization=lab")
            self.ask("sacctmgr", "-i", "add", "user", "root", "Account=lab", "DefaultAccount=lab")
        self.start_daemon("slurmctld", "slurmctld", "-D", "-f", str(at / "slurm.conf"), "-L", str(at / "slurmctld.log"))
        self.start_node()
        self.wait_for_node()

    def _listens(self, port: int) -> bool:
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.ports[port])) == 0

    def node_state(self) -> str:
        return self.ask("sinfo", "-h", "-N", "-p", "cpu", "-o", "%T", check=False).strip()

    def wait_for_node(self, *states: str) -> None:
        states = states or ("idle", "mixed", "allocated")
        wait_for(f"the node to be {' or '.join(states)}", lambda: self.node_state().rstrip("*") in states)

    def processes(self) -> list[int]:
        """All processes of jobs: those that have this cluster's environment, other than its daemons and this one."""
        own, found = {os.getpid(), *(daemon.pid for daemon in self.daemons.values())}, []
        mark = f"SLURM_CONF={self.folder / 'slurm.conf'}".encode()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and int(entry.name) not in own and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # it has ended
        return found

    def lose_power(self) -> None:
        """What a node does whose power fails: its daemon and all processes of its jobs are gone, without a word."""
        self.daemons["slurmd"].kill()
        self.daemons.pop("slurmd").wait()
        jobs = {int(line) for line in self.ask("squeue", "-h", "-t", "R", "-o", "%A").split()}
        for process in self.processes():
            try:
                values = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
                of_job = any(value.removeprefix(b"SLURM_JOB_ID=") in {b"%d" % job for job in jobs} for value in values)
                if of_job or Path(f"/proc/{process}/comm").read_text().startswith("slurmstepd"):
                    os.kill(process, signal.SIGKILL)
            except OSError:
                continue

    def stop(self) -> None:
        """End the jobs, the daemons and whatever of a job is left."""
        if "slurmctld" in self.daemons:
            subprocess.run(["scancel", "--user=root"], env=self.environment, capture_output=True, timeout=20, check=False)
        for name in reversed(DAEMONS):
            daemon = self.daemons.get(name)
            if daemon is not None:
                daemon.terminate()
                try:
                    daemon.wait(10)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()
        for process in self.processes():
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                continue
        self.daemons.clear()

    def __enter__(self) -> "Cluster":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error) -> None:
        self.stop()
