"""Visibility of labelled keypoints, as integers beside their positions."""

from enum import IntEnum


class Visibility(IntEnum):
    """Whether a keypoint can be seen in an image.

    0 to 2 are those of COCO keypoints (Lin et al. 2014); COCO cannot tell an absent keypoint from one that was not labelled, so
    that it has a value of its own here.
    """

    NOT_LABELLED = 0  # nobody said anything: neither taught nor tested
    OCCLUDED = 1  # in the frame and hidden
    VISIBLE = 2  # seen, with a position
    ABSENT = 3  # not in the frame
