-- Ways back from `undeliverable`.

-- name: revive
-- $1: only alerts to this Telegram id, or null for all; $2 text[]: managers, operators and salespeople who can be reached for
-- certain (user:3), else only those are asked again whom Telegram refused; $3 text[]: kinds by which a leader has a job in hand. An
-- alert whose person can be reached again is due, unless it is certain from the job alone that it is not current: the job is
-- gone, or for a leader, somebody else's, not active, or a newer one says the same. What else it may have lost is seen when
-- it is sent.
WITH reachable AS (
    SELECT 'crew_leader' AS type, p.attic_tech_user_id::bigint AS id, p.telegram_id
    FROM botzilla.attic_tech_person p
    WHERE p.telegram_id IS NOT NULL AND (p.reason IS NULL OR p.reason IN ('bot_blocked', 'chat_not_found', 'deactivated'))
    UNION ALL
    SELECT 'operation_manager', u.id, btrim(u.telegram_id::text, E' \t\r\n')
    FROM botzilla."user" u WHERE btrim(u.telegram_id::text, E' \t\r\n') ~ '^[1-9][0-9]*$'
    UNION ALL
    SELECT 'salesperson', s.id, coalesce(substring(btrim(e.telegram_id::text, E' \t\r\n') FROM '^[1-9][0-9]*$'),
        substring(btrim(s.telegram_id::text, E' \t\r\n') FROM '^[1-9][0-9]*$'))
    FROM botzilla.sales_person s LEFT JOIN botzilla.employee e ON e.id = s.employee_id
    UNION ALL
    SELECT DISTINCT a.recipient_type, a.recipient_id, a.recipient_id::text
    FROM botzilla.alert a WHERE a.state = 'undeliverable' AND a.recipient_type IN ('operator', 'chat')
), back AS (
    SELECT a.id, r.telegram_id, CASE
        WHEN a.job_sync_id IS NULL THEN NULL
        WHEN s.gone_at IS NOT NULL AND a.kind <> 'job_taken_away' THEN 'gone'
        WHEN a.recipient_type <> 'crew_leader' OR a.kind = 'job_taken_away' THEN NULL
        WHEN (s.attic_tech_crew_leader_id = a.recipient_id AND (s.known ->> 'active')::boolean) IS NOT TRUE
            THEN 'not_his_any_more'
        WHEN a.kind = ANY ($3::text[]) AND EXISTS (SELECT FROM botzilla.alert newer
            WHERE newer.job_sync_id = a.job_sync_id AND newer.id > a.id AND newer.state <> 'superseded'
                AND newer.recipient_type = a.recipient_type AND newer.recipient_id = a.recipient_id
                AND newer.kind = ANY ($3::text[]) AND newer.revision >= s.leader_revision) THEN 'newer'
        WHEN a.revision < s.leader_revision THEN 'not_his_any_more'
        END AS outdated
    FROM botzilla.alert a
    JOIN reachable r ON r.type = a.recipient_type AND r.id = a.recipient_id
    LEFT JOIN botzilla.job_sync s ON s.id = a.job_sync_id
    WHERE a.state = 'undeliverable' AND a.reason IS DISTINCT FROM 'not_taken'
        AND ($1::text IS NULL OR r.telegram_id = $1::text)
        AND (a.recipient_type = 'crew_leader' OR a.reason IN ('bot_blocked', 'chat_not_found', 'deactivated')
            OR CASE a.recipient_type WHEN 'operator' THEN 'telegram:' WHEN 'salesperson' THEN 'sales:'
                WHEN 'chat' THEN 'chat:' ELSE 'user:' END || a.recipient_id = ANY ($2::text[]))
        AND NOT EXISTS (SELECT FROM botzilla.telegram_chat c
            WHERE c.telegram_id::text = r.telegram_id AND c.blocked_reason IS NOT NULL)
    ORDER BY a.id FOR UPDATE OF a -- as batch.sql locks them
), woken AS (
    UPDATE botzilla.alert a SET
        state = CASE WHEN back.outdated IS NULL THEN 'pending' ELSE 'superseded' END,
        reason = back.outdated, telegram_id = back.telegram_id, next_attempt_at = now()
    FROM back WHERE a.id = back.id AND a.state = 'undeliverable'
    RETURNING a.state
)
SELECT count(*)::integer AS woken,
    CASE WHEN bool_or(state = 'pending') THEN pg_notify('jobsync_alert', '')::text END AS notified
