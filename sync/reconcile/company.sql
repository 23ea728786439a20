-- Everything about people, branches and states that deciding needs: small tables, whole, in one statement. `to_jsonb`
-- reads columns that only some databases have (employee.is_deleted, branch.attic_tech_branch_id, an e-mail beside a phone).
-- Nothing of BotZilla's is cast here: rows.py reads what jsonb makes of it.
-- What is set aside counts as it last was; what never could be read (`{}`) as not there.

-- name: company
SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', e.id, 'name', concat_ws(' ', e.first_name, e.last_name), 'email', e.email, 'phone', e.phone_number,
        'telegram_id', e.telegram_id, 'status', e.status, 'attic_tech_user_id', e.attic_tech_user_id,
        'is_deleted', to_jsonb(e) -> 'is_deleted') ORDER BY e.id), '[]')
     FROM botzilla.employee e) AS employees,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', c.id, 'name', c.name, 'phone', c.phone, 'telegram_id', c.telegram_id,
        'is_leader', c.is_leader, 'employee_id', c.employee_id, 'email', to_jsonb(c) -> 'email',
        'has_email', to_jsonb(c) ? 'email') ORDER BY c.id), '[]')
     FROM botzilla.crew_member c) AS crew_members,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'name', s.name, 'phone', s.phone, 'telegram_id', s.telegram_id,
        'is_active', s.is_active, 'employee_id', s.employee_id, 'email', to_jsonb(s) -> 'email',
        'has_email', to_jsonb(s) ? 'email') ORDER BY s.id), '[]')
     FROM botzilla.sales_person s) AS sales_people,
    NOT EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'first_contact' AND value ? 'ended_at') AS first_contact,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', u.id, 'role', r.name, 'telegram_id', u.telegram_id, 'email', u.email, 'phone', u.phone,
        'branches', (SELECT coalesce(jsonb_agg(ub.branch_id), '[]') FROM botzilla.user_branch ub WHERE ub.user_id = u.id)
        ) ORDER BY u.id), '[]')
     FROM botzilla."user" u JOIN botzilla.user_rol r ON r.id = u.rol_id) AS users,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('telegram_id', t.telegram_id::text, 'reason', t.blocked_reason)), '[]')
     FROM botzilla.telegram_chat t WHERE t.blocked_reason IS NOT NULL) AS refusals,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'state', d.state, 'fields', d.fields) ORDER BY d.id), '[]')
     FROM botzilla.attic_tech_document d WHERE d.collection = 'users') AS attic_users,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'name', d.fields ->> 'name') ORDER BY d.id), '[]')
     FROM botzilla.attic_tech_document d
     WHERE d.collection = 'roles' AND d.state IN ('present', 'set_aside') AND d.fields <> '{}') AS attic_roles,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', d.id, 'name', d.fields ->> 'name', 'branch_id', known.branch_id, 'reason', known.reason,
        'known', known.attic_tech_branch_id IS NOT NULL) ORDER BY d.id), '[]')
     FROM botzilla.attic_tech_document d
     LEFT JOIN botzilla.attic_tech_branch known ON known.attic_tech_branch_id = d.id
     WHERE d.collection = 'branches' AND d.state IN ('present', 'set_aside') AND d.fields <> '{}') AS attic_branches,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', b.id, 'name', b.name, 'attic_tech_branch_id', to_jsonb(b) -> 'attic_tech_branch_id') ORDER BY b.id), '[]')
     FROM botzilla.branch b) AS branches,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name) ORDER BY s.id), '[]')
     FROM botzilla.job_status s) AS statuses;

