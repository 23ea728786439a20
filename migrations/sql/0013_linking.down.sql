-- Removes what this revision created: see 0000_bookkeeping.up.sql.
DO $$ BEGIN PERFORM botzilla.jobsync_undo('0013'); END $$;
