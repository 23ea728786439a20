-- What we know of private chats: language, and whether Telegram refuses us there.

-- name: remember
-- $1 Telegram id, $2 the language that his Telegram speaks, or null for one that we do not.
-- A language that he chose himself stays.
INSERT INTO botzilla.telegram_chat AS chat (telegram_id, language) VALUES ($1, $2)
ON CONFLICT (telegram_id) DO UPDATE SET last_seen_at = now(), language = CASE
    WHEN EXISTS (
        SELECT FROM botzilla.telegram_preference
        WHERE telegram_id = $1 AND key = 'language'
    ) THEN chat.language
    ELSE coalesce(EXCLUDED.language, chat.language) END
RETURNING language;

-- name: language
-- The language to speak with $1, or null where that is not known.
SELECT language FROM botzilla.telegram_chat WHERE telegram_id = $1;

-- name: refused
-- $1 Telegram id, $2 why.
INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason, blocked_at)
VALUES ($1, $2, now())
ON CONFLICT (telegram_id) DO UPDATE SET blocked_reason = EXCLUDED.blocked_reason,
    blocked_at = EXCLUDED.blocked_at;

-- name: welcome
-- $1 Telegram id: he can be written to again. His entry among Attic Tech's people says so at once,
-- not only after the next run.
WITH chat AS (
    UPDATE botzilla.telegram_chat
    SET blocked_reason = NULL, blocked_at = NULL, last_seen_at = now()
    WHERE telegram_id = $1::bigint AND blocked_reason IS NOT NULL
)
UPDATE botzilla.attic_tech_person SET reason = NULL
WHERE telegram_id = $1::bigint::text
    AND reason IN ('bot_blocked', 'chat_not_found', 'deactivated');

-- name: is_waited_for
-- Whether a message to him ended undeliverable: $1 Attic Tech ids, $2 "user" ids, $3 sales_person
-- ids, $4 his Telegram id.
SELECT EXISTS (
    SELECT FROM botzilla.alert WHERE state = 'undeliverable' AND reason IS DISTINCT FROM 'not_taken' AND (
        recipient_type = 'crew_leader' AND recipient_id = ANY ($1::bigint[])
        OR recipient_type = 'operation_manager' AND recipient_id = ANY ($2::bigint[])
        OR recipient_type = 'salesperson' AND recipient_id = ANY ($3::bigint[])
        OR recipient_type IN ('operator', 'chat') AND recipient_id = $4::bigint)
);
