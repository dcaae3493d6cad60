import io
import json
from pathlib import Path
from typing import Any

from pricewatch_pipeline.services.parse_filings import PARSED, ParsedFilings, parse_filings
from pricewatch_pipeline_tests.unit.providers.sec_form4.documents import document, transaction
from pricewatch_pipeline_tests.unit.providers.sec_form4.truths import SAMPLES

APPLE = str(SAMPLES / "f4_aapl_0000320193-22-000061.txt")
SCARPELLI = str(SAMPLES / "f4_snow_scarpelli_2022.xml")
NO_SECURITIES = str(SAMPLES / "f3_spwr_nosecurities.xml")
RENDERED = str(SAMPLES / "374WaterForm4.html")


def parsed(*files: str) -> tuple[ParsedFilings, list[dict[str, Any]], list[tuple[str, str]]]:
    output, problems = io.StringIO(), list[tuple[str, str]]()
    counts = parse_filings(files, output, on_problem=lambda name, reason: problems.append((name, reason)))
    return counts, [json.loads(line) for line in output.getvalue().splitlines()], problems


def test_every_row_is_a_line_with_all_fields_in_their_order() -> None:
    counts, lines, problems = parsed(APPLE)
    assert (counts.files, counts.filings, counts.transactions, counts.holdings, problems) == (1, 1, 7, 0, [])
    assert [tuple(line) for line in lines] == [PARSED] * 7
    assert {name: value for name, value in lines[0].items() if name != "footnotes"} == {
        "file": APPLE,
        "accession": "0000320193-22-000061",
        "form": "4",
        "issuer_cik": "0000320193",
        "issuer_symbol": "AAPL",
        "owner_ciks": ["0001462356"],
        "table": "non_derivative",
        "kind": "transaction",
        "row": 1,
        "security": "Common Stock",
        "date": "2022-05-04",
        "code": "S",
        "shares": "9136",
        "price": "159.94",
        "acquired_disposed": "D",
        "owned_after": "468198",
        "direct_indirect": "D",
        "nature": None,
        "exercise_price": None,
        "exercise_date": None,
        "expiration": None,
        "underlying": None,
        "underlying_shares": None,
    }
    footnotes = lines[0]["footnotes"]
    assert {name: list(texts) for name, texts in footnotes.items()} == {"security": ["F1"], "price": ["F2"]}
    assert footnotes["security"]["F1"].startswith("This transaction was made pursuant to")


def test_a_holding_says_what_is_held_and_a_derivative_what_it_is_of() -> None:
    _, lines, _ = parsed(SCARPELLI)
    holding = next(line for line in lines if line["kind"] == "holding")
    assert (holding["owned_after"], holding["shares"], holding["date"], holding["code"]) == ("577218", None, None, None)
    derivative = lines[-1]
    assert (derivative["table"], derivative["row"], derivative["underlying"]) == (
        "derivative",
        1,
        "Class A Common Stock",
    )
    assert (derivative["exercise_price"], derivative["expiration"], derivative["underlying_shares"]) == (
        "8.88",
        "2029-08-26",
        "200000.0",
    )


def test_footnotes_have_the_names_of_the_lines_and_null_for_a_missing_text(tmp_path: Path) -> None:
    saved = tmp_path / "odd.xml"
    dated = '<transactionDate><value>2024-05-03</value><footnoteId id="F1"/></transactionDate>'
    saved.write_bytes(document(transaction({"transactionDate": None}, more=dated)))
    _, (line,), _ = parsed(str(saved))
    assert line["footnotes"] == {"date": {"F1": None}}


def test_what_cannot_be_read_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    missing = str(tmp_path / "gone.xml")
    counts, lines, problems = parsed(missing, RENDERED, str(tmp_path), NO_SECURITIES, APPLE)
    assert [name for name, _ in problems] == [missing, RENDERED, str(tmp_path)]
    assert problems[0][1] == "there is no such file"
    assert problems[1][1].startswith("a filing rendered as HTML")
    assert (counts.files, counts.filings, counts.not_read, counts.without_rows, len(lines)) == (5, 2, 3, 1, 7)


def test_a_folder_is_told_as_one(tmp_path: Path) -> None:
    problems: list[tuple[str, str]] = []
    parse_filings([f"{tmp_path}/"], io.StringIO(), on_problem=lambda *problem: problems.append(problem))
    assert problems == [(f"{tmp_path}/", f"it is a folder: name the files in it, as in {tmp_path}/*")]
