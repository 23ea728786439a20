-- The mirror of Attic Tech's documents: written in sets, one page at a time, by the one process that holds the sync lock.

-- name: load_cursors
SELECT collection, t, h, h_seen_at, last_id, began_at, finished_at, compared_from, compared_at
FROM botzilla.sync_cursor;

-- name: move_cursor
-- $1 collection, then the columns of its cursor in their order.
INSERT INTO botzilla.sync_cursor AS c
    (collection, t, h, h_seen_at, last_id, began_at, finished_at, compared_from, compared_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (collection) DO UPDATE SET
    t = EXCLUDED.t, h = EXCLUDED.h, h_seen_at = EXCLUDED.h_seen_at, last_id = EXCLUDED.last_id,
    began_at = EXCLUDED.began_at, finished_at = EXCLUDED.finished_at,
    compared_from = EXCLUDED.compared_from, compared_at = EXCLUDED.compared_at;

-- name: store_documents
-- Stores what one answer held and marks what changed; returns how many changed.
-- A document is changed when its fields or its state differ, not its stamp alone: saving it unchanged moves that too.
-- One that is set aside keeps the fields that it had, so that nothing is concluded from what could not be read.
-- By document, each once: $1 collections, $2 ids, $3 states, $4 reasons, $5 digests, $6 fields (JSON), $7 refs (with spaces
-- between), $8 created, $9 updated. The casts to jsonb are here so that PostgreSQL's refusal is an error about data.
WITH incoming AS (
    SELECT i.collection, i.id, i.state, i.reason, i.digest, i.fields::jsonb AS fields, string_to_array(i.refs, ' ') AS refs,
        i.created_at, i.updated_at
    FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[], $9::timestamptz[])
        AS i (collection, id, state, reason, digest, fields, refs, created_at, updated_at)
), compared AS (
    SELECT i.collection, i.id, i.state, i.reason, i.digest,
        CASE WHEN i.state = 'present' THEN i.fields ELSE coalesce(d.fields, '{}') END AS fields,
        CASE WHEN i.state = 'present' THEN i.refs ELSE coalesce(d.refs, '{}') END AS refs,
        coalesce(i.created_at, d.created_at) AS created_at,
        coalesce(i.updated_at, d.updated_at) AS updated_at,
        d.id IS NULL OR d.state = 'hidden' AS fresh,
        d.id IS NULL OR d.state <> i.state OR CASE
            WHEN i.state = 'present' THEN d.fields <> i.fields
            ELSE d.digest IS DISTINCT FROM i.digest
        END AS changed,
        d.updated_at IS DISTINCT FROM i.updated_at AS restamped
    FROM incoming i
    LEFT JOIN botzilla.attic_tech_document d ON d.collection = i.collection AND d.id = i.id
), stored AS (
    INSERT INTO botzilla.attic_tech_document AS d
        (collection, id, state, reason, digest, fields, refs, created_at, updated_at)
    SELECT collection, id, state, reason, digest, fields, refs, created_at, updated_at
    FROM compared
    WHERE changed OR restamped
    ON CONFLICT (collection, id) DO UPDATE SET
        state = EXCLUDED.state, reason = EXCLUDED.reason, digest = EXCLUDED.digest, fields = EXCLUDED.fields,
        refs = EXCLUDED.refs, created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at,
        seen_at = CASE
            WHEN (d.state, d.digest, d.fields) IS DISTINCT FROM (EXCLUDED.state, EXCLUDED.digest, EXCLUDED.fields)
            THEN now() ELSE d.seen_at
        END
), marked AS (
    INSERT INTO botzilla.sync_touched AS m (collection, id, fresh)
    SELECT collection, id, fresh FROM compared WHERE changed
    ON CONFLICT (collection, id) DO UPDATE SET fresh = m.fresh OR EXCLUDED.fresh
)
SELECT count(*)::integer FROM compared WHERE changed;

-- name: mirrored
-- What the mirror holds of a stretch of ids. `doubtful`: worth asking for again although its stamp stayed, since it could
-- not be read, or points at something that we were not shown and that may have been deleted.
-- $1 collection, $2 after this id, $3 up to this one
SELECT d.id, d.state, d.updated_at, d.state = 'set_aside' OR EXISTS (
    SELECT FROM unnest(d.refs) AS ref
    JOIN botzilla.attic_tech_document h
        ON h.collection = split_part(ref, ':', 1) AND h.id = split_part(ref, ':', 2)::integer
    WHERE h.state = 'hidden'
) AS doubtful
FROM botzilla.attic_tech_document d
WHERE d.collection = $1 AND d.id > $2 AND d.id <= $3;

-- name: present
-- Documents that were read well, the newest first. $1 collection, $2 how many
SELECT id FROM botzilla.attic_tech_document WHERE collection = $1 AND state = 'present' ORDER BY id DESC LIMIT $2;

-- name: count_known
-- How many documents of a collection are there as far as we know. $1 collection
SELECT count(*)::integer FROM botzilla.attic_tech_document
WHERE collection = $1 AND state IN ('present', 'set_aside');

