-- One batch: up to 500 marked jobs and estimates, read and decided in one transaction.

-- name: marked
-- $1 collection, $2 id: marks after this one, estimates before jobs; $3: how many. One that was set aside is as fresh as it
-- was then.
SELECT t.collection, t.id, t.fresh OR coalesce(aside.fresh, false) AS fresh
FROM botzilla.sync_touched t
LEFT JOIN botzilla.sync_set_aside aside USING (collection, id)
WHERE t.collection IN ('estimates', 'jobs') AND (t.collection, t.id) > ($1::text, $2::integer)
ORDER BY t.collection, t.id LIMIT $3;

-- name: rows_of
-- The rows of job_sync of the jobs $1 and the estimates $2.
SELECT s.id FROM unnest($1::integer[]) AS job (id)
CROSS JOIN LATERAL (SELECT id FROM botzilla.job_sync WHERE attic_tech_job_id = job.id OFFSET 0) s
UNION
SELECT s.id FROM unnest($2::integer[]) AS estimate (id)
CROSS JOIN LATERAL (SELECT id FROM botzilla.job_sync WHERE attic_tech_estimate_id = estimate.id OFFSET 0) s

-- name: lock_alerts
-- $1 jobs, $2 estimates: their alerts that may still be sent. Nobody claims one until this transaction ends, so that whoever
-- was not told when `rows` looks is told nothing that is over by then; a claim that is under way is waited for.
SELECT a.id FROM botzilla.alert a
WHERE a.state IN ('pending', 'held', 'undeliverable') AND a.job_sync_id = ANY (ARRAY(
    -- include: rows_of
    ))
ORDER BY a.id FOR UPDATE;

-- name: place_and_client
LEFT JOIN LATERAL (
    SELECT fields FROM botzilla.attic_tech_document
    WHERE collection = 'properties' AND id = (e.fields ->> 'property')::integer AND state IN ('present', 'set_aside') OFFSET 0
) p ON true
LEFT JOIN LATERAL (
    SELECT fields FROM botzilla.attic_tech_document
    WHERE collection = 'clients' AND state IN ('present', 'set_aside')
        AND id = coalesce((e.fields ->> 'client')::integer, (p.fields ->> 'client')::integer) OFFSET 0
) c ON true

-- name: sources
-- $1 jobs, $2 estimates: joined to what they point at; what is gone or hidden counts as null there, what is set aside as
-- it last was. They themselves wait while they are set aside: they are marked again once they can be read.
-- Everything is looked up by its key, one by one. OFFSET 0 sees to that: a planner that guesses at a table which nobody has
-- analysed would rather read all of it.
SELECT j.id AS job_id, (j.fields ->> 'job_estimate')::integer AS estimate_id, j.state, j.created_at, j.updated_at, false AS has_job,
    j.fields AS job, coalesce(e.fields, '{}') AS estimate, coalesce(c.fields, '{}') AS client, coalesce(p.fields, '{}') AS place
FROM unnest($1::integer[]) AS marked (id)
CROSS JOIN LATERAL (
    SELECT * FROM botzilla.attic_tech_document WHERE collection = 'jobs' AND id = marked.id AND state IN ('present', 'gone') OFFSET 0
) j
LEFT JOIN LATERAL (
    SELECT fields FROM botzilla.attic_tech_document
    WHERE collection = 'estimates' AND id = (j.fields ->> 'job_estimate')::integer AND state IN ('present', 'set_aside') OFFSET 0
) e ON true
-- include: place_and_client
UNION ALL
SELECT NULL, e.id, e.state, e.created_at, e.updated_at, (
        -- Counted, since one that only must exist would be looked for from the table's beginning.
        SELECT count(*) FILTER (WHERE j.collection = 'jobs' AND j.state IN ('present', 'set_aside')) > 0
        FROM botzilla.attic_tech_document j WHERE j.refs @> ARRAY['estimates:' || e.id]),
    '{}', e.fields, coalesce(c.fields, '{}'), coalesce(p.fields, '{}')
FROM unnest($2::integer[]) AS marked (id)
CROSS JOIN LATERAL (
    SELECT * FROM botzilla.attic_tech_document
    WHERE collection = 'estimates' AND id = marked.id AND state IN ('present', 'gone') OFFSET 0
) e
-- include: place_and_client
;

-- name: rows
-- $1 jobs, $2 estimates, $3 ids of rows: the rows of job_sync, and what their leader was told of the assignment.
SELECT s.id, s.attic_tech_job_id, s.attic_tech_estimate_id, s.known, s.revision, s.leader_revision, s.attic_tech_data,
    s.job_status_id, s.crew_leader_id, s.crew_leader_employee_id, s.sales_person_id, s.branch_id,
    coalesce((d.fields ->> 'job_estimate')::integer, s.attic_tech_estimate_id) AS points_at,
    coalesce(told.told, false) AS told, coalesce(told.undelivered, false) AS undelivered,
    coalesce(told.unreachable_keys, '{}') AS unreachable_keys
