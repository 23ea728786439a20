-- Mending what keeps a crew leader from being told: the rows that it needs.

-- name: job
-- The job $1 (Attic Tech's id) as managers look at it: its branch, what messages show, and whether
-- the user $2 leads it or has something to hear of it.
SELECT job.branch_id, job.attic_tech_data AS facts,
    job.attic_tech_crew_leader_id IS NOT DISTINCT FROM $2 OR EXISTS (
        SELECT FROM botzilla.alert
        WHERE job_sync_id = job.id AND recipient_type = 'crew_leader' AND recipient_id = $2
    ) AS his
FROM botzilla.job_sync job WHERE job.attic_tech_job_id = $1;

-- name: is_user
-- The employee $1 is the Attic Tech user $2 from now on, unless he is known to be another.
UPDATE botzilla.employee SET attic_tech_user_id = $2
WHERE id = $1 AND attic_tech_user_id IS NULL
RETURNING id;
