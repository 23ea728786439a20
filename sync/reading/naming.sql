-- What Attic Tech calls the collections, in sync_state: {"account": who asked where, "names": {"estimates": "job-estimates",
-- "clients": null}}, null for what is had only within what points at it.

-- name: load
SELECT value ->> 'account' AS account, value -> 'names' AS names
FROM botzilla.sync_state WHERE key = 'attic_tech_collections';

-- name: remember
-- $1 account, $2 names
INSERT INTO botzilla.sync_state (key, value)
VALUES ('attic_tech_collections', jsonb_build_object('account', $1::text, 'names', $2::jsonb))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();
