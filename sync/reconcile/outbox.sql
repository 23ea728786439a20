-- name: insert_alerts
-- $1 jsonb: alerts. An event key that exists already is nothing new, unless it was none of its reader's business, and
-- is so again. Wakes the delivery when something is due.
WITH inserted AS (
    INSERT INTO botzilla.alert (kind, job_sync_id, state_change_id, revision, recipient_type, recipient_id, telegram_id,
        event_key, state, reason, facts)
    SELECT kind, job_sync_id, state_change_id, revision, recipient_type, recipient_id, telegram_id,
        event_key, state, reason, facts
    FROM jsonb_to_recordset($1::jsonb) AS a (
        kind text, job_sync_id integer, state_change_id integer, revision integer, recipient_type text,
        recipient_id bigint, telegram_id text, event_key text, state text, reason text, facts jsonb, place integer)
    ORDER BY place
    ON CONFLICT (event_key) DO UPDATE
    SET state = EXCLUDED.state, reason = EXCLUDED.reason, telegram_id = EXCLUDED.telegram_id, facts = EXCLUDED.facts,
        revision = EXCLUDED.revision, attempts = 0, next_attempt_at = now()
    WHERE alert.state = 'superseded' AND alert.reason = 'not_his_any_more' AND EXCLUDED.state <> 'superseded'
    RETURNING state
)
SELECT count(*) FILTER (WHERE state <> 'superseded')::integer AS inserted,
    CASE WHEN bool_or(state = 'pending') THEN pg_notify('jobsync_alert', '')::text END AS woken
FROM inserted;
