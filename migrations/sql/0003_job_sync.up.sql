-- What DESIGN adds to job_sync, and the view of it. It may run over what is there already: see migrations/repair.py.

DO $$
DECLARE
    name text;
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['job_sync', 'job_state_change_log'], ARRAY['employee']);
    FOREACH name IN ARRAY ARRAY['attic_tech_estimate_id', 'attic_tech_crew_leader_id', 'crew_leader_employee_id', 'revision',
        'leader_revision', 'known', 'status_changed_at', 'attic_tech_updated_at', 'gone_at']
    LOOP
        PERFORM botzilla.jobsync_note('0003', 'column', 'job_sync', name);
    END LOOP;
    PERFORM botzilla.jobsync_note('0003', 'index', 'job_sync', 'job_sync_estimate_without_job');
    PERFORM botzilla.jobsync_note('0003', 'index', 'job_sync', 'job_sync_estimate');
    PERFORM botzilla.jobsync_note('0003', 'index', 'job_sync', 'job_sync_leader');
    PERFORM botzilla.jobsync_note('0003', 'constraint', 'job_sync', 'job_sync_identity_check');
    PERFORM botzilla.jobsync_note_view('0003');
END
$$;

-- job_sync: the frozen job as last decided (`known`), revisions, and the Attic Tech side of its identity.
ALTER TABLE botzilla.job_sync
    ADD COLUMN IF NOT EXISTS attic_tech_estimate_id integer,
    ADD COLUMN IF NOT EXISTS attic_tech_crew_leader_id integer,
    ADD COLUMN IF NOT EXISTS crew_leader_employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL,
    ADD COLUMN IF NOT EXISTS revision integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS leader_revision integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS known jsonb,
    ADD COLUMN IF NOT EXISTS status_changed_at timestamptz,
    ADD COLUMN IF NOT EXISTS attic_tech_updated_at timestamptz,
    ADD COLUMN IF NOT EXISTS gone_at timestamptz;

-- The identity of a row: the job's id where there is a job, else the estimate's. Rows that were there before us may lack both;
-- they are left alone (NOT VALID), new ones may not.
CREATE UNIQUE INDEX IF NOT EXISTS job_sync_estimate_without_job ON botzilla.job_sync (attic_tech_estimate_id) WHERE attic_tech_job_id IS NULL;
CREATE INDEX IF NOT EXISTS job_sync_estimate ON botzilla.job_sync (attic_tech_estimate_id);
CREATE INDEX IF NOT EXISTS job_sync_leader ON botzilla.job_sync (attic_tech_crew_leader_id);
ALTER TABLE botzilla.job_sync DROP CONSTRAINT IF EXISTS job_sync_identity_check;
ALTER TABLE botzilla.job_sync ADD CONSTRAINT job_sync_identity_check
    CHECK (attic_tech_job_id IS NOT NULL OR attic_tech_estimate_id IS NOT NULL) NOT VALID;

-- The view: the seed's columns first. Who leads a job is what Attic Tech's user was matched to, a crew_member or not.
CREATE OR REPLACE VIEW botzilla.v_job_sync_details AS
SELECT
    js.id,
    js.attic_tech_job_id,
    js.job_name,
    current_status.name AS current_status,
    previous_status.name AS previous_status,
    coalesce(cm.name, leader.name)::text AS crew_leader_name,
    coalesce(leader.telegram_id, cm.telegram_id)::text AS crew_leader_telegram_id,
    cm.phone AS crew_leader_phone,
    sp.name AS sales_person_name,
    sp.telegram_id AS sales_person_telegram_id,
    b.name AS branch_name,
    js.last_synced_at,
    js.notification_sent,
    js.last_notification_sent_at,
    js.created_at,
    js.updated_at,
    js.attic_tech_estimate_id,
    js.attic_tech_crew_leader_id,
    js.crew_leader_employee_id,
    js.revision,
    js.status_changed_at,
    js.gone_at
FROM botzilla.job_sync js
LEFT JOIN botzilla.job_status current_status ON current_status.id = js.job_status_id
LEFT JOIN LATERAL (
    SELECT l.previous_status_id FROM botzilla.job_state_change_log l
    WHERE l.job_sync_id = js.id ORDER BY l.id DESC LIMIT 1
) newest ON true
LEFT JOIN botzilla.job_status previous_status ON previous_status.id = newest.previous_status_id
LEFT JOIN botzilla.crew_member cm ON cm.id = js.crew_leader_id
LEFT JOIN botzilla.attic_tech_person leader ON leader.attic_tech_user_id = js.attic_tech_crew_leader_id
LEFT JOIN botzilla.sales_person sp ON sp.id = js.sales_person_id
LEFT JOIN botzilla.branch b ON b.id = js.branch_id;
DO $$
BEGIN
    -- Replacing a view takes its options away.
    PERFORM botzilla.jobsync_dress_view(detail) FROM botzilla.jobsync_created WHERE revision = '0003' AND kind = 'view';
    PERFORM botzilla.jobsync_grant_to_view_owner('0003', 'attic_tech_person');
END
$$;
