# posemake: from videos of animals to the coordinates of their body parts.
# The map of the workflow: rules/<chapter>.smk has the rules, scripts/<rule>.py what they run, config/README.md is the manual.

from snakemake.utils import min_version

min_version("9.27")


include: "rules/common.smk"
include: "rules/projects.smk"


if PROJECT:

    include: "rules/videos.smk"
    include: "rules/frames.smk"
    include: "rules/labels.smk"
    include: "rules/labelling.smk"
    include: "rules/models.smk"
    include: "rules/evaluation.smk"
    include: "rules/poses.smk"
    include: "rules/figures.smk"
    include: "rules/reports.smk"

    CODE_DIGESTS.save()

    report: "report/workflow.rst"

    rule all:
        default_target: True
        input:
            files_without_labels,
            files_with_labels,

else:

    # a run is refused before
    rule all:
        default_target: True
        input:
            refuse,


onstart:
    check_cluster()


onsuccess:
    say_what_is_next()


onerror:
    if sentences := RUN.failure_sentences():
        print("\nposemake could not finish:", *sentences, sep="\n  ", file=sys.stderr)
