-- What the program writes about who is who into BotZilla's tables of people.

-- name: join
-- $1 jsonb: what is certain (`source`, `id`, `to`). Crew members and salespeople get their employee, employees their Attic
-- Tech user; what somebody else has filled meanwhile stays.
WITH certain AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS j (source text, id integer, "to" integer)
), crew_member AS (
    UPDATE botzilla.crew_member c SET employee_id = j."to"
    FROM certain j WHERE j.source = 'crew_member' AND c.id = j.id AND c.employee_id IS NULL
), sales_person AS (
    UPDATE botzilla.sales_person s SET employee_id = j."to"
    FROM certain j WHERE j.source = 'sales_person' AND s.id = j.id AND s.employee_id IS NULL
)
UPDATE botzilla.employee e SET attic_tech_user_id = j."to"
FROM certain j WHERE j.source = 'employee' AND e.id = j.id AND e.attic_tech_user_id IS NULL;

-- name: registry
-- What `make` must know: the e-mails of all accounts, and which rows were made before.
SELECT
    (SELECT coalesce(jsonb_agg(u.email::text), '[]') FROM botzilla."user" u WHERE u.email IS NOT NULL) AS accounts,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(m.attic_tech_user_id, m.made)), '[]')
     FROM botzilla.attic_tech_made m) AS made;

-- name: make_branches
-- $1 jsonb: names of branches that are missing.
INSERT INTO botzilla.branch (name) SELECT jsonb_array_elements_text($1::jsonb) ON CONFLICT DO NOTHING;

-- name: make
-- $1 jsonb: newcomers (`sync.people.newcomers.Newcomer`). Whoever has no e-mail is left out where the column insists on one. The
-- account's password is the hash of nothing. A manager who is made as both is one person: his account follows his link.
WITH newcomer AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS n (
        attic_tech_user_id integer, name text, first_name text, last_name text, email text, phone text, role text,
        employed boolean, works boolean, leads boolean, sells boolean, account text, branches integer[])
), employee AS (
    INSERT INTO botzilla.employee
        (first_name, last_name, email, phone_number, status, role, branch_id, attic_tech_user_id)
    SELECT first_name, last_name, email, phone, 'pending',
        -- Into whatever type the column has: in some databases an enum.
        (jsonb_populate_record(NULL::botzilla.employee, jsonb_build_object('role', role))).role,
        branches[1], attic_tech_user_id
    FROM newcomer
    WHERE employed AND (email IS NOT NULL OR NOT EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = 'botzilla.employee'::regclass AND a.attname = 'email' AND a.attnotnull))
    RETURNING id, attic_tech_user_id
), crew_member AS (
    INSERT INTO botzilla.crew_member (name, phone, is_leader, employee_id)
    SELECT n.name, n.phone, n.leads, e.id FROM newcomer n JOIN employee e USING (attic_tech_user_id) WHERE n.works
    RETURNING id, employee_id
), crew_member_branch AS (
    INSERT INTO botzilla.crew_member_branch (crew_member_id, branch_id)
    SELECT c.id, unnest(n.branches)
    FROM crew_member c JOIN employee e ON e.id = c.employee_id JOIN newcomer n USING (attic_tech_user_id)
), sales_person AS (
    INSERT INTO botzilla.sales_person (name, phone, employee_id)
    SELECT n.name, n.phone, e.id FROM newcomer n JOIN employee e USING (attic_tech_user_id) WHERE n.sells
    RETURNING id, employee_id
), sales_person_branch AS (
    INSERT INTO botzilla.sales_person_branch (sales_person_id, branch_id)
    SELECT s.id, unnest(n.branches)
    FROM sales_person s JOIN employee e ON e.id = s.employee_id JOIN newcomer n USING (attic_tech_user_id)
), known_role AS (
    SELECT min(id) AS id FROM botzilla.user_rol
    WHERE lower(regexp_replace(btrim(name::text), '\s+', ' ', 'g')) = 'operation manager'
), new_role AS (
    INSERT INTO botzilla.user_rol (name)
    SELECT 'operation manager' FROM known_role
    WHERE known_role.id IS NULL AND EXISTS (SELECT FROM newcomer WHERE account IS NOT NULL)
    RETURNING id
), account AS (
    INSERT INTO botzilla."user" (rol_id, phone, email, password)
    SELECT coalesce(known_role.id, new_role.id), n.phone, n.account, '!'
    FROM newcomer n CROSS JOIN known_role LEFT JOIN new_role ON true
    WHERE n.account IS NOT NULL
    RETURNING id, email
), user_branch AS (
    INSERT INTO botzilla.user_branch (user_id, branch_id)
    SELECT a.id, unnest(n.branches) FROM account a JOIN newcomer n ON n.account = a.email::text
)
INSERT INTO botzilla.attic_tech_made (attic_tech_user_id, made, employee_id, user_id)
SELECT e.attic_tech_user_id, 'employee', e.id, NULL FROM employee e
UNION ALL
SELECT n.attic_tech_user_id, 'user', e.id, a.id
FROM account a JOIN newcomer n ON n.account = a.email::text LEFT JOIN employee e USING (attic_tech_user_id)
ON CONFLICT DO NOTHING;

