-- name: waiting
-- Jobs and sold estimates that wait for a crew leader, newest first.
SELECT s.id AS job_sync_id, s.attic_tech_job_id AS job_id, s.attic_tech_estimate_id AS estimate_id, s.job_name AS name, s.branch_id
FROM botzilla.job_sync s
JOIN botzilla.job_status st ON st.id = s.job_status_id
WHERE s.gone_at IS NULL AND lower(regexp_replace(btrim(st.name::text), '\s+', ' ', 'g')) = 'requires crew lead'
ORDER BY s.id DESC;

-- name: count_jobs
SELECT count(*)::integer FROM botzilla.job_sync WHERE gone_at IS NULL AND attic_tech_job_id IS NOT NULL;

-- name: end
INSERT INTO botzilla.sync_state (key, value) VALUES ('first_contact', jsonb_build_object('ended_at', now()))
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now();
