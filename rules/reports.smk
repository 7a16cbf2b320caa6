# Reports: tables of all videos, and the page that a person opens first.


localrules:
    complete_portion,
    write_index,


rule tabulate_poses:
    input:
        expand(
            "results/poses/round-{round}/{model}/{video}/summary.json",
            video=PROJECT.videos_to_analyse,
            allow_missing=True,
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
        sheet=PROJECT.rows_of(PROJECT.videos_to_analyse, "subject", "session", "group"),
    script:
        "../scripts/tabulate_poses.py"


rule complete_portion:
    input:
        lambda wildcards: portions(wildcards.kind).files_of(wildcards.portion),
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
        videos=lambda wildcards: portions(wildcards.kind).members(wildcards.portion),
    shell:
        "printf '%s\\n' {params.videos} > {output} 2> {log}"


rule write_index:
    input:
        videos=["results/tables/videos.csv"] if PROJECT.present_videos else [],
        split=f"results/labels/round-{ROUND}/split.csv",
        metrics=expand(
            "results/models/round-{round}/{model}/metrics.csv",
            round=ROUND,
            model=PROJECT.config.models,
        ),
        histories=expand(
            "results/models/round-{round}/{model}/history.csv",
            round=ROUND,
            model=PROJECT.config.models,
        ),
        tables=expand(
            "results/tables/round-{round}/{model}.csv",
            round=ROUND,
            model=PROJECT.applied_models if PROJECT.videos_to_analyse else [],
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
        round=ROUND,
        keypoints=KEYPOINTS,
        plot_format=FORMAT,
        folders={
            "models": f"results/models/round-{ROUND}",
            "poses": f"results/poses/round-{ROUND}",
        },
    script:
        "../scripts/write_index.py"