-- name: agreed
-- What the rows of each person last agreed on, and the accounts that were made together with an employee.
SELECT
    (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM botzilla.person_in_step s) AS agreed,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', u.id, 'employee_id', m.employee_id, 'telegram_id', u.telegram_id::text) ORDER BY u.id), '[]')
     FROM botzilla.attic_tech_made m JOIN botzilla."user" u ON u.id = m.user_id
     WHERE m.employee_id IS NOT NULL) AS accounts;

-- name: write_steps
-- $1 jsonb: people (`id` of the employee, `rows` with [was, text] by column, what is agreed). A row that somebody changed
-- since it was read is left to the next run, which will see that.
WITH step AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS s (
        id integer, rows jsonb, telegram_id text, phone text, email text,
        telegram_id_rows text[], phone_rows text[], email_rows text[])
), change AS (
    SELECT c.* FROM step, jsonb_to_recordset(step.rows) AS c (
        source text, id integer, telegram_id jsonb, phone jsonb, email jsonb)
), employee AS (
    UPDATE botzilla.employee e SET
        telegram_id = CASE WHEN c.telegram_id IS NULL THEN e.telegram_id ELSE c.telegram_id ->> 1 END,
        phone_number = CASE WHEN c.phone IS NULL THEN e.phone_number ELSE c.phone ->> 1 END,
        email = CASE WHEN c.email IS NULL THEN e.email ELSE c.email ->> 1 END
    FROM change c
    WHERE c.source = 'employee' AND e.id = c.id
        AND (c.telegram_id IS NULL OR e.telegram_id::text IS NOT DISTINCT FROM c.telegram_id ->> 0)
        AND (c.phone IS NULL OR e.phone_number::text IS NOT DISTINCT FROM c.phone ->> 0)
        AND (c.email IS NULL OR e.email::text IS NOT DISTINCT FROM c.email ->> 0)
), crew_member AS (
    UPDATE botzilla.crew_member m SET
        telegram_id = CASE WHEN c.telegram_id IS NULL THEN m.telegram_id ELSE c.telegram_id ->> 1 END,
        phone = CASE WHEN c.phone IS NULL THEN m.phone ELSE c.phone ->> 1 END
    FROM change c
    WHERE c.source = 'crew_member' AND m.id = c.id
        AND (c.telegram_id IS NULL OR m.telegram_id::text IS NOT DISTINCT FROM c.telegram_id ->> 0)
        AND (c.phone IS NULL OR m.phone::text IS NOT DISTINCT FROM c.phone ->> 0)
), sales_person AS (
    UPDATE botzilla.sales_person m SET
        telegram_id = CASE WHEN c.telegram_id IS NULL THEN m.telegram_id ELSE c.telegram_id ->> 1 END,
        phone = CASE WHEN c.phone IS NULL THEN m.phone ELSE c.phone ->> 1 END
    FROM change c
    WHERE c.source = 'sales_person' AND m.id = c.id
        AND (c.telegram_id IS NULL OR m.telegram_id::text IS NOT DISTINCT FROM c.telegram_id ->> 0)
        AND (c.phone IS NULL OR m.phone::text IS NOT DISTINCT FROM c.phone ->> 0)
), account AS (
    UPDATE botzilla."user" u SET telegram_id = c.telegram_id ->> 1
    FROM change c
    WHERE c.source = 'user' AND u.id = c.id AND u.telegram_id::text IS NOT DISTINCT FROM c.telegram_id ->> 0
)
INSERT INTO botzilla.person_in_step AS s
    (employee_id, telegram_id, phone, email, telegram_id_rows, phone_rows, email_rows)
SELECT id, telegram_id, phone, email,
    coalesce(telegram_id_rows, '{}'), coalesce(phone_rows, '{}'), coalesce(email_rows, '{}')
FROM step
ON CONFLICT (employee_id) DO UPDATE SET
    telegram_id = EXCLUDED.telegram_id, phone = EXCLUDED.phone, email = EXCLUDED.email,
    telegram_id_rows = EXCLUDED.telegram_id_rows, phone_rows = EXCLUDED.phone_rows, email_rows = EXCLUDED.email_rows;

-- name: write_crew_member_emails
-- $1 jsonb: e-mails (`id`, `was`, `text`). Sent only where the table has such a column.
UPDATE botzilla.crew_member m SET email = c.text
FROM jsonb_to_recordset($1::jsonb) AS c (id integer, was text, text text)
WHERE m.id = c.id AND m.email::text IS NOT DISTINCT FROM c.was;

-- name: write_sales_person_emails
-- $1 jsonb: e-mails (`id`, `was`, `text`). Sent only where the table has such a column.
UPDATE botzilla.sales_person m SET email = c.text
FROM jsonb_to_recordset($1::jsonb) AS c (id integer, was text, text text)
WHERE m.id = c.id AND m.email::text IS NOT DISTINCT FROM c.was;
