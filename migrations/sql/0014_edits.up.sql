-- Edits: whoever decides that a message says what is not so any more writes down that it is to be edited; `cleared_at` says
-- since when it is struck. Nothing writes telegram_answer any more. It stays for replicas of the version before, which fill
-- it at every answer: the next version drops it, with alert_shows_contact.

DO $$
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['alert'], '{}');
    PERFORM botzilla.jobsync_note('0014', 'column', 'alert', 'edit_at');
    PERFORM botzilla.jobsync_note('0014', 'index', 'alert', 'alert_edit');
END
$$;

ALTER TABLE botzilla.alert ADD COLUMN IF NOT EXISTS edit_at timestamptz;
CREATE INDEX IF NOT EXISTS alert_edit ON botzilla.alert (edit_at) WHERE edit_at IS NOT NULL;

-- What the version before had found by looking, and not edited yet.
UPDATE botzilla.alert a SET cleared_at = now(), edit_at = now()
FROM botzilla.job_sync job LEFT JOIN botzilla.job_status status ON status.id = job.job_status_id
WHERE job.id = a.job_sync_id AND a.recipient_type = 'crew_leader' AND a.state IN ('sending', 'delivered')
    AND a.cleared_at IS NULL AND a.kind <> 'job_taken_away'
    AND (job.attic_tech_crew_leader_id IS DISTINCT FROM a.recipient_id OR job.gone_at IS NOT NULL
        OR lower(regexp_replace(btrim(status.name::text), '\s+', ' ', 'g')) = 'requires crew lead');
UPDATE botzilla.alert SET edit_at = now()
WHERE kind = 'mass_change_held' AND state = 'delivered' AND facts ? 'edition' AND facts -> 'edition' IS DISTINCT FROM facts -> 'shown';

COMMENT ON COLUMN botzilla.alert.edit_at IS 'When the message is to be edited; null: it says what it should';
COMMENT ON COLUMN botzilla.alert.cleared_at IS 'Since when the message is struck, or to be struck (edit_at): the job has left its reader';
COMMENT ON TABLE botzilla.telegram_answer IS 'Not used any more; versions before 0014 fill it';
