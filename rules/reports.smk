# The page that a person looks at first.


rule write_index:
    input:
        videos=["results/tables/videos.csv"] if HERE else [],
        labels=f"results/labels/round-{ROUND}/labels.csv",
        split=f"results/labels/round-{ROUND}/split.csv",
        metrics=expand(
            "results/models/round-{round}/{model}/metrics.csv",
            round=ROUND,
            model=MODELS,
        ),
        histories=expand(
            "results/models/round-{round}/{model}/history.csv",
            round=ROUND,
            model=MODELS,
        ),
        tables=expand(
            "results/tables/round-{round}/{model}.csv",
            round=ROUND,
            model=PREDICTING if TO_ANALYSE else [],
        ),
    output:
        index="results/index.html",
    log:
        "logs/write_index.log",
    benchmark:
        "benchmarks/write_index.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("write_index"),
        settings={"round": ROUND, "keypoints": KEYPOINTS},
    script:
        "../scripts/write_index.py"
