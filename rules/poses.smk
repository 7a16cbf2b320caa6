# Poses of each video, raw and filtered.

DIVIDED = alternatives(PROJECT.divided_videos)  # videos that several jobs share


rule predict_poses:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
        info="results/videos/{video}/video.json",
        standard="results/videos/{video}/standard",
        weights="results/models/round-{round}/{model}/weights.pt",
        graph="results/models/round-{round}/{model}/network.onnx",
        engine="results/models/round-{round}/{model}/engine.json",
    output:
        h5="results/poses/round-{round}/{model}/{video}/poses.h5",
        csv="results/poses/round-{round}/{model}/{video}/poses.csv",
        provenance="results/poses/round-{round}/{model}/{video}/poses.json",
    log:
        "logs/predict_poses/round-{round}/{model}/{video}.log",
    benchmark:
        "benchmarks/predict_poses/round-{round}/{model}/{video}.tsv"
    wildcard_constraints:
        video=f"(?!({DIVIDED})/)[^/]+",
    conda:
        "../envs/compute.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=grow(4000),
        runtime=grow(240),
    params:
        code=code("predict_poses"),
        model=lambda wildcards: wildcards.model,
        dynamic_crop=PROJECT.dynamic_crop,
        analysed=lambda wildcards: PROJECT.analysed_range(wildcards.video),
    script:
        "../scripts/predict_poses.py"


rule predict_part:
    input:
        video=lambda wildcards: PROJECT.video_path(wildcards.video),
        info="results/videos/{video}/video.json",
        standard="results/videos/{video}/standard",
        weights="results/models/round-{round}/{model}/weights.pt",
        graph="results/models/round-{round}/{model}/network.onnx",
        engine="results/models/round-{round}/{model}/engine.json",
    output:
        poses=temp("results/poses/round-{round}/{model}/{video}/parts/{part}-{parts}.npz"),
    log:
        "logs/predict_part/round-{round}/{model}/{video}/{part}-{parts}.log",
    benchmark:
        "benchmarks/predict_part/round-{round}/{model}/{video}/{part}-{parts}.tsv"
    wildcard_constraints:
        part=r"\d+",
        parts=r"\d+",
    conda:
        "../envs/compute.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=grow(4000),
        runtime=grow(240),
    params:
        code=code("predict_part"),
        dynamic_crop=PROJECT.dynamic_crop,
        analysed=lambda wildcards: PROJECT.analysed_range(wildcards.video),
        part=lambda wildcards: [int(wildcards.part), int(wildcards.parts)],
    script:
        "../scripts/predict_part.py"


rule join_poses:
    input:
        parts=expand(
            rules.predict_part.output,
            part=lambda wildcards: range(PROJECT.part_count(wildcards.video)),
            parts=lambda wildcards: PROJECT.part_count(wildcards.video),
            allow_missing=True,
        ),
        engine="results/models/round-{round}/{model}/engine.json",
    output:
        h5="results/poses/round-{round}/{model}/{video}/poses.h5",
        csv="results/poses/round-{round}/{model}/{video}/poses.csv",
        provenance="results/poses/round-{round}/{model}/{video}/poses.json",
    log:
        "logs/join_poses/round-{round}/{model}/{video}.log",
    benchmark:
        "benchmarks/join_poses/round-{round}/{model}/{video}.tsv"
    wildcard_constraints:
        video=DIVIDED,
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(20),
    params:
        code=code("join_poses"),
        model=lambda wildcards: wildcards.model,
    script:
        "../scripts/join_poses.py"


rule filter_poses:
    input:
        poses="results/poses/round-{round}/{model}/{video}/poses.h5",
        times="results/videos/{video}/times.npy",
    output:
        h5="results/poses/round-{round}/{model}/{video}/filtered.h5",
        csv="results/poses/round-{round}/{model}/{video}/filtered.csv",
        summary="results/poses/round-{round}/{model}/{video}/summary.json",
        stretches="results/poses/round-{round}/{model}/{video}/filtering.csv",
    log:
        "logs/filter_poses/round-{round}/{model}/{video}.log",
    benchmark:
        "benchmarks/filter_poses/round-{round}/{model}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(20),
    params:
        code=code("filter_poses"),
        settings=PROJECT.settings("filter"),
        row=lambda wildcards: PROJECT.row(wildcards.video, "fps", "px_per_mm"),
        skeleton=SKELETON,
    script:
        "../scripts/filter_poses.py"
