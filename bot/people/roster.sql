-- What the roster knows of people beside who they are (that is sync/deciding/company.sql).

-- name: about
-- One row for each row of BotZilla's: `words` is an employee's role, a manager's e-mail, a branch's
-- name; `branches` where he works, sells, manages, or (an Attic Tech user) leads jobs that are not
-- closed; `invited_until` how long an employee's open invite is good, made at `invited_at`.
SELECT 'employee' AS source, e.id, e.role::text AS words,
    CASE WHEN e.branch_id IS NULL THEN '{}' ELSE ARRAY[e.branch_id] END AS branches,
    invite.expires_at AS invited_until, invite.created_at AS invited_at
FROM botzilla.employee e
LEFT JOIN LATERAL (
    SELECT expires_at, created_at FROM botzilla.telegram_invite
    WHERE employee_id = e.id AND used_at IS NULL AND voided_at IS NULL AND expires_at > now()
    ORDER BY id DESC LIMIT 1
) invite ON true
UNION ALL
SELECT 'crew_member', crew_member_id, NULL, array_agg(branch_id), NULL, NULL
FROM botzilla.crew_member_branch WHERE crew_member_id IS NOT NULL AND branch_id IS NOT NULL GROUP BY crew_member_id
UNION ALL
SELECT 'sales_person', sales_person_id, NULL, array_agg(branch_id), NULL, NULL
FROM botzilla.sales_person_branch WHERE sales_person_id IS NOT NULL AND branch_id IS NOT NULL GROUP BY sales_person_id
UNION ALL
SELECT 'user', u.id, u.email::text,
    ARRAY(SELECT branch_id FROM botzilla.user_branch WHERE user_id = u.id AND branch_id IS NOT NULL), NULL, NULL
FROM botzilla."user" u
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
