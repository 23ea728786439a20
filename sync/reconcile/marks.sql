-- Before the first batch: marks of everything else become marks of jobs and sold estimates.

-- name: pointing
-- What points at `at.ref`, looked up in the GIN index. OFFSET 0 keeps it apart: a planner that guesses how many there are (nobody
-- has analysed the table yet) would rather compare every mark with every document.
CROSS JOIN LATERAL (
    SELECT d.collection, d.id, d.fields FROM botzilla.attic_tech_document d WHERE d.refs @> ARRAY[at.ref] OFFSET 0
) AS d

-- name: spread
-- roles -> users -> jobs, estimates; branches, properties, clients -> estimates -> jobs.
WITH touched AS (
    SELECT collection, id, collection || ':' || id AS ref FROM botzilla.sync_touched
), users AS (
    SELECT id FROM touched WHERE collection = 'users'
    UNION
    SELECT d.id FROM (SELECT ref FROM touched WHERE collection = 'roles') AS at
    -- include: pointing
    WHERE d.collection = 'users'
), properties AS (
    SELECT id FROM touched WHERE collection = 'properties'
    UNION
    SELECT d.id FROM (SELECT ref FROM touched WHERE collection = 'clients') AS at
    -- include: pointing
    WHERE d.collection = 'properties'
), found AS (
    -- What may be Sold; deciding folds the word. A branch or a salesperson has thousands that are not.
    SELECT d.collection, d.id, d.fields ->> 'status' ILIKE '%sold%' AS sold
    FROM (
        SELECT 'users:' || id AS ref FROM users
        UNION ALL SELECT 'properties:' || id FROM properties
        UNION ALL SELECT ref FROM touched WHERE collection IN ('branches', 'clients')
    ) AS at
    -- include: pointing
    WHERE d.collection IN ('jobs', 'estimates')
), estimates AS (
    SELECT id FROM found WHERE collection = 'estimates' UNION SELECT id FROM touched WHERE collection = 'estimates'
), left_estimates AS (
    -- A job that points elsewhere now, or is gone: the estimate that it had may need a row of its own again.
    SELECT s.attic_tech_estimate_id AS id
    FROM touched t
    CROSS JOIN LATERAL (
        SELECT fields FROM botzilla.attic_tech_document WHERE collection = 'jobs' AND id = t.id OFFSET 0
    ) d
    CROSS JOIN LATERAL (
        SELECT attic_tech_estimate_id FROM botzilla.job_sync WHERE attic_tech_job_id = t.id OFFSET 0
    ) s
    WHERE t.collection = 'jobs' AND s.attic_tech_estimate_id IS NOT NULL
        AND s.attic_tech_estimate_id IS DISTINCT FROM (d.fields ->> 'job_estimate')::integer
)
INSERT INTO botzilla.sync_touched (collection, id)
SELECT collection, id FROM found WHERE collection = 'jobs' OR sold
UNION
SELECT 'jobs', d.id FROM (SELECT 'estimates:' || id AS ref FROM estimates) AS at
-- include: pointing
WHERE d.collection = 'jobs'
UNION SELECT 'estimates', id FROM left_estimates
ON CONFLICT DO NOTHING;

-- name: forget_others
DELETE FROM botzilla.sync_touched WHERE collection NOT IN ('jobs', 'estimates');

-- name: standing
-- What deciding must know before it begins: whether first contact goes on, whether something adopted or set aside was not
-- told yet, when each collection was last compared, how many marks there are and how many jobs are active.
SELECT
    NOT EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'first_contact' AND value ? 'ended_at') AS first_contact,
    EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'adopted') AS adopted,
    EXISTS (SELECT FROM botzilla.sync_set_aside WHERE NOT told) AS untold,
    (SELECT coalesce(jsonb_object_agg(collection, compared_from), '{}') FROM botzilla.sync_cursor) AS compared_from,
    (SELECT count(*) FROM botzilla.sync_touched WHERE collection IN ('jobs', 'estimates'))::integer AS marks,
    (SELECT count(*) FROM botzilla.job_sync WHERE gone_at IS NULL AND (known ->> 'active')::boolean)::integer AS active;

-- name: leaders
-- Marked jobs that have a leader and are active, and those that are held, whatever became of them: their crew as the mirror
-- has it, and the job as last decided. $1 the held ones
WITH held AS (
    SELECT unnest($1::integer[]) AS id
), looked_at AS (
    SELECT id FROM botzilla.sync_touched WHERE collection = 'jobs' UNION SELECT id FROM held
)
SELECT d.id, d.fields -> 'assignedCrew' AS crew, s.known
FROM looked_at
JOIN botzilla.attic_tech_document d
    ON d.collection = 'jobs' AND d.id = looked_at.id AND d.state IN ('present', 'set_aside')
JOIN botzilla.job_sync s ON s.attic_tech_job_id = d.id
LEFT JOIN held ON held.id = d.id
WHERE ((s.known ->> 'active')::boolean OR held.id IS NOT NULL) AND s.known ->> 'leader' IS NOT NULL;
