"""The table of layers (docs of the design, section 2), held by walking the imports."""

import ast
import re
import subprocess
import sys

import pytest
from helpers import PACKAGE, ROOT, SCRIPTS

LAYERS = [
    # 0: what a pixel, a pose, a label file, a frame, a setting, a log is
    {"geometry", "poses", "labels", "video", "video_writer", "picture", "stacks", "settings", "log", "fingerprint", "files",
     "sheets", "sample", "filter_steps", "durable", "label_decisions", "sides", "inputs", "packages", "devices", "faults",
     "parents", "cluster"},
    # 1: pure functions on arrays and tensors
    {"decoding", "findings", "probe", "heatmap", "losses", "augment", "weights", "backbones", "network", "diagnosis", "schedule",
     "metrics", "filters", "style", "demo_walk", "uncertainty", "steadiness", "page", "candidates", "choose", "outliers",
     "suspects", "filter_report", "canvas", "framing", "label_lock", "label_history", "label_table", "label_store", "label_flow",
     "spread", "scene", "smoothing"},
    # 2: what several stages stand on
    {"dataset", "engine", "reference", "graph", "runtimes", "follow", "checkpoint", "training", "live", "evaluation_figures",
     "filter_figures", "scaffold", "standard", "label_items", "label_progress", "label_walk",
     "label_session", "label_project", "label_picture", "label_theme", "label_keys", "label_strip", "label_header",
     "label_panel", "label_view", "label_dialogs", "label_commands", "label_window"},
    # 3: stages
    {
        "prepare", "validate", "select", "features", "frame_figures", "collect", "train", "export", "predict", "evaluate",
        "clean", "render", "figures", "tables", "report", "project", "deeplabcut", "demo", "person", "refine", "rounds", "check",
        "scorers", "labeller", "model_page", "augment_figures", "learning_curve", "folds", "repeats",
        "gallery",
    },
]  # fmt: skip
LAYER = {module: number for number, modules in enumerate(LAYERS) for module in modules}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
BARE = {"dataset", "network", "train", "engine", "reference"}  # run on a GPU machine that has little installed
ON_A_BARE_MACHINE = {"torch", "torchvision", "numpy", "cv2", "pandas", "h5py", "tqdm"}


def imports(path):
    """Full names of what a file imports, anywhere in it; names imported from ``posemake`` itself are its modules."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: a relative import escapes the fingerprint"
            found |= {f"posemake.{alias.name}" for alias in node.names} if node.module == "posemake" else {node.module}
    return found


def own(path):
    """Modules of the package that a file imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("posemake.")}


def others(path):
    """Top-level names of what a file imports beside the package and the standard library."""
    return {name.split(".")[0] for name in imports(path)} - {"posemake"} - sys.stdlib_module_names


def leads_to(modules):
    """The modules and all that they import, one through another."""
    found, todo = set(), set(modules)
    while todo:
        module = todo.pop()
        found.add(module)
        todo |= own(PACKAGE / f"{module}.py") - found
    return found


def test_the_table_lists_every_module():
    assert set(MODULES) == set(LAYER)
    assert imports(PACKAGE / "__init__.py") == {"posemake.parents", "gc", "sys"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module):
    for imported in own(PACKAGE / f"{module}.py"):
        assert imported in LAYER, f"{module} imports {imported}, which is not a module"
        if LAYER[module] == LAYER[imported] == 3:
            pytest.fail(f"the stage {module} imports the stage {imported}")
        # in layers 0 to 2 neighbours may be used, but not in a circle
        assert LAYER[imported] <= LAYER[module], f"{module} imports {imported} from above"
        assert module not in leads_to({imported}), f"{module} and {imported} import each other"


@pytest.mark.parametrize("module", MODULES)
def test_the_package_knows_nothing_of_snakemake(module):
    assert not any(name.startswith("snakemake") for name in others(PACKAGE / f"{module}.py"))


def test_training_and_prediction_need_little():
    for module in leads_to(BARE):
        assert others(PACKAGE / f"{module}.py") <= ON_A_BARE_MACHINE, module


def test_labelling_needs_little():
    """Label files in HDF5 and bars of progress are not read or shown there, so that h5py and tqdm may be missing."""
    for module in leads_to({"label_session"}):
        assert others(PACKAGE / f"{module}.py") <= {"numpy", "cv2", "pandas", "h5py", "tqdm"}, module
    heavy = "[n for n in ('h5py', 'tqdm', 'tables', 'torch', 'av', 'matplotlib', 'xarray', 'sklearn') if n in sys.modules]"
    done = subprocess.run(
        [sys.executable, "-c", f"import posemake.label_session, sys\nprint({heavy})"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_a_script_calls_one_stage_and_nothing_else(path):
    modules = own(path)
    assert [LAYER[module] for module in sorted(modules - {"log"})] == [3]
    assert others(path) == set()
    assert len(path.read_text().splitlines()) <= 30


def test_rules_import_nothing_heavy():
    rules = [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")]
    text = "\n".join(re.findall(r"^(?:from|import) (?!snakemake).*", "\n".join(path.read_text() for path in rules), re.MULTILINE))
    assert "posemake.sheets" in text
    heavy = "[n for n in ('numpy', 'pandas', 'torch', 'cv2', 'av', 'matplotlib', 'xarray', 'sklearn') if n in sys.modules]"
    done = subprocess.run(
        [sys.executable, "-c", f"{text}\nimport sys\nprint({heavy})"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
