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
-- The next chats behind $1 in which something of a customer stands; $2 bigint[] chats to leave alone for now, $3 limit.
SELECT chat_id FROM (
    SELECT chat_id FROM botzilla.telegram_answer WHERE chat_id > $1::bigint
    UNION
    SELECT chat_id FROM botzilla.alert
    WHERE chat_id > $1::bigint AND state = 'delivered' AND cleared_at IS NULL
        AND recipient_type IN ('crew_leader', 'operation_manager', 'salesperson')
        AND job_sync_id IS NOT NULL AND kind <> 'job_taken_away'
) standing
WHERE chat_id <> ALL ($2::bigint[]) AND NOT EXISTS (SELECT FROM botzilla.telegram_chat chat
    WHERE chat.telegram_id = standing.chat_id AND chat.blocked_reason IS NOT NULL)
ORDER BY chat_id LIMIT $3;
