# What is in each video.


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
