-- What tables.py cannot say of 0005_flights.py: month partitions of the flight tables, and watches that are finished.

CREATE OR REPLACE FUNCTION pricewatch.ensure_months(first_instant timestamptz, last_instant timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', first_instant AT TIME ZONE 'UTC');
    parent text;
    created integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7205759404);
    WHILE month <= last_instant AT TIME ZONE 'UTC' LOOP
        FOREACH parent IN ARRAY ARRAY['checks', 'flight_offers', 'flight_searches', 'price_snapshots'] LOOP
            IF to_regclass(format('pricewatch.%I', parent || to_char(month, '_YYYY_MM'))) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE pricewatch.%I PARTITION OF pricewatch.%I FOR VALUES FROM (%L) TO (%L)',
                    parent || to_char(month, '_YYYY_MM'), parent,
                    month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
                created := created + 1;
            END IF;
        END LOOP;
        month := month + interval '1 month';
    END LOOP;
    RETURN created;
END $$;
COMMENT ON FUNCTION pricewatch.ensure_months IS
    'Creates the month partitions of every monthly table that are missing between two instants; says how many';

CREATE OR REPLACE FUNCTION pricewatch.has_months(first_instant timestamptz, last_instant timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT bool_and(to_regclass('pricewatch.' || parent || to_char(month, '_YYYY_MM')) IS NOT NULL)
    FROM generate_series(date_trunc('month', first_instant AT TIME ZONE 'UTC'), last_instant AT TIME ZONE 'UTC',
                         interval '1 month') AS month,
         unnest(ARRAY['checks', 'flight_offers', 'flight_searches', 'price_snapshots']) AS parent
$$;

-- A month that has its ledger has its flights.
SELECT pricewatch.ensure_months(min(slot_at), now() + interval '2 months') FROM (
    SELECT now() AS slot_at
    UNION ALL SELECT min(slot_at) FROM pricewatch.checks UNION ALL SELECT min(slot_at) FROM pricewatch.price_snapshots
) months;

-- A watch that is finished is due in the year 9999: domain/backoff.py.

CREATE OR REPLACE VIEW analytics.watches AS
SELECT w.watch_id, w.title, w.provider, w.url, w.host, w.store_id, s.name AS store_name, w.product_id,
       p.title AS product_title, w.tags,
       CASE WHEN w.archived_at IS NOT NULL THEN 'archived'
            WHEN w.schedule_error IS NOT NULL THEN 'schedule_error'
            WHEN w.is_paused OR w.paused_at IS NOT NULL THEN 'paused'
            WHEN w.next_due_at >= '9999-01-01 00:00:00+00' THEN 'finished'
            WHEN w.quarantined_at IS NOT NULL THEN 'quarantined'
            WHEN w.consecutive_failures > 0 THEN 'failing'
            WHEN w.last_success_at IS NULL AND w.last_outcome IS DISTINCT FROM 'no_offers' THEN 'new'
            ELSE 'ok' END AS state,
       w.every_s, w.cron, w.timezone, w.priority, w.target_price, w.target_currency,
       w.next_due_at, w.last_checked_at, w.last_outcome, w.last_error, w.last_success_at, w.consecutive_failures,
       w.source_file, w.created_at
FROM pricewatch.watches w
LEFT JOIN pricewatch.stores s USING (store_id)
LEFT JOIN pricewatch.products p USING (product_id);
COMMENT ON COLUMN analytics.watches.state IS
    'ok, new, failing, quarantined, paused, finished (nothing is left to watch), schedule_error or archived';
COMMENT ON COLUMN analytics.watches.next_due_at IS 'When it is looked at next; year 9999: it is finished';
