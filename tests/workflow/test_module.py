"""posemake as a module of another workflow."""

import pytest
import yaml
from workflow.tiny import CONFIG, ROOT, SHEET, jobs_in, make_project, snakemake

SNAKEFILE = """
configfile: "config/{config}.yaml"


module posemake:
    snakefile:
        "{root}/Snakefile"
    config:
        config{key}


use rule * from posemake{names}


rule summarise:
    input:
        "results/tables/videos.csv",
    output:
        "own/summary.txt",
    shell:
        "head -1 {{input}} > {{output}}"
"""


def use_posemake(project, config="config", key="", names=""):
    (project / "Snakefile").write_text(SNAKEFILE.format(root=ROOT, config=config, key=key, names=names))


def test_a_workflow_goes_on_with_results_of_posemake(tmp_path):
    project = make_project(tmp_path / "project")
    use_posemake(project)
    done = snakemake(project, "summarise", workflow=project)
    assert done.returncode == 0, done.stdout
    prepared = {f"prepare_video {row['video']}" for row in SHEET}
    assert jobs_in(done.stdout) == prepared | {"tabulate_videos", "summarise"}
    assert (project / "own/summary.txt").read_text().startswith("video,")


@pytest.mark.parametrize("names", ["", " as posemake_*"])
def test_its_targets_are_those_of_posemake(project, names):
    """A finished project, of which posemake itself would make nothing anew."""
    use_posemake(project, names=names)
    done = snakemake(project, "-n", "posemake_all" if names else "all", workflow=project)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout


def test_its_config_may_stand_elsewhere(tmp_path):
    project = make_project(tmp_path / "project")
    (project / "config/config.yaml").unlink()
    (project / "config/mine.yaml").write_text(yaml.safe_dump({"tracking": CONFIG}))
    use_posemake(project, config="mine", key='["tracking"]')
    done = snakemake(project, "-n", "all", workflow=project)
    assert done.returncode == 0 and {"prepare_video slow_1", "select_frames fast_1"} <= jobs_in(done.stdout)


def test_faults_of_its_config_are_told(tmp_path):
    project = make_project(tmp_path / "project")
    (project / "config/config.yaml").write_text(yaml.safe_dump({"tracking": {**CONFIG, "rond": 1}}))
    use_posemake(project, key='["tracking"]')
    done = snakemake(project, "-n", "summarise", workflow=project)
    assert done.returncode != 0 and "the given config, rond: there is no such key; did you mean" in done.stdout
