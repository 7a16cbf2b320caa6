# The files of many videos, asked for in portions. No rules.
#
# Snakemake looks up each input of a job among all jobs that it depends on: a job `all` that names all files of 5,000 videos would take
# a quarter of an hour to do nothing, and fill the screen. So it names marks of portions, each of which stands for the files of its videos.

import collections
import functools
import zlib

MANY = 100  # videos from which on there are portions
PORTIONS = 64  # which one a video is in does not change


def portion_of(video):
    return zlib.crc32(video.encode()) % PORTIONS


def prepared_files(videos):
    return expand("results/videos/{video}/{file}", video=videos, file=("video.json", "times.npy", "standard"))


def pose_files(kind, videos):
    """All files of videos' poses; ``kind`` is the round and the model, as ``round-0/small``."""
    of_video = (
        "poses.h5",
        "poses.csv",
        "poses.json",
        "filtered.h5",
        "filtered.csv",
        "summary.json",
        "filtering.csv",
        "labelled.mp4",
        "preview.mp4",
        "poster.png",
        "filtering.png",
        *(f"{figure}.{PLOT}" for figure in ("trajectory", "coordinates", "confidence", "displacement")),
    )
    return expand("results/poses/{kind}/{video}/{file}", kind=kind, video=videos, file=of_video)


def videos_and_files(kind):
    """The videos of a kind of portions, and what names the files of some of them."""
    if kind == "videos":
        return HERE, prepared_files
    return TO_ANALYSE, lambda videos: pose_files(kind, videos)


@functools.cache
def portions_of(kind):
    """The videos of each portion."""
    found = collections.defaultdict(list)
    for video in videos_and_files(kind)[0]:
        found[portion_of(video)].append(video)
    return dict(found)


def videos_of_portion(wildcards):
    return portions_of(wildcards.kind).get(int(wildcards.portion.partition(".")[0]), [])


def files_of_portion(wildcards):
    return videos_and_files(wildcards.kind)[1](videos_of_portion(wildcards))


def marked(path):
    """The videos whose files were all there when a mark was made."""
    return Path(path).read_text().split() if os.path.exists(path) else []


def in_portions(kind):
    """What is asked for of a kind: each file if there are few videos. Otherwise the marks, and what is missing of videos that were
    whole: Snakemake makes a missing file anew only if a job that has to run needs it, or if it is asked for itself.
    """
    videos, files = videos_and_files(kind)
    if len(videos) < MANY:
        return files(videos)
    form = "" if kind == "videos" else f".{PLOT}"  # with another one, nothing is whole
    marks = [f"results/complete/{kind}/{portion}{form}" for portion in sorted(portions_of(kind))]
    were_whole = {video for mark in marks for video in marked(mark)}
    missing = [
        path for path in files([video for video in videos if video in were_whole]) if not os.path.exists(path)
    ]
    return marks + missing
