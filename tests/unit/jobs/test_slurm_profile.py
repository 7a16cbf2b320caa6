"""The profile of SLURM fits the rules, and the plugin that it is for."""

import dataclasses
import re

import yaml
from fixtures.helpers import ROOT
from slurm.cluster import PACKAGES
from snakemake_executor_plugin_slurm import ExecutorSettings

TEXT = (ROOT / "profiles/slurm/config.yaml").read_text()
PROFILE = yaml.safe_load(TEXT)
RULES = "\n".join(path.read_text() for path in sorted(ROOT.glob("rules/*.smk")))


def blocks():
    """The text of each rule, by its name; of one that is another's with changes, that text too."""
    found = {}
    for block in re.split(r"\n(?=rule |checkpoint |use rule )", RULES):
        if match := re.match(r"(?:rule|checkpoint) (\w+):", block):
            found[match[1]] = block
        elif match := re.match(r"use rule (\w+) as (\w+) with:", block):
            found[match[2]] = block + found[match[1]]
    return found


def local_rules():
    return {name for names in re.findall(r"^localrules:\n((?:    \w+,\n)+)", RULES, re.M) for name in re.findall(r"\w+", names)}


def test_all_rules_of_the_network_are_set_in_one_place():
    of_network = {name for name, text in blocks().items() if "gpu=1" in text}
    assert len(of_network) == 8 and set(PROFILE["set-resources"]) == of_network
    assert {id(values) for values in PROFILE["set-resources"].values()} == {id(PROFILE["set-resources"]["train_model"])}
    assert set(PROFILE["set-threads"]) <= of_network


def test_groups_are_of_rules_that_run_in_the_queue():
    grouped = set(PROFILE["groups"])
    assert grouped <= set(blocks()) - local_rules() - set(PROFILE["set-resources"])
    assert PROFILE["default-resources"]["turn"] == PROFILE["resources"]["turn"] == 1
    assert PROFILE["set-resource-scopes"] == {"turn": "local"} and "group-components" not in PROFILE


def test_local_rules_exist_and_ask_for_little():
    assert local_rules() <= set(blocks())
    assert {"write_index", "split_dataset"} <= local_rules()
    for name in local_rules():
        memory = re.search(r"mem_mb=grow\((\d+)\)", blocks()[name])
        assert memory is None or int(memory[1]) <= 1000, name
        assert "gpu=" not in blocks()[name] and "threads:" not in blocks()[name], name


def test_the_plugin_knows_all_keys_of_its_own():
    """Also those in comments."""
    keys = set(re.findall(r"^(?:# )?slurm-([a-z-]+):", TEXT, re.M))
    assert len(keys) >= 5
    assert {key.replace("-", "_") for key in keys} <= {field.name for field in dataclasses.fields(ExecutorSettings)}


def test_the_packages_of_the_tests_are_those_of_the_makefile():
    listed = re.search(r"^SLURM := (.*)$", (ROOT / "Makefile").read_text(), re.M)[1]
    assert sorted(listed.split()) == sorted(PACKAGES)
