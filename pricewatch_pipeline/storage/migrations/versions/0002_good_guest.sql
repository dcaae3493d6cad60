-- What tables.py cannot say of 0002_good_guest.py: the analysts' views.

CREATE OR REPLACE VIEW analytics.checks AS
SELECT c.watch_id, c.slot_at, c.attempt, c.kind, c.outcome, c.started_at, c.finished_at, c.host, c.url, c.final_url,
       c.http_status, c.wire_bytes, c.body_bytes, c.fetch_ms, c.read_ms, c.error, c.run_id, c.wait_ms, c.fetcher, c.page_count
FROM pricewatch.checks c;
COMMENT ON COLUMN analytics.checks.wait_ms IS 'For turns at the host, and for places in the run';

-- Slots and places for a group of hosts, in one call. A function, because it needs two statements: what others hold is
-- read after the hosts are locked, by a statement whose snapshot is younger than the lock.
CREATE FUNCTION pricewatch.reserve_slots(wanted jsonb, run uuid, lease_s float8, probe_lease_s float8)
RETURNS TABLE (host text, slots integer, wait_s float8, next_slot_at timestamptz, delay_s real, burst smallint,
               places integer, is_probe boolean, reserved_at timestamptz, rests_until timestamptz, rest_reason text,
               rest_note text, breaker_until timestamptz, breaker_reason text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    at timestamptz;
BEGIN
    PERFORM FROM pricewatch.hosts h
    WHERE h.host IN (SELECT r.host FROM jsonb_to_recordset(wanted) AS r(host text))
    ORDER BY h.host FOR NO KEY UPDATE;
    at := clock_timestamp();
    RETURN QUERY
    WITH asked AS (
        SELECT h.*, r.slots AS wanted_slots, r.places AS wanted_places,
               coalesce(h.rests_until > at, false) OR (coalesce(h.breaker_until > at, false) AND NOT r.passes_breaker)
                   AS is_resting,
               h.breaker_until IS NOT NULL AND NOT r.passes_breaker AS is_half_open
        FROM pricewatch.hosts h
        JOIN jsonb_to_recordset(wanted) AS r(host text, slots int, places int, passes_breaker bool) USING (host)
    ), dead AS (
        DELETE FROM pricewatch.host_places p USING asked a
        WHERE p.host = a.host AND p.holder <> run AND p.held_until <= at
    ), others AS (
        SELECT p.host, sum(p.places) AS places FROM pricewatch.host_places p JOIN asked a USING (host)
        WHERE p.holder <> run AND p.held_until > at GROUP BY p.host
    ), room AS (
        SELECT a.*, CASE WHEN a.is_resting THEN 0 WHEN a.is_half_open THEN least(1, f.places) ELSE f.places END AS granted_places
        FROM asked a LEFT JOIN others o USING (host),
             LATERAL (SELECT greatest(0, least(a.wanted_places, a.concurrency - coalesce(o.places, 0)))::int AS places) f
    ), granted AS (
        SELECT r.*, CASE WHEN r.granted_places = 0 THEN 0 WHEN r.is_half_open THEN least(1, r.wanted_slots)
                         ELSE r.wanted_slots END AS granted_slots,
               greatest(r.next_slot_at, at - make_interval(secs => (r.burst - 1) * r.delay_s)) AS first_slot_at
        FROM room r
    ), held AS (
        INSERT INTO pricewatch.host_places AS p (host, holder, places, held_until)
        SELECT g.host, run, g.granted_places, at + make_interval(secs => lease_s) FROM granted g WHERE g.granted_places > 0
        ON CONFLICT (host, holder) DO UPDATE SET places = excluded.places, held_until = excluded.held_until
    ), given_up AS (
        DELETE FROM pricewatch.host_places p USING granted g
        WHERE p.host = g.host AND p.holder = run AND g.granted_places = 0
    )
    UPDATE pricewatch.hosts h
    SET next_slot_at = CASE WHEN g.granted_slots > 0
                            THEN g.first_slot_at + make_interval(secs => g.granted_slots * g.delay_s::float8)
                            ELSE h.next_slot_at END,
        breaker_until = CASE WHEN g.granted_slots > 0 AND h.breaker_until IS NOT NULL
                             THEN greatest(h.breaker_until, at + make_interval(secs => probe_lease_s))
                             ELSE h.breaker_until END
    FROM granted g WHERE h.host = g.host
    RETURNING h.host, g.granted_slots, extract(epoch FROM g.first_slot_at - at)::float8, h.next_slot_at, h.delay_s, h.burst,
              g.granted_places, g.granted_slots > 0 AND h.breaker_until IS NOT NULL, at, h.rests_until, h.rest_reason,
              h.rest_note, h.breaker_until, h.breaker_reason;
END $$;
COMMENT ON FUNCTION pricewatch.reserve_slots IS
    'Reserves instants to ask hosts, and places for requests in flight, for one run; a half-open host gives one run one slot';

CREATE VIEW analytics.pages AS
SELECT c.watch_id, c.slot_at, c.attempt, c.outcome, c.host, encode(p.sha256, 'hex') AS page, p.media_type, p.body_bytes,
       p.stored_bytes, p.dictionary_id IS NOT NULL AS has_dictionary, p.location, p.first_seen_at, p.last_seen_at
FROM pricewatch.checks c JOIN pricewatch.pages p ON p.sha256 = c.page_sha256;
COMMENT ON VIEW analytics.pages IS 'The checks whose page is kept as evidence; a page that did not change is behind several';
COMMENT ON COLUMN analytics.pages.page IS 'Its hash; `pricewatch page show` takes it';
COMMENT ON COLUMN analytics.pages.stored_bytes IS 'What it takes, compressed; shared by all checks with this page';
COMMENT ON COLUMN analytics.pages.has_dictionary IS 'Compressed with a dictionary of its host';
COMMENT ON COLUMN analytics.pages.location IS 'Where it lies below PRICEWATCH_PAGES_URL; null: in the database';
