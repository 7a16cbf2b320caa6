"""The profile for SLURM fits the rules, and the plugin that it is for."""

import dataclasses
import json
import re
import subprocess
import sys

import pytest
import yaml
from fixtures.helpers import ROOT
from slurm.cluster import PACKAGES
from snakemake_executor_plugin_slurm import ExecutorSettings

TEXT = (ROOT / "profiles/slurm/config.yaml").read_text()
PROFILE = yaml.safe_load(TEXT)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """Rules of a project with one video, by name."""
    project = tmp_path_factory.mktemp("project")
    (project / "config").mkdir()
    (project / "config/config.yaml").write_text("keypoints: [snout, tail]\nmodels: {small: {}}\n")
    (project / "config/videos.tsv").write_text("video\tpath\tuse\na\ta.mp4\tboth\n")
    (project / "a.mp4").touch()
    command = [sys.executable, ROOT / "tests/fixtures/list_rules.py", ROOT / "Snakefile"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_all_rules_of_the_network_are_set_in_one_place(rules):
    with_gpu = {name for name, rule in rules.items() if rule["resources"].get("gpu")}
    assert len(with_gpu) == 8 and set(PROFILE["set-resources"]) == with_gpu
    assert {id(values) for values in PROFILE["set-resources"].values()} == {id(PROFILE["set-resources"]["train_model"])}
    assert set(PROFILE["set-threads"]) <= with_gpu


def test_groups_are_of_rules_that_run_in_the_queue(rules):
    grouped = set(PROFILE["groups"])
    assert grouped <= {name for name, rule in rules.items() if not rule["local"]} - set(PROFILE["set-resources"])
    assert PROFILE["default-resources"]["turn"] == PROFILE["resources"]["turn"] == 1
    assert PROFILE["set-resource-scopes"] == {"turn": "local"} and "group-components" not in PROFILE


def test_local_rules_ask_for_little(rules):
    local = {name: rule["resources"] for name, rule in rules.items() if rule["local"]}
    assert {"write_index", "split_dataset"} <= set(local)
    for name, resources in local.items():
        assert resources.get("mem_mb", 0) <= 1000 and resources["_cores"] == 1 and not resources.get("gpu"), name


def test_the_plugin_knows_all_keys_of_its_own():
    """Also those in comments."""
    keys = set(re.findall(r"^(?:# )?slurm-([a-z-]+):", TEXT, re.M))
    assert len(keys) >= 5
    assert {key.replace("-", "_") for key in keys} <= {field.name for field in dataclasses.fields(ExecutorSettings)}


def test_the_packages_of_the_tests_are_those_of_the_makefile():
    listed = re.search(r"^SLURM := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1]
    assert sorted(listed.split()) == sorted(PACKAGES)
