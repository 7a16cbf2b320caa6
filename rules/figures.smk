# The labelled video and the plots of each video's poses.

PLOT = filled("plots")["format"]  # the ending of the plots' names


rule render_video:
    input:
        unpack(prepared),
        times="results/videos/{video}/times.npy",
        raw="results/poses/round-{round}/{model}/{video}/poses.h5",
        poses="results/poses/round-{round}/{model}/{video}/filtered.h5",
    output:
        video="results/poses/round-{round}/{model}/{video}/labelled.mp4",
        preview="results/poses/round-{round}/{model}/{video}/preview.mp4",
        poster="results/poses/round-{round}/{model}/{video}/poster.png",
    log:
        "logs/render_video/round-{round}/{model}/{video}.log",
    benchmark:
        "benchmarks/render_video/round-{round}/{model}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 2
    resources:
        mem_mb=grow(2000),
        runtime=grow(120),
    params:
        code=code("render_video"),
        settings=filled("render"),
        row=of_row("fps", "start", "stop"),
        skeleton=SKELETON,
    script:
        "../scripts/render_video.py"


rule plot_poses:
    input:
        poses="results/poses/round-{round}/{model}/{video}/filtered.h5",
        info="results/videos/{video}/video.json",
        times="results/videos/{video}/times.npy",
    output:
        trajectory=report(
            f"results/poses/round-{{round}}/{{model}}/{{video}}/trajectory.{PLOT}",
            category="Poses",
            subcategory="{video}",
            labels={"figure": "trajectory", "model": "{model}"},
            caption="../report/plot_poses.rst",
        ),
        coordinates=f"results/poses/round-{{round}}/{{model}}/{{video}}/coordinates.{PLOT}",
        confidence=f"results/poses/round-{{round}}/{{model}}/{{video}}/confidence.{PLOT}",
        displacement=f"results/poses/round-{{round}}/{{model}}/{{video}}/displacement.{PLOT}",
    log:
        "logs/plot_poses/round-{round}/{model}/{video}.log",
    benchmark:
        "benchmarks/plot_poses/round-{round}/{model}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(20),
    params:
        code=code("plot_poses"),
        settings=filled("plots"),
        row=of_row("fps"),
    script:
        "../scripts/plot_poses.py"


rule plot_filter:
    input:
        shown="results/poses/round-{round}/{model}/{video}/filtering.csv",
        summary="results/poses/round-{round}/{model}/{video}/summary.json",
    output:
        png=report(
            "results/poses/round-{round}/{model}/{video}/filtering.png",
            category="Poses",
            subcategory="{video}",
            labels={"figure": "filter", "model": "{model}"},
            caption="../report/plot_filter.rst",
        ),
    log:
        "logs/plot_filter/round-{round}/{model}/{video}.log",
    benchmark:
        "benchmarks/plot_filter/round-{round}/{model}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(20),
    params:
        code=code("plot_filter"),
        settings={key: filled("plots")[key] for key in ("colormap", "dpi")},
        keypoints=KEYPOINTS,
        steps=filled("filter")["steps"],
    script:
        "../scripts/plot_filter.py"
