-- Runs: `sync_run` is the queue of requests and the record of what came of them.

-- name: request
-- Asks for a run, or joins an equal or stronger one that has not begun; wakes whoever syncs. Whoever accepts holds a lock
-- from before anybody sees the request. $1 kind, $2 accept, $3 the key of acceptances
WITH joined AS (
    SELECT id FROM botzilla.sync_run
    WHERE state = 'requested' AND (kind = 'full' OR $1 = 'incremental') AND (accept OR NOT $2)
    ORDER BY id
    LIMIT 1
), asked AS (
    INSERT INTO botzilla.sync_run (kind, accept, state)
    SELECT $1, $2, 'requested' WHERE NOT EXISTS (SELECT FROM joined)
    RETURNING id
), run AS (
    SELECT id FROM joined UNION ALL SELECT id FROM asked
)
SELECT id, pg_notify('jobsync_run', id::text), CASE WHEN $2 THEN pg_advisory_lock_shared($3::bigint + id) END FROM run;

-- name: state
-- $1 run
SELECT id, kind, accept, state, progress, documents, changes, alerts, error, requested_at, began_at, finished_at
FROM botzilla.sync_run WHERE id = $1;

-- name: resume
-- What a process that is gone was running is asked for again; it has failed when that happened too often. Only for who holds
-- the sync lock. $1 how often is too often, $2 the sentence then
UPDATE botzilla.sync_run SET lost = lost + 1,
    state = CASE WHEN lost + 1 < $1::integer THEN 'requested' ELSE 'failed' END,
    began_at = CASE WHEN lost + 1 >= $1 THEN began_at END,
    finished_at = CASE WHEN lost + 1 >= $1 THEN clock_timestamp() END,
    error = CASE WHEN lost + 1 >= $1 THEN $2::text END,
    progress = CASE WHEN lost + 1 >= $1 THEN progress || '{"cause": "lost"}' ELSE '{}' END
WHERE state = 'running'
RETURNING id, lost, state;

-- name: begin
-- The oldest request, begun now. Only for who holds the sync lock. It accepts while whoever asked for that is there (a bigint
-- key is shown in two halves, with objsubid 1): nobody knows any more what they would accept. $1 the key of acceptances
UPDATE botzilla.sync_run r SET state = 'running', began_at = clock_timestamp(), accept = r.accept AND EXISTS (
    SELECT FROM pg_catalog.pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND (classid::bigint << 32) + objid::bigint = $1::bigint + r.id
)
WHERE id = (SELECT id FROM botzilla.sync_run WHERE state = 'requested' ORDER BY id LIMIT 1)
RETURNING id, kind, accept;

-- name: note
-- How far a run is. $1 run, $2 progress, $3 documents that changed since the last note
WITH noted AS (
    UPDATE botzilla.sync_run
    SET progress = $2::jsonb || jsonb_build_object('at', clock_timestamp()), documents = documents + $3
    WHERE id = $1
)
SELECT pg_notify('jobsync_progress', $1::bigint::text);

-- name: note_request
-- A request to Attic Tech was made: said on the lock's connection, since a silent one is taken for dead. An answer is
-- remembered, once a second, so that a run which gets answers is not called blind. $1 run, $2 answered
UPDATE botzilla.sync_run SET progress = progress || jsonb_build_object('at', clock_timestamp())
WHERE id = $1 AND $2::boolean AND coalesce((progress ->> 'at')::timestamptz < clock_timestamp() - interval '1 second', true);

-- name: succeed
-- $1 run, $2 changes, $3 alerts
WITH ended AS (
    UPDATE botzilla.sync_run
    SET state = 'succeeded', finished_at = clock_timestamp(), changes = $2, alerts = $3
    WHERE id = $1
)
SELECT pg_notify('jobsync_progress', $1::bigint::text);

-- name: fail
-- $1 run, $2 sentence, $3 cause
WITH ended AS (
    UPDATE botzilla.sync_run
    SET state = 'failed', finished_at = clock_timestamp(), error = $2,
        progress = progress || jsonb_build_object('cause', $3::text)
    WHERE id = $1
)
SELECT pg_notify('jobsync_progress', $1::bigint::text);

-- name: note_full
-- When the last complete comparison of everything began: that of this run. $1 run
INSERT INTO botzilla.sync_state AS s (key, value)
SELECT 'full', jsonb_build_object('began_at', began_at) FROM botzilla.sync_run WHERE id = $1
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();

-- name: last_full
-- When everything was last compared (first contact counts), and what time it is; null before first contact ended.
SELECT clock_timestamp() AS now, greatest(
    (SELECT (value ->> 'began_at')::timestamptz FROM botzilla.sync_state WHERE key = 'full'),
    (SELECT (value ->> 'ended_at')::timestamptz FROM botzilla.sync_state WHERE key = 'first_contact')
) AS compared_at
WHERE EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'first_contact' AND value ? 'ended_at');
