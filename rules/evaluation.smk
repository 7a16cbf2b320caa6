# Evaluation: the errors of each model, of further trainings of it, and of the rounds of labelling.


localrules:
    split_repeat,
    report_model,
    compare_rounds,


rule evaluate_model:
    input:
        weights="results/models/round-{round}/{model}/weights.pt",
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
    output:
        metrics=report(
            "results/models/round-{round}/{model}/metrics.csv",
            category="Models",
            subcategory="{model}",
            labels={"figure": "table of errors", "round": "{round}"},
            caption="../report/evaluate_model.rst",
        ),
        errors="results/models/round-{round}/{model}/errors.csv",
        examples=report(
            "results/models/round-{round}/{model}/examples.png",
            category="Models",
            subcategory="{model}",
            labels={"figure": "test frames", "round": "{round}"},
            caption="../report/examples.rst",
        ),
        errors_png=report(
            "results/models/round-{round}/{model}/errors.png",
            category="Models",
            subcategory="{model}",
            labels={"figure": "errors by keypoint", "round": "{round}"},
            caption="../report/errors.rst",
        ),
        summary="results/models/round-{round}/{model}/evaluation.json",
        cumulative=report(
            "results/models/round-{round}/{model}/cumulative.png",
            category="Models",
            subcategory="{model}",
            labels={"figure": "cumulative errors", "round": "{round}"},
            caption="../report/cumulative.rst",
        ),
        calibration=report(
            "results/models/round-{round}/{model}/calibration.png",
            category="Models",
            subcategory="{model}",
            labels={"figure": "reliability of the confidence", "round": "{round}"},
            caption="../report/calibration.rst",
        ),
    log:
        "logs/evaluate_model/round-{round}/{model}.log",
    benchmark:
        "benchmarks/evaluate_model/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=grow(4000),
        runtime=grow(60),
    params:
        code=code("evaluate_model"),
        settings=PROJECT.settings("evaluate"),
        sheet=lambda wildcards: PROJECT.rows_of(PROJECT.labelled_videos(wildcards.round), "subject", "group"),
    script:
        "../scripts/evaluate_model.py"


rule split_repeat:
    input:
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
    output:
        split="results/models/round-{round}/{model}/repeats/{repeat}/split.csv",
    log:
        "logs/split_repeat/round-{round}/{model}/{repeat}.log",
    benchmark:
        "benchmarks/split_repeat/round-{round}/{model}/{repeat}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("split_repeat"),
        repeat=lambda wildcards: wildcards.repeat,
        validation=PROJECT.config.split.validation,
    script:
        "../scripts/split_repeat.py"


use rule train_model as train_repeat with:
    input:
        labels="results/labels/round-{round}/labels.csv",
        split="results/models/round-{round}/{model}/repeats/{repeat}/split.csv",
        start=lambda wildcards: PROJECT.starting_weights(wildcards.model),
    output:
        weights="results/models/round-{round}/{model}/repeats/{repeat}/weights.pt",
        history="results/models/round-{round}/{model}/repeats/{repeat}/history.csv",
    log:
        "logs/train_repeat/round-{round}/{model}/{repeat}.log",
    benchmark:
        "benchmarks/train_repeat/round-{round}/{model}/{repeat}.tsv"
    params:
        settings=lambda wildcards: PROJECT.repeated_model(wildcards.model, wildcards.repeat),
        tensorboard="logs/tensorboard/round-{round}/{model}/repeats/{repeat}",


use rule evaluate_model as evaluate_repeat with:
    input:
        weights="results/models/round-{round}/{model}/repeats/{repeat}/weights.pt",
        labels="results/labels/round-{round}/labels.csv",
        split="results/models/round-{round}/{model}/repeats/{repeat}/split.csv",
    output:
        metrics="results/models/round-{round}/{model}/repeats/{repeat}/metrics.csv",
        errors="results/models/round-{round}/{model}/repeats/{repeat}/errors.csv",
        examples="results/models/round-{round}/{model}/repeats/{repeat}/examples.png",
        errors_png="results/models/round-{round}/{model}/repeats/{repeat}/errors.png",
        summary="results/models/round-{round}/{model}/repeats/{repeat}/evaluation.json",
        cumulative="results/models/round-{round}/{model}/repeats/{repeat}/cumulative.png",
        calibration="results/models/round-{round}/{model}/repeats/{repeat}/calibration.png",
    log:
        "logs/evaluate_repeat/round-{round}/{model}/{repeat}.log",
    benchmark:
        "benchmarks/evaluate_repeat/round-{round}/{model}/{repeat}.tsv"


rule compare_repeats:
    input:
        model="results/models/round-{round}/{model}/metrics.csv",
        metrics=expand(
            rules.evaluate_repeat.output.metrics,
            repeat=lambda wildcards: PROJECT.repeats(wildcards.model),
            allow_missing=True,
        ),
        errors=expand(
            rules.evaluate_repeat.output.errors,
            repeat=lambda wildcards: PROJECT.repeats(wildcards.model, "fold"),
            allow_missing=True,
        ),
    output:
        table=report(
            "results/models/round-{round}/{model}/repeats.csv",
            category="Models",
            subcategory="{model}",
            labels={"figure": "table of repeats", "round": "{round}"},
            caption="../report/compare_repeats.rst",
        ),
        png=report(
            "results/models/round-{round}/{model}/repeats.png",
            category="Models",
            subcategory="{model}",
            labels={"figure": "repeats", "round": "{round}"},
            caption="../report/compare_repeats.rst",
        ),
    log:
        "logs/compare_repeats/round-{round}/{model}.log",
    benchmark:
        "benchmarks/compare_repeats/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(10),
    params:
        code=code("compare_repeats"),
        settings=PROJECT.settings("evaluate"),
    script:
        "../scripts/compare_repeats.py"


rule report_model:
    input:
        split="results/labels/round-{round}/split.csv",
        history="results/models/round-{round}/{model}/history.csv",
        curve="results/models/round-{round}/{model}/learning_curve.png",
        augmentation="results/models/round-{round}/{model}/augmentation.jpg",
        metrics="results/models/round-{round}/{model}/metrics.csv",
        errors="results/models/round-{round}/{model}/errors.csv",
        summary="results/models/round-{round}/{model}/evaluation.json",
        scorers=branch(
            lambda wildcards: PROJECT.compares_scorers(wildcards.round),
            then="results/labels/round-{round}/scorers_points.csv",
        ),
        repeats=branch(
            lambda wildcards: PROJECT.compares_repeats(wildcards.round, wildcards.model),
            then=rules.compare_repeats.output,
        ),
    output:
        page="results/models/round-{round}/{model}/index.html",
    log:
        "logs/report_model/round-{round}/{model}.log",
    benchmark:
        "benchmarks/report_model/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("report_model"),
        round=lambda wildcards: int(wildcards.round),
        split=PROJECT.settings("split"),
        index_page="../../../index.html",
        sheet=lambda wildcards: PROJECT.rows_of(PROJECT.labelled_videos(wildcards.round), "subject"),
    script:
        "../scripts/report_model.py"


rule compare_rounds:
    input:
        errors=expand(
            "results/models/round-{round}/{model}/errors.csv", round=ROUND, model=PROJECT.config.models
        ),
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
        earlier=lambda wildcards: PROJECT.earlier_evaluations(),
    script:
        "../scripts/compare_rounds.py"
