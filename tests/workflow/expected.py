"""The jobs that follow from a change of the tiny project."""

MODELS, ANALYSED = ("small", "other"), ("slow_1", "fast_2")
INDEX = {"write_index"}
EVALUATION = ("evaluate_model", "report_model")
TABLES_OF_VIDEOS = {"tabulate_videos", "validate_videos"}


def per_video(*rules, models=MODELS, videos=ANALYSED):
    return {f"{rule} {model} {video}" for rule in rules for model in models for video in videos}


def per_model(*rules, models=MODELS):
    return {f"{rule} {model}" for rule in rules for model in models}


FIGURES = ("render_video", "plot_poses")
RENDERED, PLOTTED = (per_video(rule) | per_model("sample_figures") for rule in FIGURES)
OVER_ALL = ("tabulate_poses", "sample_figures")
AFTER_FILTER = per_video("filter_poses", *FIGURES) | per_model(*OVER_ALL) | INDEX


def after_training(*models):
    return per_model("train_model", "export_model", "plot_learning_curve", *EVALUATION, models=models) | after_export(*models)


def after_export(*models):
    return per_model(*OVER_ALL, models=models) | per_video("predict_poses", "filter_poses", *FIGURES, models=models) | INDEX


def after_labels(*models):
    return after_training(*models) | per_model("plot_augmentation", models=models)


def after_choosing(*videos):
    rules = ("select_frames", "extract_frames", "plot_frames")
    return {f"{rule} {video}" for rule in rules for video in videos} | {"tabulate_frames", "collect_labels"}
