-- Credentials that Attic Tech refused, in botzilla.sync_state under attic_tech_refused:<hash>. Time is the database's:
-- the one clock that all processes share.

-- name: refusal
-- Why the credential was refused within the last 15 minutes, if it was. $1 key
SELECT value ->> 'cause'
FROM botzilla.sync_state
WHERE key = $1 AND updated_at > now() - interval '15 minutes'

-- name: remember
-- $1 key, $2 cause
INSERT INTO botzilla.sync_state (key, value, updated_at)
VALUES ($1, jsonb_build_object('cause', $2::text), now())
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at

-- name: forget
-- After a good login: its own refusal, and old ones of credentials that were corrected since. $1 key
DELETE FROM botzilla.sync_state
WHERE key = $1
   OR (key LIKE 'attic_tech_refused:%' AND updated_at < now() - interval '15 minutes')
