"""`pricewatch sec reread`: stored documents, read again."""

from collections.abc import Callable
from typing import Any

from typer.testing import Result

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.support.insider_filings import Shelf, accession, filing, trade

_DOCUMENT = b"""<?xml version="1.0"?><ownershipDocument><documentType>4</documentType><periodOfReport>2026-03-02</periodOfReport>
<issuer><issuerCik>0000320193</issuerCik><issuerName>Apple Inc.</issuerName><issuerTradingSymbol>AAPL</issuerTradingSymbol></issuer>
<reportingOwner><reportingOwnerId><rptOwnerCik>0000000001</rptOwnerCik><rptOwnerName>Ann</rptOwnerName></reportingOwnerId>
<reportingOwnerRelationship><isDirector>1</isDirector></reportingOwnerRelationship></reportingOwner>
<nonDerivativeTable><nonDerivativeTransaction><securityTitle><value>Common Stock</value></securityTitle>
<transactionDate><value>2026-03-02</value></transactionDate>
<transactionCoding><transactionFormType>4</transactionFormType><transactionCode>S</transactionCode></transactionCoding>
<transactionAmounts><transactionShares><value>300</value></transactionShares>
<transactionPricePerShare><value>172.30</value></transactionPricePerShare></transactionAmounts>
</nonDerivativeTransaction></nonDerivativeTable></ownershipDocument>"""


def test_stored_documents_are_read_with_todays_reader(
    database_url: str, run: Callable[..., Result], ask: Callable[..., Any]
) -> None:
    database = Database(database_url)
    shelf = Shelf(database)
    shelf.put(1, filing(trade(1, shares="3")), body=_DOCUMENT)
    shelf.put(2, filing(trade(1)), body=b"<html>no filing</html>")
    assert ask("sec", "reread", accession(1)) == {"read": 1, "changed": [accession(1)], "problems": {}}
    done = run("sec", "reread", "--all")
    assert done.exit_code == 1
    assert "1 filing read again, none of them otherwise." in done.stdout
    assert accession(2) in done.stderr
    assert run("sec", "reread").exit_code == 2
    database.close()
