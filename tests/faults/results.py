"""What a project's results hold, to compare two runs byte by byte."""

import csv
import hashlib
import io
import json
import shutil
from pathlib import Path

CLOCKED = ("seconds", "images_per_second")  # of a training: what they say is how long it took
DRAWN_FROM_CLOCK = ("learning_curve.png",)  # draws the columns above


def _timeless(path: Path) -> bytes:
    """A file's bytes, without how long its job took."""
    content = path.read_bytes()
    if path.name == "history.csv":
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        return json.dumps([{key: value for key, value in row.items() if key not in CLOCKED} for row in rows]).encode()
    if path.name == "engine.json":
        engine = json.loads(content)
        rows = [{key: value for key, value in row.items() if key != "fps"} for row in engine["candidates"]]
        return json.dumps({**engine, "candidates": rows}).encode()
    return content


def results_of(project: Path) -> dict[str, str]:
    """Digest of each file in results/, by its name; what tells the duration of a job is left out."""
    files = (path for path in sorted((project / "results").rglob("*")) if path.is_file())
    return {
        str(path.relative_to(project)): hashlib.sha256(_timeless(path)).hexdigest()
        for path in files
        if path.name not in DRAWN_FROM_CLOCK
    }


def differing(project: Path, reference: dict[str, str]) -> dict[str, str]:
    """What is not as in the reference: ``missing``, ``left over`` or ``other`` by file."""
    found = results_of(project)
    return {
        name: "missing" if name not in found else "left over" if name not in reference else "other"
        for name in sorted({*found, *reference})
        if found.get(name) != reference.get(name)
    }


def undo(project: Path, *patterns: str) -> None:
    """Remove results by patterns, as if they had never been made; those of a folder with all in it."""
    for pattern in patterns:
        paths = list(project.glob(pattern))
        assert paths, pattern
        for path in paths:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
