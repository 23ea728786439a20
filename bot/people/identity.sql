-- Every row that says who a Telegram id is. One statement, so that it is one picture.

-- name: rows
-- Who could be $1 (a Telegram id as text): his own rows, the employees they belong to, those
-- employees' other rows, and the Attic Tech users matched to any of them.
-- is_deleted is read through jsonb: some databases have no such column. Ids are compared with arrays:
-- two sub-selects around an OR would read the whole table.
WITH crew AS (
    SELECT id, employee_id FROM botzilla.crew_member WHERE btrim(telegram_id::text, E' \t\r\n') = $1
),
sales AS (
    SELECT id, employee_id FROM botzilla.sales_person WHERE btrim(telegram_id::text, E' \t\r\n') = $1
),
-- A crew member that nobody joined yet, whom the matching found to be this employee, phone included.
unjoined AS (
    SELECT crew.id, person.employee_id
    FROM crew JOIN botzilla.attic_tech_person person ON person.crew_member_id = crew.id
    WHERE crew.employee_id IS NULL AND person.employee_id IS NOT NULL AND person.telegram_id = $1
),
employees AS (
    SELECT id FROM botzilla.employee WHERE btrim(telegram_id::text, E' \t\r\n') = $1
    UNION SELECT employee_id FROM crew WHERE employee_id IS NOT NULL
    UNION SELECT employee_id FROM sales WHERE employee_id IS NOT NULL
    UNION SELECT employee_id FROM unjoined
)
SELECT 'employee' AS source, e.id, concat_ws(' ', e.first_name, e.last_name) AS name,
    btrim(e.telegram_id::text, E' \t\r\n') AS telegram_id, e.id AS employee_id, e.role::text AS role,
    CASE WHEN to_jsonb(e) ->> 'is_deleted' = 'true' THEN 'deleted' ELSE e.status::text END AS status,
    '{}'::integer[] AS branches
FROM botzilla.employee e WHERE e.id = ANY (ARRAY(SELECT id FROM employees))
UNION ALL
SELECT 'crew_member', c.id, c.name::text, btrim(c.telegram_id::text, E' \t\r\n'),
    coalesce(c.employee_id, unjoined.employee_id),
    CASE WHEN c.is_leader::text IN ('true', '1') THEN 'crew_leader' ELSE 'crew_member' END, 'active', '{}'
FROM botzilla.crew_member c LEFT JOIN unjoined ON unjoined.id = c.id
WHERE c.id = ANY (ARRAY(SELECT id FROM crew))
    OR c.employee_id = ANY (ARRAY(SELECT id FROM employees))
UNION ALL
SELECT 'sales_person', s.id, s.name::text, btrim(s.telegram_id::text, E' \t\r\n'), s.employee_id,
    'salesperson', CASE WHEN s.is_active::text IN ('false', '0') THEN 'inactive' ELSE 'active' END, '{}'
FROM botzilla.sales_person s
WHERE s.id = ANY (ARRAY(SELECT id FROM sales))
    OR s.employee_id = ANY (ARRAY(SELECT id FROM employees))
UNION ALL
SELECT 'user', u.id, NULL, btrim(u.telegram_id::text, E' \t\r\n'), NULL, role.name::text, 'active',
    ARRAY(SELECT branch_id FROM botzilla.user_branch WHERE user_id = u.id AND branch_id IS NOT NULL ORDER BY branch_id)
FROM botzilla."user" u LEFT JOIN botzilla.user_rol role ON role.id = u.rol_id
WHERE btrim(u.telegram_id::text, E' \t\r\n') = $1
UNION ALL
SELECT 'attic_user', person.attic_tech_user_id, person.name, person.telegram_id, person.employee_id,
    CASE WHEN EXISTS (
        SELECT FROM botzilla.job_sync job
        WHERE job.attic_tech_crew_leader_id = person.attic_tech_user_id AND job.gone_at IS NULL
    ) THEN 'crew_leader' END,
    CASE WHEN document.fields -> 'isBlocked' = 'true' THEN 'blocked' ELSE 'active' END, '{}'
FROM botzilla.attic_tech_person person
LEFT JOIN botzilla.attic_tech_document document
    ON document.collection = 'users' AND document.id = person.attic_tech_user_id
WHERE person.employee_id = ANY (ARRAY(SELECT id FROM employees))
    OR person.employee_id IS NULL AND person.crew_member_id = ANY (ARRAY(SELECT id FROM crew));

-- name: chat
-- His language (null: not known yet), whether Telegram refused us there, and which operators of $2
-- it does not refuse. $1: Telegram id.
SELECT
    (SELECT language FROM botzilla.telegram_chat WHERE telegram_id = $1) AS language,
    EXISTS (
        SELECT FROM botzilla.telegram_chat WHERE telegram_id = $1 AND blocked_reason IS NOT NULL
    ) AS refused,
    ARRAY(
        SELECT id FROM unnest($2::bigint[]) id WHERE NOT EXISTS (
            SELECT FROM botzilla.telegram_chat
            WHERE telegram_id = id AND telegram_id <> $1 AND blocked_reason IS NOT NULL)
    ) AS operators;

-- name: branch_names
-- The branches of somebody, whatever he is in them: $1 branch ids, $2 crew_member ids,
-- $3 sales_person ids, $4 employee id.
SELECT coalesce(name::text, '') AS name FROM botzilla.branch WHERE id = ANY ($1::integer[])
    OR id IN (
        SELECT branch_id FROM botzilla.crew_member_branch WHERE crew_member_id = ANY ($2::integer[]))
    OR id IN (
        SELECT branch_id FROM botzilla.sales_person_branch
        WHERE sales_person_id = ANY ($3::integer[]))
    OR id IN (SELECT branch_id FROM botzilla.employee WHERE id = $4::integer)
ORDER BY name;
