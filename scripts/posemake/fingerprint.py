"""A digest of the code that a rule runs, so that a change of what it does reruns it and a change of words does not.

Snakemake sees a rule's script, but not the modules that it imports. The digest covers the script and every ``posemake`` module
that it leads to; comments, docstrings and layout are left out.
"""

import ast
import contextlib
import hashlib
import json
import os
from pathlib import Path

from posemake.files import write_text

SCRIPTS = Path(__file__).parents[1]
OWN_CODE = Path(__file__).read_bytes()
# settings, filter_steps: their values are parameters already. log, live, fingerprint, faults, parents: they change no result.
NEUTRAL = {"settings", "filter_steps", "log", "live", "fingerprint", "faults", "parents", "__init__"}


def _meaning(node: ast.AST) -> str:
    """The tree without docstrings and positions; empty fields are left out, as Python versions differ in them."""
    parts = []
    for name, value in ast.iter_fields(node):
        if value in (None, [], "") and name != "value":  # as constants, None and "" differ
            continue
        items = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = items[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                items = items[1:]
        parts.append(name + ":" + ",".join(_meaning(i) if isinstance(i, ast.AST) else repr(i) for i in items))
    return f"{type(node).__name__}({';'.join(parts)})"


def _imports(tree: ast.AST) -> list[str]:
    """Modules of the package that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "posemake":
            names = [node.module.split(".")[1]] if "." in node.module else [alias.name for alias in node.names]
            found.update(names)
        elif isinstance(node, ast.Import):
            found.update(a.name.split(".")[1] for a in node.names if a.name.startswith("posemake."))
    return sorted(found - NEUTRAL)


def read_code(path: str | Path, known: dict[str, list]) -> tuple[str, list[str]]:
    """Digest and imports of one file; ``known`` remembers them by the digest of its bytes and this module's."""
    source = Path(path).read_bytes()
    key = hashlib.sha256(OWN_CODE + source).hexdigest()
    if key not in known:
        tree = ast.parse(source)
        known[key] = [hashlib.sha256(_meaning(tree).encode()).hexdigest(), _imports(tree)]
    return known[key][0], known[key][1]


class Fingerprints:
    """Digests of scripts, with what was read before kept in a file, as parsing costs more than all else at start-up."""

    def __init__(self, memory: str | Path, scripts: str | Path = SCRIPTS):
        self.memory = Path(memory)
        self.scripts = Path(scripts)
        try:
            known = json.loads(self.memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        self.known: dict[str, list] = known if isinstance(known, dict) else {}
        self.before = len(self.known)
        self.made: dict[str, str] = {}

    def of(self, script: str) -> str:
        """Digest of ``scripts/<script>.py`` and all that it leads to."""
        if script in self.made:
            return self.made[script]
        todo, seen, digests = [self.scripts / f"{script}.py"], set(), []
        while todo:
            path = todo.pop()
            if path in seen:
                continue
            seen.add(path)
            digest, imports = read_code(path, self.known)
            digests.append(f"{path.stem}:{digest}")
            todo += [self.scripts / "posemake" / f"{name}.py" for name in imports]
        self.made[script] = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:16]
        return self.made[script]

    def keep(self) -> None:
        """Write down what was read anew; a folder that cannot be written costs only time."""
        if len(self.known) > self.before and os.access(self.memory.parent, os.W_OK):
            with contextlib.suppress(OSError):
                write_text(self.memory, json.dumps(self.known))
