"""Runs of the workflow on a cluster, and what SLURM says of their jobs."""

import re
import signal
import subprocess
import sys
from pathlib import Path

from fixtures.share import CORES
from slurm.cluster import Cluster, wait_for
from workflow.tiny import ROOT

PROFILE = ROOT / "profiles/slurm"
SOON = ("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "15")
# of the jobs that would take as many cores as the node claims
SHARED = [f"{rule}={CORES}" for rule in ("train_model", "train_repeat", "evaluate_model", "export_model", "predict_poses")]


def profile(folder: Path, **lines: str) -> Path:
    """The profile as a user changes it: each text that stands for a line's beginning is put in its place."""
    text = (PROFILE / "config.yaml").read_text()
    for old, new in lines.items():
        assert old in text, old
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(text)
    return folder


def status(cluster: Cluster, project: Path) -> str:
    """The answer of the status command."""
    command = [sys.executable, PROFILE / "status.py", project]
    done = subprocess.run(command, env=cluster.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Run:
    """Snakemake on the head of a cluster, with a profile of SLURM; it ends when this process does, however that ends."""

    def __init__(self, cluster: Cluster, project: Path, *arguments: str, profile: Path = PROFILE) -> None:
        self.cluster, self.project = cluster, project
        self.output = project / f"head-{len(list(project.glob('head-*')))}.txt"  # of each run its own
        command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--workflow-profile", str(profile)]
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command, "--set-threads", *SHARED, *SOON, *arguments],
                cwd=project,
                env=cluster.environment | {"POSEMAKE_DEVICE": "cpu"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                # a shell has what it starts in the background ignore Ctrl+C, the tests and all that they start with it
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait(self, seconds: float = 900) -> int:
        """Its status at the end."""
        return self.process.wait(seconds)

    def interrupt(self) -> int:
        """What Ctrl+C does; the status at the end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.wait(300)

    def name(self) -> str:
        """By which SLURM knows the jobs of this run; empty until it has begun."""
        names = re.findall(r"SLURM run ID: (\S+)", self.text())
        return names[-1] if names else ""

    def jobs(self) -> dict[str, str]:
        """Comments by the ids of the jobs that were submitted."""
        return dict(self._queue("%i|%k"))

    def _queue(self, form: str) -> list[list[str]]:
        if not self.name():
            return []
        lines = self.cluster.ask("squeue", "-h", "-t", "all", "-n", self.name(), "-o", form, check=False).splitlines()
        return [line.split("|") for line in lines]

    def state(self, job: str) -> str:
        return dict(self._queue("%i|%T")).get(job, "")

    def newest(self, of: str) -> str:
        """The id of the latest job whose comment begins so; empty if there is none."""
        return max((job for job, comment in self.jobs().items() if comment.startswith(of)), key=int, default="")

    def wait_for_text(self, part: str, path: Path | None = None, seconds: float = 120) -> None:
        """Wait until Snakemake has said something, or a file says it."""
        asked = path or self.output
        try:
            wait_for(f"{part!r} in {asked}", lambda: asked.exists() and part in asked.read_text(), seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.text()[-6000:]}") from None
