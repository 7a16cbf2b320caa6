"""The walk of the demo's animal: where its keypoints are in every frame.

All lengths and speeds are in pixels of a 320 × 240 frame; other sizes show the same scene larger or smaller.
"""

import numpy as np

KEYPOINTS = ("snout", "left_ear", "right_ear", "center", "tail_base", "tail_tip")
SIZE = (320, 240)

BODY, TAIL = 70.0, 45.0  # lengths, the body from the snout to the base of the tail
HEAD = 0.27  # share of the body in front of the line through the ears
EARS = 8.8  # from the middle of the head to the centre of either ear
# distances to the edge of the frame: what all parts keep, where the tail turns aside, what the body's centre keeps
WALL_MARGIN, TAIL_MARGIN, BODY_MARGIN = 8.0, 13.0, 57.0
MAX_STEP = 8.0  # per frame: no animal jumps
MAX_TURN = 0.14  # radians per frame
GROOMING_BEND, GROOMING_SHORT = 2.0, 0.4  # radians between head and rear, share of the length that is not seen from above


def unit_of(size: tuple[int, int]) -> float:
    return min(size[0] / SIZE[0], size[1] / SIZE[1])


def towards(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)])


def _wrap(angle: float) -> float:
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _smooth(values: np.ndarray, memory: int) -> np.ndarray:
    """Gaussian mean over time; gives 8 × ``memory`` values fewer."""
    kernel = np.exp(-0.5 * (np.arange(-4 * memory, 4 * memory + 1) / memory) ** 2)
    return np.convolve(values, kernel / kernel.sum(), "valid")


def drift(frames: int, memory: int, rng: np.random.Generator) -> np.ndarray:
    """Random course of about unit variance that changes over about ``memory`` frames."""
    return _smooth(rng.standard_normal(frames + 8 * memory), memory) * np.sqrt(2 * np.sqrt(np.pi) * memory)


def _bouts(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Turns of walking (1) and resting (0), with smooth changes."""
    memory, walking, bouts = 4, True, []
    while sum(map(len, bouts)) < frames + 8 * memory:
        length = rng.integers(50, 110) if walking else rng.integers(15, 40)
        bouts.append(np.full(length, float(walking)))
        walking = not walking
    return _smooth(np.concatenate(bouts)[: frames + 8 * memory], memory)


def _sittings(frames: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """How far the animal has sat up to groom itself: 1 in bouts that fill a share of the frames, 0 else, with smooth changes."""
    memory, bout = 3, 20
    sits = np.zeros(frames + 8 * memory)
    for slot in rng.permutation(frames // (2 * bout))[: round(share * frames / bout)]:
        start = 4 * memory + 2 * bout * slot + rng.integers(bout)
        sits[start : start + bout] = 1
    return _smooth(sits, memory)


def simulate(frames: int, speed: float, size: tuple[int, int], rng: np.random.Generator, grooming: float = 0.0) -> np.ndarray:
    """Let the animal walk, turn and rest, and groom itself.

    Parameters
    ----------
    frames
        Length of the walk.
    speed
        Lengths per frame while it walks straight on.
    size
        Width and height of the frame; the animal stays inside.
    rng
        Source of all that is left to chance.
    grooming
        Share of the time, up to a half, in which it sits up with its head to its flank: seen from above short, and bent.

    Returns
    -------
    numpy.ndarray
        (frames, 6, 2), the keypoints (x, y) in the frame's own pixels.
    """
    unit = unit_of(size)
    edge = (np.array(size) - 1) / unit
    low, high = BODY_MARGIN, edge - BODY_MARGIN
    go = _bouts(frames, rng)
    pace = np.minimum(speed * go * np.clip(1 + 0.25 * drift(frames, 12, rng), 0.5, 1.5), MAX_STEP)
    wander = 0.055 * np.clip(drift(frames, 10, rng), -2, 2) * (0.15 + 0.85 * go)
    look = 0.2 * np.clip(drift(frames, 8, rng), -2, 2)
    swing = 0.3 * np.clip(drift(frames, 9, rng), -2, 2)
    sits = _sittings(frames, grooming, rng.spawn(1)[0])
    flank = np.where(np.arange(frames) // 40 % 2, 1, -1)
    pace *= 1 - sits
    position = rng.uniform(low, high)
    heading = rng.uniform(-np.pi, np.pi)
    turn = bend = stride = 0.0
    upper = lower = heading + np.pi  # directions of the tail's two halves
    poses = np.empty((frames, len(KEYPOINTS), 2))
    for i in range(frames):
        ahead = position + (22 + 5 * pace[i]) * towards(heading)
        urge = min(1.0, np.abs(ahead - np.clip(ahead, low, high)).max() / 30)
        home = np.arctan2(*(edge / 2 - position)[::-1])
        # where it would turn to is judged a little ahead, so that it keeps to one side when home lies behind it
        back = go[i] * MAX_TURN * np.clip(2 * _wrap(home - heading - 5 * turn), -1, 1)
        turn += 0.2 * ((1 - urge) * wander[i] + urge * back - turn)
        heading += turn
        step = pace[i] * (1 - 0.5 * urge) / (1 + 3 * abs(turn))
        position = np.clip(position + step * towards(heading), low, high)

        stride += 0.16 * step
        bend += 0.2 * (np.clip(7 * turn, -1, 1) - bend)
        curve = bend + 0.07 * go[i] * np.sin(stride) + GROOMING_BEND * sits[i] * flank[i]
        body = BODY * (1 - GROOMING_SHORT * sits[i])
        head = heading + 0.5 * curve + look[i] + 2 * turn
        rear = heading - 0.5 * curve + np.pi
        middle = position + (0.5 - HEAD) * body * towards(heading + 0.12 * curve)
        side = EARS * towards(head - np.pi / 2)  # y points down, so the left of +x is -y
        base = position + 0.5 * body * towards(heading - 0.25 * curve + np.pi)
        upper += 0.35 * _wrap(rear + 0.4 * swing[i] - upper)
        lower += 0.15 * _wrap(upper + 1.2 * swing[i] - lower)
        for _ in range(8):  # a tail that meets the wall turns along it
            tip = base + 0.48 * TAIL * towards(upper) + 0.52 * TAIL * towards(lower)
            push = np.clip(np.clip(tip, TAIL_MARGIN, edge - TAIL_MARGIN) - tip, -2, 2)
            upper += 0.006 * push @ towards(upper + np.pi / 2)
            lower += 0.02 * push @ towards(lower + np.pi / 2)
        tip = np.clip(tip, WALL_MARGIN, edge - WALL_MARGIN)
        poses[i] = middle + HEAD * body * towards(head), middle + side, middle - side, position, base, tip
    return poses * unit
