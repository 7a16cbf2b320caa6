# Frames to label: their choice, at first and by what a model got wrong, their images, figures and tables.

THUMBNAILS = PROJECT.config.frames.features == "thumbnail"


localrules:
    take_outliers,


rule embed_frames:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
        info="results/videos/{video}/video.json",
        standard="results/videos/{video}/standard",
        weights=PROJECT.embedding_weights,
    output:
        features="results/frames/round-0/{video}/features.npy",
    log:
        "logs/embed_frames/{video}.log",
    benchmark:
        "benchmarks/embed_frames/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 4
    resources:
        gpu=1,
        mem_mb=grow(4000),
        runtime=grow(240),
    params:
        code=code("embed_frames"),
        settings=PROJECT.settings("frames", "method", "features", "weights", "stride", "max_candidates"),
        row=lambda wildcards: PROJECT.row(wildcards.video, *PROJECT.selection_columns),
        weights_signature=[signature(path) for path in PROJECT.embedding_weights],
    script:
        "../scripts/embed_frames.py"


rule select_frames:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
        info="results/videos/{video}/video.json",
        standard="results/videos/{video}/standard",
        # thumbnails need no GPU, and do not depend on the code of the network
        features=[] if THUMBNAILS else "results/frames/round-0/{video}/features.npy",
    output:
        frames="results/frames/round-0/{video}/frames.csv",
        candidates="results/frames/round-0/{video}/candidates.csv",
        selection="results/frames/round-0/{video}/selection.json",
    log:
        "logs/select_frames/{video}.log",
    benchmark:
        "benchmarks/select_frames/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 2
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code("select_frames"),
        settings=lambda wildcards: PROJECT.frames_settings(wildcards.video),
        row=lambda wildcards: PROJECT.row(wildcards.video, *PROJECT.selection_columns),
    script:
        "../scripts/select_frames.py"


rule extract_frames:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
        info="results/videos/{video}/video.json",
        standard="results/videos/{video}/standard",
        frames="results/frames/round-{round}/{video}/frames.csv",
    output:
        images=directory("results/frames/round-{round}/{video}/images"),
    log:
        "logs/extract_frames/round-{round}/{video}.log",
    benchmark:
        "benchmarks/extract_frames/round-{round}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 2
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        code=code("extract_frames"),
    script:
        "../scripts/extract_frames.py"


rule plot_frames:
    input:
        frames="results/frames/round-0/{video}/frames.csv",
        candidates="results/frames/round-0/{video}/candidates.csv",
        selection="results/frames/round-0/{video}/selection.json",
        images="results/frames/round-0/{video}/images",
        times="results/videos/{video}/times.npy",
    output:
        sheet=report(
            "results/frames/round-0/{video}/contact_sheet.jpg",
            category="Frames",
            subcategory="{video}",
            labels={"figure": "chosen frames"},
            caption="../report/contact_sheet.rst",
        ),
        selection=report(
            "results/frames/round-0/{video}/selection.png",
            category="Frames",
            subcategory="{video}",
            labels={"figure": "selection"},
            caption="../report/selection.rst",
        ),
    log:
        "logs/plot_frames/{video}.log",
    benchmark:
        "benchmarks/plot_frames/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(20),
    params:
        code=code("plot_frames"),
        row=lambda wildcards: PROJECT.row(wildcards.video, "fps"),
    script:
        "../scripts/plot_frames.py"


rule tabulate_frames:
    input:
        expand("results/frames/round-0/{video}/selection.json", video=PROJECT.videos_to_label),
    output:
        table=report(
            "results/tables/frames.csv",
            category="Frames",
            labels={"figure": "table of all videos"},
            caption="../report/tabulate_frames.rst",
        ),
        groups="results/tables/frames_by_group.csv",
    log:
        "logs/tabulate_frames.log",
    benchmark:
        "benchmarks/tabulate_frames.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("tabulate_frames"),
        sheet=PROJECT.rows_of(PROJECT.videos_to_label, "subject", "session", "group"),
    script:
        "../scripts/tabulate_frames.py"


rule find_outliers:
    input:
        poses=expand(
            "results/poses/round-{round}/{model}/{video}/poses.h5",
            model=PROJECT.refining_models,
            allow_missing=True,
        ),
    output:
        candidates="results/outliers/round-{round}/{video}/candidates.csv",
    log:
        "logs/find_outliers/round-{round}/{video}.log",
    benchmark:
        "benchmarks/find_outliers/round-{round}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(20),
    params:
        code=code("find_outliers"),
        settings=PROJECT.settings(
            "refine",
            "confidence",
            "jump",
            "jump_unit",
            "body",
            "deviation",
            "window",
            "bone",
            "disagreement",
            "min_distance",
            "max_candidates",
        ),
        skeleton=SKELETON,
    script:
        "../scripts/find_outliers.py"


rule choose_outliers:
    input:
        candidates=expand(
            "results/outliers/round-{round}/{video}/candidates.csv",
            video=PROJECT.videos_to_label,
            allow_missing=True,
        ),
        labels="results/labels/round-{round}/labels.csv",
    output:
        chosen="results/outliers/round-{round}/chosen.csv",
    log:
        "logs/choose_outliers/round-{round}.log",
    benchmark:
        "benchmarks/choose_outliers/round-{round}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(20),
    params:
        code=code("choose_outliers"),
        settings=PROJECT.settings("refine", "per_video", "total", "min_distance", "seed"),
    script:
        "../scripts/choose_outliers.py"


rule take_outliers:
    input:
        chosen=lambda wildcards: f"results/outliers/round-{int(wildcards.round) - 1}/chosen.csv",
    output:
        frames="results/frames/round-{round}/{video}/frames.csv",
        predictions="results/frames/round-{round}/{video}/predictions.csv",
    log:
        "logs/take_outliers/round-{round}/{video}.log",
    benchmark:
        "benchmarks/take_outliers/round-{round}/{video}.tsv"
    wildcard_constraints:
        round=r"[1-9]\d*",
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("take_outliers"),
        video=lambda wildcards: wildcards.video,
        model=PROJECT.refining_models[0],
    script:
        "../scripts/take_outliers.py"
