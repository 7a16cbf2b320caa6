"""Number of threads of a job."""

import os


def thread_count() -> int:
    """Return the number of threads that a job may use, which Snakemake passes as OMP_NUM_THREADS; 0 (all cores) elsewhere."""
    return int(os.environ.get("OMP_NUM_THREADS", "0"))
