"""The queue of deliveries: who claims what, who may mark it, and what is claimed again."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import TextClause, text

from pricewatch_pipeline.domain.alert_rules import UNTIL_UNMUTED, Digest
from pricewatch_pipeline.domain.deliveries import Delivery, Failure
from pricewatch_pipeline.services.steer_alert_rules import Muted, mute_alerts
from pricewatch_pipeline.storage import outbox
from pricewatch_pipeline.storage.database import Connection, Database
from pricewatch_pipeline_tests.support.outbox import key, put_alerts

Rows = Callable[..., list[dict[str, Any]]]
LEASE = timedelta(minutes=2)


def claim(database: Database, token: UUID | None = None, *, limit: int = 10, **how: Any) -> list[Delivery]:
    return database.run(lambda c: outbox.claim(c, token or uuid4(), limit=limit, lease=LEASE, **how))


def keys(deliveries: list[Delivery]) -> list[str]:
    return [each.alert.key for each in deliveries]


def end_leases(rows: Rows) -> None:
    rows("UPDATE pricewatch.alert_deliveries SET claimed_until = now() - interval '1 s' WHERE claim_token IS NOT NULL")


def test_what_one_has_claimed_nobody_else_gets_until_its_lease_ends(database: Database, rows: Rows) -> None:
    put_alerts(database, 15, "phone")
    first, second, third = (claim(database) for _ in range(3))
    assert (len(first), len(second), third) == (10, 5, [])
    assert not set(keys(first)) & set(keys(second))
    end_leases(rows)
    again = claim(database, limit=20)
    assert len(again) == 15
    assert {each.attempts for each in again} == {2}


def test_a_claim_carries_the_alert_and_its_rules_templates(database: Database, rows: Rows) -> None:
    rows("""INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, params)
            VALUES ('mine', 'at_target', 'all', '{"title_template": "T", "body_template": "B"}')""")
    put_alerts(database, 1, "phone", rule_id="mine")
    (delivery,) = claim(database)
    alert = delivery.alert
    assert (delivery.channel, delivery.digest, delivery.attempts) == ("phone", Digest.NONE, 1)
    assert (alert.key, alert.subject, str(alert.price), alert.facts) == (key(0), "w0", "19.9900", {"title": "A lamp"})
    assert (alert.title_template, alert.body_template) == ("T", "B")


def test_a_channel_with_a_crowd_does_not_keep_others_waiting(database: Database) -> None:
    put_alerts(database, 500, "crowd", due_in=-timedelta(hours=1))
    put_alerts(database, 3, "mail", first=500)
    assert Counter(each.channel for each in claim(database)) == {"crowd": 10, "mail": 3}
    assert Counter(each.channel for each in claim(database, without=["crowd"])) == {}


def test_the_first_due_goes_first_and_what_is_not_due_stays(database: Database) -> None:
    put_alerts(database, 1, "phone", due_in=timedelta(hours=1))
    put_alerts(database, 1, "phone", first=1, due_in=-timedelta(seconds=1))
    put_alerts(database, 1, "phone", first=2, due_in=-timedelta(hours=1))
    assert keys(claim(database)) == [key(2), key(1)]


def test_all_of_a_digest_is_claimed_together(database: Database) -> None:
    put_alerts(database, 40, "mail", digest=Digest.DAILY)
    put_alerts(database, 40, "mail", first=40)
    assert Counter(each.digest for each in claim(database)) == {Digest.DAILY: 40, Digest.NONE: 10}


def test_only_the_holder_of_a_claim_may_write(database: Database, rows: Rows) -> None:
    put_alerts(database, 1, "phone")
    late, living = uuid4(), uuid4()
    (delivery,) = claim(database, late)
    end_leases(rows)
    claim(database, living)
    ids = [delivery.delivery_id]
    failure = Failure(delivery_id=ids[0], error="no", is_dead=True)
    assert database.run(lambda c: outbox.sent(c, late, "phone", ids)) == 0
    assert database.run(lambda c: outbox.failed(c, late, [failure])) == 0
    database.run(lambda c: outbox.release(c, late, ids))
    assert rows("SELECT state, claim_token FROM pricewatch.alert_deliveries") == [
        {"state": "pending", "claim_token": living}
    ]
    assert database.run(lambda c: outbox.sent(c, living, "phone", ids)) == 1
    assert rows("SELECT state, sent_at IS NOT NULL AS told FROM pricewatch.alert_deliveries") == [
        {"state": "sent", "told": True}
    ]


def test_what_is_given_back_untried_is_due_and_has_paid_nothing(database: Database) -> None:
    put_alerts(database, 1, "phone")
    token = uuid4()
    (delivery,) = claim(database, token)
    database.run(lambda c: outbox.release(c, token, [delivery.delivery_id]))
    assert [each.attempts for each in claim(database)] == [1]


def test_a_lease_that_is_renewed_holds(database: Database, rows: Rows) -> None:
    put_alerts(database, 1, "phone")
    token = uuid4()
    (delivery,) = claim(database, token)
    end_leases(rows)
    database.run(lambda c: outbox.renew(c, token, [delivery.delivery_id], lease=LEASE))
    assert claim(database) == []


def test_a_channel_that_rests_is_left_out_and_not_counted(database: Database) -> None:
    put_alerts(database, 3, "phone", "mail")

    def count() -> int:
        return database.run(outbox.due_count)

    assert count() == 6
    database.run(lambda c: outbox.channel_failed(c, "phone", "down", counts=True))
    database.run(lambda c: outbox.let_rest(c, "phone", timedelta(minutes=1)))
    assert count() == 3
    assert database.run(lambda c: outbox.due_count(c, at_most=2)) == 2
    assert {each.channel for each in claim(database)} == {"mail"}
    assert count() == 0
    assert database.run(outbox.backlog).due == 6


def test_a_channel_that_works_again_has_its_retries_due_at_once(database: Database) -> None:
    put_alerts(database, 2, "phone")
    token = uuid4()
    first, second = claim(database, token)
    later = Failure(delivery_id=first.delivery_id, error="down", is_dead=False, wait=timedelta(hours=2))
    database.run(lambda c: outbox.failed(c, token, [later]))
    database.run(lambda c: outbox.channel_failed(c, "phone", "down", counts=True))
    assert claim(database) == []
    database.run(lambda c: outbox.sent(c, token, "phone", [second.delivery_id]))
    assert keys(claim(database)) == [first.alert.key]


def test_dead_letters_come_back_when_asked_for(database: Database, rows: Rows) -> None:
    put_alerts(database, 3, "phone")
    token = uuid4()
    dead = [Failure(delivery_id=each.delivery_id, error="gone", is_dead=True) for each in claim(database, token)]
    assert database.run(lambda c: outbox.failed(c, token, dead)) == 3
    assert claim(database) == []
    assert database.run(outbox.backlog).dead == 3
    assert database.run(lambda c: outbox.retry(c, [key(1), key(77)])) == 1
    assert keys(claim(database)) == [key(1)]
    assert database.run(outbox.retry) == 2
    assert [each.attempts for each in claim(database)] == [1, 1]


def test_what_is_muted_while_it_waits_is_cancelled_and_comes_back_when_asked_for(
    database: Database, rows: Rows
) -> None:
    put_alerts(database, 2, "phone", due_in=timedelta(hours=8))
    put_alerts(database, 1, "phone", first=2)
    in_hand = claim(database)
    put_alerts(database, 1, "phone", first=3, digest=Digest.DAILY, rule_id="other")
    assert mute_alerts(database, ["target"], UNTIL_UNMUTED) == Muted(rules=("target",))
    mute_alerts(database, ["target"], None)
    states = rows("SELECT state FROM pricewatch.alert_deliveries ORDER BY delivery_id")
    assert [row["state"] for row in states] == ["cancelled", "cancelled", "pending", "pending"]
    assert keys(in_hand) == [key(2)]
    assert keys(claim(database)) == [key(3)]
    assert rows("SELECT key FROM analytics.alerts WHERE state = 'cancelled' ORDER BY key") == [
        {"key": key(0)},
        {"key": key(1)},
    ]
    assert database.run(lambda c: outbox.retry(c, [key(1)])) == 1
    assert keys(claim(database)) == [key(1)]


def test_old_alerts_go_and_those_that_wait_stay(database: Database, rows: Rows) -> None:
    put_alerts(database, 4, "phone")
    rows("UPDATE pricewatch.alerts SET fired_at = now() - interval '400 days' WHERE subject <> 'w0'")
    rows("""UPDATE pricewatch.alert_deliveries SET state = 'sent' WHERE alert_id IN (
            SELECT alert_id FROM pricewatch.alerts WHERE subject IN ('w0', 'w1', 'w2'))""")
    assert database.run(lambda c: outbox.prune(c, keep=timedelta(days=365), limit=1)) == 1
    assert database.run(lambda c: outbox.prune(c, keep=timedelta(days=365))) == 1
    assert database.run(lambda c: outbox.prune(c, keep=timedelta(days=365))) == 0
    assert rows("SELECT subject FROM pricewatch.alerts ORDER BY subject") == [{"subject": "w0"}, {"subject": "w3"}]


def test_a_claim_reads_what_it_takes_and_not_the_whole_outbox(database: Database, rows: Rows) -> None:
    put_alerts(database, 20_000, "phone", "mail")
    rows("ANALYZE pricewatch.alerts, pricewatch.alert_deliveries")
    (size,) = rows("SELECT pg_relation_size('pricewatch.alert_deliveries') / 8192 AS pages")
    with database.transaction() as connection:
        due = _explained(connection, outbox._LOCK_DUE, limit=1, without=[])
        ids = [each["delivery_id"] for each in rows("SELECT delivery_id FROM pricewatch.alert_deliveries LIMIT 2")]
        claimed = _explained(connection, outbox._CLAIM, token=uuid4(), ids=ids, lease_s=120)
    assert due["Actual Rows"] == claimed["Actual Rows"] == 2
    for plan in (due, claimed):
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < size["pages"] / 5


def _explained(connection: Connection, statement: TextClause, **values: Any) -> dict[str, Any]:
    explained = connection.execute(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"), values)
    plan: dict[str, Any] = explained.scalar_one()[0]["Plan"]
    return plan
