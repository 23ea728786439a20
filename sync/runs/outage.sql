-- Outages of the source, as told: `sync_state.outage` from the telling to the next successful run.

-- name: history
SELECT clock_timestamp() AS now,
    coalesce(succeeded.id, 0) AS last_run,
    succeeded.finished_at AS succeeded_at,
    (SELECT max((progress ->> 'at')::timestamptz) FROM botzilla.sync_run WHERE state = 'running') AS moved_at,
    last.progress ->> 'cause' AS cause,
    last.error AS sentence,
    NOT EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'first_contact' AND value ? 'ended_at') AS first_contact
FROM (SELECT) AS one
LEFT JOIN LATERAL (
    SELECT id, finished_at FROM botzilla.sync_run WHERE state = 'succeeded' ORDER BY finished_at DESC LIMIT 1
) AS succeeded ON true
LEFT JOIN LATERAL (
    SELECT progress, error FROM botzilla.sync_run
    WHERE state IN ('succeeded', 'failed') ORDER BY id DESC LIMIT 1
) AS last ON true;

-- name: begin
-- Blindness was told. $1 the last successful run, $2 since
INSERT INTO botzilla.sync_state (key, value)
VALUES ('outage', jsonb_build_object('last_run', $1::bigint, 'since', $2::timestamptz))
ON CONFLICT (key) DO NOTHING;

-- name: end
DELETE FROM botzilla.sync_state WHERE key = 'outage'
RETURNING (value ->> 'last_run')::bigint AS last_run, (value ->> 'since')::timestamptz AS since,
    clock_timestamp() AS now;
