-- Which menu of commands each private chat shows.

-- name: shown
-- The menu that the chat $1 shows; null: that of strangers.
SELECT menu FROM botzilla.telegram_chat WHERE telegram_id = $1;

-- name: remember
-- $1 Telegram id, $2 the menu that it shows from now on.
INSERT INTO botzilla.telegram_chat (telegram_id, menu) VALUES ($1, $2)
ON CONFLICT (telegram_id) DO UPDATE SET menu = EXCLUDED.menu;

-- name: renew
-- Forget what the chat $1 shows, so that it is put there anew.
UPDATE botzilla.telegram_chat SET menu = '{}' WHERE telegram_id = $1 AND menu IS NOT NULL;
