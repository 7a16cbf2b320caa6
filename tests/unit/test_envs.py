import re
import sys
import tomllib

import pytest
import yaml
from fixtures.helpers import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from posemake.jobs.packages import NEEDED, missing_packages

ENVS = sorted(path for path in (ROOT / "envs").rglob("*") if path.is_file())
PYTHON_311 = {"python_version": "3.11", "python_full_version": "3.11.9", "sys_platform": "linux", "platform_machine": "x86_64"}


def lines():
    """Requirements of compute.txt."""
    text = (ROOT / "envs/compute.txt").read_text()
    return [Requirement(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pins(environment):
    """Versions by name that hold in an environment."""
    return {
        canonicalize_name(line.name): str(line.specifier).removeprefix("==")
        for line in lines()
        if line.marker is None or line.marker.evaluate(environment)
    }


def conda():
    """Versions by name that compute.yaml asks pip for."""
    content = yaml.safe_load((ROOT / "envs/compute.yaml").read_text())
    found = next(entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict))
    return {canonicalize_name(Requirement(line).name): str(Requirement(line).specifier).removeprefix("==") for line in found}


def project():
    """Names that pyproject.toml declares, and those of its tests."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def named(requirements):
        return {canonicalize_name(Requirement(line).name) for line in requirements}

    return named(table["dependencies"]), named(table["optional-dependencies"]["test"])


def test_everything_is_pinned_to_one_version():
    for line in lines():
        assert re.fullmatch(r"==[\w.+!]+", str(line.specifier)), line


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_no_package_has_two_versions(version):
    environment = {**PYTHON_311, "python_version": version, "python_full_version": f"{version}.1"}
    there = [canonicalize_name(line.name) for line in lines() if line.marker is None or line.marker.evaluate(environment)]
    assert len(there) == len(set(there))


def test_conda_gets_the_versions_of_pip():
    pinned = pins(PYTHON_311)
    assert {name: pinned.get(name) for name in conda()} == conda()


def test_conda_gets_the_python_that_is_tested():
    content = yaml.safe_load((ROOT / "envs/compute.yaml").read_text())
    assert "python=3.11" in content["dependencies"]


def test_environments_hold_what_the_code_imports():
    needed, tests = project()
    assert needed == set(conda())
    assert needed | tests <= set(pins(PYTHON_311))


def test_a_run_looks_for_what_the_code_imports(monkeypatch):
    imported = {"opencv-python-headless": "cv2", "pillow": "PIL", "pyyaml": "yaml", "scikit-learn": "sklearn"}
    needed, _ = project()
    optional = {"snakemake", "tensorboard"}
    assert set(NEEDED) == {imported.get(name, name) for name in needed - optional}
    assert missing_packages() == []
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert missing_packages() == ["openvino"]


def test_a_package_of_which_an_empty_folder_is_left_is_missing(tmp_path, monkeypatch):
    (tmp_path / "half_a_package").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert missing_packages(("half_a_package", "json")) == ["half_a_package"]


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.name)
def test_no_environment_names_a_host(path):
    assert not re.search(r"https?:|index-url|find-links|--trusted-host| @ ", path.read_text())
