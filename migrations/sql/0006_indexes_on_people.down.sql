-- Removes what this revision created, and changes back what it changed: see 0000_bookkeeping.up.sql.
DO $$ BEGIN PERFORM botzilla.jobsync_undo('0006'); END $$;
