# The tables over all videos, and the page that a person looks at first.


localrules:
    complete_portion,
    write_index,


rule tabulate_poses:
    input:
        expand(
            "results/poses/round-{{round}}/{{model}}/{video}/summary.json",
            video=TO_ANALYSE,
        ),
    output:
        table=report(
            "results/tables/round-{round}/{model}.csv",
            category="Poses",
            labels={"figure": "table of all videos", "model": "{model}"},
            caption="../report/tabulate_poses.rst",
        ),
        groups="results/tables/round-{round}/{model}.by_group.csv",
    log:
        "logs/tabulate_poses/round-{round}/{model}.log",
    benchmark:
        "benchmarks/tabulate_poses/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("tabulate_poses"),
        settings=about(TO_ANALYSE),
    script:
        "../scripts/tabulate_poses.py"


rule complete_portion:
    input:
        files_of_portion,
    output:
        "results/complete/{kind}/{portion}",
    log:
        "logs/complete_portion/{kind}/{portion}.log",
    wildcard_constraints:
        kind=r"videos|round-\d+/[^/]+",
        portion=r"\d+(\.\w+)?",
    conda:
        "../envs/compute.yaml"
    params:
        videos=videos_of_portion,
    shell:
        "printf '%s\\n' {params.videos} > {output} 2> {log}"


rule write_index:
    input:
        videos=["results/tables/videos.csv"] if HERE else [],
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
        settings={"round": ROUND, "keypoints": KEYPOINTS, "plots": PLOT},
        folders={
            "models": f"results/models/round-{ROUND}",
            "poses": f"results/poses/round-{ROUND}",
        },
    script:
        "../scripts/write_index.py"
