-- What stands in private chats besides alerts: cards and lists of jobs that somebody asked for.

DO $$
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['alert'], '{}');
    PERFORM botzilla.jobsync_note('0007', 'table', '', 'telegram_answer');
    PERFORM botzilla.jobsync_note('0007', 'index', 'alert', 'alert_stands');
END
$$;

CREATE TABLE botzilla.telegram_answer (
    chat_id bigint NOT NULL,
    message_id bigint NOT NULL,
    -- No foreign key: what stands about a job whose row is gone has to be found as well.
    job_sync_id integer NOT NULL,
    shown_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chat_id, message_id, job_sync_id)
);

-- Delivered alerts to those whose rights to a job do not come from leading it.
CREATE INDEX IF NOT EXISTS alert_stands ON botzilla.alert (chat_id)
    WHERE state = 'delivered' AND cleared_at IS NULL AND recipient_type IN ('operation_manager', 'salesperson');

COMMENT ON TABLE botzilla.telegram_answer IS 'Answers that show a customer of this job to who asked';
