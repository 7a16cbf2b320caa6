import pytest
from fixtures.labelling import KEYPOINTS

from posemake.labelling.store.store import LabelStore


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "labels/round-0/m1"


@pytest.fixture
def opened(folder):
    """Opens stores on the folder, and closes them at the end."""
    stores = []

    def open_store(keypoints=KEYPOINTS, scorer="anna", **settings):
        stores.append(LabelStore(folder, scorer, keypoints, "m1", **settings))
        return stores[-1]

    yield open_store
    for store in stores:
        if not store.read_only:
            store.close()
