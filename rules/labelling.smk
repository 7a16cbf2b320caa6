# Labelling: the window in which a person labels. The rule has no output, as the files of labels are the person's.


localrules:
    label,


rule label:
    input:
        # of later rounds, the run that waits for labels has made the images
        expand("results/frames/round-0/{video}/images", video=[] if ROUND else PROJECT.videos_to_label),
    log:
        "logs/label.log",
    conda:
        "../envs/compute.yaml"
    params:
        scorer=PROJECT.config.labels.scorer,
    script:
        "../scripts/label.py"
