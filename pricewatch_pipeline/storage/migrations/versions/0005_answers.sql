-- Answers that yield no price, and watches that are finished, in the views of before. Run by 0005_flights.py.

COMMENT ON COLUMN analytics.checks.outcome IS
    'ok, not_modified; no_offers, finished and cancelled, which are no failures either; or the kind of failure';
COMMENT ON COLUMN analytics.daily_outcomes.outcome IS 'See checks';

-- A finished watch is due in the year 9999: that is no interval.

CREATE OR REPLACE VIEW pricewatch.store_offers AS
SELECT w.product_id, w.watch_id, w.store_id, w.title, w.url, n.price, n.currency, n.availability, n.condition,
       n.shipping_price, n.unit_price, n.unit_price_per,
       CASE WHEN n.pack_size > 0 AND n.pack_unit IS NOT NULL THEN n.pack_size ELSE p.pack_size END AS pack_size,
       CASE WHEN n.pack_size > 0 AND n.pack_unit IS NOT NULL THEN n.pack_unit ELSE p.pack_unit END AS pack_unit,
       w.last_success_at AS confirmed_at, n.observed_at,
       CASE WHEN w.every_s IS NOT NULL THEN w.every_s
            WHEN w.consecutive_failures = 0 AND w.next_due_at < '9999-01-01 00:00:00+00'
                 THEN extract(epoch FROM w.next_due_at - w.last_slot_at)::integer END AS every_s
FROM pricewatch.watches w
JOIN pricewatch.products p USING (product_id)
LEFT JOIN LATERAL (
    SELECT s.* FROM pricewatch.current_snapshots s
    WHERE s.watch_id = w.watch_id AND s.slot_at = w.last_slot_at AND s.outcome = 'ok'
    OFFSET 0  -- watch by watch: the snapshots are never read as a whole
) n ON true
WHERE w.archived_at IS NULL;
