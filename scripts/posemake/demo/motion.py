"""Walk of the demo's animal: positions of its keypoints in every frame (T frames).

All lengths and speeds are in units of a pixel in a frame of 320 × 240. Frames of other sizes show the same scene larger or
smaller.
"""

from dataclasses import dataclass

import numpy as np

KEYPOINTS = ("snout", "left_ear", "right_ear", "center", "tail_base", "tail_tip")
SIZE = (320, 240)

BODY, TAIL = 70.0, 45.0  # lengths; the body reaches from the snout to the base of the tail
HEAD = 0.27  # share of the body in front of the line through the ears
EARS = 8.8  # distance from the middle of the head to the centre of either ear
WALL_MARGIN = 8.0  # distance to the edge of the frame that all parts keep
TAIL_MARGIN = 13.0  # distance to the edge at which the tail turns aside
BODY_MARGIN = 57.0  # distance to the edge that the centre of the body keeps
MAX_STEP = 8.0  # length per frame; animals do not jump
MAX_TURN = 0.14  # radians per frame
GROOMING_BEND = 2.0  # radians between head and rear while the animal grooms itself
GROOMING_SHORT = 0.4  # share of the body's length that is hidden from above while it grooms itself
TAIL_STEPS = 8  # corrections per frame of a tail that meets the wall


def unit_in_pixels(size: tuple[int, int]) -> float:
    """Return the unit of length in pixels of a frame of another size (width, height)."""
    return min(size[0] / SIZE[0], size[1] / SIZE[1])


def direction(angle: float) -> np.ndarray:
    """Return the unit vector (2,) at an angle in radians."""
    return np.array([np.cos(angle), np.sin(angle)])


def _wrap_angle(angle: float) -> float:
    """Return an angle in -π … π."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _smooth(values: np.ndarray, memory: int) -> np.ndarray:
    """Return the Gaussian mean over time, with 8 × ``memory`` values fewer."""
    kernel = np.exp(-0.5 * (np.arange(-4 * memory, 4 * memory + 1) / memory) ** 2)
    return np.convolve(values, kernel / kernel.sum(), "valid")


def random_drift(frames: int, memory: int, rng: np.random.Generator) -> np.ndarray:
    """Return random values (T,) of about unit variance that change over about ``memory`` frames."""
    return _smooth(rng.standard_normal(frames + 8 * memory), memory) * np.sqrt(2 * np.sqrt(np.pi) * memory)


def _walking(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Return whether the animal walks (1) or rests (0) in each frame (T,), with smooth changes."""
    memory, walking = 4, True
    bouts: list[np.ndarray] = []
    while sum(len(bout) for bout in bouts) < frames + 8 * memory:
        length = rng.integers(50, 110) if walking else rng.integers(15, 40)
        bouts.append(np.full(length, float(walking)))
        walking = not walking
    return _smooth(np.concatenate(bouts)[: frames + 8 * memory], memory)


