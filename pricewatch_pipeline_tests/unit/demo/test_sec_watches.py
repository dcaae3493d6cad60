"""The demo's insider watches are valid, and name companies that its EDGAR has."""

from decimal import Decimal
from pathlib import Path

from pricewatch_pipeline.demo.sec_stories import COMPANIES
from pricewatch_pipeline.demo.sec_watches import CONTACT, write_insider_watches
from pricewatch_pipeline.domain.alert_rules import RuleKind
from pricewatch_pipeline.domain.fair_access import contact_problem
from pricewatch_pipeline.registry import providers
from pricewatch_pipeline.watch_files.read import read_folder


def test_the_file_defines_a_company_by_its_ticker_with_an_alert_and_one_by_its_cik(tmp_path: Path) -> None:
    write_insider_watches(tmp_path, 8810)
    folder = read_folder(tmp_path, providers=providers())
    assert [str(issue) for issue in (*folder.issues, *folder.warnings)] == []
    assert [dict(watch.query)["company"] for watch in folder.watches] == [
        COMPANIES[0].entity.symbols[0],
        COMPANIES[1].entity.cik,
    ]
    assert {watch.host for watch in folder.watches} == {"127.0.0.1:8810"}
    rules = [rule for part in folder.definitions for rule in part.rules]
    assert [(rule.kind, rule.scope_id, rule.amount) for rule in rules] == [
        (RuleKind.INSIDER_TRADE, "insiders-linden", Decimal(250_000))
    ]


def test_the_contact_of_the_demo_is_one() -> None:
    assert contact_problem(CONTACT) is None
