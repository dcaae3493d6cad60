import base64
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pricewatch_pipeline.providers.google_flights.consent import consent_header

SEEN = "CAISHAgBEhJnd3NfMjAyMzA4MTAtMF9SQzIaAmRlIAEaBgiAo_CmBg"
"""As browsers send it after "Alle akzeptieren"; it stands in many public programs."""


def test_the_cookie_is_the_one_that_browsers_were_seen_to_send() -> None:
    name, _, value = consent_header(language="de", at=datetime(2023, 8, 16, tzinfo=UTC)).partition("=")
    said, seen = (base64.urlsafe_b64decode(text + "==") for text in (value, SEEN))
    assert name == "SOCS"
    # The same but for the days, which stand in both places.
    assert said.replace(b"20230816", b"20230810") == seen


@given(st.integers(1_600_000_000, 4_000_000_000), st.sampled_from(["en", "pt-BR"]))
def test_it_may_be_sent_as_a_header(seconds: int, language: str) -> None:
    header = consent_header(language=language, at=datetime.fromtimestamp(seconds, UTC))
    assert header.isascii()
    assert set(header).isdisjoint(' ;,"\\')
