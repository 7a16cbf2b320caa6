import logging
import warnings

import pytest
from hypothesis import settings

# the same examples on every machine, and no limit of time: a busy machine is no fault
settings.register_profile("posemake", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("posemake")


@pytest.fixture
def restored_logging():
    """Loggers and warnings as they were, after a test of what redirects them."""
    loggers = [logging.getLogger(name) for name in ("posemake", "py.warnings")]
    before = [(log, log.handlers[:], log.level, log.propagate) for log in loggers]
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(False)
    for log, handlers, level, propagate in before:
        for handler in log.handlers:
            if handler not in handlers:
                handler.close()
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


@pytest.fixture
def one_thread():
    """Small networks on a busy machine; the switch to deterministic algorithms does not outlive the test."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
