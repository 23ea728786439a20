-- All that is written down about one job: $1 is its row of job_sync. What it asks of the customer or
-- the price is not read at all.

-- name: find
-- The row of a job by its number: $1 Attic Tech's job id or null, $2 its estimate's id or null (then
-- the estimate's own row, or the first of its jobs). One that Attic Tech never showed us is none.
SELECT id FROM botzilla.job_sync
WHERE (attic_tech_job_id = $1::integer OR attic_tech_estimate_id = $2::integer) AND known IS NOT NULL
ORDER BY gone_at IS NOT NULL, attic_tech_job_id NULLS FIRST LIMIT 1;

-- name: unread
-- A record of Attic Tech that we could not take in, were not shown, or cannot decide on. $1 collection, $2 id
SELECT collection, id, state, reason, seen_at FROM botzilla.attic_tech_document
WHERE collection = $1 AND id = $2 AND state IN ('set_aside', 'hidden')
UNION ALL
SELECT collection, id, 'undecided', reason, set_aside_at FROM botzilla.sync_set_aside
WHERE collection = $1 AND id = $2;

-- name: job
-- What it is now; `marked`: there is news of it that is not decided yet; `siblings`: other jobs of
-- its estimate.
SELECT job.gone_at, jsonb_build_object(
        'job_id', job.attic_tech_job_id, 'estimate_id', job.attic_tech_estimate_id, 'name', job.job_name,
        'status', job.known -> 'status', 'crew_leader', job.known -> 'leader_name',
        'branch', job.attic_tech_data -> 'branch') AS facts,
    EXISTS (
        SELECT FROM botzilla.sync_touched mark
        WHERE mark.collection = 'jobs' AND mark.id = job.attic_tech_job_id
            OR mark.collection = 'estimates' AND mark.id = job.attic_tech_estimate_id
    ) AS marked,
    ARRAY(
        SELECT other.attic_tech_job_id FROM botzilla.job_sync other
        WHERE other.attic_tech_estimate_id = job.attic_tech_estimate_id AND other.id <> job.id
            AND other.attic_tech_job_id IS NOT NULL AND other.branch_id IS NOT DISTINCT FROM job.branch_id
        ORDER BY other.attic_tech_job_id
    ) AS siblings
FROM botzilla.job_sync job WHERE job.id = $1;

-- name: changes
-- Every change, also those that an older program or system wrote down in its own way. `before`: when
-- the last run before the one that saw it had succeeded.
SELECT change.state_change_id, change.changed_at, change.previous, change.status, change.metadata,
    run.kind = 'full' AS compared, (
        SELECT earlier.finished_at FROM botzilla.sync_run earlier
        WHERE earlier.state = 'succeeded' AND earlier.id < change.run ORDER BY earlier.id DESC LIMIT 1
    ) AS before
FROM (
    SELECT log.id AS state_change_id, log.changed_at, log.change_metadata AS metadata,
        coalesce(log.change_metadata ->> 'previous_status', old.name::text) AS previous,
        coalesce(log.change_metadata ->> 'new_status', new.name::text) AS status,
        CASE log.change_metadata ->> 'source'
            WHEN 'jobsync' THEN (log.change_metadata ->> 'run')::bigint END AS run
    FROM botzilla.job_state_change_log log
    LEFT JOIN botzilla.job_status old ON old.id = log.previous_status_id
    LEFT JOIN botzilla.job_status new ON new.id = log.new_status_id
    WHERE log.job_sync_id = $1
    UNION ALL
    SELECT NULL, other.changed_at, other.change_metadata, NULL, NULL,
        (other.change_metadata ->> 'run')::bigint
    FROM botzilla.job_other_change other WHERE other.job_sync_id = $1
) change
LEFT JOIN botzilla.sync_run run ON run.id = change.run;

-- name: alerts
-- Those about the job, and those about somebody who left with several, this one among them.
SELECT id, kind, state_change_id, recipient_type, recipient_id, state, reason, next_attempt_at,
    created_at, delivered_at, acknowledged_at, now() >= next_attempt_at AS due,
    jsonb_build_object('row', facts -> 'row', 'also', facts -> 'also', 'gone', facts -> 'gone',
        'reason', facts -> 'reason', 'leader', facts -> 'leader', 'leader_id', facts -> 'leader_id',
        'former_leader', facts -> 'former_leader', 'untold', facts -> 'untold') AS facts
FROM botzilla.alert
WHERE job_sync_id = $1
    OR job_sync_id IS NULL AND kind = 'crew_leader_unreachable'
        AND facts -> 'jobs' @> jsonb_build_array(jsonb_build_object('job_sync_id', $1::integer))
ORDER BY id;

-- name: names
-- What those are called who were told of it, or should have been. A manager's account bears no name:
-- it is the employee's with its Telegram id or its e-mail, else that e-mail.
WITH people AS (
    SELECT recipient_type AS type, recipient_id AS id FROM botzilla.alert
    WHERE job_sync_id = $1
        OR job_sync_id IS NULL AND kind = 'crew_leader_unreachable'
            AND facts -> 'jobs' @> jsonb_build_array(jsonb_build_object('job_sync_id', $1::integer))
    UNION
    SELECT 'operation_manager', (manager ->> 0)::bigint
    FROM (
        SELECT change_metadata FROM botzilla.job_state_change_log
        WHERE job_sync_id = $1 AND change_metadata ->> 'source' = 'jobsync'
        UNION ALL
        SELECT change_metadata FROM botzilla.job_other_change WHERE job_sync_id = $1
    ) change
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(change.change_metadata -> 'unreached', '[]')) manager
)
SELECT people.type, people.id, CASE people.type
    WHEN 'crew_leader' THEN (
        SELECT person.name FROM botzilla.attic_tech_person person
        WHERE person.attic_tech_user_id = people.id)
    WHEN 'salesperson' THEN (
        SELECT seller.name::text FROM botzilla.sales_person seller WHERE seller.id = people.id)
    WHEN 'operation_manager' THEN (
        SELECT coalesce((
                SELECT concat_ws(' ', e.first_name, e.last_name) FROM botzilla.employee e
                WHERE btrim(e.telegram_id::text, E' \t\r\n') = btrim(u.telegram_id::text, E' \t\r\n')
                    OR lower(e.email::text) = lower(u.email::text)
                ORDER BY btrim(e.telegram_id::text, E' \t\r\n') = btrim(u.telegram_id::text, E' \t\r\n') DESC NULLS LAST, e.id
                LIMIT 1
            ), u.email::text)
        FROM botzilla."user" u WHERE u.id = people.id)
    ELSE (
        SELECT concat_ws(' ', e.first_name, e.last_name) FROM botzilla.employee e
        WHERE btrim(e.telegram_id::text, E' \t\r\n') = people.id::text ORDER BY e.id LIMIT 1)
    END AS name
