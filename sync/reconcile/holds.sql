-- What is held back because too much was lost at once: `sync_state` by kind and collection, and what was told of it.

-- name: load
-- $1 key
SELECT value FROM botzilla.sync_state WHERE key = $1;

-- name: keep
-- $1 key, $2 value
INSERT INTO botzilla.sync_state (key, value) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();

-- name: forget
-- $1 key
DELETE FROM botzilla.sync_state WHERE key = $1;

-- name: restate
-- What was told of a hold is another now; the sender edits messages that are there. What was not sent before the hold was
-- over is not sent any more. $1 how the event keys of its alerts begin, $2 facts
WITH restated AS (
    UPDATE botzilla.alert SET facts = facts || $2::jsonb, edit_at = now(),
        state = CASE WHEN $2::jsonb ? 'ended' AND state IN ('pending', 'held') THEN 'superseded' ELSE state END,
        reason = CASE WHEN $2::jsonb ? 'ended' AND state IN ('pending', 'held') THEN 'done' ELSE reason END
    WHERE kind = 'mass_change_held' AND starts_with(event_key, $1)
)
SELECT pg_notify('jobsync_alert', '');
