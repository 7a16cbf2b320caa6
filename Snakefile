# posemake: from videos of animals to the coordinates of their body parts.
# The map of the workflow; config/README.md is its manual.

import atexit
import gc

from snakemake.utils import min_version

min_version("9.0")
# A plan of many videos is made of millions of objects that stay: to look for garbage among them takes a quarter of the time.
gc.disable()
atexit.register(gc.freeze)  # at the end, Python would look once more


include: "rules/common.smk"
include: "rules/checks.smk"
include: "rules/rounds.smk"
include: "rules/branches.smk"
include: "rules/portions.smk"
include: "rules/targets.smk"
include: "rules/messages.smk"
include: "rules/project.smk"


refuse_a_disk_that_takes_nothing()


if HAS_PROJECT:

    include: "rules/videos.smk"
    include: "rules/frames.smk"
    include: "rules/labels.smk"
    include: "rules/label.smk"
    include: "rules/models.smk"
    include: "rules/evaluation.smk"
    include: "rules/repeats.smk"
    include: "rules/refine.smk"
    include: "rules/poses.smk"
    include: "rules/figures.smk"
    include: "rules/reports.smk"

    CODE_DIGESTS.keep()

    report: "report/workflow.rst"

    rule all:
        default_target: True
        input:
            preparing_targets,
            labelled_targets,


onstart:
    check_cluster()
    gc.freeze()
    gc.enable()


onsuccess:
    say_what_waits()


onerror:
    say_what_failed(log)
