# Models: training, figures of it, and export for fast prediction.


rule train_model:
    input:
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
        start=lambda wildcards: PROJECT.starting_weights(wildcards.model),
    output:
        weights="results/models/round-{round}/{model}/weights.pt",
        history="results/models/round-{round}/{model}/history.csv",
    log:
        "logs/train_model/round-{round}/{model}.log",
    benchmark:
        "benchmarks/train_model/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=grow(8000),
        runtime=grow(480),
    params:
        code=code("train_model"),
        settings=lambda wildcards: PROJECT.model(wildcards.model),
        tensorboard="logs/tensorboard/round-{round}/{model}",
        weights_signature=lambda wildcards: list(map(signature, PROJECT.starting_weights(wildcards.model))),
    script:
        "../scripts/train_model.py"


rule plot_augmentation:
    input:
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
    output:
        jpg=report(
            "results/models/round-{round}/{model}/augmentation.jpg",
            category="Models",
            subcategory="{model}",
            labels={"figure": "augmented training frames", "round": "{round}"},
            caption="../report/plot_augmentation.rst",
        ),
    log:
        "logs/plot_augmentation/round-{round}/{model}.log",
    benchmark:
        "benchmarks/plot_augmentation/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(4000),
        runtime=grow(10),
    params:
        code=code("plot_augmentation"),
        settings=lambda wildcards: PROJECT.model(wildcards.model, "scale", "seed", "augment"),
    script:
        "../scripts/plot_augmentation.py"


rule plot_learning_curve:
    input:
        history="results/models/round-{round}/{model}/history.csv",
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
    output:
        diagnosis="results/models/round-{round}/{model}/diagnosis.json",
        png=report(
            "results/models/round-{round}/{model}/learning_curve.png",
            category="Models",
            subcategory="{model}",
            labels={"figure": "learning curve", "round": "{round}"},
            caption="../report/plot_learning_curve.rst",
        ),
    log:
        "logs/plot_learning_curve/round-{round}/{model}.log",
    benchmark:
        "benchmarks/plot_learning_curve/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("plot_learning_curve"),
        settings=lambda wildcards: PROJECT.model(wildcards.model, "sigma", "stride", "scale"),
    script:
        "../scripts/plot_learning_curve.py"


rule export_model:
    input:
        weights="results/models/round-{round}/{model}/weights.pt",
        labels="results/labels/round-{round}/labels.csv",
        split="results/labels/round-{round}/split.csv",
    output:
        graph="results/models/round-{round}/{model}/network.onnx",
        engine="results/models/round-{round}/{model}/engine.json",
    log:
        "logs/export_model/round-{round}/{model}.log",
    benchmark:
        "benchmarks/export_model/round-{round}/{model}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=grow(6000),
        runtime=grow(60),
    params:
        code=code("export_model"),
        engine=PROJECT.config.predict.engine,
    script:
        "../scripts/export_model.py"
