from posemake.figures.sample import sample_figures


def test_figures_are_copied_by_video(tmp_path):
    figures = [tmp_path / "poses" / video / f"{name}.png" for video in ("fast", "slow") for name in ("trajectory", "poster")]
    for path in figures:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.parent.name.encode() + path.stem.encode())
    sample_figures(figures, tmp_path / "sample")
    copies = sorted(path for path in (tmp_path / "sample").rglob("*.png"))
    assert [path.relative_to(tmp_path / "sample").as_posix() for path in copies] == [
        "fast/poster.png",
        "fast/trajectory.png",
        "slow/poster.png",
        "slow/trajectory.png",
    ]
    assert copies[0].read_bytes() == b"fastposter"
