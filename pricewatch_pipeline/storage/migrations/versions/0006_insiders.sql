-- Months of what checks of filings found, too.

CREATE OR REPLACE FUNCTION pricewatch.ensure_months(first_instant timestamptz, last_instant timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', first_instant AT TIME ZONE 'UTC');
    parent text;
    created integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(7205759404);
    WHILE month <= last_instant AT TIME ZONE 'UTC' LOOP
        FOREACH parent IN ARRAY ARRAY['checks', 'filing_checks', 'flight_offers', 'flight_searches', 'price_snapshots'] LOOP
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
         unnest(ARRAY['checks', 'filing_checks', 'flight_offers', 'flight_searches', 'price_snapshots']) AS parent
$$;

-- A month that has its ledger has what checks of filings found.
SELECT pricewatch.ensure_months(min(slot_at), now() + interval '2 months') FROM (
    SELECT now() AS slot_at
    UNION ALL SELECT min(slot_at) FROM pricewatch.checks UNION ALL SELECT min(slot_at) FROM pricewatch.price_snapshots
) months;

-- The order in which filings are read: insider_filings.serial.
CREATE SEQUENCE IF NOT EXISTS pricewatch.insider_filing_serials;
