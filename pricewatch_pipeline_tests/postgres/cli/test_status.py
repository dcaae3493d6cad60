"""What `pricewatch status` says of alerts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pricewatch_pipeline.storage.database import Database
from pricewatch_pipeline_tests.postgres.cli.conftest import Json, Run
from pricewatch_pipeline_tests.support.outbox import put_alerts

Rows = Callable[..., list[dict[str, Any]]]


def test_without_alerts_nothing_is_said_of_them(run: Run, ask: Json) -> None:
    assert "Alerts" not in run("status").stdout
    assert ask("status")["outbox"] == {"due": 0, "oldest_due_at": None, "waiting": 0, "dead": 0}


def test_what_waits_and_what_was_given_up_is_counted_with_the_reasons(
    database: Database, run: Run, ask: Json, rows: Rows
) -> None:
    put_alerts(database, 2, "phone", due_in=timedelta(hours=-50))
    put_alerts(database, 3, "mail", first=10, due_in=timedelta(hours=1))
    put_alerts(database, 4, "chat", first=20)
    rows("UPDATE pricewatch.alert_deliveries SET state = 'dead', error = 'no [such] room' WHERE channel = 'chat'")

    said = run("status").stdout
    assert "Alerts: 2 to be sent, the oldest due for 2d 2h; 3 for later; 4 given up (`pricewatch alerts retry`" in said
    assert "no [such] room" in said
    (dead,) = ask("status")["dead_letters"]
    assert (dead["channel"], dead["deliveries"], dead["error"]) == ("chat", 4, "no [such] room")
