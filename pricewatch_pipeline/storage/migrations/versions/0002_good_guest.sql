-- What tables.py cannot say of 0002_good_guest.py: the analysts' views.

CREATE OR REPLACE VIEW analytics.checks AS
SELECT c.watch_id, c.slot_at, c.attempt, c.kind, c.outcome, c.started_at, c.finished_at, c.host, c.url, c.final_url,
       c.http_status, c.wire_bytes, c.body_bytes, c.fetch_ms, c.read_ms, c.error, c.run_id, c.wait_ms, c.fetcher, c.page_count
FROM pricewatch.checks c;
COMMENT ON COLUMN analytics.checks.wait_ms IS 'For turns at the host, and for places in the run';
