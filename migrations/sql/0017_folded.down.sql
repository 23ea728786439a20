-- Removes what this revision created; a place that is written down beside a job is passed over by versions before.
DROP FUNCTION IF EXISTS botzilla.jobsync_fold(text);
DROP FUNCTION IF EXISTS botzilla.jobsync_digits(text);
