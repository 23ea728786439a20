-- The jobs that somebody may see. Every statement is narrowed by the same five parameters, the
-- fields of `Scope`; the names of the others stand in visible.py:
--   $1 integer[] Attic Tech ids of leaders, $2 integer[] sales_person ids, $3 integer[] branches,
--   $4 boolean also the jobs of no known branch, $5 text[] {users:7} of crew members.
-- First the parts that the statements include.

-- name: managed
(job.branch_id = ANY ($3::integer[]) OR $4::boolean AND job.branch_id IS NULL)

-- name: led
job.attic_tech_crew_leader_id = ANY ($1::integer[])

-- name: sold
job.sales_person_id = ANY ($2::integer[])

-- name: worked
-- The crew's jobs are looked up first, as an array, so that every part of `theirs` can use its index.
job.attic_tech_job_id = ANY (ARRAY(
    SELECT document.id FROM botzilla.attic_tech_document document
    WHERE document.collection = 'jobs' AND document.refs && $5::text[]))

-- name: theirs
-- `known` is ours: a row without it was never shown to us by Attic Tech.
job.known IS NOT NULL AND (
-- include: led
OR
-- include: sold
OR
-- include: managed
OR
-- include: worked
)

-- name: openable
-- What a card can show: a job that is gone in Attic Tech is still shown to who manages it.
-- include: theirs
AND (job.gone_at IS NULL OR
-- include: managed
)

-- name: seen_as
-- By which of them the job is seen (the values of View): what of its facts is shown to whom is said
-- in bot/access.py.
array_remove(ARRAY[
    CASE WHEN
    -- include: managed
    THEN 'b' END,
    CASE WHEN
    -- include: led
    THEN 'l' END,
    CASE WHEN
    -- include: sold
    THEN 's' END,
    CASE WHEN
    -- include: worked
    THEN 'c' END
], NULL)

-- name: page
-- One page. $6 the folded names of the nine states in order, $7 state (0 all, 10 others), $8 branch
-- (0 all, -1 none known), $9 also closed jobs, $10 limit, $11 page (the last one if there are fewer).
WITH visible AS (
    SELECT job.id, job.attic_tech_data AS facts, job.status_changed_at,
        coalesce(array_position($6::text[],
            lower(regexp_replace(btrim(job.attic_tech_data ->> 'status'), '\s+', ' ', 'g'))), 10) AS place
    FROM botzilla.job_sync job
    WHERE job.gone_at IS NULL AND
        -- include: theirs
        AND ($8::integer = 0 OR job.branch_id = $8 OR $8 = -1 AND job.branch_id IS NULL)
),
chosen AS (
    SELECT * FROM visible
    WHERE CASE WHEN $7::integer = 0 THEN $9::boolean OR place <> 9 ELSE place = $7 END
),
size AS (SELECT count(*)::integer AS total FROM chosen)
SELECT size.total, least($11::integer, greatest(0, (size.total - 1) / $10::integer)) AS page,
    chosen.facts
FROM size LEFT JOIN LATERAL (
    SELECT * FROM chosen ORDER BY place, status_changed_at NULLS LAST, id
    LIMIT $10 OFFSET $10 * least($11, greatest(0, (size.total - 1) / $10))
) chosen ON true
ORDER BY chosen.place, chosen.status_changed_at NULLS LAST, chosen.id;

-- name: counts
-- How many jobs per branch and state. $6 as above.
SELECT job.branch_id, branch.name::text AS branch,
    coalesce(array_position($6::text[],
        lower(regexp_replace(btrim(job.attic_tech_data ->> 'status'), '\s+', ' ', 'g'))), 10) AS place,
    count(*)::integer AS jobs
FROM botzilla.job_sync job LEFT JOIN botzilla.branch branch ON branch.id = job.branch_id
WHERE job.gone_at IS NULL AND
    -- include: theirs
GROUP BY job.branch_id, branch.name, place ORDER BY branch.name NULLS LAST, job.branch_id, place;

-- name: card
-- One job by its number: $6 Attic Tech's job id or null, $7 its estimate's id or null (then the
-- estimate's own row, or the first of its jobs).
SELECT job.id, job.status_changed_at, job.gone_at, job.attic_tech_data AS facts,
    -- include: seen_as
    AS seen_as
FROM botzilla.job_sync job
WHERE (job.attic_tech_job_id = $6::integer OR job.attic_tech_estimate_id = $7::integer) AND
    -- include: openable
ORDER BY job.gone_at IS NOT NULL, job.attic_tech_job_id NULLS FIRST LIMIT 1;

-- name: search
-- Jobs whose name or customer holds every word of $6 (folded, without accents, as one types on a
-- phone), open ones first, then the newest. $7 limit.
SELECT job.attic_tech_data AS facts,
    -- include: seen_as
    AS seen_as
FROM botzilla.job_sync job
CROSS JOIN LATERAL (
    SELECT normalize(lower(concat_ws(' ', job.job_name, job.attic_tech_data ->> 'customer')), NFKD)
) AS said (words)
WHERE job.gone_at IS NULL AND
    -- include: theirs
    AND NOT EXISTS (
        SELECT FROM unnest($6::text[]) AS word
        WHERE strpos(regexp_replace(said.words, '[\u0300-\u036F]', '', 'g'), word) = 0
    )
ORDER BY coalesce(job.known ->> 'place' = '9', false),
    job.status_changed_at DESC NULLS LAST, job.id DESC
LIMIT $7;

-- name: managed_row
-- The row of a job that is managed, also of one that is gone. $6 and $7 as above.
SELECT job.id
FROM botzilla.job_sync job
WHERE (job.attic_tech_job_id = $6::integer OR job.attic_tech_estimate_id = $7::integer) AND
    -- include: theirs
    AND
    -- include: managed
ORDER BY job.gone_at IS NOT NULL, job.attic_tech_job_id NULLS FIRST LIMIT 1;

-- name: history
-- The newest changes of state of the job $1 (a row of job_sync that was found to be visible), at
-- most $2, oldest first. Words that job_status cannot hold stand in the metadata.
SELECT * FROM (
    SELECT log.id, log.changed_at,
        coalesce(old.name::text, log.change_metadata ->> 'previous_status') AS previous,
        coalesce(new.name::text, log.change_metadata ->> 'new_status') AS state
    FROM botzilla.job_state_change_log log
    LEFT JOIN botzilla.job_status old ON old.id = log.previous_status_id
    LEFT JOIN botzilla.job_status new ON new.id = log.new_status_id
    WHERE log.job_sync_id = $1 ORDER BY log.changed_at DESC, log.id DESC LIMIT $2
) newest ORDER BY changed_at, id;
