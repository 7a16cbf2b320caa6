# Projects: how a folder becomes one. The rules have no output, as Snakemake deletes outputs before it makes them.


localrules:
    new_project,
    import_deeplabcut,


rule new_project:
    log:
        "logs/new_project.log",
    conda:
        "../envs/compute.yaml"
    params:
        videos=lambda wildcards: typed("videos"),
        keypoints=lambda wildcards: typed("keypoints"),
        skeleton=lambda wildcards: typed("skeleton"),
    script:
        "../scripts/new_project.py"


rule import_deeplabcut:
    log:
        "logs/import_deeplabcut.log",
    conda:
        "../envs/compute.yaml"
    params:
        project=lambda wildcards: typed("deeplabcut"),
    script:
        "../scripts/import_deeplabcut.py"