FROM people;

-- name: holds
-- When too much at once was not believed, and this job was in it; `still`: it is.
SELECT DISTINCT alert.created_at AS at, alert.facts ->> 'what' AS what,
    jsonb_array_length(alert.facts -> 'ids') AS count, EXISTS (
        SELECT FROM botzilla.sync_state held
        WHERE held.key = format('held:%s:%s', alert.facts ->> 'what', alert.facts ->> 'collection')
            AND alert.event_key LIKE format('%%:%s:%%', held.value ->> 'subject')
            AND held.value -> 'ids' @> CASE alert.facts ->> 'collection'
                WHEN 'jobs' THEN to_jsonb(job.attic_tech_job_id) ELSE to_jsonb(job.attic_tech_estimate_id) END
    ) AS still
FROM botzilla.alert alert JOIN botzilla.job_sync job ON job.id = $1
WHERE alert.job_sync_id IS NULL AND alert.kind = 'mass_change_held' AND CASE alert.facts ->> 'collection'
    WHEN 'jobs' THEN alert.facts -> 'ids' @> to_jsonb(job.attic_tech_job_id)
    WHEN 'estimates' THEN alert.facts -> 'ids' @> to_jsonb(job.attic_tech_estimate_id)
    END;

-- name: aside
-- Its records in Attic Tech, and what they point at, as far as we cannot read them, are not shown them, or cannot decide on
-- them.
WITH own AS (
    SELECT 'jobs' AS collection, attic_tech_job_id AS id FROM botzilla.job_sync WHERE id = $1
    UNION ALL
    SELECT 'estimates', attic_tech_estimate_id FROM botzilla.job_sync WHERE id = $1
), around AS (
    SELECT collection, id FROM own
    UNION
    SELECT split_part(ref, ':', 1), split_part(ref, ':', 2)::integer
    FROM own JOIN botzilla.attic_tech_document document USING (collection, id)
    CROSS JOIN LATERAL unnest(document.refs) ref
)
SELECT collection, id, document.state, document.reason, document.seen_at
FROM around JOIN botzilla.attic_tech_document document USING (collection, id)
WHERE document.state IN ('set_aside', 'hidden')
UNION ALL
SELECT collection, id, 'undecided', aside.reason, aside.set_aside_at
FROM own JOIN botzilla.sync_set_aside aside USING (collection, id)
ORDER BY 1, 2;
