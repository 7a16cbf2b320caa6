"""Rates of reading a video in order, beside PyAV's own: python bench/reading.py VIDEO …

Each round measures all ways one after the other; the medians of the rounds are compared.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.config.settings import Prepare
from posemake.video.prepare import prepare_video
from posemake.video.reader import open_video

ROUNDS = 7


def bare(path: Path) -> int:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def bare_rgb(path: Path) -> int:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for frame in container.decode(stream) if frame.to_ndarray(format="rgb24") is not None)


def main(videos: list[str]) -> None:
    for name in videos:
        for standardise in ("never", "always"):
            with tempfile.TemporaryDirectory() as folder:
                out = [f"{folder}/{part}" for part in ("video.json", "times.npy", "standard")]
                row = {"pattern": None, "downscale": None, "deinterlace": None}
                begun = time.perf_counter()
                prepare_video(name, *out, asdict(Prepare(standardise=standardise)), row)
                prepared = time.perf_counter() - begun
                video = open_video(name, out[0], out[2])
                ways = {
                    "PyAV, decoding alone": lambda path=video.path: bare(path),
                    "posemake, frames as decoded": lambda video=video: sum(1 for _ in video.pictures()),
                    "PyAV, to RGB": lambda path=video.path: bare_rgb(path),
                    "posemake, to RGB": lambda video=video: sum(1 for _ in video.frames()),
                }
                seconds = {way: [] for way in ways}
                for _ in range(ROUNDS):
                    for way, read in ways.items():
                        begun = time.perf_counter()
                        count = read()
                        seconds[way].append(time.perf_counter() - begun)
                print(f"\n{name}, standardise: {standardise}; prepared in {prepared:.1f} s; {count} frames")
                medians = {way: statistics.median(values) for way, values in seconds.items()}
                for way, value in medians.items():
                    ratios = [medians[first] / value for first in ("PyAV, decoding alone", "PyAV, to RGB")]
                    print(f"{way:28} {count / value:7.0f} /s, {ratios[0]:.2f} of decoding alone, {ratios[1]:.2f} of PyAV to RGB")


if __name__ == "__main__":
    main(sys.argv[1:])
