"""Keys and mouse actions of the labelling window."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command of the window."""

    name: str
    keys: tuple[str, ...]  # Qt's names of the keys that run it
    description: str  # as the help shows it
    repeats: bool = False  # runs again and again while the key is held


# A and D, W and S, arrows, Home and End, Ctrl+J, H, Delete, Ctrl+Z and the right click are those of DeepLabCut and SLEAP.
GROUPS: dict[str, tuple[Command, ...]] = {
    "Points": (
        Command("keypoint", tuple("1234567890"), "select keypoint 1 … 10"),
        Command("next_keypoint", ("S", "Down"), "next keypoint", True),
        Command("previous_keypoint", ("W", "Up"), "previous keypoint", True),
        Command("occluded", ("O",), "mark the selected keypoint as occluded: in the frame, but hidden"),
        Command("absent", ("X",), "mark the selected keypoint as absent: not in the frame"),
        Command("all_absent", ("Shift+X",), "mark all undecided keypoints as absent"),
        Command("delete", ("Del", "Backspace"), "remove the label under the pointer, otherwise that of the selected keypoint"),
        Command("undo", ("Ctrl+Z",), "undo the last change, on whichever frame it was made", True),
        Command("redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", True),
    ),
    "Proposals": (
        Command(
            "accept_all", ("Return", "Enter"), "accept all proposals of the frame; if the frame is then done, go to the next"
        ),
        Command("copy", ("C",), "propose the points of the previous frame"),
        Command("flow", ("F",), "propose the points of the previous frame, moved by optical flow"),
        Command("withdraw", ("Shift+C",), "remove the proposals of the frame"),
    ),
    "Frames": (
        Command("next", ("D", "Right"), "next frame", True),
        Command("previous", ("A", "Left"), "previous frame", True),
        Command("next_open", ("N", "Space"), "next frame that is not done"),
        Command("previous_open", ("Shift+N", "Shift+Space"), "previous frame that is not done"),
        Command("first", ("Home",), "first frame"),
        Command("last", ("End",), "last frame"),
        Command("jump", ("Ctrl+G", "Ctrl+J"), "go to a frame by its number or by a part of its image's name"),
    ),
    "View": (
        Command("zoom", ("Z",), "zoom to the animal"),
        Command("follow", ("Shift+Z",), "zoom to the animal on every frame, on or off"),
        Command("fit", ("R",), "show the whole frame"),
        Command("closer", ("+", "="), "zoom in", True),
        Command("farther", ("-",), "zoom out", True),
        Command("points", ("H",), "show or hide all points"),
        Command("others", ("Shift+H",), "show or hide all points except that of the selected keypoint"),
        Command("names", ("T",), "show or hide the names of the keypoints"),
        Command("skeleton", ("K",), "show or hide the skeleton"),
    ),
    "Files": (
        Command("save", ("Ctrl+S",), "not needed: each change is saved at once"),
        Command("history", ("Ctrl+H",), "list all changes to this video and go back to any of them"),
        Command("help", ("F1", "?"), "show or hide this help"),
        Command("quit", ("Ctrl+Q", "Ctrl+W"), "close the window"),
    ),
}

# (what the mouse does, its effect)
MOUSE = (
    ("click", "place the selected keypoint and select the next; on a hollow point: accept it; on a point: select its keypoint"),
    ("Shift+click", "place the selected keypoint, even on top of another point"),
    ("drag a point", "move it; a hollow point is accepted where you release it"),
    ("right click", "mark the keypoint under the pointer as occluded; where there is none, mark the selected one"),
    ("drag elsewhere", "move the image"),
    ("wheel", "zoom in and out"),
)

COMMANDS: dict[str, Command] = {command.name: command for group in GROUPS.values() for command in group}
BY_KEY: dict[str, Command] = {key: command for command in COMMANDS.values() for key in command.keys}


def format_keys(command: Command) -> str:
    """Return the keys of a command as the help shows them."""
    if command.name == "keypoint":
        return "1 … 9, 0"
    symbols = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "Enter", "Del": "Delete"}
    return ", ".join(dict.fromkeys(symbols.get(key, key) for key in command.keys))
