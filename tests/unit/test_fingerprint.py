import ast
import json
import re
import shutil

import pytest
from helpers import PACKAGE, SCRIPTS

from posemake.fingerprint import NEUTRAL, Fingerprints

MODULES = {
    "stage": '''"""The stage."""

from posemake import settings
from posemake.deep import depth


def run():
    return depth()
''',
    "deep": '''"""Deep."""

import numpy as np

DEPTH = 3


def depth():
    """How deep."""
    return np.ones(DEPTH)
''',
    "settings": "A = 1\n",
    "other": "B = 2\n",
}


@pytest.fixture
def scripts(tmp_path):
    """A small folder of scripts: job leads to stage, and that to deep and settings; other is led to by nothing."""
    folder = tmp_path / "scripts"
    (folder / "posemake").mkdir(parents=True)
    for name, text in MODULES.items():
        (folder / "posemake" / f"{name}.py").write_text(text)
    (folder / "job.py").write_text("from posemake.stage import run\n\n\ndef main():\n    run()\n")
    (folder / "idle.py").write_text("def main():\n    pass\n")
    return folder


def digest(scripts, script="job", memory="none.json"):
    return Fingerprints(scripts.parent / memory, scripts).of(script)


def rewrite(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_every_python_gives_the_same_digest(scripts):
    """A laptop and a cluster with different Pythons share results: this digest is a constant of all of them."""
    assert digest(scripts) == "6e4384a883cc04b3"


@pytest.mark.parametrize(
    "module, old, new",
    [
        ("stage", '"""The stage."""', '"""The stage, in other words."""'),
        ("stage", '"""The stage."""\n\n', ""),
        ("deep", '    """How deep."""\n', ""),
        ("deep", "DEPTH = 3\n", "DEPTH = 3  # metres\n\n# and more\n"),
        ("deep", "np.ones(DEPTH)", "np.ones(\n        (DEPTH),\n    )"),
        ("settings", "A = 1", "A = 7"),
        ("other", "B = 2", "B = 7"),
    ],
    ids=["docstring", "no-docstring", "function-docstring", "comment", "layout", "neutral", "unrelated"],
)
def test_a_change_of_words_changes_nothing(scripts, module, old, new):
    before = digest(scripts)
    rewrite(scripts / "posemake" / f"{module}.py", old, new)
    assert digest(scripts) == before


@pytest.mark.parametrize(
    "module, old, new",
    [
        ("stage", "return depth()", "return depth() + 1"),
        ("deep", "DEPTH = 3", "DEPTH = 4"),
        ("deep", "DEPTH = 3", "DEPTH = 3.0"),
        ("deep", "DEPTH = 3", "DEPTH = '3'"),
        ("deep", "np.ones", "np.zeros"),
        ("deep", "import numpy as np", "import torch as np"),
        ("deep", "def depth():", "def depth(more=1):"),
        ("deep", "def depth():", "@staticmethod\ndef depth():"),
        ("deep", "    return np", "    if DEPTH:\n        return np"),
    ],
)
def test_a_change_of_meaning_changes_the_digest_even_far_down(scripts, module, old, new):
    before, idle = digest(scripts), digest(scripts, "idle")
    rewrite(scripts / "posemake" / f"{module}.py", old, new)
    assert digest(scripts) != before
    assert digest(scripts, "idle") == idle


def test_values_that_are_nothing_differ(scripts):
    found = set()
    for value in ("None", "''", "0", "0.0", "False", "[]", "()", "b''", "...", "'None'"):
        (scripts / "idle.py").write_text(f"A = {value}\n")
        found.add(digest(scripts, "idle"))
    assert len(found) == 10


def test_a_new_import_brings_its_module_in(scripts):
    before = digest(scripts)
    rewrite(scripts / "posemake" / "deep.py", "    return np", "    from posemake import other\n\n    return other.B + np")
    between = digest(scripts)
    rewrite(scripts / "posemake" / "other.py", "B = 2", "B = 3")
    assert len({before, between, digest(scripts)}) == 3


def test_modules_that_import_each_other_are_read_once(scripts):
    (scripts / "posemake" / "deep.py").write_text("import posemake.stage\n\n\ndef depth():\n    return 1\n")
    before = digest(scripts)
    rewrite(scripts / "posemake" / "deep.py", "return 1", "return 2")
    assert digest(scripts) != before


@pytest.mark.parametrize("content", [None, "", "{", "[]", "null", "7", '{"a": ', "\udcff"])
def test_a_broken_memory_is_survived(scripts, content):
    memory = scripts.parent / "memory.json"
    if content is not None:
        memory.write_bytes(content.encode("utf-8", "surrogateescape"))
    prints = Fingerprints(memory, scripts)
    assert prints.of("job") == digest(scripts)
    prints.keep()
    assert len(json.loads(memory.read_text())) == 3


def test_what_is_remembered_gives_the_same_digests_and_hides_no_change(scripts):
    memory = scripts.parent / "memory.json"
    first = Fingerprints(memory, scripts)
    before = first.of("job")
    first.keep()
    kept = memory.read_bytes()
    again = Fingerprints(memory, scripts)
    assert again.of("job") == before
    again.keep()
    assert memory.read_bytes() == kept
    rewrite(scripts / "posemake" / "deep.py", "DEPTH = 3", "DEPTH = 4")
    assert Fingerprints(memory, scripts).of("job") == digest(scripts) != before


def test_a_memory_whose_folder_is_not_there_yet_is_not_kept(scripts):
    prints = Fingerprints(scripts.parent / ".snakemake" / "memory.json", scripts)
    assert prints.of("job") == digest(scripts)
    prints.keep()
    assert not (scripts.parent / ".snakemake").exists()


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A copy of the real scripts."""
    return shutil.copytree(SCRIPTS, tmp_path_factory.mktemp("real") / "scripts", ignore=shutil.ignore_patterns("__pycache__"))


def test_every_script_has_a_digest_that_its_words_do_not_change(real):
    names = sorted(path.stem for path in real.glob("*.py"))
    prints = Fingerprints(real.parent / "none.json", real)
    before = {name: prints.of(name) for name in names}
    assert len(set(before.values())) == len(names)
    for path in real.rglob("*.py"):  # comments, layout and quotes go
        path.write_text(ast.unparse(ast.parse(path.read_text())))
    prints = Fingerprints(real.parent / "none.json", real)
    assert {name: prints.of(name) for name in names} == before


def test_a_change_of_the_heatmap_reruns_what_uses_it_alone(real):
    names = ("predict_poses", "train_model", "evaluate_model", "prepare_video", "select_frames", "filter_poses", "plot_poses")

    def digests():
        prints = Fingerprints(real.parent / "none.json", real)
        return {name: prints.of(name) for name in names}

    before = digests()
    path = real / "posemake" / "heatmap.py"
    path.write_text(re.sub(r"OFFSET_RADIUS = [\d.]+", "OFFSET_RADIUS = 2.5", path.read_text()))
    assert {name for name, found in digests().items() if found != before[name]} == {
        "predict_poses",
        "train_model",
        "evaluate_model",
    }


def test_other_words_for_a_fault_of_the_machine_rerun_nothing(real):
    def digests():
        prints = Fingerprints(real.parent / "none.json", real)
        return {path.stem: prints.of(path.stem) for path in real.glob("*.py")}

    before = digests()
    rewrite(real / "posemake" / "faults.py", "there is no space left on the disk of {}", "the disk of {} is full")
    assert digests() == before


def test_neutral_modules_exist():
    assert {path.stem for path in PACKAGE.glob("*.py")} >= NEUTRAL
