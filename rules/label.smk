# `snakemake label`: the window in which a person labels. No output: the files that it leads to are a person's.


localrules:
    label,


rule label:
    input:
        # those of later rounds follow from labels; the run that waits for them has made them
        expand("results/frames/round-0/{video}/images", video=[] if ROUND else TO_LABEL),
    log:
        "logs/label.log",
    conda:
        "../envs/compute.yaml"
    params:
        settings={"scorer": filled("labels")["scorer"]},
    script:
        "../scripts/label.py"
