import pytest

from pricewatch_pipeline.domain.outcomes import Outcome
from pricewatch_pipeline.providers.google_flights.reading import read_results

FILLER = b"<i class=x></i>" * 1_000
OWN_DATA = b"<script>AF_initDataCallback({key: 'ds:1', hash: '2', data:[null,[\"CAE\"]], sideChannel: {}});</script>"


@pytest.mark.parametrize(
    ("markup", "outcome"),
    [
        (b'<form action="https://consent.google.com/save" method="POST">', Outcome.CONSENT),
        (b'<form method=post data-a="1" action="https://consent.google.co.uk/save">', Outcome.CONSENT),
        (b'<form action="/save"><input type="hidden" name="set_eom" value="true">', Outcome.CONSENT),
        (b'<base href="https://consent.google.de/">', Outcome.CONSENT),
        (b'<FORM id="captcha-form" action="index" method="post">', Outcome.BLOCKED),
        (b'<form action="/sorry/index" method="post">', Outcome.BLOCKED),
        (b'<form action="CaptchaRedirect" method="get">', Outcome.BLOCKED),
        (b'<a href="//support.google.com/websearch/answer/86640">Warum?</a>', Outcome.BLOCKED),
        (b'<form action="https://accounts.google.com/v3/signin/_/lookup" method="post">', Outcome.LOGIN),
        (b'<base href="https://accounts.google.com/v3/signin/">', Outcome.LOGIN),
        (b'<a href="https://accounts.google.com/ServiceLogin?continue=x">Sign in</a>', Outcome.UNREADABLE),
        (b'<a href="https://consent.google.com/ml?continue=x">Cookies</a>', Outcome.UNREADABLE),
        (
            b"<p>Before you continue to Google. Our systems have detected unusual traffic. Sign in</p>",
            Outcome.UNREADABLE,
        ),
    ],
)
def test_a_page_is_judged_by_its_forms_and_not_by_its_words(markup: bytes, outcome: Outcome) -> None:
    body = b"<!doctype html><html><body>" + FILLER + markup + OWN_DATA + FILLER + b"</body></html>"
    results = read_results(body)
    assert (results.outcome, results.itineraries) == (outcome, ())
    assert results.error


def test_five_megabytes_that_end_in_a_form_of_consent_are_a_consent_page() -> None:
    form = b'<form action="https://consent.google.com/save" method="POST"><input type="hidden" name="set_eom">'
    body = (
        b"<!doctype html><html><body>" + b"<div class=x>Before you continue</div>" * 140_000 + form + b"</body></html>"
    )
    results = read_results(body)
    assert len(body) > 5_000_000
    assert (results.outcome, results.itineraries) == (Outcome.CONSENT, ())


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("https://consent.google.com/ml?continue=https://www.google.com/travel/flights", Outcome.CONSENT),
        ("https://consent.google.co.uk/m", Outcome.CONSENT),
        ("https://www.google.com/sorry/index?continue=x", Outcome.BLOCKED),
        ("http://127.0.0.1:9/sorry/index", Outcome.BLOCKED),
        ("https://accounts.google.com/v3/signin/identifier", Outcome.LOGIN),
        ("https://www.google.com/travel/flights/search?tfs=CBw", Outcome.UNREADABLE),
        ("https://consent.google.com.evil.example/", Outcome.UNREADABLE),
        ("http://[", Outcome.UNREADABLE),
    ],
)
def test_the_address_a_request_ended_at_says_it_whatever_the_page_says(url: str, outcome: Outcome) -> None:
    assert read_results(b"<html></html>", url=url).outcome is outcome


def test_the_few_words_of_a_redirect_are_what_it_leads_to() -> None:
    moved = b'<HTML><BODY>The document has moved <A HREF="%s">here</A>.</BODY></HTML>'
    assert read_results(moved % b"https://www.google.com/sorry/index?continue=x").outcome is Outcome.BLOCKED
    assert read_results(moved % b"https://consent.google.com/ml?x").outcome is Outcome.CONSENT
    assert read_results(moved % b"https://www.google.com/elsewhere").outcome is Outcome.UNREADABLE
