-- The six steps of the job sync set-up, with the names that BotZilla, its dashboards and its people know. Some databases have
-- had parts of them applied already: what is there stays, what is missing is added, what we cannot work with is changed.

DO $$
BEGIN
    PERFORM botzilla.jobsync_lock(
        ARRAY['job_sync', 'job_state_change_log', 'crew_member', 'sales_person', 'job'],
        ARRAY['branch', 'employee', 'job_status']);
    PERFORM botzilla.jobsync_note_view('0002');
    DROP VIEW IF EXISTS botzilla.v_job_sync_details;
END
$$;

-- Step 1: which employee a crew member or a salesperson is.
DO $$
BEGIN
    PERFORM botzilla.jobsync_note('0002', 'column', 'crew_member', 'employee_id');
    PERFORM botzilla.jobsync_note('0002', 'column', 'sales_person', 'employee_id');
END
$$;
ALTER TABLE botzilla.crew_member
    ADD COLUMN IF NOT EXISTS employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL;
ALTER TABLE botzilla.sales_person
    ADD COLUMN IF NOT EXISTS employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL;

-- Step 2: the nine states. Rows that are there stay as they are; a name that differs in case or spaces only is the same.
DO $$
DECLARE
    state text;
BEGIN
    PERFORM botzilla.jobsync_ids_after('job_status', (SELECT max(id) FROM botzilla.job_status));
    FOREACH state IN ARRAY ARRAY['Requires Crew Lead', 'Plans In Progress', 'Pending Review', 'Requires Scheduling',
        'Pre-Production', 'In Production', 'Production Complete', 'Pending Payment', 'Closed Job']
    LOOP
        IF NOT EXISTS (SELECT FROM botzilla.job_status s
            WHERE lower(regexp_replace(btrim(s.name), '\s+', ' ', 'g')) = lower(state)) THEN
            INSERT INTO botzilla.job_status (name) VALUES (state);
            INSERT INTO botzilla.jobsync_created (revision, kind, on_table, name)
            VALUES ('0002', 'state', 'job_status', state) ON CONFLICT DO NOTHING;
        END IF;
    END LOOP;
END
$$;

-- Step 3: the mirror of Attic Tech's jobs.
DO $$
BEGIN
    PERFORM botzilla.jobsync_note('0002', 'table', '', 'job_sync');
END
$$;
CREATE TABLE IF NOT EXISTS botzilla.job_sync (id serial PRIMARY KEY);
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['attic_tech_job_id', 'job_status_id', 'crew_leader_id', 'sales_person_id', 'branch_id',
        'job_name', 'last_known_status_id', 'last_synced_at', 'notification_sent', 'last_notification_sent_at',
        'attic_tech_data', 'created_at', 'updated_at']
    LOOP
        PERFORM botzilla.jobsync_note('0002', 'column', 'job_sync', name);
    END LOOP;
END
$$;
ALTER TABLE botzilla.job_sync
    ADD COLUMN IF NOT EXISTS attic_tech_job_id integer,
    ADD COLUMN IF NOT EXISTS job_status_id integer REFERENCES botzilla.job_status (id),
    ADD COLUMN IF NOT EXISTS crew_leader_id integer REFERENCES botzilla.crew_member (id) ON DELETE SET NULL,
    ADD COLUMN IF NOT EXISTS sales_person_id integer REFERENCES botzilla.sales_person (id) ON DELETE SET NULL,
    ADD COLUMN IF NOT EXISTS branch_id integer REFERENCES botzilla.branch (id) ON DELETE SET NULL,
    ADD COLUMN IF NOT EXISTS job_name text,
    ADD COLUMN IF NOT EXISTS last_known_status_id integer REFERENCES botzilla.job_status (id),
    ADD COLUMN IF NOT EXISTS last_synced_at timestamptz,
    ADD COLUMN IF NOT EXISTS notification_sent boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS last_notification_sent_at timestamptz,
    ADD COLUMN IF NOT EXISTS attic_tech_data jsonb,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();

-- Step 4: two columns of ours on BotZilla's job.
DO $$
BEGIN
    PERFORM botzilla.jobsync_note('0002', 'column', 'job', 'attic_tech_job_id');
    PERFORM botzilla.jobsync_note('0002', 'column', 'job', 'last_synced_at');
END
$$;
ALTER TABLE botzilla.job
    ADD COLUMN IF NOT EXISTS attic_tech_job_id integer,
    ADD COLUMN IF NOT EXISTS last_synced_at timestamp;

-- Step 5: the record of changes of state.
DO $$
DECLARE
    name text;
