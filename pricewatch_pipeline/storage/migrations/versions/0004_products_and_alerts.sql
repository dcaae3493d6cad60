-- What tables.py cannot say: the history of price changes, made of the snapshots there are, and the rules that everybody has.

CREATE FUNCTION pricewatch.rebuild_price_changes(ids text[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM pricewatch.price_changes WHERE watch_id = ANY(ids);
    INSERT INTO pricewatch.price_changes (watch_id, began_at, price, currency, availability)
    SELECT watch_id, observed_at, price, currency, availability
    FROM (SELECT n.*, row_number() OVER w = 1
                 OR (n.price, n.currency, n.availability) IS DISTINCT FROM
                    (lag(n.price) OVER w, lag(n.currency) OVER w, lag(n.availability) OVER w) AS is_change
          FROM (SELECT DISTINCT ON (watch_id, observed_at) watch_id, observed_at, price, currency, availability
                FROM pricewatch.current_snapshots WHERE watch_id = ANY(ids) AND outcome = 'ok'
                ORDER BY watch_id, observed_at, slot_at DESC) n
          WINDOW w AS (PARTITION BY n.watch_id ORDER BY n.observed_at)) seen
    WHERE is_change;
$$;
COMMENT ON FUNCTION pricewatch.rebuild_price_changes IS
    'The history of these watches anew from their snapshots: after corrections, imports, and snapshots that came late';

DO $$
DECLARE ids text[];
BEGIN
    FOR ids IN SELECT array_agg(watch_id) FROM (
        SELECT watch_id, (row_number() OVER (ORDER BY watch_id) - 1) / 1000 AS chunk FROM pricewatch.watches) w GROUP BY chunk
    LOOP
        PERFORM pricewatch.rebuild_price_changes(ids);
    END LOOP;
END $$;

INSERT INTO pricewatch.alert_rules (rule_id, kind, scope, params) VALUES
    ('target', 'at_target', 'all', '{}'),
    ('failing', 'failing', 'all', '{"times": 10, "cooldown": 86400}'),
    ('blocked', 'blocked', 'all', '{}'),
    ('run-failed', 'run_failed', 'all', '{}');
