-- What `/status` shows to who manages: $1 integer[] the branches, $2 boolean also jobs whose branch
-- we do not know (an operator's, who hears of the system as well).

-- name: system
-- How reading and sending stand.
SELECT now() AS now,
    (SELECT max(finished_at) FROM botzilla.sync_run WHERE state = 'succeeded') AS succeeded_at,
    EXISTS (SELECT FROM botzilla.sync_run WHERE state = 'running') AS running,
    EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'first_contact' AND value ? 'ended_at') AS contacted,
    (
        SELECT error FROM botzilla.sync_run WHERE state IN ('succeeded', 'failed')
        ORDER BY id DESC LIMIT 1
    ) AS error,
    (
        SELECT count(*)::integer FROM botzilla.alert
        WHERE state IN ('pending', 'held', 'sending')
    ) AS in_flight;

-- name: waiting
-- Jobs that wait for a crew leader, also active ones whose leader was taken off, the longest first.
-- $3 limit.
SELECT job.attic_tech_data AS facts, job.status_changed_at AS since,
    count(*) OVER ()::integer AS total
FROM botzilla.job_sync job
WHERE job.gone_at IS NULL AND job.known IS NOT NULL
    AND (job.branch_id = ANY ($1::integer[]) OR $2::boolean AND job.branch_id IS NULL)
    AND (job.known ->> 'place' = '1'
        OR job.known -> 'active' = 'true' AND job.attic_tech_crew_leader_id IS NULL
            AND jsonb_array_length(coalesce(job.known -> 'hidden', '[]')) = 0)
ORDER BY job.status_changed_at NULLS FIRST, job.id LIMIT $3;

-- name: unreachable_leaders
-- Leaders of active jobs whom no message reaches, why, and their jobs. Where Attic Tech does not
-- show who leads there is no name.
SELECT coalesce(person.name, job.known ->> 'leader_name') AS name,
    coalesce(person.reason, chat.blocked_reason, 'unreadable_in_attic_tech') AS reason,
    coalesce(array_agg(DISTINCT candidate) FILTER (WHERE candidate IS NOT NULL), '{}') AS candidates,
    array_agg(DISTINCT job.attic_tech_job_id) AS jobs
FROM botzilla.job_sync job
LEFT JOIN botzilla.attic_tech_person person
    ON person.attic_tech_user_id = job.attic_tech_crew_leader_id
LEFT JOIN botzilla.telegram_chat chat
    ON chat.telegram_id::text = person.telegram_id AND chat.blocked_reason IS NOT NULL
LEFT JOIN LATERAL jsonb_array_elements_text(person.candidates) candidate ON true
WHERE job.gone_at IS NULL AND job.known -> 'active' = 'true'
    AND (job.branch_id = ANY ($1::integer[]) OR $2::boolean AND job.branch_id IS NULL)
    AND CASE WHEN job.attic_tech_crew_leader_id IS NULL
        THEN jsonb_array_length(coalesce(job.known -> 'hidden', '[]')) > 0
        ELSE person.attic_tech_user_id IS NULL OR person.reason IS NOT NULL
            OR chat.blocked_reason IS NOT NULL
        END
GROUP BY 1, 2, job.attic_tech_crew_leader_id ORDER BY name NULLS LAST, reason;

-- name: unanswered
-- Messages whose answer from Telegram was lost, while nothing newer about the same job has reached
-- the same person: somebody should ask him. $3 limit; newest first. `facts` is null where it is not
-- about a job, which only operators see.
SELECT alert.recipient_type, job.attic_tech_data AS facts,
    count(*) OVER ()::integer AS total,
    CASE alert.recipient_type
        WHEN 'crew_leader' THEN (
            SELECT name FROM botzilla.attic_tech_person WHERE attic_tech_user_id = alert.recipient_id)
        WHEN 'operation_manager' THEN (
            SELECT coalesce((
                SELECT min(nullif(concat_ws(' ', e.first_name, e.last_name), ''))
                FROM botzilla.employee e
                WHERE btrim(e.telegram_id::text, E' \t\r\n') = btrim(u.telegram_id::text, E' \t\r\n')
            ), u.email::text)
            FROM botzilla."user" u WHERE u.id = alert.recipient_id)
        WHEN 'salesperson' THEN (
            SELECT name::text FROM botzilla.sales_person WHERE id = alert.recipient_id)
        ELSE alert.recipient_id::text
    END AS name
FROM botzilla.alert alert LEFT JOIN botzilla.job_sync job ON job.id = alert.job_sync_id
WHERE alert.state = 'unknown'
    AND CASE WHEN alert.job_sync_id IS NULL THEN $2::boolean ELSE job.gone_at IS NULL
        AND (job.branch_id = ANY ($1::integer[]) OR $2 AND job.branch_id IS NULL) END
    AND (
        -- Counted, so that each is looked up by its job.
        SELECT count(*) FROM botzilla.alert newer
        WHERE newer.job_sync_id = alert.job_sync_id AND newer.id > alert.id
            AND newer.recipient_type = alert.recipient_type
            AND newer.recipient_id = alert.recipient_id AND newer.state = 'delivered') = 0
ORDER BY alert.id DESC LIMIT $3;

-- name: untold
-- Jobs about which nobody could be told. $3 limit; newest first.
SELECT DISTINCT ON (job.id) job.attic_tech_data AS facts
FROM botzilla.alert alert JOIN botzilla.job_sync job ON job.id = alert.job_sync_id
WHERE alert.state = 'undeliverable' AND alert.reason = 'no_manager'
    AND alert.recipient_type = 'operation_manager' AND job.gone_at IS NULL
    AND (job.branch_id = ANY ($1::integer[]) OR $2::boolean AND job.branch_id IS NULL)
ORDER BY job.id DESC LIMIT $3;
