import codecs

import pytest

from posemake.core.text_files import decode_text

TEXT = "Schwänzchen,鼻子,1\n"


@pytest.mark.parametrize(
    "content, encoding",
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
    ],
)
def test_each_form_of_unicode_is_the_same_text(content, encoding):
    assert decode_text(content) == (TEXT, encoding)


def test_what_is_no_unicode_is_of_windows():
    assert decode_text("Schwänzchen €\n".encode("cp1252")) == ("Schwänzchen €\n", "cp1252")
    assert decode_text(b"") == ("", "utf-8")


def test_what_is_of_no_known_encoding_is_an_error():
    for content in (b"a\x81\x8d", codecs.BOM_UTF16_LE + b"abc"):
        with pytest.raises(UnicodeDecodeError):
            decode_text(content)
