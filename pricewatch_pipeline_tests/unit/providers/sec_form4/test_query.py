"""What a watch may say of a company, and that it survives being written down."""

from typing import Any

import pytest
from pydantic import ValidationError

from pricewatch_pipeline.domain.filings import FilingBounds
from pricewatch_pipeline.providers.sec_form4.query import InsiderQuery


@pytest.mark.parametrize(
    ("written", "company"),
    [
        ("aapl", "AAPL"),
        (" $AAPL ", "AAPL"),
        ("brk.b", "BRK-B"),
        ("BRK/B", "BRK-B"),
        ("BRK B", "BRK-B"),
        ("BRK-B", "BRK-B"),
        ("ON", "ON"),
        (320193, "0000320193"),
        ("320193", "0000320193"),
        ("0000320193", "0000320193"),
        ("CIK0000320193", "0000320193"),
        ("cik 320193", "0000320193"),
    ],
)
def test_a_company_has_one_spelling(written: Any, company: str) -> None:
    assert InsiderQuery(company=written).company == company


@pytest.mark.parametrize(
    "written", ["", "Apple Incorporated", "0", "12345678901", -1, 1.5, None, [], "A" * 11, "ÄPPL", "-B"]
)
def test_what_is_no_company_is_refused(written: Any) -> None:
    with pytest.raises(ValidationError, match=r"no CIK|neither a ticker"):
        InsiderQuery(company=written)


def test_a_ticker_that_yaml_takes_for_something_else_wants_quotes() -> None:
    with pytest.raises(ValidationError, match="True is no ticker: if one is meant, write it in quotes"):
        InsiderQuery.model_validate({"company": True})


@pytest.mark.parametrize(
    ("fields", "bounds"),
    [
        ({}, FilingBounds(days_back=365)),
        ({"days_back": "30", "max_filings": "40"}, FilingBounds(days_back=30, max_filings=40)),
        ({"days_back": "all"}, FilingBounds(days_back=None)),
        ({"days_back": None}, FilingBounds(days_back=None)),
        ({"days_back": 0, "forms": "4"}, FilingBounds(days_back=0, forms=("4",))),
        ({"forms": "5, Form 3, 4/A, 4"}, FilingBounds(days_back=365, forms=("3", "4", "5"))),
        ({"forms": [4, "3/a"]}, FilingBounds(days_back=365, forms=("3", "4"))),
    ],
)
def test_a_query_survives_being_written_down(fields: dict[str, Any], bounds: FilingBounds) -> None:
    query = InsiderQuery(company="AAPL", **fields)
    assert query.bounds == bounds
    for dumped in (query.model_dump(mode="json", exclude_none=True), query.model_dump(exclude_defaults=True)):
        assert InsiderQuery.model_validate(dumped) == query


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"days_back": -1}, "greater than or equal to 0"),
        ({"days_back": "some"}, "valid integer"),
        ({"max_filings": 0}, "greater than or equal to 1"),
        ({"forms": "144"}, "'144' is no form of insiders (allowed: 3, 4, 5)"),
        ({"forms": []}, "no form is named"),
        ({"forms": True}, "True is no list of forms"),
        ({"site": "https://www.sec.gov/cgi-bin"}, "holds more than the site"),
        ({"site": "www.sec.gov"}, "only http:// and https://"),
        ({"site": "https://a.example", "data_site": "https://b.example"}, "are different hosts"),
        ({"ticker": "AAPL"}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_is_refused(fields: dict[str, Any], error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        InsiderQuery(company="AAPL", **fields)
    assert error in str(caught.value)


def test_lists_of_filings_lie_where_another_site_has_the_rest() -> None:
    query = InsiderQuery(company="AAPL", site="http://127.0.0.1:8090/")
    assert (query.site, query.data_site) == ("http://127.0.0.1:8090", "http://127.0.0.1:8090")
    assert InsiderQuery(company="AAPL").data_site == "https://data.sec.gov"
