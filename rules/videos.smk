# What is in each video, and whether its frames can be read.


localrules:
    validate_videos,


rule prepare_video:
    input:
        video=video_path,
    output:
        info="results/videos/{video}/video.json",
        times="results/videos/{video}/times.npy",
        standard=directory("results/videos/{video}/standard"),
    log:
        "logs/prepare_video/{video}.log",
    benchmark:
        "benchmarks/prepare_video/{video}.tsv"
    # before anything that costs more
    priority: 20
    conda:
        "../envs/compute.yaml"
    threads: 4
    resources:
        mem_mb=grow(2000),
        runtime=grow(240),
    params:
        code=code("prepare_video"),
        settings=filled("prepare"),
        row=preparing,
        bytes=lambda wildcards: look_of(video_path(wildcards)),
    script:
        "../scripts/prepare_video.py"


rule tabulate_videos:
    input:
        expand("results/videos/{video}/video.json", video=HERE),
    output:
        table=report(
            "results/tables/videos.csv",
            category="Videos",
            caption="../report/tabulate_videos.rst",
        ),
    log:
        "logs/tabulate_videos.log",
    benchmark:
        "benchmarks/tabulate_videos.tsv"
    priority: 20
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("tabulate_videos"),
        settings=about(HERE),
    script:
        "../scripts/tabulate_videos.py"


rule validate_videos:
    input:
        table="results/tables/videos.csv",
    output:
        summary="results/tables/videos.txt",
    log:
        "logs/validate_videos.log",
    benchmark:
        "benchmarks/validate_videos.tsv"
    priority: 20
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("validate_videos"),
    script:
        "../scripts/validate_videos.py"
