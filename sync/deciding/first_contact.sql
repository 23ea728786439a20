-- name: waiting
-- Jobs and sold estimates that wait for a crew leader, newest first: of each branch $1, and how many it has.
SELECT * FROM (
    SELECT s.id AS job_sync_id, s.attic_tech_job_id AS job_id, s.attic_tech_estimate_id AS estimate_id, s.job_name AS name,
        s.branch_id, row_number() OVER (PARTITION BY s.branch_id ORDER BY s.id DESC)::integer AS place,
        count(*) OVER (PARTITION BY s.branch_id)::integer AS of_branch
    FROM botzilla.job_sync s
    JOIN botzilla.job_status st ON st.id = s.job_status_id
    WHERE s.gone_at IS NULL AND lower(regexp_replace(btrim(st.name::text), '\s+', ' ', 'g')) = 'requires crew lead'
) job
WHERE place <= $1
ORDER BY job_sync_id DESC;

-- name: count_jobs
SELECT count(*)::integer FROM botzilla.job_sync WHERE gone_at IS NULL AND attic_tech_job_id IS NOT NULL;

-- name: end
INSERT INTO botzilla.sync_state (key, value) VALUES ('first_contact', jsonb_build_object('ended_at', now()))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();
