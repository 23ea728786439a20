-- What makes an embedded cluster the program's without making the program its superuser.

-- name: take_turn
-- Somebody else begins as well. Held until the connection closes.
SELECT pg_advisory_lock(1);

-- name: remember_password
-- $1 the application's password, for the next statement.
SELECT set_config('jobsync.password', $1, false);

-- name: make_role
DO $$
BEGIN
    IF to_regrole('jobsync_application') IS NULL THEN
        CREATE ROLE jobsync_application LOGIN;
    END IF;
    EXECUTE format('ALTER ROLE jobsync_application PASSWORD %L', current_setting('jobsync.password'));
END
$$;

-- name: is_there
-- $1 a database.
SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1);

-- name: make_database
CREATE DATABASE botzilla OWNER jobsync_application;

-- name: hand_over
-- What an earlier version made as the superuser. Sequences and indexes follow their tables.
DO $$
DECLARE
    theirs text;
BEGIN
    FOR theirs IN
        SELECT format('DATABASE %I', current_database()) FROM pg_database
        WHERE datname = current_database() AND datdba <> 'jobsync_application'::regrole
        UNION ALL
        SELECT 'SCHEMA botzilla' FROM pg_namespace
        WHERE nspname = 'botzilla' AND nspowner <> 'jobsync_application'::regrole
        UNION ALL
        SELECT format('%s %s', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass) FROM pg_class
        WHERE relnamespace = to_regnamespace('botzilla') AND relkind IN ('r', 'v')
            AND relowner <> 'jobsync_application'::regrole
        UNION ALL
        SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = to_regnamespace('botzilla') AND proowner <> 'jobsync_application'::regrole
    LOOP
        EXECUTE format('ALTER %s OWNER TO jobsync_application', theirs);
    END LOOP;
    IF to_regclass('botzilla.jobsync_created') IS NOT NULL THEN
        UPDATE botzilla.jobsync_created SET detail = detail || '{"owner": "jobsync_application"}'
        WHERE kind = 'view' AND detail ->> 'owner' = current_user;
    END IF;
END
$$;
