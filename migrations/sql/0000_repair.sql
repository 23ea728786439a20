-- After the texts that made job_sync or its record anew (see migrations/repair.py): what pointed at the former ones points at
-- these, and where the jobs are new deciding begins as at first contact.

DO $$
DECLARE
    gone text[] := ARRAY(SELECT botzilla.jobsync_gone());
BEGIN
    IF NOT 'job_sync' = ANY (gone)
        OR NOT EXISTS (SELECT FROM botzilla.jobsync_created WHERE kind = 'table' AND name = 'alert') THEN
        RETURN;
    END IF;
    PERFORM botzilla.jobsync_lock(ARRAY['alert'], '{}');
    -- Event keys and messages hold these ids: none may come twice.
    IF to_regclass('botzilla.telegram_answer') IS NOT NULL THEN
        PERFORM botzilla.jobsync_ids_after('job_sync', (SELECT max(job_sync_id) FROM botzilla.telegram_answer));
    END IF;
    PERFORM botzilla.jobsync_ids_after('job_sync', (SELECT max(id) FROM (
        SELECT max(job_sync_id) AS id FROM botzilla.alert
        UNION ALL SELECT max((job ->> 'job_sync_id')::integer) FROM botzilla.alert, jsonb_array_elements(facts -> 'jobs') job
            WHERE kind = 'crew_leader_unreachable' AND job_sync_id IS NULL
        UNION ALL SELECT max(job_sync_id) FROM botzilla.job_state_change_log
        UNION ALL SELECT max(id) FROM botzilla.job_sync) used));

    -- Jobs that somebody was told of, as their newest alert or the record names them: their story goes on in a row of now.
    CREATE TABLE botzilla.jobsync_moved AS
    SELECT DISTINCT ON (job_id, CASE WHEN job_id IS NULL THEN estimate_id END) former, job_id, estimate_id, NULL::integer AS id
    FROM (
        SELECT DISTINCT ON (former) * FROM (
            SELECT job_sync_id AS former, (facts #>> '{job,job_id}')::integer AS job_id,
                (facts #>> '{job,estimate_id}')::integer AS estimate_id, created_at AS at
            FROM botzilla.alert WHERE jsonb_typeof(facts -> 'job') = 'object'
            UNION ALL
            SELECT job_sync_id, attic_tech_job_id, NULL, changed_at FROM botzilla.job_state_change_log
            WHERE NOT 'job_state_change_log' = ANY (gone)
        ) said
        WHERE former IS NOT NULL AND coalesce(job_id, estimate_id) IS NOT NULL
        ORDER BY former, job_id IS NULL, estimate_id IS NULL, at DESC
    ) named
    ORDER BY job_id, CASE WHEN job_id IS NULL THEN estimate_id END, former DESC;
    INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_estimate_id)
    SELECT job_id, estimate_id FROM botzilla.jobsync_moved ORDER BY former ON CONFLICT DO NOTHING;
    UPDATE botzilla.jobsync_moved m SET id = s.id FROM botzilla.job_sync s
    WHERE s.attic_tech_job_id = m.job_id
        OR m.job_id IS NULL AND s.attic_tech_job_id IS NULL AND s.attic_tech_estimate_id = m.estimate_id;

    -- What was still to be said of a job is the past now, and what belongs to none goes with it, as if its row were deleted.
    DELETE FROM botzilla.alert a WHERE a.job_sync_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM botzilla.jobsync_moved m WHERE m.former = a.job_sync_id);
    UPDATE botzilla.alert a SET job_sync_id = m.id FROM botzilla.jobsync_moved m WHERE m.former = a.job_sync_id;
    UPDATE botzilla.alert SET state = 'superseded', reason = NULL
    WHERE job_sync_id IS NOT NULL AND state IN ('pending', 'held', 'undeliverable');
    UPDATE botzilla.job_state_change_log l SET job_sync_id = m.id FROM botzilla.jobsync_moved m
    WHERE m.former = l.job_sync_id AND NOT 'job_state_change_log' = ANY (gone);
    UPDATE botzilla.job_sync s SET revision = told.revision
    FROM (SELECT job_sync_id, max(revision) AS revision FROM botzilla.alert GROUP BY job_sync_id) told
    WHERE told.job_sync_id = s.id;
    ALTER TABLE botzilla.alert ADD CONSTRAINT alert_job_sync_id_fkey
        FOREIGN KEY (job_sync_id) REFERENCES botzilla.job_sync (id) ON DELETE CASCADE;
    IF to_regclass('botzilla.job_other_change') IS NOT NULL THEN
        DELETE FROM botzilla.job_other_change o
        WHERE NOT EXISTS (SELECT FROM botzilla.jobsync_moved m WHERE m.former = o.job_sync_id);
        UPDATE botzilla.job_other_change o SET job_sync_id = m.id FROM botzilla.jobsync_moved m WHERE m.former = o.job_sync_id;
        ALTER TABLE botzilla.job_other_change ADD CONSTRAINT job_other_change_job_sync_id_fkey
            FOREIGN KEY (job_sync_id) REFERENCES botzilla.job_sync (id) ON DELETE CASCADE;
    END IF;
    IF to_regclass('botzilla.telegram_answer') IS NOT NULL THEN
        -- In two steps: a message shows several jobs, and its rows must differ all the while.
        UPDATE botzilla.telegram_answer a SET job_sync_id = -m.id FROM botzilla.jobsync_moved m WHERE m.former = a.job_sync_id;
        UPDATE botzilla.telegram_answer SET job_sync_id = -job_sync_id WHERE job_sync_id < 0;
    END IF;
    DROP TABLE botzilla.jobsync_moved;

    DELETE FROM botzilla.sync_state WHERE key = 'first_contact';
    INSERT INTO botzilla.sync_touched (collection, id)
    SELECT collection, id FROM botzilla.attic_tech_document WHERE collection IN ('jobs', 'estimates')
    ON CONFLICT DO NOTHING;
END
$$;

DO $$
DECLARE
    granted name;
BEGIN
    IF NOT EXISTS (SELECT FROM botzilla.jobsync_created WHERE kind = 'table' AND name = 'alert') THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM botzilla.jobsync_gone()) THEN -- the record: its rows are others now
        UPDATE botzilla.alert SET state_change_id = NULL WHERE state_change_id IS NOT NULL;
        ALTER TABLE botzilla.alert ADD CONSTRAINT alert_state_change_id_fkey
            FOREIGN KEY (state_change_id) REFERENCES botzilla.job_state_change_log (id) ON DELETE SET NULL;
    END IF;
    -- Who may write alerts may write these tables as well.
    FOR granted IN
        SELECT r.rolname FROM pg_class c, aclexplode(c.relacl) acl JOIN pg_roles r ON r.oid = acl.grantee
        WHERE c.oid = 'botzilla.alert'::regclass AND acl.privilege_type = 'INSERT' AND acl.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT ALL ON botzilla.job_sync, botzilla.job_state_change_log TO %I', granted);
        EXECUTE format('GRANT ALL ON SEQUENCE %s, %s TO %I', pg_get_serial_sequence('botzilla.job_sync', 'id'),
            pg_get_serial_sequence('botzilla.job_state_change_log', 'id'), granted);
    END LOOP;
END
$$;
