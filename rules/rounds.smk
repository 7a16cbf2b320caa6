# Which files belong to a round of labelling. Labels of later rounds change nothing in it. No rules.


def up_to(number, paths):
    """Those of some files of labels that are of the rounds up to a number: later ones change nothing in it."""
    return [path for path in paths if int(re.match(r"labels.round-(\d+)", path)[1]) <= int(number)]


def labels_of_round(wildcards):
    return up_to(wildcards.round, LABELS)


def decisions_of_round(wildcards):
    return up_to(wildcards.round, DECISIONS)


def is_settled(number, video):
    """Whether someone has begun to label what was chosen of a video for a later round. It stays as it is then: to choose again,
    as after a change of the model, would waste this work, and the training of all rounds before."""
    return any(path.startswith(f"labels/round-{number}/") for path in LABEL_FILES[video])


def unsettled(number):
    """The videos whose frames of a later round can still be chosen; none if a person chooses all of them."""
    chosen = filled("refine")["per_video"] > 0
    return [video for video in TO_LABEL if chosen and not is_settled(number, video)]


def frames_of_round(wildcards):
    """The frames that were chosen for labelling in the rounds up to this one, but for settled ones."""
    later = range(1, int(wildcards.round) + 1)
    return expand("results/frames/round-0/{video}/frames.csv", video=TO_LABEL) + [
        f"results/frames/round-{number}/{video}/frames.csv" for number in later for video in unsettled(number)
    ]


def collecting(wildcards):
    """What the stage that collects the labels is told beside its files."""
    later = range(1, int(wildcards.round) + 1)
    pairs = [(number, video) for number in later for video in TO_LABEL if is_settled(number, video)]
    files = [f"results/frames/round-{number}/{video}/frames.csv" for number, video in pairs]
    settled = [path for path in files if os.path.exists(path)]
    return {"keypoints": KEYPOINTS, "scorer": filled("labels")["scorer"], "settled": settled}


def earlier_rounds(wildcards):
    """What the evaluations of earlier rounds left. They are history: nothing makes them anew, as after a change of the model."""
    errors, splits = [], []
    for number in range(ROUND):
        split = f"results/labels/round-{number}/split.csv"
        paths = [f"results/models/round-{number}/{model}/errors.csv" for model in MODELS]
        found = [path for path in paths if os.path.exists(path) and os.path.exists(split)]
        errors, splits = errors + found, splits + [split] * bool(found)
    digests = [file_digest(path) for path in errors + splits]
    return {"errors": errors, "splits": splits, "digests": digests}


def about_labelled(*columns):
    """What the sheet says in some columns of the videos that are labelled in the rounds up to this one."""
    return lambda wildcards: {
        video: {column: VIDEOS[video][column] for column in columns}
        for video, paths in sorted(LABEL_FILES.items())
        if up_to(wildcards.round, paths)
    }


def distances_of_scorers(wildcards):
    """How far apart people place the same points, where several labelled the same frames; they are compared in the active round."""
    active = int(wildcards.round) == ROUND and several_scorers()
    return [f"results/labels/round-{ROUND}/scorers_points.csv"] if active else []


def digests(paths):
    """The content of a person's files for params: their times tell nothing where they came from a backup or another computer."""
    return {path: file_digest(path) for path in sorted(paths)}  # in an order that the sheet does not change
