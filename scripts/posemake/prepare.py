"""The stage that settles what a video's frames are."""

from dataclasses import asdict

import numpy as np

from posemake.files import replacing, write_json
from posemake.video import probe


def prepare_video(video_file: str, info_file: str, times_file: str) -> None:
    """Write what a video holds (JSON, the fields of ``video.VideoInfo``) and each frame's timestamp in seconds (.npy).

    Raises
    ------
    PosemakeError
        If the file is no whole video.
    """
    info, times = probe(video_file)
    with replacing(times_file) as part:
        np.save(part, times)
    write_json(info_file, asdict(info))