-- name: save_people
-- $1 jsonb: every person as it is now; $2 text[]: the reasons of leavers. Writes the rows that differ and marks their users;
-- people gone from the mirror go. Messages about jobs are struck in the chat of who left, or has
-- another one or none now. Returns the active jobs of those who left just now.
WITH now AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS p (
        attic_tech_user_id integer, name text, employee_id integer, crew_member_id integer, sales_person_id integer,
        telegram_id text, reason text, evidence text, candidates jsonb)
), changed AS (
    SELECT now.*, old.attic_tech_user_id IS NOT NULL AND coalesce(old.reason <> ALL ($2::text[]), true)
        AND coalesce(now.reason = ANY ($2::text[]), false) AS left_now, old.telegram_id AS former
    FROM now
    LEFT JOIN botzilla.attic_tech_person old USING (attic_tech_user_id)
    WHERE (now.name, now.employee_id, now.crew_member_id, now.sales_person_id, now.telegram_id, now.reason, now.evidence, now.candidates)
        IS DISTINCT FROM
        (old.name, old.employee_id, old.crew_member_id, old.sales_person_id, old.telegram_id, old.reason, old.evidence, old.candidates)
), written AS (
    INSERT INTO botzilla.attic_tech_person AS p
        (attic_tech_user_id, name, employee_id, crew_member_id, sales_person_id, telegram_id, reason, evidence, candidates)
    SELECT attic_tech_user_id, name, employee_id, crew_member_id, sales_person_id, telegram_id, reason, evidence, candidates
    FROM changed
    ON CONFLICT (attic_tech_user_id) DO UPDATE SET
        name = EXCLUDED.name, employee_id = EXCLUDED.employee_id, crew_member_id = EXCLUDED.crew_member_id,
        sales_person_id = EXCLUDED.sales_person_id, telegram_id = EXCLUDED.telegram_id, reason = EXCLUDED.reason,
        evidence = EXCLUDED.evidence, candidates = EXCLUDED.candidates
), removed AS (
    DELETE FROM botzilla.attic_tech_person p
    WHERE NOT EXISTS (SELECT FROM now WHERE now.attic_tech_user_id = p.attic_tech_user_id)
    RETURNING p.attic_tech_user_id
), marked AS (
    INSERT INTO botzilla.sync_touched (collection, id)
    SELECT 'users', attic_tech_user_id FROM changed
    UNION SELECT 'users', attic_tech_user_id FROM removed
    ON CONFLICT DO NOTHING
), struck AS (
    UPDATE botzilla.alert a SET cleared_at = now(), edit_at = now()
    WHERE a.chat_id = ANY (ARRAY(SELECT former::bigint FROM changed
            WHERE former ~ '^[0-9]{1,18}$' AND (left_now OR telegram_id <> former OR reason = 'no_telegram')))
        AND a.job_sync_id IS NOT NULL AND a.state = 'delivered' AND a.cleared_at IS NULL AND a.kind <> 'job_taken_away'
        AND a.recipient_type IN ('crew_leader', 'operation_manager', 'salesperson')
)
SELECT p.attic_tech_user_id AS leader_id, p.name AS leader, p.reason, p.employee_id,
    (SELECT count(*) FROM botzilla.job_sync WHERE gone_at IS NULL AND (known ->> 'active')::boolean)::integer AS active,
    jsonb_build_object('job_sync_id', s.id, 'job_id', s.attic_tech_job_id, 'estimate_id', s.attic_tech_estimate_id,
        'name', s.attic_tech_data ->> 'name', 'status', s.attic_tech_data ->> 'status', 'branch_id', s.branch_id,
        'leader_id', p.attic_tech_user_id, 'leader_revision', s.leader_revision) AS job
FROM changed p
JOIN botzilla.job_sync s ON s.attic_tech_crew_leader_id = p.attic_tech_user_id
WHERE p.left_now AND s.gone_at IS NULL AND (s.known ->> 'active')::boolean
ORDER BY p.attic_tech_user_id, s.attic_tech_job_id, s.id;

-- name: save_branches
-- $1 jsonb: the branches whose match is new or another. Marks them, so that their jobs are decided again.
WITH written AS (
    INSERT INTO botzilla.attic_tech_branch AS b (attic_tech_branch_id, name, branch_id, reason)
    SELECT id, name, branch_id, reason
    FROM jsonb_to_recordset($1::jsonb) AS n (id integer, name text, branch_id integer, reason text)
    ON CONFLICT (attic_tech_branch_id) DO UPDATE SET
        name = EXCLUDED.name, branch_id = EXCLUDED.branch_id, reason = EXCLUDED.reason
    RETURNING b.attic_tech_branch_id
)
INSERT INTO botzilla.sync_touched (collection, id)
SELECT 'branches', attic_tech_branch_id FROM written
ON CONFLICT DO NOTHING;

-- name: add_statuses
-- $1 text[]: names of states, at most 50 characters each. Returns the row of each, new where job_status has none of the kind.
WITH word AS (
    SELECT name, botzilla.jobsync_fold(name) AS folded FROM unnest($1::text[]) AS w (name)
), known AS (
    SELECT s.id, s.name FROM botzilla.job_status s JOIN word ON botzilla.jobsync_fold(s.name::text) = word.folded
), new AS (
    INSERT INTO botzilla.job_status (name) SELECT name FROM word
    WHERE folded NOT IN (SELECT botzilla.jobsync_fold(name::text) FROM known)
    ON CONFLICT (name) DO UPDATE SET name = EXCLUDED.name
    RETURNING id, name
)
SELECT id, name FROM known UNION ALL SELECT id, name FROM new;
