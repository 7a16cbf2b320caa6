"""JSON files."""

import json

from hypothesis import given
from hypothesis import strategies as st

from posemake.core.json_files import read_json, write_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('aä"\\\n ,', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(content=st.dictionaries(st.sampled_from("abc"), values))
def test_json_is_read_as_it_was_written(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(path, content)
    assert read_json(path) == content
    assert json.loads(path.read_text()) == content
