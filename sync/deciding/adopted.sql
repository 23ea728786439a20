-- What came into sight late and was adopted silently: counted in `sync_state` until the operators are told.

-- name: count
-- $1: so many more. Within the batch that adopts them.
INSERT INTO botzilla.sync_state AS s (key, value) VALUES ('adopted', jsonb_build_object('count', $1::integer))
ON CONFLICT (key) DO UPDATE SET updated_at = now(),
    value = jsonb_build_object('count', (s.value ->> 'count')::integer + (EXCLUDED.value ->> 'count')::integer);

-- name: take
-- The count, which begins anew; within the transaction that tells of it.
DELETE FROM botzilla.sync_state WHERE key = 'adopted' RETURNING (value ->> 'count')::integer;
