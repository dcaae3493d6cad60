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

-- How hosts stand, in words: of a rest and an open breaker, what lasts longer counts; an operator's pause before both.
CREATE VIEW pricewatch.host_states AS
SELECT h.host, s.state,
       CASE s.state WHEN 'breaker_open' THEN h.breaker_until
                    WHEN 'half_open' THEN NULL
                    WHEN 'ok' THEN NULL
                    ELSE nullif(h.rests_until, 'infinity') END AS state_until,
       CASE s.state WHEN 'ok' THEN NULL
                    WHEN 'breaker_open' THEN h.breaker_reason
                    WHEN 'half_open' THEN h.breaker_reason
                    ELSE h.rest_note END AS state_reason,
       CASE WHEN h.adaptive_delay_s > greatest(h.min_delay_s, coalesce(h.crawl_delay_s, 0)) THEN 'adaptive'
            WHEN h.crawl_delay_s > h.min_delay_s THEN 'robots'
            ELSE 'store' END AS pace_reason
FROM pricewatch.hosts h,
     LATERAL (SELECT CASE
         WHEN h.rests_until > now() AND h.rest_reason = 'operator' THEN 'paused'
         WHEN h.rests_until > now() AND h.rests_until >= coalesce(h.breaker_until, '-infinity') THEN 'resting'
         WHEN h.breaker_until > now() THEN 'breaker_open'
         WHEN h.breaker_until IS NOT NULL THEN 'half_open'
         ELSE 'ok' END AS state) s;
COMMENT ON VIEW pricewatch.host_states IS 'How hosts stand: for analytics.hosts, and for why a watch waits';

CREATE VIEW analytics.hosts AS
SELECT h.host, s.state, s.state_until, s.state_reason, h.delay_s, s.pace_reason, h.min_delay_s, h.crawl_delay_s,
       h.adaptive_delay_s, h.burst, h.concurrency, coalesce(p.places, 0) AS places_held, h.latency_s, h.failures, h.blocks,
       h.openings, h.breaker_until, h.breaker_reason, h.last_asked_at, coalesce(w.watches, 0) AS watches, coalesce(w.due, 0) AS due_watches
FROM pricewatch.hosts h
JOIN pricewatch.host_states s USING (host)
LEFT JOIN (SELECT host, sum(places) AS places FROM pricewatch.host_places WHERE held_until > now() GROUP BY host) p USING (host)
LEFT JOIN (
    SELECT host, count(*) FILTER (WHERE archived_at IS NULL) AS watches,
           count(*) FILTER (WHERE is_active AND next_due_at <= now()) AS due
    FROM pricewatch.watches GROUP BY host
) w USING (host);
COMMENT ON VIEW analytics.hosts IS 'How gently each host is asked, why, and whether it is left alone now';
COMMENT ON COLUMN analytics.hosts.state IS
    'ok; paused (by an operator); resting (it asked for it); breaker_open (it blocked us or broke down); half_open (one probe may ask)';
COMMENT ON COLUMN analytics.hosts.state_until IS 'When that ends; null when it has no end, or the host is well';
COMMENT ON COLUMN analytics.hosts.delay_s IS 'Seconds between two requests, over all runs: the greatest of the three below';
COMMENT ON COLUMN analytics.hosts.pace_reason IS 'Which of them that is: store, robots or adaptive';
COMMENT ON COLUMN analytics.hosts.min_delay_s IS 'As its stores ask for';
COMMENT ON COLUMN analytics.hosts.crawl_delay_s IS 'As its robots.txt asks for';
COMMENT ON COLUMN analytics.hosts.adaptive_delay_s IS 'Learnt from how long it takes to answer, and from refusals';
COMMENT ON COLUMN analytics.hosts.burst IS 'Requests that may follow each other at once after a silence';
COMMENT ON COLUMN analytics.hosts.concurrency IS 'Requests that may be in flight, over all runs';
COMMENT ON COLUMN analytics.hosts.places_held IS 'How many of them runs hold at this moment';
COMMENT ON COLUMN analytics.hosts.latency_s IS 'Moving average of what answers took';
COMMENT ON COLUMN analytics.hosts.failures IS 'Blocks and breakdowns in a row';
COMMENT ON COLUMN analytics.hosts.breaker_until IS
    'Null: it answers as it should; else it was left alone until then, for breaker_reason, and then one probe may ask';

CREATE VIEW analytics.host_hours AS
SELECT hour, host, sum(n)::bigint AS checks, sum(pages)::bigint AS pages, sum(wire_bytes)::bigint AS wire_bytes,
       jsonb_object_agg(outcome, n) AS outcomes, round(sum(fetch_ms) / nullif(sum(fetched), 0)) AS mean_fetch_ms,
       round(sum(wait_ms) / nullif(sum(waited), 0)) AS mean_wait_ms
FROM (
    SELECT date_trunc('hour', c.finished_at, 'UTC') AS hour, c.host, c.outcome, count(*) AS n,
           coalesce(sum(c.page_count), 0) AS pages, coalesce(sum(c.wire_bytes), 0) AS wire_bytes, sum(c.fetch_ms) AS fetch_ms,
           count(c.fetch_ms) AS fetched, sum(c.wait_ms) AS wait_ms, count(c.wait_ms) AS waited
    FROM pricewatch.checks c GROUP BY 1, 2, 3
) by_outcome
GROUP BY hour, host;
COMMENT ON VIEW analytics.host_hours IS 'What was asked of each host, hour by hour (UTC), by when checks ended';
COMMENT ON COLUMN analytics.host_hours.hour IS 'When the hour began';
COMMENT ON COLUMN analytics.host_hours.pages IS 'Pages fetched; a check may need several, or none';
COMMENT ON COLUMN analytics.host_hours.wire_bytes IS 'Received, before decompression';
COMMENT ON COLUMN analytics.host_hours.outcomes IS 'How many checks ended in which way: {"ok": 12, "blocked": 1}';
COMMENT ON COLUMN analytics.host_hours.mean_fetch_ms IS 'Of fetching, per check';
COMMENT ON COLUMN analytics.host_hours.mean_wait_ms IS 'Of waiting for turns at the host and for places in the run, per check';
