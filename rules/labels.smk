# From a person's label files to a table of labels, and its parts.


checkpoint collect_labels:
    input:
        labels=[path for paths in LABEL_FILES.values() for path in paths],
        frames=expand("results/frames/round-0/{video}/frames.csv", video=TO_LABEL),
    output:
        labels="results/labels/round-{round}/labels.csv",
        state="results/labels/round-{round}/state.json",
    log:
        "logs/collect_labels/round-{round}.log",
    benchmark:
        "benchmarks/collect_labels/round-{round}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(30),
    params:
        code=code("collect_labels"),
        settings={"keypoints": KEYPOINTS},
    script:
        "../scripts/collect_labels.py"


rule split_dataset:
    input:
        labels="results/labels/round-{round}/labels.csv",
    output:
        split="results/labels/round-{round}/split.csv",
    log:
        "logs/split_dataset/round-{round}.log",
    benchmark:
        "benchmarks/split_dataset/round-{round}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("split_dataset"),
        settings=filled("split"),
        subjects=subjects(),
    script:
        "../scripts/split_dataset.py"