BEGIN
    PERFORM botzilla.jobsync_note('0002', 'table', '', 'job_state_change_log');
    CREATE TABLE IF NOT EXISTS botzilla.job_state_change_log (id serial PRIMARY KEY);
    FOREACH name IN ARRAY ARRAY['job_sync_id', 'attic_tech_job_id', 'previous_status_id', 'new_status_id',
        'notified_user_type', 'notified_user_id', 'notified_telegram_id', 'changed_at', 'change_metadata']
    LOOP
        PERFORM botzilla.jobsync_note('0002', 'column', 'job_state_change_log', name);
    END LOOP;
END
$$;
ALTER TABLE botzilla.job_state_change_log
    ADD COLUMN IF NOT EXISTS job_sync_id integer,
    ADD COLUMN IF NOT EXISTS attic_tech_job_id integer,
    ADD COLUMN IF NOT EXISTS previous_status_id integer REFERENCES botzilla.job_status (id),
    ADD COLUMN IF NOT EXISTS new_status_id integer REFERENCES botzilla.job_status (id),
    ADD COLUMN IF NOT EXISTS notified_user_type varchar(50),
    ADD COLUMN IF NOT EXISTS notified_user_id integer,
    ADD COLUMN IF NOT EXISTS notified_telegram_id varchar(50),
    ADD COLUMN IF NOT EXISTS changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS change_metadata jsonb;

-- What was there takes our rows and our times.
DO $$
BEGIN
    PERFORM botzilla.jobsync_relax('0002', 'job_sync');
    PERFORM botzilla.jobsync_relax('0002', 'job_state_change_log');
    PERFORM botzilla.jobsync_retype('0002', 'job_sync', 'job_name', 'text');
    PERFORM botzilla.jobsync_retype('0002', 'job_sync', 'attic_tech_data', 'jsonb');
    PERFORM botzilla.jobsync_retype('0002', 'job_sync', 'last_synced_at', 'timestamp with time zone');
    PERFORM botzilla.jobsync_retype('0002', 'job_sync', 'last_notification_sent_at', 'timestamp with time zone');
    PERFORM botzilla.jobsync_retype('0002', 'job_sync', 'created_at', 'timestamp with time zone');
    PERFORM botzilla.jobsync_retype('0002', 'job_sync', 'updated_at', 'timestamp with time zone');
    PERFORM botzilla.jobsync_retype('0002', 'job_state_change_log', 'changed_at', 'timestamp with time zone');
    PERFORM botzilla.jobsync_retype('0002', 'job_state_change_log', 'change_metadata', 'jsonb');
END
$$;

-- A job of Attic Tech has one row. Where nothing insisted on that before, the row that was synced last stays, and what the
-- record says about the others is about that one.
DO $$
DECLARE
    copy record;
BEGIN
    IF EXISTS (
        SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = 'botzilla.job_sync'::regclass AND i.indisunique AND i.indnkeyatts = 1
            AND i.indpred IS NULL AND a.attname = 'attic_tech_job_id') THEN
        RETURN;
    END IF;
    FOR copy IN
        SELECT d.* FROM (
            SELECT id, first_value(id) OVER (
                PARTITION BY attic_tech_job_id ORDER BY last_synced_at DESC NULLS LAST, id DESC) AS stays
            FROM botzilla.job_sync WHERE attic_tech_job_id IS NOT NULL) d
        WHERE d.id <> d.stays
    LOOP
        INSERT INTO botzilla.jobsync_created (revision, kind, on_table, name, detail)
        SELECT '0002', 'duplicate', 'job_sync', copy.id::text, jsonb_build_object('row', to_jsonb(js), 'log', (
            SELECT jsonb_agg(l.id) FROM botzilla.job_state_change_log l WHERE l.job_sync_id = copy.id))
        FROM botzilla.job_sync js WHERE js.id = copy.id;
        UPDATE botzilla.job_state_change_log SET job_sync_id = copy.stays WHERE job_sync_id = copy.id;
        DELETE FROM botzilla.job_sync WHERE id = copy.id;
    END LOOP;
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_sync', 'job_sync_attic_tech_job_id_key');
    CREATE UNIQUE INDEX job_sync_attic_tech_job_id_key ON botzilla.job_sync (attic_tech_job_id);
END
$$;

