"""Who has watches of hosts that want to know who asks is told so, once for all of them."""

import pytest

from pricewatch_pipeline.domain.watches import Watch
from pricewatch_pipeline.errors import ConfigurationError
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.services.remark_on_queries import remarks_of
from pricewatch_pipeline.services.require_contact import require_contact
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline_tests.support.shop import watch


def insiders(watch_id: str) -> Watch:
    return Watch(watch_id=watch_id, provider="sec_form4", query={"company": "AAPL"}, host="sec.gov")


@pytest.mark.parametrize(
    ("ids", "begins"),
    [
        (["b", "a"], "a, b: the SEC (sec.gov) wants to know who asks"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more: the SEC (sec.gov) wants to know who asks"),
    ],
)
def test_one_remark_names_the_watches_that_wait_for_a_contact(ids: list[str], begins: str) -> None:
    (remark,) = remarks_of(
        [*map(insiders, ids), watch("lamp", "https://shop.de/1")], providers=providers(), has_contact=False
    )
    assert remark.startswith(begins)
    assert "PRICEWATCH_CONTACT=" in remark


def test_shops_ask_for_no_contact_and_who_gave_one_is_not_reminded() -> None:
    assert remarks_of([watch("lamp", "https://shop.de/1")], providers=providers(), has_contact=False) == ()
    assert remarks_of([insiders("a")], providers=providers()) == ()


def test_what_only_asks_such_hosts_does_not_begin_without_a_contact() -> None:
    with pytest.raises(ConfigurationError, match=r"^The SEC \(sec.gov\) wants .*PRICEWATCH_CONTACT="):
        require_contact(load_settings(contact=None))
    require_contact(load_settings(contact="Jane Doe jane@example.org"))
