-- The six steps of the job sync set-up, with the names that BotZilla and its dashboards know.

-- Step 1: which employee a crew member or salesperson is.
ALTER TABLE botzilla.crew_member ADD COLUMN IF NOT EXISTS employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL;
ALTER TABLE botzilla.sales_person ADD COLUMN IF NOT EXISTS employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL;

-- Step 2: the nine states. What is there stays as it is.
INSERT INTO botzilla.job_status (name) VALUES
    ('Requires Crew Lead'), ('Plans In Progress'), ('Pending Review'), ('Requires Scheduling'), ('Pre-Production'),
    ('In Production'), ('Production Complete'), ('Pending Payment'), ('Closed Job')
ON CONFLICT (name) DO NOTHING;

-- Step 3
CREATE TABLE IF NOT EXISTS botzilla.job_sync (
    id serial PRIMARY KEY,
    attic_tech_job_id integer,
    job_status_id integer REFERENCES botzilla.job_status (id),
    crew_leader_id integer REFERENCES botzilla.crew_member (id) ON DELETE SET NULL,
    sales_person_id integer REFERENCES botzilla.sales_person (id) ON DELETE SET NULL,
    branch_id integer REFERENCES botzilla.branch (id) ON DELETE SET NULL,
    job_name text,
    last_known_status_id integer REFERENCES botzilla.job_status (id),
    last_synced_at timestamptz,
    notification_sent boolean NOT NULL DEFAULT false,
    last_notification_sent_at timestamptz,
    attic_tech_data jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Step 4
ALTER TABLE botzilla.job
    ADD COLUMN IF NOT EXISTS attic_tech_job_id integer,
    ADD COLUMN IF NOT EXISTS last_synced_at timestamp;

-- Step 5
CREATE TABLE IF NOT EXISTS botzilla.job_state_change_log (
    id serial PRIMARY KEY,
    job_sync_id integer REFERENCES botzilla.job_sync (id) ON DELETE CASCADE,
    attic_tech_job_id integer,
    previous_status_id integer REFERENCES botzilla.job_status (id),
    new_status_id integer REFERENCES botzilla.job_status (id),
    notified_user_type varchar(50),
    notified_user_id integer,
    notified_telegram_id varchar(50),
    changed_at timestamptz NOT NULL DEFAULT now(),
    change_metadata jsonb
);

CREATE UNIQUE INDEX IF NOT EXISTS job_sync_attic_tech_job_id_key ON botzilla.job_sync (attic_tech_job_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_job_status_id ON botzilla.job_sync (job_status_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_crew_leader_id ON botzilla.job_sync (crew_leader_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_sales_person_id ON botzilla.job_sync (sales_person_id);
CREATE INDEX IF NOT EXISTS idx_job_sync_branch_id ON botzilla.job_sync (branch_id);
CREATE INDEX IF NOT EXISTS idx_job_state_change_log_job_sync_id ON botzilla.job_state_change_log (job_sync_id, id);
CREATE INDEX IF NOT EXISTS idx_job_state_change_log_changed_at ON botzilla.job_state_change_log (changed_at);

CREATE OR REPLACE FUNCTION botzilla.update_job_sync_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER trigger_update_job_sync_updated_at BEFORE UPDATE ON botzilla.job_sync
    FOR EACH ROW EXECUTE FUNCTION botzilla.update_job_sync_updated_at();

-- Step 6
CREATE VIEW botzilla.v_job_sync_details AS
SELECT
    js.id,
    js.attic_tech_job_id,
    js.job_name,
    current_status.name AS current_status,
    previous_status.name AS previous_status,
    cm.name AS crew_leader_name,
    cm.telegram_id AS crew_leader_telegram_id,
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
    SELECT log.previous_status_id FROM botzilla.job_state_change_log log
    WHERE log.job_sync_id = js.id ORDER BY log.id DESC LIMIT 1
) newest ON true
LEFT JOIN botzilla.job_status previous_status ON previous_status.id = newest.previous_status_id
LEFT JOIN botzilla.crew_member cm ON cm.id = js.crew_leader_id
LEFT JOIN botzilla.sales_person sp ON sp.id = js.sales_person_id
LEFT JOIN botzilla.branch b ON b.id = js.branch_id;
