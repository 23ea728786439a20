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

-- Delivered alerts that show a customer.
CREATE INDEX IF NOT EXISTS alert_stands ON botzilla.alert (chat_id)
    WHERE state = 'delivered' AND cleared_at IS NULL AND recipient_type IN ('crew_leader', 'operation_manager', 'salesperson')
        AND job_sync_id IS NOT NULL AND kind <> 'job_taken_away';

-- As what else its reader would have got an alert is told with its event key from here on, so that it can be passed on.
UPDATE botzilla.alert SET facts = facts - 'also' WHERE jsonb_typeof(facts #> '{also,0}') = 'array';

COMMENT ON TABLE botzilla.telegram_answer IS 'Answers that show a customer of this job to who asked';
