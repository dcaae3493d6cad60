import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.fetching.browser.ends import authority_of, failure_of, is_by_our_proxy

URL = "https://shop.example/p"


@pytest.mark.parametrize(
    ("said", "outcome", "words"),
    [
        (
            "net::ERR_CERT_DATE_INVALID at https://a/",
            Outcome.TRANSPORT,
            "certificate that is not valid (ERR_CERT_DATE_INVALID)",
        ),
        ("net::ERR_SSL_PROTOCOL_ERROR", Outcome.TRANSPORT, "does not speak TLS"),
        ("net::ERR_TOO_MANY_REDIRECTS", Outcome.TRANSPORT, "redirects without end"),
        ("net::ERR_UNSAFE_PORT", Outcome.FORBIDDEN_ADDRESS, "ERR_UNSAFE_PORT"),
        ("net::ERR_UNSAFE_REDIRECT", Outcome.FORBIDDEN_ADDRESS, "ERR_UNSAFE_REDIRECT"),
        ("net::ERR_TIMED_OUT", Outcome.TIMEOUT, "in time"),
        ("net::ERR_CONTENT_LENGTH_MISMATCH", Outcome.TRANSPORT, "before the page was complete"),
        ("net::ERR_SOMETHING_NEW", Outcome.TRANSPORT, "ERR_SOMETHING_NEW"),
        ("Target closed", Outcome.PROVIDER_ERROR, "the browser failed: Target closed"),
    ],
)
def test_what_chromium_says_becomes_an_outcome_and_a_sentence(said, outcome, words):
    failure = failure_of(URL, said)
    assert failure.outcome is outcome
    assert str(failure).startswith(URL)
    assert words in str(failure)


def test_a_failure_of_our_proxy_is_told_from_one_of_the_site():
    assert is_by_our_proxy("net::ERR_TUNNEL_CONNECTION_FAILED")
    assert is_by_our_proxy("net::ERR_EMPTY_RESPONSE")
    assert not is_by_our_proxy("net::ERR_CERT_AUTHORITY_INVALID")
    assert not is_by_our_proxy("Target closed")


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://shop.example/a", "shop.example:443"),
        ("http://shop.example/a", "shop.example:80"),
        ("http://shop.example:8080/", "shop.example:8080"),
        ("https://[::1]/", "[::1]:443"),
    ],
)
def test_an_address_is_named_as_a_proxy_is_asked_for_it(url, authority):
    assert authority_of(url) == authority
