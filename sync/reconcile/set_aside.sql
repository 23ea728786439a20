-- Documents that were read and cannot be decided on.

-- name: set_aside
-- $1 collections, $2 ids, $3 reasons, $4 digests: these marks wait no more. Told again only where something else is wrong.
WITH bad AS (
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[]) AS b (collection, id, reason, digest)
), mark AS (
    DELETE FROM botzilla.sync_touched t USING bad WHERE t.collection = bad.collection AND t.id = bad.id
    RETURNING t.collection, t.id, t.fresh
)
INSERT INTO botzilla.sync_set_aside AS s (collection, id, fresh, reason, digest)
SELECT collection, id, mark.fresh, bad.reason, bad.digest FROM bad JOIN mark USING (collection, id)
ON CONFLICT (collection, id) DO UPDATE SET
    fresh = s.fresh OR EXCLUDED.fresh, reason = EXCLUDED.reason, digest = EXCLUDED.digest,
    told = s.told AND s.digest = EXCLUDED.digest,
    set_aside_at = CASE WHEN s.digest = EXCLUDED.digest THEN s.set_aside_at ELSE now() END;

-- name: take_untold
-- What the operators do not know of yet; within the transaction that tells them.
WITH taken AS (
    UPDATE botzilla.sync_set_aside SET told = true WHERE NOT told RETURNING collection, id, reason, digest
)
SELECT collection, id, reason, digest FROM taken ORDER BY collection, id;

-- name: try_again
-- Marks everything that is set aside: what was wrong may have been the program, and mended since.
INSERT INTO botzilla.sync_touched (collection, id, fresh)
SELECT collection, id, fresh FROM botzilla.sync_set_aside
ON CONFLICT (collection, id) DO NOTHING;
