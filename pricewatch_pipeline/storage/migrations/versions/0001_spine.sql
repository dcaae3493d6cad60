-- What tables.py cannot say: month partitions, the append-only rule, and the analysts' views. Run by 0001_spine.py.

ALTER TABLE pricewatch.watches SET (fillfactor = 80);
ALTER TABLE pricewatch.hosts SET (fillfactor = 80);
ALTER TABLE pricewatch.pages ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE FUNCTION pricewatch.ensure_months(first_instant timestamptz, last_instant timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', first_instant AT TIME ZONE 'UTC');
    parent text;
    created integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7205759404);
    WHILE month <= last_instant AT TIME ZONE 'UTC' LOOP
        FOREACH parent IN ARRAY ARRAY['checks', 'price_snapshots'] LOOP
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
    'Creates the month partitions of checks and price_snapshots that are missing between two instants; says how many';

CREATE FUNCTION pricewatch.has_months(first_instant timestamptz, last_instant timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT bool_and(to_regclass('pricewatch.' || parent || to_char(month, '_YYYY_MM')) IS NOT NULL)
    FROM generate_series(date_trunc('month', first_instant AT TIME ZONE 'UTC'), last_instant AT TIME ZONE 'UTC',
                         interval '1 month') AS month,
         unnest(ARRAY['checks', 'price_snapshots']) AS parent
$$;
COMMENT ON FUNCTION pricewatch.has_months IS 'Whether ensure_months has nothing to do';

CREATE FUNCTION pricewatch.refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'price_snapshots is append-only: a stored snapshot is never changed';
END $$;
CREATE TRIGGER price_snapshots_append_only BEFORE UPDATE ON pricewatch.price_snapshots
    FOR EACH ROW EXECUTE FUNCTION pricewatch.refuse_update();

CREATE SCHEMA IF NOT EXISTS analytics;
COMMENT ON SCHEMA analytics IS 'Views for analysts; the role pricewatch_analyst may read them and nothing else';

CREATE VIEW analytics.watches AS
SELECT w.watch_id, w.title, w.provider, w.url, w.host, w.store_id, s.name AS store_name, w.product_id,
       p.title AS product_title, w.tags,
       CASE WHEN w.archived_at IS NOT NULL THEN 'archived'
            WHEN w.schedule_error IS NOT NULL THEN 'schedule_error'
            WHEN w.is_paused OR w.paused_at IS NOT NULL THEN 'paused'
            WHEN w.quarantined_at IS NOT NULL THEN 'quarantined'
            WHEN w.consecutive_failures > 0 THEN 'failing'
            WHEN w.last_success_at IS NULL THEN 'new'
            ELSE 'ok' END AS state,
       w.every_s, w.cron, w.timezone, w.priority, w.target_price, w.target_currency,
       w.next_due_at, w.last_checked_at, w.last_outcome, w.last_error, w.last_success_at, w.consecutive_failures,
       w.source_file, w.created_at
FROM pricewatch.watches w
LEFT JOIN pricewatch.stores s USING (store_id)
LEFT JOIN pricewatch.products p USING (product_id);
COMMENT ON VIEW analytics.watches IS 'One row per watch, with its state';
COMMENT ON COLUMN analytics.watches.state IS 'ok, new, failing, quarantined, paused, schedule_error or archived';
COMMENT ON COLUMN analytics.watches.next_due_at IS 'When it is looked at next';

CREATE VIEW analytics.price_snapshots AS
SELECT n.watch_id, n.slot_at, n.observed_at, n.price, n.currency, n.list_price, n.availability, n.price_text, n.title,
       n.brand, n.sku, n.gtin, n.mpn, n.seller, n.condition, n.url, n.image_url, n.method, n.confidence, n.reason,
       w.provider, w.store_id, w.product_id
FROM pricewatch.price_snapshots n JOIN pricewatch.watches w USING (watch_id);
COMMENT ON VIEW analytics.price_snapshots IS 'Every price ever read: one row per watch and slot';
COMMENT ON COLUMN analytics.price_snapshots.slot_at IS 'The instant at which the check was due';
COMMENT ON COLUMN analytics.price_snapshots.observed_at IS 'The instant at which the page was read';
COMMENT ON COLUMN analytics.price_snapshots.price IS 'What a buyer paid then, in `currency`; null when the page showed none';
COMMENT ON COLUMN analytics.price_snapshots.availability IS 'schema.org: InStock, OutOfStock, ...; null when not known';

CREATE VIEW analytics.latest_prices AS
SELECT w.watch_id, w.title, w.store_id, w.product_id, w.last_price AS price, w.last_currency AS currency,
       w.last_availability AS availability, w.last_success_at AS observed_at, w.target_price, w.target_currency,
       w.last_price <= w.target_price AND w.last_currency IS NOT DISTINCT FROM coalesce(w.target_currency, w.last_currency)
           AS is_at_target,
       w.url
FROM pricewatch.watches w
WHERE w.archived_at IS NULL AND w.last_success_at IS NOT NULL;
COMMENT ON VIEW analytics.latest_prices IS 'The newest price of every live watch';
COMMENT ON COLUMN analytics.latest_prices.is_at_target IS 'At or below the target price, in the same currency';

CREATE VIEW analytics.daily_prices AS
SELECT d.watch_id, d.day, d.currency, d.open, d.low, d.high, d.close, d.mean, d.snapshots, w.store_id, w.product_id
FROM pricewatch.daily_prices d JOIN pricewatch.watches w USING (watch_id);
COMMENT ON VIEW analytics.daily_prices IS 'Open, low, high, close and mean price per watch and UTC day';

CREATE VIEW analytics.checks AS
SELECT c.watch_id, c.slot_at, c.attempt, c.kind, c.outcome, c.started_at, c.finished_at, c.host, c.url, c.final_url,
       c.http_status, c.wire_bytes, c.body_bytes, c.fetch_ms, c.read_ms, c.error, c.run_id
FROM pricewatch.checks c;
COMMENT ON VIEW analytics.checks IS 'The ledger: every attempt to look at a watch, also the failed ones';
COMMENT ON COLUMN analytics.checks.outcome IS 'ok, not_modified, or the kind of failure';
COMMENT ON COLUMN analytics.checks.run_id IS 'The Dagster run that made it';

CREATE VIEW analytics.daily_outcomes AS
SELECT (c.slot_at AT TIME ZONE 'UTC')::date AS day, c.host, c.outcome, count(*) AS checks,
       round(avg(c.fetch_ms)) AS mean_fetch_ms, sum(c.wire_bytes) AS wire_bytes
FROM pricewatch.checks c GROUP BY 1, 2, 3;
COMMENT ON VIEW analytics.daily_outcomes IS 'How checks ended, per UTC day, host and outcome';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pricewatch_analyst') THEN
        BEGIN
            CREATE ROLE pricewatch_analyst NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server made it at this very moment
        END;
    END IF;
    GRANT USAGE ON SCHEMA analytics TO pricewatch_analyst;
    GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO pricewatch_analyst;
    ALTER DEFAULT PRIVILEGES IN SCHEMA analytics GRANT SELECT ON TABLES TO pricewatch_analyst;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'The role pricewatch_analyst was not made: this user may not create roles (docs/howto/database.md)';
END $$;

SELECT pricewatch.ensure_months(now(), now() + interval '2 months');