-- name: mark_gone
-- $1 collection, $2 ids
WITH gone AS (
    UPDATE botzilla.attic_tech_document SET state = 'gone', reason = NULL, digest = NULL, seen_at = now()
    WHERE collection = $1 AND id = ANY ($2::integer[]) AND state IN ('present', 'set_aside')
    RETURNING collection, id
), marked AS (
    INSERT INTO botzilla.sync_touched (collection, id)
    SELECT collection, id FROM gone
    ON CONFLICT (collection, id) DO NOTHING
)
SELECT count(*)::integer FROM gone;

-- name: missing
-- What changed documents point at and the mirror lacks or was not shown, and whatever else was not shown of a collection
-- of which something changed. Documents that did not change were asked about when they did.
WITH pointed_at AS (
    SELECT DISTINCT ref
    FROM botzilla.sync_touched t
    CROSS JOIN LATERAL (
        -- OFFSET 0: by its key, one by one, however few documents a planner without statistics expects.
        SELECT refs FROM botzilla.attic_tech_document
        WHERE collection = t.collection AND id = t.id AND state IN ('present', 'set_aside') OFFSET 0
    ) d
    CROSS JOIN LATERAL unnest(d.refs) AS ref
), wanted AS (
    SELECT split_part(ref, ':', 1) AS collection, split_part(ref, ':', 2)::integer AS id FROM pointed_at
)
SELECT w.collection, w.id
FROM wanted w LEFT JOIN LATERAL (
    SELECT id, state FROM botzilla.attic_tech_document WHERE collection = w.collection AND id = w.id OFFSET 0
) d ON true
WHERE d.id IS NULL OR d.state = 'hidden'
UNION
SELECT h.collection, h.id
FROM botzilla.attic_tech_document h
WHERE h.state = 'hidden' AND EXISTS (SELECT FROM botzilla.sync_touched m WHERE m.collection = h.collection)
ORDER BY 1, 2;

-- name: hide
-- Remembers that Attic Tech did not give us these. No mark: what points at them has one.
-- $1 collection, $2 ids
INSERT INTO botzilla.attic_tech_document (collection, id, state)
SELECT $1, unnest($2::integer[]), 'hidden'
ON CONFLICT (collection, id) DO NOTHING;

-- name: newly_set_aside
-- What could not be read and was not decided since: those that may not have been told yet.
SELECT d.collection, d.id, d.updated_at, d.reason, d.digest
FROM botzilla.sync_touched JOIN botzilla.attic_tech_document d USING (collection, id)
WHERE d.state = 'set_aside'
ORDER BY d.collection, d.id;

-- name: requirements
-- What the requirements on Attic Tech are judged by. Crews are counted only while nobody leads. $1 the folded name of the role
WITH role AS (
    SELECT 'roles:' || id AS ref FROM botzilla.attic_tech_document
    WHERE collection = 'roles' AND state IN ('present', 'set_aside') AND botzilla.jobsync_fold(fields ->> 'name') = $1
), held AS (
    SELECT count(*)::integer AS holders FROM botzilla.attic_tech_document
    WHERE collection = 'users' AND state IN ('present', 'set_aside') AND refs && ARRAY(SELECT ref FROM role)
)
SELECT (SELECT count(*)::integer FROM role) AS roles, held.holders,
    CASE held.holders WHEN 0 THEN (
        SELECT count(*)::integer FROM botzilla.attic_tech_document
        WHERE collection = 'jobs' AND state IN ('present', 'set_aside') AND fields -> 'assignedCrew' <> '[]') ELSE 0 END AS crews
FROM held;

-- name: unseen
-- Collections that documents point at while the mirror has nothing of them. $1 collections
SELECT c.collection FROM unnest($1::text[]) AS c (collection)
WHERE NOT EXISTS (SELECT FROM botzilla.attic_tech_document d
        WHERE d.collection = c.collection AND d.state IN ('present', 'set_aside'))
    AND EXISTS (SELECT FROM botzilla.attic_tech_document d CROSS JOIN LATERAL unnest(d.refs) AS ref
        WHERE d.state IN ('present', 'set_aside') AND split_part(ref, ':', 1) = c.collection)
ORDER BY 1;

-- name: note_comparisons
-- Notes since when each collection was completely compared, once everything found by that is decided: what a comparison
-- finds is judged by the one before it. $1 collections, $2 the newest stamps known when they began, $3 Dates of their first
-- answers
UPDATE botzilla.sync_cursor c SET compared_from = coalesce(n.compared_from, c.compared_from), compared_at = n.compared_at
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS n (collection, compared_from, compared_at)
WHERE c.collection = n.collection;

-- name: load_names
-- What Attic Tech calls the collections, in sync_state: {"account": who asked where, "names": {"estimates": "job-estimates",
-- "clients": null}}, null for what is had only within what points at it.
SELECT value ->> 'account' AS account, value -> 'names' AS names
FROM botzilla.sync_state WHERE key = 'attic_tech_collections';

-- name: remember_names
-- $1 account, $2 names
INSERT INTO botzilla.sync_state (key, value)
VALUES ('attic_tech_collections', jsonb_build_object('account', $1::text, 'names', $2::jsonb))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();
