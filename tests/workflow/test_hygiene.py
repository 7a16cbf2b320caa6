"""The workflow is clean by Snakemake's and snakefmt's own measure, and all rules are alike in what has to be there."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures.parsed_rules import parsed_rules, resource
from workflow.tiny import ROOT, make_project, snakemake

NO_STAGE = {"all", "complete_portion"}  # rules without a script
NO_OUTPUT = {"label", "new_project", "import_deeplabcut"}  # they lead to files of a person
SHARED_SCRIPTS = {"train_repeat": "train_model", "evaluate_repeat": "evaluate_model"}


def test_lint(tmp_path):
    done = snakemake(make_project(tmp_path / "project"), "--lint")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["snakefmt", "--check", "Snakefile", "rules"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
    ],
    ids=" ".join,
)
def test_format(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def stages():
    """Rules that run a script, by name."""
    return {name: rule for name, rule in parsed_rules().items() if name not in NO_STAGE}


def test_every_script_has_a_rule_of_its_name():
    assert set(stages()) - set(SHARED_SCRIPTS) == {path.stem for path in ROOT.glob("scripts/*.py")}


def test_every_rule_runs_a_script_and_logs_under_its_name():
    for name, rule in stages().items():
        assert Path(rule.script).name == f"{SHARED_SCRIPTS.get(name, name)}.py", name
        assert [path.startswith(f"logs/{name}") for path in rule.log] == [True], name
        assert rule.conda_env == "../envs/compute.yaml", name
        assert rule.output or name in NO_OUTPUT


def test_every_rule_that_computes_is_measured_and_limited():
    for name, rule in stages().items():
        if name not in NO_OUTPUT:
            assert rule.benchmark.startswith(f"benchmarks/{name}"), name
            assert rule.params.code, name
            for limit in ("mem_mb", "runtime"):
                assert 0 < resource(rule, limit) < resource(rule, limit, attempt=2), (name, limit)


def test_only_repeats_share_the_digest_of_code_with_another_rule():
    digests = {name: rule.params.code for name, rule in stages().items() if name not in NO_OUTPUT}
    for name, script in SHARED_SCRIPTS.items():
        assert digests.pop(name) == digests[script]
    assert len(set(digests.values())) == len(digests)


def test_params_depend_on_wildcards_alone():
    """Snakemake reruns nothing for a change of params that it computes from input, output, threads or resources."""
    for name, rule in parsed_rules().items():
        for key, param in rule.params.items():
            if callable(param):
                assert set(inspect.signature(param).parameters) == {"wildcards"}, (name, key)
