"""kill -9 in real runs of the tiny project, at random moments, and what running again makes of it.

    python tests/faults/kills.py --runs 50 --seed 1

makes a project, then kills its workflow, Snakemake alone or one job, each time from a copy that lacks some of the results, runs
again, and compares all results byte by byte with those of the undisturbed run.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

from faults.results import differing, results_of, undo  # noqa: E402
from workflow import tiny  # noqa: E402

JOB = re.compile(r"\.snakemake/scripts/tmp\w+\.(\w+)\.py$")
WAYS = ("the workflow", "Snakemake alone", "a job")
MODEL, OF_VIDEO = "results/models/round-0/small", "results/poses/round-0/small/fast_2"
TABLES = ("videos.txt", "frames.csv", "round-0/small.csv", "round-0/other.csv")
DEPTHS = {  # by the stage that is done first: what a copy lacks, and what is asked for
    "videos": (
        ["results/videos/fast_2", "results/tables/videos.*"],
        ["results/videos/fast_2/times.npy", "results/tables/videos.txt"],
    ),
    "frames": (
        ["results/frames/round-0/fast_1", "results/tables/frames*"],
        ["results/frames/round-0/fast_1/contact_sheet.jpg", "results/tables/frames.csv"],
    ),
    "labels": (["results/labels"], ["results/labels/round-0/split.csv"]),
    "training": ([f"{MODEL}/weights.pt"], [f"{MODEL}/weights.pt"]),
    "evaluation": (
        [f"{MODEL}/{file}" for file in ("metrics.csv", "[adil]*.[jh]*")],
        [f"{MODEL}/index.html", f"{MODEL}/diagnosis.json"],
    ),
    "export": ([f"{MODEL}/network.onnx"], [f"{MODEL}/network.onnx"]),
    "inference": ([f"{OF_VIDEO}/poses.h5", f"{OF_VIDEO}/filtered.h5"], [f"{OF_VIDEO}/poses.h5", f"{OF_VIDEO}/filtered.h5"]),
    "filter": (
        [f"{OF_VIDEO}/f*", f"{OF_VIDEO}/summary.json", "results/tables/round-0/small*.csv"],
        [f"{OF_VIDEO}/filtering.png", "results/tables/round-0/small.csv"],
    ),
    "figures": (
        [f"{OF_VIDEO}/*.mp4", f"{OF_VIDEO}/*.png"],
        [f"{OF_VIDEO}/{file}" for file in ("labelled.mp4", "trajectory.png", "filtering.png")],
    ),
    "tables": (
        ["results/tables", "results/index.html"],
        [
            "results/index.html",
            *(f"results/tables/{file}" for file in (*TABLES, "round-0/small.figures", "round-0/other.figures")),
        ],
    ),
}
OF_MODEL = (  # what shows each stage of one model
    *(f"results/models/round-0/small/{file}" for file in ("index.html", "diagnosis.json", "engine.json")),
    *(f"results/poses/round-0/small/fast_2/{file}" for file in ("labelled.mp4", "trajectory.png", "filtering.png")),
    "results/frames/round-0/fast_1/contact_sheet.jpg",
    *(f"results/tables/{file}" for file in TABLES[:3]),
)
STAGES = {
    *("prepare_video", "tabulate_videos", "validate_videos", "select_frames", "extract_frames", "plot_frames", "tabulate_frames"),
    *("collect_labels", "split_dataset", "train_model", "plot_augmentation", "plot_learning_curve", "evaluate_model"),
    *("report_model", "export_model", "predict_poses", "filter_poses", "render_video", "plot_poses"),
    "tabulate_poses",
}
ONE_CORE = ("--cores", "1")  # as many as of the run that is compared with: training depends on it


class Run:
    """A run of the workflow in a process group of its own, whose jobs are watched.

    With ``gate``, a folder to be made, each job is held before it begins, until it is let go.
    """

    def __init__(self, project: Path, *arguments: str, said: Path | None = None, gate: Path | None = None):
        self.project, self.gate = project, gate
        environment = {**os.environ, "POSEMAKE_DEVICE": "cpu"}
        if gate:
            gate.mkdir()
            environment |= {"PYTHONPATH": str(Path(__file__).parent / "gate"), "GATE": str(gate)}
        self.said = said or project / "said.txt"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", "-s", str(tiny.ROOT / "Snakefile"), *ONE_CORE, "--quiet=host", *arguments],
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def goes_on(self) -> bool:
        return self.process.poll() is None

    def jobs(self) -> dict[int, str]:
        """Scripts of the jobs that run now, by process."""
        found = {}
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if match := JOB.search(" ".join(child.cmdline())):
                        found[child.pid] = match[1]
        return found

    def wait_for_jobs(self) -> dict[int, str]:
        """The jobs that run, once there are some."""
        while not (jobs := self.jobs()):
            assert self.goes_on(), self.end()
            time.sleep(0.005)
        return jobs

    def held(self) -> dict[int, str]:
        """Scripts of the jobs that wait to be let go, by process."""
        found = (path.name.split(".") for path in self.gate.iterdir())
        return {int(job): script for job, script in found if script not in ("end", "ended")}

    def wait_for(self, script: str) -> int:
        """The process of the one job of a script, which is held."""
        while not (held := self.held()):
            assert self.goes_on(), self.end()
            time.sleep(0.005)
        assert list(held.values()) == [script]
        return next(iter(held))

    def let_go(self, job: int, script: str) -> None:
        (self.gate / f"{job}.{script}").unlink(missing_ok=True)

    @contextlib.contextmanager
    def at_its_end(self, job: int, script: str) -> Iterator[None]:
        """Let a job go; within, it has done all, and is still there."""
        end = self.gate / f"{job}.end"
        end.touch()
        self.let_go(job, script)
        while not (ended := end.with_suffix(".ended")).exists():
            assert self.goes_on(), self.end()
            time.sleep(0.005)
        yield
        ended.unlink()

    def writes(self) -> bool:
        """Whether a file is just being written."""
        return any(name.find(".part") > 0 for _, _, names in os.walk(self.project / "results") for name in names)

    def kill(self) -> None:
        """The workflow with all its jobs."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def orphan(self) -> list[int]:
        """Snakemake alone; returns the jobs that it leaves."""
        left = list(self.jobs())
        self.process.kill()
        self.process.wait()
        return left

    def end(self) -> str:
        """Wait, and return what the run said."""
        self.process.wait()
        return self.said.read_text()


