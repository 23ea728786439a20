-- Messages about a mass change that say what is not so any more: `edition` counts how often the facts changed, `shown` is
-- the one that the message shows.

-- name: to_amend
SELECT a.id, a.chat_id, a.message_id, a.recipient_type, a.facts, a.facts -> 'edition' AS edition, chat.language
FROM botzilla.alert a LEFT JOIN botzilla.telegram_chat chat ON chat.telegram_id = a.chat_id
WHERE a.kind = 'mass_change_held' AND a.state = 'delivered' AND a.message_id IS NOT NULL
    AND a.facts ? 'edition' AND a.facts -> 'edition' IS DISTINCT FROM a.facts -> 'shown'
ORDER BY a.id;

-- name: amended
-- $1 alert, $2 the edition that its message shows now, or never will.
UPDATE botzilla.alert SET facts = facts || jsonb_build_object('shown', $2::jsonb) WHERE id = $1;
