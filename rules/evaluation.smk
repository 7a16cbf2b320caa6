# What a model is worth.


localrules:
    report_model,


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
        settings=filled("evaluate"),
        sheet=about_labelled("subject", "group"),
    script:
        "../scripts/evaluate_model.py"


rule report_model:
    input:
        split="results/labels/round-{round}/split.csv",
        history="results/models/round-{round}/{model}/history.csv",
        curve="results/models/round-{round}/{model}/learning_curve.png",
        augmentation="results/models/round-{round}/{model}/augmentation.jpg",
        metrics="results/models/round-{round}/{model}/metrics.csv",
        errors="results/models/round-{round}/{model}/errors.csv",
        summary="results/models/round-{round}/{model}/evaluation.json",
        scorers=distances_of_scorers,
        repeats=comparison_of_repeats,
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
        settings=lambda wildcards: {
            "round": int(wildcards.round),
            "split": filled("split"),
            "index": "../../../index.html",
        },
        sheet=about_labelled("subject"),
    script:
        "../scripts/report_model.py"
