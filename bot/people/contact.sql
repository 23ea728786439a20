-- What somebody shares to be linked.

-- name: ask
-- The account $1 was asked for its phone number.
INSERT INTO botzilla.telegram_chat (telegram_id, phone_asked_at) VALUES ($1, now())
ON CONFLICT (telegram_id) DO UPDATE SET phone_asked_at = now();

-- name: take
-- Whether the account $1 was asked within the last $2; each question is answered once.
UPDATE botzilla.telegram_chat SET phone_asked_at = NULL
WHERE telegram_id = $1 AND phone_asked_at > now() - $2::interval RETURNING true;

-- name: contacts_lately
-- How often $1 has shared a contact within the last day.
SELECT count(*) FROM botzilla.telegram_link_attempt
WHERE telegram_id = $1 AND via = 'contact' AND attempted_at > now() - interval '1 day';
