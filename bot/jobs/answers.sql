-- Messages in private chats that show customers because somebody asked: cards, lists, a leader's day.

-- name: remember
-- $1 chat, $2 message, $3 integer[] Attic Tech's jobs, $4 integer[] its estimates (those without a job): this is what the
-- message shows from now on.
WITH shown AS (
    SELECT id FROM botzilla.job_sync
    WHERE attic_tech_job_id = ANY ($3::integer[])
        OR attic_tech_job_id IS NULL AND attic_tech_estimate_id = ANY ($4::integer[])
), before AS (
    DELETE FROM botzilla.telegram_answer
    WHERE chat_id = $1::bigint AND message_id = $2::bigint AND job_sync_id NOT IN (SELECT id FROM shown)
)
INSERT INTO botzilla.telegram_answer (chat_id, message_id, job_sync_id)
SELECT $1, $2, id FROM shown
ON CONFLICT (chat_id, message_id, job_sync_id) DO UPDATE SET shown_at = now();

-- name: chats
-- The next chats behind $1 in which something of a customer stands; $2 bigint[] chats to leave alone for now, $3 limit. One
-- step in the indexes for each chat, however many messages it has.
WITH RECURSIVE standing AS (
    SELECT $1::bigint AS chat_id, 0 AS chosen, false AS wanted
    UNION ALL
    SELECT next.chat_id, standing.chosen + next.wanted::integer, next.wanted
    FROM standing CROSS JOIN LATERAL (
        SELECT at.chat_id, at.chat_id <> ALL ($2::bigint[]) AND NOT EXISTS (SELECT FROM botzilla.telegram_chat chat
            WHERE chat.telegram_id = at.chat_id AND chat.blocked_reason IS NOT NULL) AS wanted
        FROM (SELECT least(
            (SELECT chat_id FROM botzilla.telegram_answer WHERE chat_id > standing.chat_id ORDER BY chat_id LIMIT 1),
            (SELECT chat_id FROM botzilla.alert
             WHERE chat_id > standing.chat_id AND state = 'delivered' AND cleared_at IS NULL
                AND recipient_type IN ('crew_leader', 'operation_manager', 'salesperson')
                AND job_sync_id IS NOT NULL AND kind <> 'job_taken_away'
             ORDER BY chat_id LIMIT 1)) AS chat_id) at
    ) next
    WHERE standing.chosen < $3::integer AND next.chat_id IS NOT NULL
)
SELECT chat_id FROM standing WHERE wanted ORDER BY chat_id;
