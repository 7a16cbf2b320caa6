"""What the labeller's keys and mouse do: the one table that the window, its help and the manual follow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command of the window by its name, the keys that call it (Qt's names), and its sentence in the help."""

    name: str
    keys: tuple[str, ...]
    what: str
    repeats: bool = False  # while the key is held


# DeepLabCut's and SLEAP's users know: A and D, arrows, W and S, Home and End, Ctrl+J, H, Delete, Ctrl+Z, right click
GROUPS: dict[str, tuple[Command, ...]] = {
    "Points": (
        Command("keypoint", tuple("1234567890"), "choose keypoint 1 … 10"),
        Command("next_keypoint", ("S", "Down"), "next keypoint", True),
        Command("previous_keypoint", ("W", "Up"), "previous keypoint", True),
        Command("occluded", ("O",), "the chosen keypoint is occluded: there, but hidden"),
        Command("absent", ("X",), "the chosen keypoint is not in the frame"),
        Command("all_absent", ("Shift+X",), "nothing to see: all open keypoints are not in the frame"),
        Command("delete", ("Del", "Backspace"), "take back the decision on the point under the pointer, else on the chosen one"),
        Command("undo", ("Ctrl+Z",), "undo, on whichever frame it was", True),
        Command("redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", True),
    ),
    "Proposals": (
        Command("accept_all", ("Return", "Enter"), "accept all proposals of the frame; if it is done then, go on"),
        Command("copy", ("C",), "propose the previous frame's points"),
        Command("flow", ("F",), "propose the previous frame's points, moved by optical flow"),
        Command("withdraw", ("Shift+C",), "take the proposals of the frame away"),
    ),
    "Frames": (
        Command("next", ("D", "Right"), "next frame", True),
        Command("previous", ("A", "Left"), "previous frame", True),
        Command("next_open", ("N", "Space"), "next frame that is not done"),
        Command("previous_open", ("Shift+N", "Shift+Space"), "previous frame that is not done"),
        Command("first", ("Home",), "first frame"),
        Command("last", ("End",), "last frame"),
        Command("jump", ("Ctrl+G", "Ctrl+J"), "go to a frame by its place in the row, or by the name of its image"),
    ),
    "View": (
        Command("zoom", ("Z",), "zoom to the animal"),
        Command("follow", ("Shift+Z",), "zoom to the animal on every frame, on or off"),
        Command("fit", ("R",), "whole frame"),
        Command("closer", ("+", "="), "closer", True),
        Command("farther", ("-",), "farther", True),
        Command("points", ("H",), "hide or show all points"),
        Command("others", ("Shift+H",), "hide or show all points but the chosen one"),
        Command("names", ("T",), "names"),
        Command("skeleton", ("K",), "skeleton"),
    ),
    "Files": (
        Command("save", ("Ctrl+S",), "tells that each change is saved at once"),
        Command("history", ("Ctrl+H",), "all changes to this video, to go back to any of them"),
        Command("help", ("F1", "?"), "this help"),
        Command("quit", ("Ctrl+Q", "Ctrl+W"), "close the window"),
    ),
}

MOUSE = (
    ("click", "place the chosen keypoint and go on; on a hollow point: accept it; on a point: choose it"),
    ("Shift+click", "place the chosen keypoint, also where a point is"),
    ("drag a point", "move it; a hollow one is accepted where you let it go"),
    ("right click", "on a point: it is occluded; elsewhere: the chosen keypoint is"),
    ("drag elsewhere", "move the picture"),
    ("wheel", "closer, farther"),
)

COMMANDS: dict[str, Command] = {command.name: command for group in GROUPS.values() for command in group}
BY_KEY: dict[str, Command] = {key: command for command in COMMANDS.values() for key in command.keys}


def keys_text(command: Command) -> str:
    """The keys of a command as the help shows them."""
    if command.name == "keypoint":
        return "1 … 9, 0"
    arrows = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter", "Del": "Delete"}
    shown = [arrows.get(key, key) for key in command.keys]
    return ", ".join(dict.fromkeys(shown))
