-- What tables.py cannot say: what changes are measured against from now on, and the views. Run by 0003_any_price.py.

UPDATE pricewatch.watches w SET
    recent_prices = (
        SELECT coalesce(array_agg(n.price ORDER BY n.slot_at), '{}')
        FROM (SELECT n.slot_at, n.price FROM pricewatch.price_snapshots n
              WHERE n.watch_id = w.watch_id AND n.price IS NOT NULL AND n.currency IS NOT DISTINCT FROM priced.currency
              ORDER BY n.slot_at DESC LIMIT 15) n),
    recent_currency = priced.currency,
    last_title = (SELECT n.title FROM pricewatch.price_snapshots n
                  WHERE n.watch_id = w.watch_id AND n.title IS NOT NULL ORDER BY n.slot_at DESC LIMIT 1)
FROM (SELECT own.watch_id, n.currency
      FROM pricewatch.watches own LEFT JOIN LATERAL (
          -- Not last_currency: what is sold out shows neither a price nor a currency, as a rule.
          SELECT n.currency FROM pricewatch.price_snapshots n
          WHERE n.watch_id = own.watch_id AND n.price IS NOT NULL ORDER BY n.slot_at DESC LIMIT 1) n ON true) priced
WHERE w.watch_id = priced.watch_id AND w.last_slot_at IS NOT NULL;

-- Corrections: what a later reader made of stored pages. The newest one counts, and nothing is ever changed.

CREATE OR REPLACE FUNCTION pricewatch.refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a stored row is never changed', coalesce(TG_ARGV[0], 'price_snapshots');
END $$;
CREATE TRIGGER snapshot_corrections_append_only BEFORE UPDATE ON pricewatch.snapshot_corrections
    FOR EACH ROW EXECUTE FUNCTION pricewatch.refuse_update('snapshot_corrections');

-- A join of two tables, no lateral query: so that a scan of many snapshots hashes the few corrections there are.
CREATE VIEW pricewatch.current_snapshots AS
SELECT n.watch_id, n.slot_at, n.observed_at,
       CASE WHEN c.corrected_at IS NULL THEN n.price ELSE c.price END AS price,
       CASE WHEN c.corrected_at IS NULL THEN n.currency ELSE c.currency END AS currency,
       CASE WHEN c.corrected_at IS NULL THEN n.price_text ELSE c.price_text END AS price_text,
       CASE WHEN c.corrected_at IS NULL THEN n.price_high ELSE c.price_high END AS price_high,
       CASE WHEN c.corrected_at IS NULL THEN n.list_price ELSE c.list_price END AS list_price,
       CASE WHEN c.corrected_at IS NULL THEN n.shipping_price ELSE c.shipping_price END AS shipping_price,
       CASE WHEN c.corrected_at IS NULL THEN n.unit_price ELSE c.unit_price END AS unit_price,
       CASE WHEN c.corrected_at IS NULL THEN n.unit_price_per ELSE c.unit_price_per END AS unit_price_per,
       CASE WHEN c.corrected_at IS NULL THEN n.pack_size ELSE c.pack_size END AS pack_size,
       CASE WHEN c.corrected_at IS NULL THEN n.pack_unit ELSE c.pack_unit END AS pack_unit,
       CASE WHEN c.corrected_at IS NULL THEN n.availability ELSE c.availability END AS availability,
       CASE WHEN c.corrected_at IS NULL THEN n.title ELSE c.title END AS title,
       CASE WHEN c.corrected_at IS NULL THEN n.brand ELSE c.brand END AS brand,
       CASE WHEN c.corrected_at IS NULL THEN n.sku ELSE c.sku END AS sku,
       CASE WHEN c.corrected_at IS NULL THEN n.gtin ELSE c.gtin END AS gtin,
       CASE WHEN c.corrected_at IS NULL THEN n.mpn ELSE c.mpn END AS mpn,
       CASE WHEN c.corrected_at IS NULL THEN n.variant ELSE c.variant END AS variant,
       CASE WHEN c.corrected_at IS NULL THEN n.image_url ELSE c.image_url END AS image_url,
       CASE WHEN c.corrected_at IS NULL THEN n.seller ELSE c.seller END AS seller,
       CASE WHEN c.corrected_at IS NULL THEN n.condition ELSE c.condition END AS condition,
       CASE WHEN c.corrected_at IS NULL THEN n.method ELSE c.method END AS method,
       CASE WHEN c.corrected_at IS NULL THEN n.confidence ELSE c.confidence END AS confidence,
       CASE WHEN c.corrected_at IS NULL THEN n.reason ELSE c.reason END AS reason,
       CASE WHEN c.corrected_at IS NULL THEN n.candidates ELSE c.candidates END AS candidates,
       n.url, n.page_sha256, n.run_id, coalesce(c.outcome, 'ok') AS outcome, c.corrected_at IS NOT NULL AS is_corrected,
       c.corrected_at, n.price AS original_price, n.currency AS original_currency
FROM pricewatch.price_snapshots n
LEFT JOIN pricewatch.snapshot_corrections c ON c.watch_id = n.watch_id AND c.slot_at = n.slot_at AND c.corrected_at = (
    SELECT max(k.corrected_at) FROM pricewatch.snapshot_corrections k WHERE k.watch_id = c.watch_id AND k.slot_at = c.slot_at);
