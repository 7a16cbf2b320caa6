# Figures: the labelled video and the plots of each video's poses.

FORMAT = PROJECT.config.plots.format


localrules:
    sample_figures,


rule render_video:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
        info="results/videos/{video}/video.json",
        standard="results/videos/{video}/standard",
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
        settings=PROJECT.settings("render"),
        row=lambda wildcards: PROJECT.row(wildcards.video, "fps", "start", "stop"),
        skeleton=SKELETON,
    script:
        "../scripts/render_video.py"


rule plot_poses:
    input:
        poses="results/poses/round-{round}/{model}/{video}/filtered.h5",
        stretches="results/poses/round-{round}/{model}/{video}/filtering.csv",
        summary="results/poses/round-{round}/{model}/{video}/summary.json",
        info="results/videos/{video}/video.json",
        times="results/videos/{video}/times.npy",
    output:
        trajectory=f"results/poses/round-{{round}}/{{model}}/{{video}}/trajectory.{FORMAT}",
        coordinates=f"results/poses/round-{{round}}/{{model}}/{{video}}/coordinates.{FORMAT}",
        confidence=f"results/poses/round-{{round}}/{{model}}/{{video}}/confidence.{FORMAT}",
        displacement=f"results/poses/round-{{round}}/{{model}}/{{video}}/displacement.{FORMAT}",
        filtering="results/poses/round-{round}/{model}/{video}/filtering.png",
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
        settings=PROJECT.settings("plots"),
        row=lambda wildcards: PROJECT.row(wildcards.video, "fps"),
        keypoints=KEYPOINTS,
        steps=PROJECT.settings("filter", "steps")["steps"],
    script:
        "../scripts/plot_poses.py"


# a report holds its figures in itself: those of some videos
rule sample_figures:
    input:
        expand(
            "results/poses/round-{round}/{model}/{video}/{figure}",
            video=pick_evenly(sorted(PROJECT.videos_to_analyse)),
            figure=(f"trajectory.{FORMAT}", "filtering.png", "poster.png"),
            allow_missing=True,
        ),
    output:
        folder=report(
            directory("results/tables/round-{round}/{model}.figures"),
            patterns=["{video}/{figure}.{ending}"],
            category="Poses",
            subcategory="{video}",
            labels={"figure": "{figure}", "model": "{model}"},
            caption="../report/sample_figures.rst",
        ),
    log:
        "logs/sample_figures/round-{round}/{model}.log",
    benchmark:
        "benchmarks/sample_figures/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(500),
        runtime=grow(10),
    params:
        code=code("sample_figures"),
    script:
        "../scripts/sample_figures.py"
