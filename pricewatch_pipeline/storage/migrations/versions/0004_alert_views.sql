-- Views on alerts and their delivery. Run by 0004_products_and_alerts.py.

CREATE VIEW analytics.alerts AS
SELECT a.key, a.fired_at, a.rule_id, a.rule_kind, a.subject, a.watch_id, w.product_id, w.store_id,
       coalesce(w.title, a.facts ->> 'title') AS title, a.slot_at, a.price, a.currency, a.was_price, a.threshold, a.reason,
       CASE WHEN a.is_muted THEN 'muted'
            WHEN d.deliveries IS NULL THEN 'unaddressed'
            WHEN d.dead > 0 THEN 'dead'
            WHEN d.pending > 0 THEN 'pending'
            WHEN d.sent > 0 THEN 'sent'
            ELSE 'cancelled' END AS state,
       coalesce(d.deliveries, 0) AS deliveries, coalesce(d.sent, 0) AS sent, coalesce(d.pending, 0) AS pending,
       coalesce(d.dead, 0) AS dead, d.last_sent_at
FROM pricewatch.alerts a
LEFT JOIN pricewatch.watches w USING (watch_id)
LEFT JOIN LATERAL (
    SELECT nullif(count(*), 0) AS deliveries, count(*) FILTER (WHERE state = 'sent') AS sent,
           count(*) FILTER (WHERE state = 'pending') AS pending, count(*) FILTER (WHERE state = 'dead') AS dead,
           max(sent_at) AS last_sent_at
    FROM pricewatch.alert_deliveries WHERE alert_id = a.alert_id) d ON true;
COMMENT ON VIEW analytics.alerts IS 'Rules that fired: one row per rule, watch and snapshot, and whether people were told';
COMMENT ON COLUMN analytics.alerts.key IS 'Part of every message about it';
COMMENT ON COLUMN analytics.alerts.slot_at IS 'Of the check that fired it; with watch_id the snapshot, where there is one';
COMMENT ON COLUMN analytics.alerts.was_price IS 'What the price is compared with';
COMMENT ON COLUMN analytics.alerts.state IS
    'muted: kept and not sent; unaddressed: there was no channel; dead: one channel is given up; pending: one is not told yet; sent; cancelled: muted while it waited';
COMMENT ON COLUMN analytics.alerts.deliveries IS 'Channels that are to be told';

CREATE VIEW analytics.alert_deliveries AS
SELECT a.key, a.fired_at, d.channel, d.state, d.digest, d.due_at, d.attempts, d.error, d.sent_at, d.created_at
FROM pricewatch.alert_deliveries d JOIN pricewatch.alerts a USING (alert_id);
COMMENT ON VIEW analytics.alert_deliveries IS 'Each alert on its way to each channel';
COMMENT ON COLUMN analytics.alert_deliveries.state IS 'pending, sent, dead (given up) or cancelled (muted while it waited)';
COMMENT ON COLUMN analytics.alert_deliveries.due_at IS 'Not before: quiet hours, digests, retries';
COMMENT ON COLUMN analytics.alert_deliveries.error IS 'Of the last attempt';
