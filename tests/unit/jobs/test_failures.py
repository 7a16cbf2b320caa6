"""What the user is told about jobs that failed."""

import pytest

from posemake.jobs.failures import Failure, failure_sentences


def log(folder, name, *sentences):
    path = folder / f"{name}.log"
    path.write_text("12:00:00 begun\n" + "".join(f"12:00:01 ERROR: {sentence}\n" for sentence in sentences))
    return str(path)


def test_each_job_is_explained_by_its_own_log_in_the_order_of_failure(tmp_path):
    failures = [
        Failure("b", (log(tmp_path, "b", "b is wrong"),)),
        Failure("a", (log(tmp_path, "a", "a is wrong"),)),
        Failure("gone", (f"{tmp_path}/gone.log",)),
    ]
    assert failure_sentences([*failures, failures[0]]) == [
        f"{tmp_path}/b.log: b is wrong",
        f"{tmp_path}/a.log: a is wrong",
        f"{tmp_path}/gone.log: gone failed and left no reason here; what it printed stands above",
    ]


def test_an_error_of_several_lines_is_indented(tmp_path):
    path = log(tmp_path, "job", "2 videos cannot be read:", "a: is empty", "b: is cut off")
    expected = [f"{path}: 2 videos cannot be read:", "  a: is empty", "  b: is cut off"]
    assert failure_sentences([Failure("validate_videos", (path,))] * 2) == expected


@pytest.mark.parametrize(
    ("signal", "explanation"),
    [
        (9, "a was killed (SIGKILL). If you did not do that, the machine most likely ran out"),
        (11, "a crashed (SIGSEGV)"),
        (15, "a was ended from outside (SIGTERM)"),
        (70, "a was ended from outside (signal 70)"),
    ],
)
def test_a_killed_job_is_not_explained_by_what_an_earlier_run_logged(tmp_path, signal, explanation):
    path = log(tmp_path, "a", "of the run before")
    (sentence,) = failure_sentences([Failure("a", (path,), signal)])
    assert sentence.startswith(f"{path}: {explanation}")


def test_the_message_of_a_cluster_stands_for_a_job_that_said_nothing(tmp_path):
    message = "SLURM-job '{}' failed, SLURM status is: '{}'. For further error details see the cluster/cloud log"
    explained = (log(tmp_path, "explained", "it is wrong"), f"{tmp_path}/1.slurm.log")
    silent = (log(tmp_path, "silent"), f"{tmp_path}/2.slurm.log")
    failures = [
        Failure("x", explained, message=message.format(1, "FAILED")),
        Failure("x", silent, message=message.format(2, "TIMEOUT")),
    ]
    assert failure_sentences(failures) == [
        f"{tmp_path}/explained.log: it is wrong",
        f"{tmp_path}/silent.log: SLURM-job '2' failed, SLURM status is: 'TIMEOUT'.",
    ]


def test_of_jobs_that_shared_one_of_a_cluster_only_the_one_that_failed_is_named(tmp_path):
    group = str(tmp_path / "group.log")
    done, failed, never_begun = log(tmp_path, "done"), log(tmp_path, "failed", "it is wrong"), f"{tmp_path}/later.log"
    failures = [Failure("x", (path,), group_log=group) for path in (done, failed, never_begun)]
    assert failure_sentences(failures) == [f"{failed}: it is wrong"]


def test_a_shared_job_of_a_cluster_that_said_nothing_is_named_once(tmp_path):
    group = str(tmp_path / "group.log")
    (sentence,) = failure_sentences([Failure("x", (log(tmp_path, name),), group_log=group) for name in "ab"])
    assert sentence.startswith(f"{group}: ") and "left no reason" in sentence
