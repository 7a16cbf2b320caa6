# What is in each video, and the table of them all.


rule prepare_video:
    input:
        video=video_path,
    output:
        info="results/videos/{video}/video.json",
        times="results/videos/{video}/times.npy",
    log:
        "logs/prepare_video/{video}.log",
    benchmark:
        "benchmarks/prepare_video/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 2
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        code=code("prepare_video"),
        bytes=video_size,
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