COMMENT ON VIEW pricewatch.current_snapshots IS 'Snapshots as they are believed now: each with its newest correction, if there is one';

CREATE OR REPLACE VIEW analytics.price_snapshots AS
SELECT n.watch_id, n.slot_at, n.observed_at, n.price, n.currency, n.list_price, n.availability, n.price_text, n.title,
       n.brand, n.sku, n.gtin, n.mpn, n.seller, n.condition, n.url, n.image_url, n.method, n.confidence, n.reason,
       w.provider, w.store_id, w.product_id, n.is_corrected, n.corrected_at, n.original_price, n.original_currency, n.outcome,
       n.price_high, n.shipping_price, n.unit_price, n.unit_price_per, n.pack_size, n.pack_unit, n.variant
FROM pricewatch.current_snapshots n JOIN pricewatch.watches w USING (watch_id);
COMMENT ON VIEW analytics.price_snapshots IS
    'Every price ever read: one row per watch and slot, as the newest correction says it where there is one';
COMMENT ON COLUMN analytics.price_snapshots.is_corrected IS
    'A later reader read the stored page otherwise; all columns but the original ones show what it read';
COMMENT ON COLUMN analytics.price_snapshots.corrected_at IS 'When that was written down; null: never';
COMMENT ON COLUMN analytics.price_snapshots.original_price IS 'As it was read at first';
COMMENT ON COLUMN analytics.price_snapshots.original_currency IS 'Of original_price';
COMMENT ON COLUMN analytics.price_snapshots.outcome IS
    'ok; after a correction also why the page shows no offer, such as not_a_product: then price is null and reason says more';
COMMENT ON COLUMN analytics.price_snapshots.price_high IS 'Of a range of prices the upper end; price is the lower one';
COMMENT ON COLUMN analytics.price_snapshots.shipping_price IS 'What the page says that a delivery costs; 0: it is free';
COMMENT ON COLUMN analytics.price_snapshots.unit_price IS 'For one unit_price_per';
COMMENT ON COLUMN analytics.price_snapshots.unit_price_per IS 'kg, l, m, m2, m3 or piece';
COMMENT ON COLUMN analytics.price_snapshots.pack_size IS 'How many pack_unit a pack holds';
COMMENT ON COLUMN analytics.price_snapshots.pack_unit IS 'As unit_price_per';
COMMENT ON COLUMN analytics.price_snapshots.variant IS 'Attributes of the variant that was selected: {"color": "red"}';

CREATE VIEW analytics.snapshot_corrections AS
SELECT c.watch_id, c.slot_at, c.corrected_at, c.outcome, c.price, c.currency, c.list_price, c.availability, c.title, c.sku,
       c.gtin, c.method, c.confidence, c.reason, c.reader_version, c.run_id, n.price AS original_price,
       n.currency AS original_currency, n.observed_at, w.provider, w.store_id, w.product_id
FROM pricewatch.snapshot_corrections c
JOIN pricewatch.price_snapshots n USING (watch_id, slot_at)
JOIN pricewatch.watches w USING (watch_id);
COMMENT ON VIEW analytics.snapshot_corrections IS
    'What later readers made of stored pages, also what was corrected again since: `pricewatch replay --apply` writes it';
COMMENT ON COLUMN analytics.snapshot_corrections.outcome IS 'ok, or why the page shows no offer';
COMMENT ON COLUMN analytics.snapshot_corrections.reader_version IS 'The version of pricewatch that read it';
COMMENT ON COLUMN analytics.snapshot_corrections.run_id IS 'The Dagster run that wrote it; null: a command';
COMMENT ON COLUMN analytics.snapshot_corrections.original_price IS 'As it was read at first';

-- Prices that were not believed at first.

CREATE VIEW analytics.quarantined_offers AS
SELECT q.watch_id, q.slot_at, q.attempt, q.observed_at, q.price, q.currency, q.state, q.doubt, q.decided_at, q.title,
       q.availability, q.method, q.confidence, q.reason, q.price_text, w.recent_prices, w.last_price, w.last_currency,
       w.provider, w.store_id, w.product_id, q.run_id
FROM pricewatch.quarantined_offers q JOIN pricewatch.watches w USING (watch_id);
COMMENT ON VIEW analytics.quarantined_offers IS
    'Prices beyond what is plausible: no snapshots, and so in no other view, until another look or an operator confirms them';
COMMENT ON COLUMN analytics.quarantined_offers.state IS
    'waiting; confirmed (by another look, or an operator); dropped (not seen again); dismissed (by an operator)';
COMMENT ON COLUMN analytics.quarantined_offers.doubt IS 'Why it is not believed: what was expected instead';
COMMENT ON COLUMN analytics.quarantined_offers.decided_at IS 'When it was confirmed, dropped or dismissed; null: it waits';
COMMENT ON COLUMN analytics.quarantined_offers.recent_prices IS 'Of the watch now: what changes are measured against';
COMMENT ON COLUMN analytics.quarantined_offers.last_price IS 'Of the watch now';
