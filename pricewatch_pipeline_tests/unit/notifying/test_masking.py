"""What is left of a text when a channel's address is taken out of it."""

import pytest

from pricewatch_pipeline.notifying.masking import masked, secrets_of

NTFY = "ntfy://anna:p%40ss-word@push.example.org:8443/my-topic?token=tk%2Fabc123&priority=low"


@pytest.mark.parametrize(
    "said",
    [
        NTFY,
        "cannot reach push.example.org",
        "cannot reach PUSH.EXAMPLE.ORG:8443",
        "user anna is refused",
        "p@ss-word is wrong",
        "p%40ss-word is wrong",
        "no topic my-topic",
        "the token tk/abc123 is over",
        "GET /my-topic?token=tk%2Fabc123",
    ],
)
def test_no_part_of_an_address_is_left(said: str) -> None:
    left = masked(said, secrets_of(NTFY))
    assert "***" in left
    for secret in ("anna", "ss-word", "push.example", "my-topic", "abc123"):
        assert secret not in left.lower()


def test_what_is_no_secret_stays() -> None:
    said = "Failed to send ntfy notification: Too many requests, error=429."
    assert masked(said, secrets_of(NTFY)) == said


def test_an_address_that_is_none_is_masked_all_the_same() -> None:
    assert masked("bad: http://[oops/secret-topic", secrets_of("ntfy://[oops/secret-topic")) == "bad: http://***"


def test_a_text_becomes_one_line_of_bounded_length() -> None:
    assert masked("a\nb\r\n c", ()) == "a b c"
    assert len(masked("x" * 10_000, ())) == 500