def _grooming(frames: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return whether the animal grooms itself (1) in each frame (T,), in bouts that fill a share of the time."""
    memory, bout = 3, 20
    sitting = np.zeros(frames + 8 * memory)
    for slot in rng.permutation(frames // (2 * bout))[: round(share * frames / bout)]:
        start = 4 * memory + 2 * bout * slot + rng.integers(bout)
        sitting[start : start + bout] = 1
    return _smooth(sitting, memory)


@dataclass(frozen=True)
class _Behaviour:
    """Random course of what the animal does, one value per frame (T,)."""

    walking: np.ndarray  # 1 while it walks, 0 while it rests
    pace: np.ndarray  # length per frame on a straight path
    wander: np.ndarray  # radians per frame that it turns by itself
    look: np.ndarray  # radians that the head turns against the body
    swing: np.ndarray  # radians that the tail swings
    grooming: np.ndarray  # 1 while it grooms itself
    flank: np.ndarray  # side to which it bends then, 1 or -1

    @classmethod
    def random(cls, frames: int, speed: float, grooming: float, rng: np.random.Generator) -> "_Behaviour":
        """Return a random behaviour; the parameters are those of `simulate_walk`."""
        walking = _walking(frames, rng)
        pace = np.minimum(speed * walking * np.clip(1 + 0.25 * random_drift(frames, 12, rng), 0.5, 1.5), MAX_STEP)
        wander = 0.055 * np.clip(random_drift(frames, 10, rng), -2, 2) * (0.15 + 0.85 * walking)
        look = 0.2 * np.clip(random_drift(frames, 8, rng), -2, 2)
        swing = 0.3 * np.clip(random_drift(frames, 9, rng), -2, 2)
        sitting = _grooming(frames, grooming, rng.spawn(1)[0])
        flank = np.where(np.arange(frames) // 40 % 2, 1, -1)
        return cls(walking, pace * (1 - sitting), wander, look, swing, sitting, flank)


def _place_tail(base: np.ndarray, upper: float, lower: float, edge: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Let a tail that meets the wall turn along it.

    Parameters
    ----------
    base
        (2,) base of the tail.
    upper, lower
        Directions of the tail's halves in radians.
    edge
        (2,) lower right corner of the frame.

    Returns
    -------
    tuple
        The tip (2,), and the new directions of the halves.
    """
    for _ in range(TAIL_STEPS):
        tip = base + 0.48 * TAIL * direction(upper) + 0.52 * TAIL * direction(lower)
        push = np.clip(np.clip(tip, TAIL_MARGIN, edge - TAIL_MARGIN) - tip, -2, 2)
        upper += 0.006 * push @ direction(upper + np.pi / 2)
        lower += 0.02 * push @ direction(lower + np.pi / 2)
    return np.clip(tip, WALL_MARGIN, edge - WALL_MARGIN), upper, lower


def simulate_walk(
    frames: int, speed: float, size: tuple[int, int], rng: np.random.Generator, grooming: float = 0.0
) -> np.ndarray:
    """Let the animal walk, turn, rest and groom itself.

    Parameters
    ----------
    frames
        Length of the walk.
    speed
        Length per frame while it walks straight on.
    size
        Width and height of the frame; the animal stays inside.
    rng
        Source of randomness.
    grooming
        Share of the time, up to a half, in which it sits up with its head at its flank: short and bent, as seen from above.

    Returns
    -------
    ndarray
        (T, 6, 2) positions of the keypoints (x, y) in pixels of the frame.
    """
    unit = unit_in_pixels(size)
    edge = (np.array(size) - 1) / unit
    low, high = BODY_MARGIN, edge - BODY_MARGIN
    does = _Behaviour.random(frames, speed, grooming, rng)
    position = rng.uniform(low, high)
    heading = rng.uniform(-np.pi, np.pi)
    turn = bend = stride = 0.0
    upper = lower = heading + np.pi  # directions of the tail's halves
    poses = np.empty((frames, len(KEYPOINTS), 2))
    for i in range(frames):
        ahead = position + (22 + 5 * does.pace[i]) * direction(heading)
        urge = min(1.0, np.abs(ahead - np.clip(ahead, low, high)).max() / 30)
        home = np.arctan2(*(edge / 2 - position)[::-1])
        # it looks a little ahead before it turns, so that it keeps to one side when home lies behind it
        back = does.walking[i] * MAX_TURN * np.clip(2 * _wrap_angle(home - heading - 5 * turn), -1, 1)
        turn += 0.2 * ((1 - urge) * does.wander[i] + urge * back - turn)
        heading += turn
        step = does.pace[i] * (1 - 0.5 * urge) / (1 + 3 * abs(turn))
        position = np.clip(position + step * direction(heading), low, high)

        stride += 0.16 * step
        bend += 0.2 * (np.clip(7 * turn, -1, 1) - bend)
        curve = bend + 0.07 * does.walking[i] * np.sin(stride) + GROOMING_BEND * does.grooming[i] * does.flank[i]
        body = BODY * (1 - GROOMING_SHORT * does.grooming[i])
        head = heading + 0.5 * curve + does.look[i] + 2 * turn
        rear = heading - 0.5 * curve + np.pi
        middle = position + (0.5 - HEAD) * body * direction(heading + 0.12 * curve)
        side = EARS * direction(head - np.pi / 2)  # y points down, so the left of +x is -y
        base = position + 0.5 * body * direction(heading - 0.25 * curve + np.pi)
        upper += 0.35 * _wrap_angle(rear + 0.4 * does.swing[i] - upper)
        lower += 0.15 * _wrap_angle(upper + 1.2 * does.swing[i] - lower)
        tip, upper, lower = _place_tail(base, upper, lower, edge)
        poses[i] = middle + HEAD * body * direction(head), middle + side, middle - side, position, base, tip
    return poses * unit
