# Repeats of a training. Each is a branch of its own, by the rules of the model.


localrules:
    split_repeat,


rule split_repeat:
    input:
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
    output:
        split=f"{OF_REPEAT}/split.csv",
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
        validation=filled("split")["validation"],
    script:
        "../scripts/split_repeat.py"


rule compare_repeats:
    input:
        model="results/models/round-{round}/{model}/metrics.csv",
        metrics=files_of_repeats("metrics.csv"),
        errors=files_of_repeats("errors.csv", "fold"),
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
        settings=filled("evaluate"),
    script:
        "../scripts/compare_repeats.py"


use rule train_model as train_repeat with:
    input:
        labels="results/labels/round-{round}/labels.csv",
        split=f"{OF_REPEAT}/split.csv",
        start=starting_weights,
    output:
        weights=f"{OF_REPEAT}/weights.pt",
        history=f"{OF_REPEAT}/history.csv",
    log:
        "logs/train_repeat/round-{round}/{model}/{repeat}.log",
    benchmark:
        "benchmarks/train_repeat/round-{round}/{model}/{repeat}.tsv"
    params:
        settings=training_of_repeat,


use rule evaluate_model as evaluate_repeat with:
    input:
        weights=f"{OF_REPEAT}/weights.pt",
        labels="results/labels/round-{round}/labels.csv",
        split=f"{OF_REPEAT}/split.csv",
    output:
        metrics=f"{OF_REPEAT}/metrics.csv",
        errors=f"{OF_REPEAT}/errors.csv",
        examples=f"{OF_REPEAT}/examples.png",
        errors_png=f"{OF_REPEAT}/errors.png",
        summary=f"{OF_REPEAT}/evaluation.json",
        cumulative=f"{OF_REPEAT}/cumulative.png",
        calibration=f"{OF_REPEAT}/calibration.png",
    log:
        "logs/evaluate_repeat/round-{round}/{model}/{repeat}.log",
    benchmark:
        "benchmarks/evaluate_repeat/round-{round}/{model}/{repeat}.tsv"
