"""What `pricewatch extract` and `parse-price` say, and where."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pricewatch_pipeline.cli.main import app

PAGE = '<meta property="product:price:amount" content="5"><meta property="product:price:currency" content="EUR">'


@pytest.mark.parametrize(
    ("command", "option", "text"),
    [
        ("extract", "--index", "file,url\npage.html,https://shop.invalid/p\n"),
        ("parse-price", "--input", "raw,locale,currency_hint\n5 EUR,,\n"),
    ],
)
def test_outside_a_terminal_one_unbroken_line_says_what_was_written(
    tmp_path: Path, command: str, option: str, text: str
) -> None:
    table, output = tmp_path / "index.csv", tmp_path / ("long" * 30) / "out.jsonl"
    table.write_text(text, "utf-8")
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    output.parent.mkdir()

    result = CliRunner().invoke(app, [command, option, str(table), "--output", str(output)])

    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert [line.endswith(f"; written to {output}") for line in result.stderr.splitlines()] == [True]
