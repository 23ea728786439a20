-- name: waiting
-- Jobs and sold estimates that wait for a crew leader, newest first: of each branch $1, and how many it has.
SELECT * FROM (
    SELECT s.id AS job_sync_id, s.attic_tech_job_id AS job_id, s.attic_tech_estimate_id AS estimate_id, s.job_name AS name,
        s.branch_id, row_number() OVER (PARTITION BY s.branch_id ORDER BY s.id DESC)::integer AS place,
        count(*) OVER (PARTITION BY s.branch_id)::integer AS of_branch
    FROM botzilla.job_sync s
    WHERE s.gone_at IS NULL AND s.known ->> 'place' = '1'
) job
WHERE place <= $1
ORDER BY job_sync_id DESC;

-- name: count_jobs
SELECT count(*)::integer FROM botzilla.job_sync WHERE gone_at IS NULL AND attic_tech_job_id IS NOT NULL;

-- name: end
INSERT INTO botzilla.sync_state (key, value) VALUES ('first_contact', jsonb_build_object('ended_at', now()))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();

-- name: count_adopted
-- What came into sight late and was adopted silently is counted until the operators are told. $1 so many more; within the
-- batch that adopts them.
INSERT INTO botzilla.sync_state AS s (key, value) VALUES ('adopted', jsonb_build_object('count', $1::integer))
ON CONFLICT (key) DO UPDATE SET updated_at = now(),
    value = jsonb_build_object('count', (s.value ->> 'count')::integer + (EXCLUDED.value ->> 'count')::integer);

-- name: take_adopted
-- The count, which begins anew; within the transaction that tells of it.
DELETE FROM botzilla.sync_state WHERE key = 'adopted' RETURNING (value ->> 'count')::integer;
