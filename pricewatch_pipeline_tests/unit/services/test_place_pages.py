import subprocess
import sys
from pathlib import Path

import fsspec
import pytest

from pricewatch_pipeline.domain.checks import StoredPage
from pricewatch_pipeline.errors import EvidenceUnavailable
from pricewatch_pipeline.services.place_pages import PagePlace, location_of
from pricewatch_pipeline.settings import load_settings


def stored(content: bytes = b"content", *, dictionary_id: int | None = None) -> StoredPage:
    return StoredPage(sha256=bytes(32), content=content, media_type=None, body_bytes=9, dictionary_id=dictionary_id)


def test_the_same_page_with_another_dictionary_lies_elsewhere(tmp_path: Path) -> None:
    place = PagePlace(tmp_path.as_uri())
    plain, with_dictionary = place.put([stored(b"plain"), stored(b"other", dictionary_id=7)])
    assert (place.get(plain), place.get(with_dictionary)) == (b"plain", b"other")
    assert location_of(stored(dictionary_id=7)) == with_dictionary == f"00/{'0' * 64}.d7"


def test_a_file_is_there_in_full_or_not_at_all(tmp_path: Path) -> None:
    place = PagePlace(tmp_path.as_uri())
    (location,) = place.put([stored()])
    place.put([stored()])
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")] == [location]


def test_to_delete_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    PagePlace(tmp_path.as_uri()).delete([location_of(stored())])


def test_a_place_in_memory_does_as_well() -> None:
    place = PagePlace("memory://pages-of-a-test")
    assert place.get(*place.put([stored()])) == b"content"
    place.examine()


def test_s3_without_its_extra_says_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['s3fs'] = None\n"
        "from pricewatch_pipeline.services.place_pages import PagePlace\n"
        "PagePlace('s3://bucket/pages').examine()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtra" in result.stderr
    assert "pip install 'pricewatch-pipeline[s3]'" in result.stderr


def test_a_location_that_nothing_opens_is_said() -> None:
    with pytest.raises(EvidenceUnavailable, match=r"cannot write to nonsense://place \(PRICEWATCH_PAGES_URL\)"):
        PagePlace("nonsense://place").examine()


def test_no_message_shows_the_password_of_a_location() -> None:
    class Telling(fsspec.AbstractFileSystem):
        protocol = "telling"

        def pipe_file(self, path: str, *_: object, **__: object) -> None:
            raise OSError(f"nobody is at telling://me:p@ss@store.example/{path}")

    fsspec.register_implementation("telling", Telling, clobber=True)
    with pytest.raises(EvidenceUnavailable) as failure:
        PagePlace("telling://me:p@ss@store.example/pages").put([stored()])
    assert "cannot write to telling://store.example/pages" in str(failure.value)
    assert "nobody is at telling://store.example" in str(failure.value)
    assert "ss@" not in str(failure.value)


@pytest.mark.parametrize("url", ["/var/pages", "s3:bucket", "://x"])
def test_a_setting_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(Exception, match="PRICEWATCH_PAGES_URL"):
        load_settings(pages_url=url)
