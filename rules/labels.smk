# Labels: from a person's label files to one table, its parts for training and testing, and checks.


localrules:
    split_dataset,


checkpoint collect_labels:
    input:
        labels=lambda wildcards: PROJECT.labels(wildcards.round),
        decisions=lambda wildcards: PROJECT.decisions(wildcards.round),
        frames=lambda wildcards: PROJECT.frames_to_collect(wildcards.round),
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
        keypoints=KEYPOINTS,
        scorer=PROJECT.config.labels.scorer,
        settled=lambda wildcards: PROJECT.settled_frames(wildcards.round),
        digests=lambda wildcards: content_digests(
            PROJECT.labels(wildcards.round) + PROJECT.decisions(wildcards.round)
        ),
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
        settings=PROJECT.settings("split"),
        subjects=PROJECT.split_subjects,
    script:
        "../scripts/split_dataset.py"


# `snakemake check_labels`
rule check_labels:
    input:
        labels=PROJECT.labels(ROUND),
    output:
        pages=directory(f"results/labels/round-{ROUND}/check"),
        table=report(
            f"results/labels/round-{ROUND}/suspicious.csv",
            category="Labels",
            labels={"figure": "labels to look at again"},
            caption="../report/check_labels.rst",
        ),
    log:
        "logs/check_labels.log",
    benchmark:
        "benchmarks/check_labels.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(30),
    params:
        code=code("check_labels"),
        keypoints=KEYPOINTS,
        skeleton=SKELETON,
        digests=lambda wildcards: content_digests(PROJECT.labels(ROUND)),
    script:
        "../scripts/check_labels.py"


rule compare_scorers:
    input:
        labels=PROJECT.labels(ROUND),
        decisions=PROJECT.decisions(ROUND),
    output:
        points=f"results/labels/round-{ROUND}/scorers_points.csv",
        summary=report(
            f"results/labels/round-{ROUND}/scorers.csv",
            category="Labels",
            labels={"figure": "table of scorers"},
            caption="../report/compare_scorers.rst",
        ),
        frames=f"results/labels/round-{ROUND}/scorers_frames.csv",
        png=report(
            f"results/labels/round-{ROUND}/scorers.png",
            category="Labels",
            labels={"figure": "distances between scorers"},
            caption="../report/compare_scorers.rst",
        ),
    log:
        "logs/compare_scorers.log",
    benchmark:
        "benchmarks/compare_scorers.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(20),
    params:
        code=code("compare_scorers"),
        keypoints=KEYPOINTS,
        digests=lambda wildcards: content_digests(PROJECT.labels(ROUND) + PROJECT.decisions(ROUND)),
    script:
        "../scripts/compare_scorers.py"
