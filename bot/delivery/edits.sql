-- Messages that say what is not so any more. Whoever decides that marks them (`alert.edit_at`), in the same transaction, and
-- strikes those that are their reader's no more (`cleared_at`); a message that is on its way is found once it has arrived.

-- name: due
-- The oldest, at most $2, but for the chats $1 (bigint[]) and those of who has blocked the bot: they can be edited once we
-- are let in again.
SELECT a.id, a.kind, a.recipient_type, a.chat_id, a.message_id, a.facts, a.attempts, a.edit_at,
    a.cleared_at IS NOT NULL AS struck, job.attic_tech_data AS job_facts, chat.language
FROM botzilla.alert a
LEFT JOIN botzilla.job_sync job ON job.id = a.job_sync_id
LEFT JOIN botzilla.telegram_chat chat ON chat.telegram_id = a.chat_id
WHERE a.edit_at <= now() AND a.state = 'delivered' AND a.message_id IS NOT NULL AND a.chat_id <> ALL ($1::bigint[]) AND chat.blocked_reason IS NULL
ORDER BY a.edit_at, a.id LIMIT $2;

-- name: done
-- $1 alert, $2 when its edit was decided: it shows that, or never will. What was decided since is still to be done.
UPDATE botzilla.alert SET edit_at = NULL WHERE id = $1 AND edit_at = $2;

-- name: put_off
-- $1 interval, for which nothing is edited in the chat $2, or in any (null). The limit has the few looked up in their index.
UPDATE botzilla.alert SET edit_at = greatest(edit_at, now() + $1::interval), attempts = attempts + 1
WHERE id = ANY (ARRAY(
    SELECT id FROM (
        SELECT id, chat_id, state FROM botzilla.alert WHERE edit_at > '-infinity' ORDER BY edit_at LIMIT 1000
    ) marked
    WHERE state = 'delivered' AND ($2::bigint IS NULL OR chat_id = $2)));
