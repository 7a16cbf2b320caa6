# Which frames a person labels, their images, and the figures and tables of the choice.

FEATURES = [] if FRAMES["features"] == "thumbnail" else "results/frames/round-0/{video}/features.npy"
ROW_OF_FRAMES = ("start", "stop", "roi", *(["frames"] if FRAMES["method"] == "manual" else []))


rule embed_frames:
    input:
        unpack(prepared),
        weights=[] if FRAMES["weights"] == "imagenet" else FRAMES["weights"],
    output:
        features="results/frames/round-0/{video}/features.npy",
    log:
        "logs/embed_frames/{video}.log",
    benchmark:
        "benchmarks/embed_frames/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 4
    resources:
        gpu=1,
        mem_mb=grow(4000),
        runtime=grow(240),
    params:
        code=code("embed_frames"),
        settings={key: FRAMES[key] for key in ("method", "features", "weights", "stride", "max_candidates")},
        row=of_row(*ROW_OF_FRAMES),
        start=look_of(FRAMES["weights"]) if FEATURES and FRAMES["weights"] != "imagenet" else [],
    script:
        "../scripts/embed_frames.py"


rule select_frames:
    input:
        unpack(prepared),
        # only where a network's features are compared: thumbnails need no GPU, and change with no code of the network
        features=FEATURES,
    output:
        frames="results/frames/round-0/{video}/frames.csv",
        candidates="results/frames/round-0/{video}/candidates.csv",
        selection="results/frames/round-0/{video}/selection.json",
    log:
        "logs/select_frames/{video}.log",
    benchmark:
        "benchmarks/select_frames/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 2
    resources:
        mem_mb=grow(2000),
        runtime=grow(60),
    params:
        code=code("select_frames"),
        settings=lambda wildcards: frames_of_video(FRAMES, VIDEOS[wildcards.video]),
        row=of_row(*ROW_OF_FRAMES),
    script:
        "../scripts/select_frames.py"


rule extract_frames:
    input:
        unpack(prepared),
        frames="results/frames/round-{round}/{video}/frames.csv",
    output:
        images=directory("results/frames/round-{round}/{video}/images"),
    log:
        "logs/extract_frames/round-{round}/{video}.log",
    benchmark:
        "benchmarks/extract_frames/round-{round}/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    threads: 2
    resources:
        mem_mb=grow(1500),
        runtime=grow(60),
    params:
        code=code("extract_frames"),
    script:
        "../scripts/extract_frames.py"


rule plot_frames:
    input:
        frames="results/frames/round-0/{video}/frames.csv",
        candidates="results/frames/round-0/{video}/candidates.csv",
        selection="results/frames/round-0/{video}/selection.json",
        images="results/frames/round-0/{video}/images",
        times="results/videos/{video}/times.npy",
    output:
        sheet=report(
            "results/frames/round-0/{video}/contact_sheet.jpg",
            category="Frames",
            subcategory="{video}",
            labels={"figure": "chosen frames"},
            caption="../report/contact_sheet.rst",
        ),
        selection=report(
            "results/frames/round-0/{video}/selection.png",
            category="Frames",
            subcategory="{video}",
            labels={"figure": "selection"},
            caption="../report/selection.rst",
        ),
    log:
        "logs/plot_frames/{video}.log",
    benchmark:
        "benchmarks/plot_frames/{video}.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1500),
        runtime=grow(20),
    params:
        code=code("plot_frames"),
        row=of_row("fps"),
    script:
        "../scripts/plot_frames.py"


rule tabulate_frames:
    input:
        expand("results/frames/round-0/{video}/selection.json", video=TO_LABEL),
    output:
        table=report(
            "results/tables/frames.csv",
            category="Frames",
            labels={"figure": "table of all videos"},
            caption="../report/tabulate_frames.rst",
        ),
        groups="results/tables/frames_by_group.csv",
    log:
        "logs/tabulate_frames.log",
    benchmark:
        "benchmarks/tabulate_frames.tsv"
    conda:
        "../envs/compute.yaml"
    resources:
        mem_mb=grow(1000),
        runtime=grow(10),
    params:
        code=code("tabulate_frames"),
        settings=about(TO_LABEL),
    script:
        "../scripts/tabulate_frames.py"
