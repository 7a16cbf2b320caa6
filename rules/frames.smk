# Which frames a person labels, and their images.


rule select_frames:
    input:
        video=video_path,
        info="results/videos/{video}/video.json",
    output:
        frames="results/frames/round-0/{video}/frames.csv",
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
        settings=filled("frames"),
        row=of_row("start", "stop"),
    script:
        "../scripts/select_frames.py"


rule extract_frames:
    input:
        video=video_path,
        frames="results/frames/round-0/{video}/frames.csv",
    output:
        images=directory("results/frames/round-0/{video}/images"),
    log:
        "logs/extract_frames/{video}.log",
    benchmark:
        "benchmarks/extract_frames/{video}.tsv"
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
