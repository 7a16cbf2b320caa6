import gc
import sys

import posemake.parents  # noqa: F401  what takes long to import comes after it

if hasattr(sys.modules["__main__"], "snakemake"):
    gc.disable()  # of a job, until `run_job`: what it imports stays, and to look for garbage among it takes a tenth of its start
