-- Messages that follow a run.

-- name: follow
-- $1 run, $2 chat, $3 message, $4 language.
INSERT INTO botzilla.telegram_run_message (run_id, chat_id, message_id, language)
VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: followed
-- Every message that still follows a run, with the run as it stands.
SELECT message.chat_id, message.message_id, message.language,
    run.kind, run.state, run.progress, run.documents, run.changes, run.alerts, run.error,
    run.finished_at - run.began_at AS lasted
FROM botzilla.telegram_run_message message JOIN botzilla.sync_run run ON run.id = message.run_id
ORDER BY message.run_id, message.chat_id, message.message_id;

-- name: forget
-- $1 chat, $2 message: it shows the result, or is gone.
DELETE FROM botzilla.telegram_run_message WHERE chat_id = $1 AND message_id = $2;