FROM (
    -- include: rows_of
    UNION
    SELECT unnest($3::integer[])
) found
CROSS JOIN LATERAL (SELECT * FROM botzilla.job_sync WHERE id = found.id OFFSET 0) s
LEFT JOIN LATERAL (
    SELECT fields FROM botzilla.attic_tech_document WHERE collection = 'jobs' AND id = s.attic_tech_job_id OFFSET 0
) d ON true
LEFT JOIN LATERAL (
    SELECT bool_or(a.state IN ('sending', 'delivered', 'unknown', 'handed_over', 'withheld')) FILTER (WHERE its.alert) AS told,
        bool_or(a.state = 'undeliverable') FILTER (WHERE its.alert) AS undelivered,
        array_agg(a.event_key) FILTER (WHERE a.kind = 'crew_leader_unreachable') AS unreachable_keys
    FROM botzilla.alert a
    CROSS JOIN LATERAL (SELECT a.recipient_type = 'crew_leader' AND a.kind <> 'job_taken_away'
        AND a.recipient_id = (s.known ->> 'leader')::bigint AND a.revision >= s.leader_revision AS alert) its
    WHERE a.job_sync_id = s.id
) told ON true;

-- name: merge
-- $1 rows to empty, $2 the rows that take them over: alerts and log go along.
WITH pairs AS (
    SELECT * FROM unnest($1::integer[], $2::integer[]) AS p (empty, into_id)
), alerts AS (
    UPDATE botzilla.alert a SET job_sync_id = pairs.into_id FROM pairs WHERE a.job_sync_id = pairs.empty
), log AS (
    UPDATE botzilla.job_state_change_log l SET job_sync_id = pairs.into_id FROM pairs WHERE l.job_sync_id = pairs.empty
), others AS (
    UPDATE botzilla.job_other_change o SET job_sync_id = pairs.into_id FROM pairs WHERE o.job_sync_id = pairs.empty
)
DELETE FROM botzilla.job_sync s USING pairs WHERE s.id = pairs.empty;

-- name: write
-- $1 jsonb: rows as they must stand; `id` null for new ones. Returns the id of each by its place in the list. Delivered
-- messages whose reader the job has left by it are struck: the sender edits them. One that is on its way is struck after it.
WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
        place integer, id integer, attic_tech_job_id integer, attic_tech_estimate_id integer, job_status_id integer,
        crew_leader_id integer, crew_leader_employee_id integer, attic_tech_crew_leader_id integer, sales_person_id integer,
        branch_id integer, job_name text, attic_tech_data jsonb, known jsonb, revision integer, leader_revision integer,
        moved boolean, grows boolean, gone boolean, attic_tech_updated_at timestamptz, reader integer, managers integer[])
), updated AS (
    UPDATE botzilla.job_sync s SET
        attic_tech_job_id = i.attic_tech_job_id, attic_tech_estimate_id = i.attic_tech_estimate_id,
        job_status_id = i.job_status_id, last_known_status_id = i.job_status_id,
        crew_leader_id = i.crew_leader_id, crew_leader_employee_id = i.crew_leader_employee_id,
        attic_tech_crew_leader_id = i.attic_tech_crew_leader_id, sales_person_id = i.sales_person_id,
        branch_id = i.branch_id, job_name = i.job_name, attic_tech_data = i.attic_tech_data, known = i.known,
        revision = i.revision, leader_revision = i.leader_revision,
        status_changed_at = CASE WHEN i.moved THEN i.attic_tech_updated_at ELSE s.status_changed_at END,
        attic_tech_updated_at = i.attic_tech_updated_at, last_synced_at = now(),
        gone_at = CASE WHEN i.gone THEN coalesce(s.gone_at, now()) END,
        notification_sent = s.notification_sent AND NOT i.grows AND i.attic_tech_crew_leader_id IS NOT NULL
    FROM input i WHERE s.id = i.id
    RETURNING s.id, i.reader, i.sales_person_id, i.managers
), struck AS (
    -- The array makes `updated` come first, so that job_sync is locked before alert, and looks both up by their keys.
    UPDATE botzilla.alert SET cleared_at = now(), edit_at = now()
    WHERE id = ANY (ARRAY(
        SELECT standing.id
        FROM updated u
        CROSS JOIN LATERAL (
            SELECT id, recipient_type, recipient_id FROM botzilla.alert WHERE job_sync_id = u.id
                AND state IN ('sending', 'delivered') AND cleared_at IS NULL AND kind <> 'job_taken_away' OFFSET 0
        ) standing
        WHERE CASE standing.recipient_type
            WHEN 'crew_leader' THEN standing.recipient_id IS DISTINCT FROM u.reader
            WHEN 'salesperson' THEN standing.recipient_id <> u.sales_person_id
            WHEN 'operation_manager' THEN standing.recipient_id <> ALL (u.managers) -- null: they are who they were
            ELSE false END))
), inserted AS (
    INSERT INTO botzilla.job_sync (
        attic_tech_job_id, attic_tech_estimate_id, job_status_id, last_known_status_id, crew_leader_id,
        crew_leader_employee_id, attic_tech_crew_leader_id, sales_person_id, branch_id, job_name, attic_tech_data, known,
        revision, leader_revision, status_changed_at, attic_tech_updated_at, last_synced_at, gone_at)
    SELECT attic_tech_job_id, attic_tech_estimate_id, job_status_id, job_status_id, crew_leader_id,
        crew_leader_employee_id, attic_tech_crew_leader_id, sales_person_id, branch_id, job_name, attic_tech_data, known,
        revision, leader_revision, attic_tech_updated_at, attic_tech_updated_at, now(), CASE WHEN gone THEN now() END
    FROM input WHERE id IS NULL ORDER BY place
    RETURNING id, attic_tech_job_id, attic_tech_estimate_id
)
SELECT i.place, coalesce(i.id, new.id) AS id FROM input i
LEFT JOIN inserted new ON i.id IS NULL AND new.attic_tech_job_id IS NOT DISTINCT FROM i.attic_tech_job_id
    AND (i.attic_tech_job_id IS NOT NULL OR new.attic_tech_estimate_id = i.attic_tech_estimate_id);

