"""Frames per second of reading a video in order, compared with PyAV: python bench/reading.py VIDEO …

Each round measures all methods one after the other; the medians of the rounds are compared.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from posemake.config.settings import Prepare
from posemake.video.prepare import PrepareOutputs, PrepareRow, prepare_video
from posemake.video.reader import VideoReader, open_video

ROUNDS = 7


def decode_with_pyav(path: Path) -> int:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for _ in container.decode(stream))


def decode_to_rgb_with_pyav(path: Path) -> int:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return sum(1 for frame in container.decode(stream) if frame.to_ndarray(format="rgb24") is not None)


def compare_readers(video: VideoReader) -> None:
    """Measure all methods of reading a video in turn, and print their rates."""
    methods = {
        "PyAV, decoding alone": lambda: decode_with_pyav(video.path),
        "posemake, frames as decoded": lambda: sum(1 for _ in video.frames()),
        "PyAV, to RGB": lambda: decode_to_rgb_with_pyav(video.path),
        "posemake, to RGB": lambda: sum(1 for _ in video.images()),
    }
    seconds: dict[str, list[float]] = {method: [] for method in methods}
    for _ in range(ROUNDS):
        for method, read in methods.items():
            start = time.perf_counter()
            count = read()
            seconds[method].append(time.perf_counter() - start)
    medians = {method: statistics.median(values) for method, values in seconds.items()}
    for method, value in medians.items():
        ratios = [medians[reference] / value for reference in ("PyAV, decoding alone", "PyAV, to RGB")]
        print(f"{method:28} {count / value:7.0f} /s, {ratios[0]:.2f} of decoding alone, {ratios[1]:.2f} of PyAV to RGB")


def main(videos: list[str]) -> None:
    for name in videos:
        for transcode in ("never", "always"):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                outputs = PrepareOutputs(f"{folder}/video.json", f"{folder}/times.npy", f"{folder}/standard")
                prepare_video(name, outputs, Prepare(transcode=transcode), PrepareRow())
                prepared = time.perf_counter() - start
                video = open_video(name, outputs.info, outputs.standard)
                print(f"\n{name}, transcode: {transcode}; prepared in {prepared:.1f} s; {video.info.frames} frames")
                compare_readers(video)


if __name__ == "__main__":
    main(sys.argv[1:])
