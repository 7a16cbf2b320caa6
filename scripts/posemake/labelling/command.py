"""Start of the window for labelling, in an environment that has napari."""

import argparse
import ctypes
import importlib.util
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from posemake.core.errors import PosemakeError
from posemake.core.paths import StrPath

CLONE = Path(__file__).resolve().parents[3]
# libraries that Qt loads on Linux under X11, with their packages of Debian and Ubuntu
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
OTHER_MACHINE_HINT = (
    "copy the project's folders config, results/frames and labels, and posemake, to a machine that has one, run there "
    "`make label PROJECT=<copy>`, and copy labels back"
)


def check_display(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse to begin where no window can open.

    Raises
    ------
    PosemakeError
        If there is no display, or Qt's libraries are missing; Qt itself would end the process without a word on the cure.
    """
    if sys.platform != "linux" or environment.get("WAYLAND_DISPLAY"):
        return
    if not environment.get("DISPLAY"):
        raise PosemakeError(f"there is no display here, so no window can open; {OTHER_MACHINE_HINT}")
    missing = []
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if missing:
        raise PosemakeError(
            f"the window needs libraries of the system; on Debian and Ubuntu: apt-get install {' '.join(missing)}"
        )


def check_napari() -> None:
    """Raise PosemakeError if the packages of the window are not in this Python's environment."""
    for name in ("napari", "PyQt6", "qtpy"):
        if importlib.util.find_spec(name) is None:
            raise PosemakeError(
                f"{sys.executable} has no {name}, which labelling needs; get it with `make label-env` in posemake's folder, or "
                "with `pip install -r envs/label.txt` in an environment of its own"
            )


def find_label_python(clone: Path) -> str:
    """Return the Python of the environment for labelling beside the Snakefile, else the one that runs."""
    paths = [clone / ".venv-label" / name for name in ("bin/python", "Scripts/python.exe")]
    return str(next((path for path in paths if path.exists()), sys.executable))


def open_labeller(project: StrPath, scorer: str = "", python: str | None = None) -> None:
    """Open the window in a process of its own, and wait until it is closed.

    Parameters
    ----------
    project
        The project's folder.
    scorer
        Who labels; if empty, as the project says.
    python
        Python of the environment for labelling; by default that of ``make label-env`` if it exists.

    Raises
    ------
    PosemakeError
        With the sentence that the window ended with.
    """
    check_display()
    command = [python or find_label_python(CLONE), "-m", "posemake.labelling.command", "--project", str(project)]
    command += [f"--scorer={scorer}"] if scorer else []
    path = os.pathsep.join(filter(None, [str(CLONE / "scripts"), os.environ.get("PYTHONPATH")]))
    finished = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.PIPE, text=True)
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [f"the window ended with the status {finished.returncode}"]
        raise PosemakeError(lines[-1].removeprefix("posemake: "))


def _show_errors(show: Callable[[str], None]) -> None:
    """Show an error of the program in the window, with the traceback on the terminal: it must not end a person's work."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        if issubclass(kind, Exception):
            show(f"{kind.__name__}: {error}; what was shown as saved is saved")

    sys.excepthook = hook


def run_window(project: StrPath, scorer: str, number: int | None, video: str, theme: str) -> None:
    """Open the window on a project and return when it is closed.

    Parameters
    ----------
    project
        The project's folder.
    scorer, number, video
        As in `project.open_project`.
    theme
        `dark`, `light`, or empty for the desktop's.

    Raises
    ------
    PosemakeError
        If there is no display, no napari, no project, or nothing to label.
    """
    check_display()
    check_napari()
    from qtpy.QtWidgets import QApplication

    from posemake.labelling.gui.commands import Commands
    from posemake.labelling.gui.theme import apply_theme, system_theme
    from posemake.labelling.gui.window import LabelWindow
    from posemake.labelling.project import open_project, read_project

    session = open_project(project, scorer, number, video)
    app = QApplication.instance() or QApplication(["posemake"])
    app.setApplicationName("posemake")
    apply_theme(app, theme or system_theme(app))
    window = LabelWindow(session, read_project(project).colors, theme or system_theme(app))
    Commands(window)
    _show_errors(window.show_internal_error)
    window.show()
    app.exec()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m posemake.labelling.command", description="Label the frames of a project.")
    parser.add_argument("--project", type=Path, default=Path(), help="the project's folder; by default this one")
    parser.add_argument("--scorer", default="", help="the person who labels; becomes part of the label file's name")
    parser.add_argument("--round", type=int, dest="number", help="the round; by default the first that has frames to label")
    parser.add_argument("--video", default="", help="this video only")
    parser.add_argument("--theme", choices=["dark", "light"], default="", help="by default the desktop's")
    options = parser.parse_args()
    try:
        run_window(options.project, options.scorer, options.number, options.video, options.theme)
    except PosemakeError as error:
        sys.exit(f"posemake: {error}")


if __name__ == "__main__":
    main()
