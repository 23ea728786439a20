-- The pretend company's rows in BotZilla's own tables.

-- name: hire
-- $1: branches; $2 jsonb: people (`bot.demo.company.botzilla_rows`).
WITH people AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS p (
        first_name text, last_name text, name text, email text, role text, branch text,
        telegram_id text)
), branches AS (
    INSERT INTO botzilla.branch (name) SELECT unnest($1::text[]) RETURNING id, name
), manager_role AS (
    INSERT INTO botzilla.user_rol (name) VALUES ('operation manager') RETURNING id
), users AS (
    INSERT INTO botzilla."user" (rol_id, email, password, telegram_id)
    SELECT manager_role.id, email, '-', telegram_id
    FROM people, manager_role WHERE role = 'manager'
    RETURNING id, email
), user_branches AS (
    INSERT INTO botzilla.user_branch (user_id, branch_id)
    SELECT users.id, branches.id
    FROM users JOIN people USING (email) JOIN branches ON branches.name = people.branch
), employees AS (
    INSERT INTO botzilla.employee
        (first_name, last_name, email, status, role, branch_id, telegram_id)
    SELECT first_name, last_name, email, 'active', people.role, branches.id, telegram_id
    FROM people JOIN branches ON branches.name = people.branch
    WHERE role <> 'manager'
    RETURNING id, email
), crew AS (
    INSERT INTO botzilla.crew_member (name, is_leader, employee_id)
    SELECT people.name, role = 'crew_leader', employees.id
    FROM people JOIN employees USING (email) WHERE role IN ('crew_leader', 'crew_member')
    RETURNING id, employee_id
), crew_branches AS (
    INSERT INTO botzilla.crew_member_branch (crew_member_id, branch_id)
    SELECT crew.id, branches.id
    FROM crew JOIN employees ON employees.id = crew.employee_id
    JOIN people USING (email) JOIN branches ON branches.name = people.branch
), sellers AS (
    INSERT INTO botzilla.sales_person (name, employee_id)
    SELECT people.name, employees.id
    FROM people JOIN employees USING (email) WHERE role = 'salesperson'
    RETURNING id, employee_id
)
INSERT INTO botzilla.sales_person_branch (sales_person_id, branch_id)
SELECT sellers.id, branches.id
FROM sellers JOIN employees ON employees.id = sellers.employee_id
JOIN people USING (email) JOIN branches ON branches.name = people.branch;

-- name: outage_told
-- Whether it was told that Attic Tech cannot be read. So that nobody has to wait for it, every run
-- that succeeded is set back by a minute; a run under way is as if it had done nothing yet.
WITH long_ago AS (
    UPDATE botzilla.sync_run
    SET finished_at = least(finished_at, now() - interval '1 minute'), progress = progress - 'at'
    WHERE state IN ('succeeded', 'running')
)
SELECT EXISTS (SELECT FROM botzilla.sync_state WHERE key = 'outage');
