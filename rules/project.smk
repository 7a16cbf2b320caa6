# Making a project. These targets declare no output: Snakemake deletes outputs before it makes them, and a project is a person's.


localrules:
    new_project,
    import_deeplabcut,


rule new_project:
    log:
        "logs/new_project.log",
    conda:
        "../envs/compute.yaml"
    params:
        videos=lambda wildcards: config.get("videos", ""),
        keypoints=lambda wildcards: config.get("keypoints", ""),
        skeleton=lambda wildcards: config.get("skeleton", ""),
    script:
        "../scripts/new_project.py"


rule import_deeplabcut:
    log:
        "logs/import_deeplabcut.log",
    conda:
        "../envs/compute.yaml"
    params:
        project=lambda wildcards: config.get("deeplabcut", ""),
    script:
        "../scripts/import_deeplabcut.py"
