-- Words are compared, and Telegram ids read, in one way: these two say in SQL what `sync.model.states.fold` and `sync.people.rows.digits`
-- say in Python, and a test holds them together. Where a job stands among the states is written down when it is decided
-- (`Job.as_known`), so that no statement folds its words; here for those that were decided before.

CREATE OR REPLACE FUNCTION botzilla.jobsync_fold(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(btrim(regexp_replace(normalize(words), '\s+', ' ', 'g')))
$$;
CREATE OR REPLACE FUNCTION botzilla.jobsync_digits(telegram_id text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substring(btrim(telegram_id, E' \t\r\n') FROM '^[1-9][0-9]*$')
$$;
COMMENT ON FUNCTION botzilla.jobsync_fold(text) IS 'The form in which names of states, roles and people are compared';
COMMENT ON FUNCTION botzilla.jobsync_digits(text) IS 'The Telegram id in a text column, or null for what is none';

DO $$
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['job_sync'], '{}');
END
$$;

UPDATE botzilla.job_sync SET known = known || jsonb_build_object('place', coalesce(array_position(
    ARRAY['requires crew lead', 'plans in progress', 'pending review', 'requires scheduling', 'pre-production', 'in production',
        'production complete', 'pending payment', 'closed job'], botzilla.jobsync_fold(known ->> 'status')), 10))
WHERE known IS NOT NULL AND NOT known ? 'place';
