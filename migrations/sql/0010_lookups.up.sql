-- What keeps statements that run by themselves small in a company of 100,000 jobs.

DO $$
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['job_sync', 'attic_tech_document', 'sync_run'], '{}');
    PERFORM botzilla.jobsync_note('0010', 'index', 'job_sync', 'job_sync_active');
    PERFORM botzilla.jobsync_note('0010', 'column', 'sync_run', 'lost');
END
$$;

-- Jobs that are being worked on: few among many that are closed.
CREATE INDEX IF NOT EXISTS job_sync_active ON botzilla.job_sync (attic_tech_crew_leader_id)
    WHERE gone_at IS NULL AND (known ->> 'active')::boolean;

-- Thousands of lookups follow each other; each would read what was written since the table was last vacuumed.
ALTER INDEX botzilla.attic_tech_document_refs SET (fastupdate = off);
SELECT gin_clean_pending_list('botzilla.attic_tech_document_refs');

-- How often whoever carried a run out was gone before its end.
ALTER TABLE botzilla.sync_run ADD COLUMN IF NOT EXISTS lost integer NOT NULL DEFAULT 0;
