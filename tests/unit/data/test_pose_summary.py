from dataclasses import replace

from posemake.core.json_files import read_json
from posemake.data.pose_summary import (
    AppliedStep,
    PoseQuality,
    PoseSummary,
    StepChanges,
    TrackFigures,
    read_pose_summary,
    write_pose_summary,
)

TRACK = TrackFigures(300, 290, 10.0, 0.9, 0.05, 0.01, 0.8, 88.5, None)
CHANGES = StepChanges(3, 0, 0.0, 0.5, 2.9, 2.8, None, None)


def test_what_is_written_is_read_again_and_flat(tmp_path):
    quality = PoseQuality(step_median_px=3.5, jumps=0.01)
    summary = PoseSummary(TRACK, quality, (AppliedStep("confidence", CHANGES), AppliedStep("median", CHANGES)), CHANGES)
    write_pose_summary(tmp_path / "summary.json", summary)
    assert read_pose_summary(tmp_path / "summary.json") == summary
    content = read_json(tmp_path / "summary.json")
    assert (content["frames"], content["jumps"], content["jitter_px"]) == (300, 0.01, None)
    assert list(content)[-2:] == ["steps", "all_steps"]
    assert content["steps"][1]["method"] == "median" and next(iter(content["steps"][0])) == "method"
    assert content["all_steps"]["removed"] == 3


def test_no_step_may_be_applied(tmp_path):
    summary = PoseSummary(TRACK, PoseQuality(), (), replace(CHANGES, removed=0))
    write_pose_summary(tmp_path / "summary.json", summary)
    assert read_pose_summary(tmp_path / "summary.json") == summary
