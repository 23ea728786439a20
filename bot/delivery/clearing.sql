-- Delivered alerts that show a customer's phone and address to somebody who does not lead the job any more. What is to be
-- done follows from the rows alone, so that a message that arrives in the very moment of the change is found as well.

-- name: stretch
-- The job with which the next $2 messages behind the job $1 end; null where there are not so many.
SELECT job_sync_id FROM botzilla.alert
WHERE job_sync_id > $1::integer AND recipient_type = 'crew_leader' AND state = 'delivered' AND cleared_at IS NULL
    AND kind <> 'job_taken_away'
ORDER BY job_sync_id OFFSET $2::integer LIMIT 1;

-- name: to_clear
-- Of each job and reader the newest messages, at most $3, of the jobs behind $4 up to $5; $1 bigint[] chats to leave alone for
-- now, $2 how many jobs. A chat that refuses us waits until he lets us in again.
WITH shown AS MATERIALIZED (
    -- From the index alone: most messages are still their reader's, and nothing is to be done.
    SELECT a.job_sync_id, a.recipient_id, a.chat_id
    FROM botzilla.alert a
    WHERE a.job_sync_id > $4::integer AND a.job_sync_id <= $5::integer
        AND a.recipient_type = 'crew_leader' AND a.state = 'delivered' AND a.cleared_at IS NULL AND a.kind <> 'job_taken_away'
    GROUP BY 1, 2, 3
), chosen AS MATERIALIZED (
    SELECT shown.*, jsonb_build_object('name', job.attic_tech_data -> 'name', 'job_id', job.attic_tech_data -> 'job_id',
        'estimate_id', job.attic_tech_data -> 'estimate_id') AS facts
    FROM shown
    CROSS JOIN LATERAL (SELECT * FROM botzilla.job_sync WHERE id = shown.job_sync_id OFFSET 0) job
    LEFT JOIN botzilla.job_status status ON status.id = job.job_status_id
    WHERE (job.attic_tech_crew_leader_id IS DISTINCT FROM shown.recipient_id OR job.gone_at IS NOT NULL
            OR lower(regexp_replace(btrim(status.name::text), '\s+', ' ', 'g')) = 'requires crew lead')
        AND shown.chat_id <> ALL ($1::bigint[])
        AND NOT EXISTS (SELECT FROM botzilla.telegram_chat chat
            WHERE chat.telegram_id = shown.chat_id AND chat.blocked_reason IS NOT NULL)
    ORDER BY job_sync_id DESC, chat_id LIMIT $2
)
SELECT message.id, message.chat_id, message.message_id, chosen.facts, chat.language
FROM chosen
CROSS JOIN LATERAL (
    SELECT a.id, a.chat_id, a.message_id FROM botzilla.alert a
    WHERE a.job_sync_id = chosen.job_sync_id AND a.recipient_id = chosen.recipient_id AND a.chat_id = chosen.chat_id
        AND a.recipient_type = 'crew_leader' AND a.state = 'delivered' AND a.cleared_at IS NULL AND a.kind <> 'job_taken_away'
    ORDER BY a.id DESC LIMIT $3
) message
LEFT JOIN botzilla.telegram_chat chat ON chat.telegram_id = message.chat_id
ORDER BY message.chat_id, message.id DESC;

-- name: cleared
-- $1 alert: its message shows nothing any more, or is gone.
UPDATE botzilla.alert SET cleared_at = now() WHERE id = $1 AND cleared_at IS NULL;

-- name: forget
-- $1 chat, $2 message: this answer shows nothing any more, or is gone.
DELETE FROM botzilla.telegram_answer WHERE chat_id = $1 AND message_id = $2;

-- name: refused
-- $1 chat: he has blocked the bot.
INSERT INTO botzilla.telegram_chat AS chat (telegram_id, blocked_reason, blocked_at) VALUES ($1, 'bot_blocked', now())
ON CONFLICT (telegram_id) DO UPDATE SET blocked_reason = EXCLUDED.blocked_reason, blocked_at = EXCLUDED.blocked_at;
