-- What the roster knows of people beside who they are (that is sync/deciding/company.sql).

-- name: about
-- One row for each row of BotZilla's: `words` is an employee's role, a manager's e-mail, a branch's
-- name; `branches` where he works, sells, manages, or (an Attic Tech user) leads jobs that are not
-- closed; `invited_until` how long an employee's open invite is good.
SELECT 'employee' AS source, e.id, e.role AS words,
    CASE WHEN e.branch_id IS NULL THEN '{}' ELSE ARRAY[e.branch_id] END AS branches,
    (
        SELECT max(invite.expires_at) FROM botzilla.telegram_invite invite
        WHERE invite.employee_id = e.id AND invite.used_at IS NULL AND invite.voided_at IS NULL
            AND invite.expires_at > now()
    ) AS invited_until
FROM botzilla.employee e
UNION ALL
SELECT 'crew_member', crew_member_id, NULL, array_agg(branch_id), NULL
FROM botzilla.crew_member_branch GROUP BY crew_member_id
UNION ALL
SELECT 'sales_person', sales_person_id, NULL, array_agg(branch_id), NULL
FROM botzilla.sales_person_branch WHERE branch_id IS NOT NULL GROUP BY sales_person_id
UNION ALL
SELECT 'user', u.id, u.email,
    ARRAY(SELECT branch_id FROM botzilla.user_branch WHERE user_id = u.id), NULL
FROM botzilla."user" u
UNION ALL
SELECT 'attic_user', job.attic_tech_crew_leader_id, NULL,
    coalesce(array_agg(DISTINCT job.branch_id) FILTER (
        WHERE job.branch_id IS NOT NULL
            AND lower(btrim(job.attic_tech_data ->> 'status')) IS DISTINCT FROM 'closed job'), '{}'),
    NULL
FROM botzilla.job_sync job
WHERE job.gone_at IS NULL AND job.attic_tech_crew_leader_id IS NOT NULL
GROUP BY job.attic_tech_crew_leader_id
UNION ALL
SELECT 'branch', id, btrim(name), '{}', NULL FROM botzilla.branch;
