import pytest

from pricewatch_pipeline.domain.hosts import registrable_domain
from pricewatch_pipeline.fetching.browser.trackers import CALLS_HOME, TRACKERS, calls_home, is_tracker, is_unwanted


@pytest.mark.parametrize(
    "host", ["google-analytics.com", "www.google-analytics.com", "region1.GOOGLE-analytics.com.", "dis.criteo.com"]
)
def test_a_tracker_is_known_by_its_domain(host):
    assert is_tracker(host)


@pytest.mark.parametrize(
    "host",
    [
        "shop.example",
        "google.com",
        "mygoogle-analytics.com",
        "criteo.com.shop.example",
        "cdn.cookielaw.org",
        "127.0.0.1",
        "",
        "com",
    ],
)
def test_shops_and_consent_managers_are_no_trackers(host):
    assert not is_unwanted(host)


def test_no_entry_stands_for_a_whole_suffix():
    hosts = [host for vendor in TRACKERS.values() for host in vendor]
    assert all(registrable_domain(host) for host in hosts)
    assert len(hosts) == len(set(hosts))


def test_what_the_browser_asks_for_itself_is_unwanted_also_with_trackers():
    assert all(calls_home(host) and is_unwanted(host) for host in CALLS_HOME)
