import pytest
from slurm.cluster import Cluster, what_is_missing


@pytest.fixture(scope="module")
def cluster_in(tmp_path_factory):
    """``cluster_in(gpu=…, accounting=…)`` starts a cluster, which ends with the tests of the file."""
    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    started = []

    def start(**given) -> Cluster:
        cluster = Cluster(tmp_path_factory.mktemp("slurm"), **given)
        started.append(cluster)
        cluster.start()
        return cluster

    yield start
    for cluster in started:
        cluster.stop()
