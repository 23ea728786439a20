-- What the roster knows of people beside who they are (that is sync/reconcile/company.sql).

-- name: about
-- One row for each row of BotZilla's: `words` is an employee's role, a manager's e-mail, a branch's
-- name; `branches` where he works, sells, manages, or (an Attic Tech user) leads jobs that are not
-- closed; `invited_until` how long their open invite is good, made at `invited_at`.
WITH invite AS (
    SELECT DISTINCT ON (1) coalesce(for_row, 'employee ' || employee_id) AS row, expires_at, created_at
    FROM botzilla.telegram_invite WHERE used_at IS NULL AND voided_at IS NULL AND expires_at > now()
    ORDER BY 1, id DESC
)
SELECT 'employee' AS source, e.id, e.role::text AS words,
    CASE WHEN e.branch_id IS NULL THEN '{}' ELSE ARRAY[e.branch_id] END AS branches,
    invite.expires_at AS invited_until, invite.created_at AS invited_at
FROM botzilla.employee e LEFT JOIN invite ON invite.row = 'employee ' || e.id
UNION ALL
SELECT 'crew_member', c.id, NULL, ARRAY(
    SELECT branch_id FROM botzilla.crew_member_branch WHERE crew_member_id = c.id AND branch_id IS NOT NULL),
    invite.expires_at, invite.created_at
FROM botzilla.crew_member c LEFT JOIN invite ON invite.row = 'crew_member ' || c.id
UNION ALL
SELECT 'sales_person', s.id, NULL, ARRAY(
    SELECT branch_id FROM botzilla.sales_person_branch WHERE sales_person_id = s.id AND branch_id IS NOT NULL),
    invite.expires_at, invite.created_at
FROM botzilla.sales_person s LEFT JOIN invite ON invite.row = 'sales_person ' || s.id
UNION ALL
SELECT 'user', u.id, u.email::text,
    ARRAY(SELECT branch_id FROM botzilla.user_branch WHERE user_id = u.id AND branch_id IS NOT NULL),
    invite.expires_at, invite.created_at
FROM botzilla."user" u LEFT JOIN invite ON invite.row = 'user ' || u.id
UNION ALL
SELECT 'attic_user', job.attic_tech_crew_leader_id, NULL,
    coalesce(array_agg(DISTINCT job.branch_id) FILTER (
        WHERE job.branch_id IS NOT NULL
            AND lower(btrim(job.attic_tech_data ->> 'status')) IS DISTINCT FROM 'closed job'), '{}'),
    NULL, NULL
FROM botzilla.job_sync job
WHERE job.gone_at IS NULL AND job.attic_tech_crew_leader_id IS NOT NULL
GROUP BY job.attic_tech_crew_leader_id
UNION ALL
SELECT 'branch', id, btrim(name::text), '{}', NULL, NULL FROM botzilla.branch;