FROM woken;

-- name: told_nobody
-- Alerts that found no manager at all and still matter. $1 text[]: the kinds that this program knows.
SELECT a.id, a.kind, a.job_sync_id, a.state_change_id, a.revision, a.event_key, a.facts, a.recipient_type, a.recipient_id,
    s.branch_id
FROM botzilla.alert a
LEFT JOIN botzilla.job_sync s ON s.id = a.job_sync_id
WHERE a.state = 'undeliverable' AND a.reason = 'no_manager' AND s.gone_at IS NULL AND a.kind = ANY ($1::text[])
ORDER BY a.id;

-- name: supersede
UPDATE botzilla.alert SET state = 'superseded' WHERE id = ANY ($1::bigint[]) AND state = 'undeliverable';

-- name: refuse
-- $1 alert, $2 lease, $3 reason why he cannot be reached, $4 text[] reasons of leavers. The verdict, and what it says of the
-- chat and the person; that he left is stored by `save_people`, which tells of it.
WITH refused AS (
    UPDATE botzilla.alert SET state = 'undeliverable', reason = $3::text, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'sending'
    RETURNING kind, job_sync_id, state_change_id, revision, event_key, facts, recipient_type, recipient_id, telegram_id
), chat AS (
    INSERT INTO botzilla.telegram_chat AS c (telegram_id, blocked_reason, blocked_at)
    SELECT telegram_id::bigint, $3::text, now() FROM refused
    WHERE telegram_id ~ '^[1-9][0-9]*$' AND $3::text IN ('bot_blocked', 'chat_not_found', 'deactivated')
    ON CONFLICT (telegram_id) DO UPDATE SET
        blocked_reason = EXCLUDED.blocked_reason, blocked_at = EXCLUDED.blocked_at
), person AS (
    UPDATE botzilla.attic_tech_person p SET reason = $3::text
    FROM refused WHERE p.telegram_id = refused.telegram_id AND p.reason IS NULL AND $3::text <> ALL ($4::text[])
)
SELECT refused.*, s.branch_id FROM refused LEFT JOIN botzilla.job_sync s ON s.id = refused.job_sync_id;

-- name: close
-- $1 alert, $2 lease, $3 its end, $4 reason, which is none of its recipient's: it is not their business any more, or Telegram
-- does not take it.
WITH closed AS (
    UPDATE botzilla.alert SET state = $3, reason = $4, lease_token = NULL, lease_until = NULL
    WHERE id = $1 AND lease_token = $2 AND state = 'sending'
    RETURNING kind, job_sync_id, state_change_id, revision, event_key, facts, recipient_type, recipient_id
)
SELECT closed.*, s.branch_id FROM closed LEFT JOIN botzilla.job_sync s ON s.id = closed.job_sync_id;

-- name: told
-- $1 text[] event keys: who has one of these alerts, or will have it.
SELECT kind, event_key, telegram_id, facts FROM botzilla.alert WHERE event_key = ANY ($1::text[]) AND state NOT IN ('superseded', 'undeliverable');

-- name: strike
-- $1 bigint[] chats that are nobody's any more, or another's: messages about jobs are struck there.
UPDATE botzilla.alert SET cleared_at = now(), edit_at = now()
WHERE chat_id = ANY ($1::bigint[]) AND job_sync_id IS NOT NULL AND state = 'delivered' AND cleared_at IS NULL
    AND kind <> 'job_taken_away' AND recipient_type IN ('crew_leader', 'operation_manager', 'salesperson');