-- name: log
-- $1 jsonb: changes; those of state go to the log, the others beside it. Returns the log row's id for each row of job_sync.
WITH input AS (
    SELECT *, change_metadata || jsonb_build_object('seen_at', now()) AS metadata
    FROM jsonb_to_recordset($1::jsonb) AS l (
        of_state boolean, job_sync_id integer, attic_tech_job_id integer, previous_status_id integer,
        new_status_id integer, changed_at timestamptz, change_metadata jsonb)
), others AS (
    INSERT INTO botzilla.job_other_change (job_sync_id, changed_at, change_metadata)
    SELECT job_sync_id, changed_at, metadata FROM input WHERE NOT of_state
)
INSERT INTO botzilla.job_state_change_log
    (job_sync_id, attic_tech_job_id, previous_status_id, new_status_id, changed_at, change_metadata)
SELECT job_sync_id, attic_tech_job_id, previous_status_id, new_status_id, coalesce(changed_at, now()), metadata
FROM input WHERE of_state
RETURNING job_sync_id, id;

-- name: touch_jobs
-- $1 rows of job_sync: our two columns on BotZilla's job as they stand there, where that is certain: a row that has the
-- job's id already, or the only row of the only job of the estimate. Never by name, never a new row.
WITH ours AS (
    SELECT s.id, s.attic_tech_job_id, s.attic_tech_estimate_id, s.last_synced_at AT TIME ZONE 'UTC' AS synced_at
    FROM botzilla.job_sync s
    WHERE s.id = ANY ($1::integer[]) AND s.attic_tech_job_id IS NOT NULL AND s.gone_at IS NULL
), pairs AS (
    SELECT j.id, ours.attic_tech_job_id, ours.synced_at
    FROM ours CROSS JOIN LATERAL (SELECT id FROM botzilla.job WHERE attic_tech_job_id = ours.attic_tech_job_id OFFSET 0) j
    UNION
    SELECT j.id, ours.attic_tech_job_id, ours.synced_at
    FROM ours
    CROSS JOIN LATERAL (
        SELECT id FROM botzilla.estimate WHERE attic_tech_estimate_id = ours.attic_tech_estimate_id OFFSET 0
    ) e
    CROSS JOIN LATERAL (
        SELECT id, attic_tech_job_id, count(*) OVER () AS jobs FROM botzilla.job WHERE estimate_id = e.id OFFSET 0
    ) j
    WHERE j.attic_tech_job_id IS NULL AND j.jobs = 1
        AND (SELECT count(*) FROM botzilla.job taken WHERE taken.attic_tech_job_id = ours.attic_tech_job_id) = 0
        AND (SELECT count(*) FROM botzilla.job_sync other
            WHERE other.attic_tech_estimate_id = ours.attic_tech_estimate_id AND other.id <> ours.id
                AND other.attic_tech_job_id IS NOT NULL) = 0
)
UPDATE botzilla.job j SET attic_tech_job_id = pairs.attic_tech_job_id, last_synced_at = pairs.synced_at
FROM pairs
WHERE j.id = pairs.id AND j.id = ANY (ARRAY(SELECT id FROM pairs)) -- the array has it looked up by its key
    AND (j.attic_tech_job_id IS DISTINCT FROM pairs.attic_tech_job_id OR j.last_synced_at IS DISTINCT FROM pairs.synced_at);

-- name: unmark
-- $1 collections, $2 ids: decided; what was set aside is no more.
WITH decided AS (
    SELECT * FROM unnest($1::text[], $2::integer[]) AS d (collection, id)
), aside AS (
    DELETE FROM botzilla.sync_set_aside a USING decided d WHERE a.collection = d.collection AND a.id = d.id
)
DELETE FROM botzilla.sync_touched t USING decided d WHERE t.collection = d.collection AND t.id = d.id;