def without_model(project: Path) -> None:
    """Remove what leads to the targets above, of all stages."""
    undo(project, MODEL, OF_VIDEO, "results/frames/round-0/fast_1", "results/videos/fast_2", "results/labels")
    undo(project, "results/tables/*.*", "results/tables/round-0/small*.csv")


def usual_seconds(project: Path, script: str) -> float:
    """How long the jobs of a script took in a project, on average; a second where none was measured."""
    tables = [
        path for rule in (script, script.replace("model", "repeat")) for path in project.glob(f"benchmarks/{rule}*/**/*.tsv")
    ]
    tables += project.glob(f"benchmarks/{script}.tsv")
    found = [float(path.read_text().splitlines()[1].split()[0]) for path in tables]
    return float(np.mean(found)) if found else 1.0


def wait_for_moment(run: Run, job: int, rng: np.random.Generator, usual: float) -> None:
    """Up to a random moment of a job, or while it writes."""
    began, writing = time.monotonic(), rng.random() < 0.5
    until = began + (2 * usual if writing else rng.uniform(0, usual))
    while time.monotonic() < until and psutil.pid_exists(job) and not (writing and run.writes()):
        time.sleep(0.002)


def kill_each_job_once(
    project: Path, rng: np.random.Generator, gate: Path, *arguments: str, hurry: bool = False
) -> tuple[set[str], str]:
    """A run in which the first job of each script is killed at a random moment, or ``hurry`` before it begins, and tried again.

    Returns the scripts that were hit, and what the run said.
    """
    run, hit = Run(project, "--retries", "1", *arguments, gate=gate), set()
    while run.goes_on():
        for job, script in run.held().items():
            if script not in hit:
                if not hurry:
                    run.let_go(job, script)
                    wait_for_moment(run, job, rng, usual_seconds(project, script) / 2)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(job, signal.SIGKILL)
                    hit.add(script)
            run.let_go(job, script)
        time.sleep(0.01)
    return hit, run.end()


def kill_at_random(project: Path, way: str, rng: np.random.Generator, targets: list[str]) -> str:
    """A run that is killed in one of its jobs, which is returned; empty if it came to its end before."""
    run, skip, seen = Run(project, *targets), int(rng.integers(0, len(targets))), []
    while run.goes_on():
        for job, script in run.jobs().items():
            if job in seen:
                continue
            seen.append(job)
            if len(seen) <= skip:
                continue
            wait_for_moment(run, job, rng, usual_seconds(project, script))
            if not run.goes_on():
                break
            if way == "a job":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(job, signal.SIGKILL)
                run.end()
            elif way == "the workflow":
                run.kill()
            else:
                run.orphan()
            return script
        time.sleep(0.005)
    return ""


def run_again(project: Path, *targets: str) -> str:
    """Unlock and run to the end, which has to be reached; returns what was said."""
    if any(project.glob(".snakemake/locks/*")):
        tiny.snakemake(project, "--unlock")
    done = tiny.snakemake(project, *ONE_CORE, *targets)
    assert done.returncode == 0, done.stdout
    return done.stdout


def one_round(finished: Path, folder: Path, way: str, depth: str, rng: np.random.Generator) -> tuple[str, dict[str, str]]:
    """Kill a run from a copy of a finished project and run again: the job that was hit, and what differs in the end."""
    project = shutil.copytree(finished, folder, symlinks=True)
    lacking, targets = DEPTHS[depth]
    undo(project, *lacking)
    script = kill_at_random(project, way, rng, targets)
    run_again(project, *targets)
    found = differing(project, results_of(finished))
    shutil.rmtree(project)
    return script, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--finished", type=Path, help="a tiny project that was run to its end on one core; else one is made")
    given = parser.parse_args()
    rng, bad, hits = np.random.default_rng(given.seed), 0, []
    with TemporaryDirectory() as folder:
        finished = given.finished
        if finished is None:
            finished = tiny.make_project(Path(folder) / "finished")
            for step in ((), ONE_CORE):
                done = tiny.snakemake(finished, *step)
                assert done.returncode == 0, done.stdout
                tiny.label(finished)
        for number in range(given.runs):
            way, depth = WAYS[number % len(WAYS)], str(rng.choice(list(DEPTHS)))
            try:
                script, found = one_round(finished, Path(folder) / f"{number}", way, depth, rng)
            except AssertionError as error:
                script, found = "?", {"run": str(error)[-2000:]}
            bad += bool(found)
            hits += [script] if script else []
            print(
                f"{number + 1:3d} from {depth}: {way} killed in {script or 'nothing, it was done'}: {found or 'as undisturbed'}",
                flush=True,
            )
    print(f"{len(hits)} kills in {len(set(hits))} stages, {given.runs - bad} of {given.runs} runs ended as the undisturbed one")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