-- The record points at the mirror. Rows that were written without a mirror keep what they say: our ids begin after theirs, so
-- that none of them comes to speak of another job.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.conrelid = 'botzilla.job_state_change_log'::regclass AND c.contype = 'f' AND a.attname = 'job_sync_id') THEN
        PERFORM botzilla.jobsync_ids_after('job_sync', (SELECT max(job_sync_id) FROM botzilla.job_state_change_log));
        PERFORM botzilla.jobsync_note('0002', 'constraint', 'job_state_change_log',
            'job_state_change_log_job_sync_id_fkey');
        ALTER TABLE botzilla.job_state_change_log ADD CONSTRAINT job_state_change_log_job_sync_id_fkey
            FOREIGN KEY (job_sync_id) REFERENCES botzilla.job_sync (id) ON DELETE CASCADE NOT VALID;
    END IF;
END
$$;

DO $$
BEGIN
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_sync', 'idx_job_sync_job_status_id');
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_sync', 'idx_job_sync_crew_leader_id');
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_sync', 'idx_job_sync_sales_person_id');
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_sync', 'idx_job_sync_branch_id');
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_state_change_log', 'idx_job_state_change_log_job_sync_id');
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_state_change_log', 'idx_job_state_change_log_attic_tech_job_id');
    PERFORM botzilla.jobsync_note('0002', 'index', 'job_state_change_log', 'idx_job_state_change_log_changed_at');
END
$$;
CREATE INDEX IF NOT EXISTS idx_job_sync_job_status_id ON botzilla.job_sync (job_status_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_crew_leader_id ON botzilla.job_sync (crew_leader_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_sales_person_id ON botzilla.job_sync (sales_person_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_branch_id ON botzilla.job_sync (branch_id);
CREATE INDEX IF NOT EXISTS idx_job_state_change_log_job_sync_id ON botzilla.job_state_change_log (job_sync_id, id);
CREATE INDEX IF NOT EXISTS idx_job_state_change_log_attic_tech_job_id
    ON botzilla.job_state_change_log (attic_tech_job_id);
CREATE INDEX IF NOT EXISTS idx_job_state_change_log_changed_at ON botzilla.job_state_change_log (changed_at);

-- job_sync.updated_at is kept by a trigger, by the one that is there if there is one.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'botzilla.job_sync'::regclass AND NOT tgisinternal
        AND tgtype & 19 = 19) THEN -- for each row, before, update
        RETURN;
    END IF;
    IF botzilla.jobsync_note('0002', 'function', '', 'update_job_sync_updated_at') THEN
        CREATE FUNCTION botzilla.update_job_sync_updated_at() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.updated_at = now(); RETURN NEW; END';
    END IF;
    PERFORM botzilla.jobsync_note('0002', 'trigger', 'job_sync', 'trigger_update_job_sync_updated_at');
    CREATE TRIGGER trigger_update_job_sync_updated_at BEFORE UPDATE ON botzilla.job_sync
        FOR EACH ROW EXECUTE FUNCTION botzilla.update_job_sync_updated_at();
END
$$;

-- Step 6: the view, its columns in this order. The previous state is what the newest row of the record says.
CREATE VIEW botzilla.v_job_sync_details AS
SELECT
    js.id,
    js.attic_tech_job_id,
    js.job_name,
    current_status.name AS current_status,
    previous_status.name AS previous_status,
    cm.name::text AS crew_leader_name,
    cm.telegram_id::text AS crew_leader_telegram_id,
    cm.phone AS crew_leader_phone,
    sp.name AS sales_person_name,
    sp.telegram_id AS sales_person_telegram_id,
    b.name AS branch_name,
    js.last_synced_at,
    js.notification_sent,
    js.last_notification_sent_at,
    js.created_at,
    js.updated_at
FROM botzilla.job_sync js
LEFT JOIN botzilla.job_status current_status ON current_status.id = js.job_status_id
LEFT JOIN LATERAL (
    SELECT l.previous_status_id FROM botzilla.job_state_change_log l
    WHERE l.job_sync_id = js.id ORDER BY l.id DESC LIMIT 1
) newest ON true
LEFT JOIN botzilla.job_status previous_status ON previous_status.id = newest.previous_status_id
LEFT JOIN botzilla.crew_member cm ON cm.id = js.crew_leader_id
LEFT JOIN botzilla.sales_person sp ON sp.id = js.sales_person_id
LEFT JOIN botzilla.branch b ON b.id = js.branch_id;
DO $$
BEGIN
    PERFORM botzilla.jobsync_dress_view(detail) FROM botzilla.jobsync_created
    WHERE revision = '0002' AND kind = 'view' AND detail IS NOT NULL;
    PERFORM botzilla.jobsync_grant_to_view_owner('0002', 'job_sync', 'job_state_change_log');
END
$$;
