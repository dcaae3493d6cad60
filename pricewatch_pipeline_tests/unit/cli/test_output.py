import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pricewatch_pipeline.cli.output import cell, money, print_json, print_rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (Decimal("1299.0000"), "1299"),
        (Decimal("79.9500"), "79.95"),
        (Decimal("79.9000"), "79.90"),
        (Decimal("0.0005"), "0.0005"),
        (Decimal(0), "0"),
        (["a", "b"], "a, b"),
        ({"amount": "5", "currency": "EUR"}, "amount: 5, currency: EUR"),
    ],
)
def test_a_value_is_shown_for_a_person(value: Any, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("[red]Sale[/red]", "[red]Sale[/red]"),
        ("[/] [link=http://x]", "[/] [link=http://x]"),
        ("\x1b[31mred\x1b[0m", " [31mred [0m"),
        ("two\nlines\r", "two lines "),
        ("\u202egnp.exe", " gnp.exe"),
        ("half \ud83d a smile", "half   a smile"),
    ],
)
def test_a_text_of_a_page_steers_nothing(title: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"title": title}], ["title"], as_json=False)
    assert capsys.readouterr().out.splitlines()[3].strip("│")[1:].rstrip() == shown.rstrip()


def test_a_row_is_one_line_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"error": "word " * 100}], ["error"], as_json=False)
    assert sum("word" in line for line in capsys.readouterr().out.splitlines()) == 1


def test_an_id_is_never_broken_in_a_narrow_terminal() -> None:
    program = (
        "from pricewatch_pipeline.cli.output import print_rows;"
        "print_rows([{'watch_id': 'a-rather-long-id-of-a-watch', 'error': 'word ' * 9}], ['watch_id', 'error'], as_json=False)"
    )
    terminal = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": "50", "PYTHONUTF8": "1"}
    printed = subprocess.run([sys.executable, "-c", program], env=terminal, check=True, capture_output=True, text=True)
    assert "a-rather-long-id-of-a-watch" in printed.stdout
    assert sum("word" in line for line in printed.stdout.splitlines()) > 1


def test_texts_of_a_wide_table_become_lines_and_its_numbers_stay_whole_in_a_narrow_terminal() -> None:
    program = (
        "from pricewatch_pipeline.cli.output import print_rows;"
        "row = {'traded_on': '2026-11-23', 'value': '1,548,328.55', 'owner': 'Aldermann Petra', 'notes': '10b5-1, price per ADS'};"
        "print_rows([row], list(row), as_json=False, wrap=('owner', 'notes'))"
    )
    terminal = {**os.environ, "COLUMNS": "56", "FORCE_COLOR": "1", "PYTHONUTF8": "1"}
    printed = subprocess.run([sys.executable, "-c", program], env=terminal, check=True, capture_output=True, text=True)
    for text in ("2026-11-23", "1,548,328.55", "Aldermann", "Petra", "10b5-1,", "ADS"):
        assert text in printed.stdout


def test_json_holds_decimals_and_times_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"price": Decimal("79.9500"), "at": datetime(2026, 5, 1, tzinfo=UTC), "title": "half \ud83d"})
    assert json.loads(capsys.readouterr().out) == {
        "price": "79.95",
        "at": "2026-05-01T00:00:00+00:00",
        "title": "half ?",
    }


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(Decimal("5.5"), "EUR", "5.50 EUR"), (Decimal(5), None, "5"), (None, "EUR", None)],
)
def test_money_is_an_amount_with_its_currency(amount: Decimal | None, currency: str | None, text: str | None) -> None:
    assert money(amount, currency) == text
