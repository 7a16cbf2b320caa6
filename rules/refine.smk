# The next round: the frames on which the model of this one is likely wrong; and what the rounds brought.

SEEING = ("confidence", "jump", "jump_unit", "body", "deviation", "window", "bone", "disagreement")


localrules:
    take_outliers,
    compare_rounds,


rule find_outliers:
    input:
        poses=expand("results/poses/round-{{round}}/{model}/{{video}}/poses.h5", model=REFINING),
    output:
        candidates="results/outliers/round-{round}/{video}/candidates.csv",
    log:
        "logs/find_outliers/round-{round}/{video}.log",
    benchmark:
        "benchmarks/find_outliers/round-{round}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(2000),
        runtime=grow(20),
    params:
        code=code("find_outliers"),
        settings={key: filled("refine")[key] for key in (*SEEING, "min_distance", "max_candidates")},
        skeleton=SKELETON,
    script:
        "../scripts/find_outliers.py"


rule choose_outliers:
    input:
        candidates=expand("results/outliers/round-{{round}}/{video}/candidates.csv", video=TO_LABEL),
        labels="results/labels/round-{round}/labels.csv",
    output:
        chosen="results/outliers/round-{round}/chosen.csv",
    log:
        "logs/choose_outliers/round-{round}.log",
    benchmark:
        "benchmarks/choose_outliers/round-{round}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(20),
    params:
        code=code("choose_outliers"),
        settings={key: filled("refine")[key] for key in ("per_video", "total", "min_distance", "seed")},
    script:
        "../scripts/choose_outliers.py"


rule take_outliers:
    input:
        chosen=lambda wildcards: f"results/outliers/round-{int(wildcards.round) - 1}/chosen.csv",
    output:
        frames="results/frames/round-{round}/{video}/frames.csv",
        predictions="results/frames/round-{round}/{video}/predictions.csv",
    log:
        "logs/take_outliers/round-{round}/{video}.log",
    benchmark:
        "benchmarks/take_outliers/round-{round}/{video}.tsv"
    wildcard_constraints:
        round=r"[1-9]\d*",
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("take_outliers"),
        video=lambda wildcards: wildcards.video,
        model=REFINING[0],
    script:
        "../scripts/take_outliers.py"


rule compare_rounds:
    input:
        errors=expand("results/models/round-{round}/{model}/errors.csv", round=ROUND, model=MODELS),
        splits=[f"results/labels/round-{ROUND}/split.csv"],
    output:
        table=report(
            "results/tables/rounds.csv",
            category="Models",
            labels={"figure": "table of rounds"},
            caption="../report/compare_rounds.rst",
        ),
        png=report(
            "results/tables/rounds.png",
            category="Models",
            labels={"figure": "rounds"},
            caption="../report/compare_rounds.rst",
        ),
    log:
        "logs/compare_rounds.log",
    benchmark:
        "benchmarks/compare_rounds.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("compare_rounds"),
        earlier=earlier_rounds,
    script:
        "../scripts/compare_rounds.py"
