# Videos: what is in each file, and whether its frames can be read.


localrules:
    validate_videos,


rule prepare_video:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
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
        settings=PROJECT.settings("prepare"),
        row=lambda wildcards: PROJECT.reading_options(wildcards.video),
        video_signature=lambda wildcards: signature(PROJECT.video_path(wildcards.video)),
    script:
        "../scripts/prepare_video.py"


rule tabulate_videos:
    input:
        expand("results/videos/{video}/video.json", video=PROJECT.present_videos),
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
        sheet=PROJECT.rows_of(PROJECT.present_videos, "subject", "session", "group"),
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
