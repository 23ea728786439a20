-- The beginning of the script for a DBA, who cannot know what was done before.

SET LOCAL lock_timeout = '2s';
DO $$
BEGIN
    IF to_regclass('botzilla.jobsync_version') IS NOT NULL THEN
        RAISE EXCEPTION 'this database was migrated before: see "jobsync migrate status"';
    END IF;
END
$$;

