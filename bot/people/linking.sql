-- Linking somebody to a Telegram id, and unlinking him.

-- name: employee
-- The employee $1, locked, with his standing and the folded name that his unjoined rows would bear.
SELECT lower(regexp_replace(btrim(concat_ws(' ', e.first_name, e.last_name)), '\s+', ' ', 'g'))
        AS name,
    CASE WHEN to_jsonb(e) ->> 'is_deleted' = 'true' THEN 'deleted'
        WHEN EXISTS (
            SELECT FROM botzilla.sales_person s WHERE s.employee_id = e.id AND s.is_active::text IN ('false', '0')
        ) THEN 'inactive'
        WHEN (
            SELECT bool_and(document.fields -> 'isBlocked' = 'true')
            FROM botzilla.attic_tech_person person JOIN botzilla.attic_tech_document document
                ON document.collection = 'users' AND document.id = person.attic_tech_user_id
            WHERE person.employee_id = e.id
        ) THEN 'blocked'
        ELSE e.status::text END AS status
FROM botzilla.employee e WHERE e.id = $1 FOR UPDATE;

-- name: crew_member
-- The crew member $1, locked. One whom the matching takes for a leaver, or for users who are all
-- blocked in Attic Tech, has left.
SELECT c.employee_id, coalesce(lower(regexp_replace(btrim(c.name::text), '\s+', ' ', 'g')), '') AS name,
    CASE WHEN EXISTS (
            SELECT FROM botzilla.attic_tech_person person
            JOIN botzilla.employee e ON e.id = person.employee_id
            WHERE person.crew_member_id = c.id AND (
                to_jsonb(e) ->> 'is_deleted' = 'true' OR coalesce(e.status::text, '') NOT IN ('active', 'pending'))
        ) THEN 'inactive'
        WHEN (
            SELECT bool_and(document.fields -> 'isBlocked' = 'true')
            FROM botzilla.attic_tech_person person JOIN botzilla.attic_tech_document document
                ON document.collection = 'users' AND document.id = person.attic_tech_user_id
            WHERE person.crew_member_id = c.id
        ) THEN 'blocked'
        ELSE 'active' END AS status
FROM botzilla.crew_member c WHERE c.id = $1 FOR UPDATE;

-- name: sales_person
-- The salesperson $1, locked.
SELECT s.employee_id, coalesce(lower(regexp_replace(btrim(s.name::text), '\s+', ' ', 'g')), '') AS name,
    CASE WHEN s.is_active::text IN ('false', '0') THEN 'inactive' ELSE 'active' END AS status
FROM botzilla.sales_person s WHERE s.id = $1 FOR UPDATE;

-- name: user
-- The account $1, locked. It is nobody's employee.
SELECT NULL::integer AS employee_id, '' AS name, 'active' AS status
FROM botzilla."user" u WHERE u.id = $1 FOR UPDATE;

-- name: holders
-- Who else holds the Telegram id $2 than the employee $1 (null: nobody joined him), who has the
-- folded name $3 and the row $5 of $4, and whether that is a former employee. Where one of two rows
-- is joined to nobody, the same name makes them one person; no name makes nobody.
WITH holding AS (
    SELECT 'employee' AS source, e.id, e.id AS employee_id,
        concat_ws(' ', e.first_name, e.last_name) AS name
    FROM botzilla.employee e WHERE btrim(e.telegram_id::text, E' \t\r\n') = $2
    UNION ALL
    SELECT 'crew_member', c.id, c.employee_id, c.name::text
    FROM botzilla.crew_member c WHERE btrim(c.telegram_id::text, E' \t\r\n') = $2
    UNION ALL
    SELECT 'sales_person', s.id, s.employee_id, s.name::text
    FROM botzilla.sales_person s WHERE btrim(s.telegram_id::text, E' \t\r\n') = $2
)
SELECT holding.source, holding.id, e.id IS NOT NULL AND (
    coalesce(e.status::text, '') NOT IN ('active', 'pending')
    OR coalesce(to_jsonb(e) ->> 'is_deleted' = 'true', false)) AS has_left
FROM holding LEFT JOIN botzilla.employee e ON e.id = holding.employee_id
WHERE (holding.source, holding.id) <> ($4::text, $5::integer)
    AND CASE WHEN holding.employee_id IS NULL OR $1::integer IS NULL
        THEN lower(regexp_replace(btrim(holding.name), '\s+', ' ', 'g')) IS DISTINCT FROM nullif($3, '')
            OR $3 = ''
        ELSE holding.employee_id <> $1::integer END
ORDER BY source, id;

-- name: let_go
-- Former employees lose the Telegram id $1, in their rows and in those joined to them; the ids of
-- the employees. An account of theirs in "user" keeps it: whose that is was asked before.
WITH leaver AS (
    SELECT e.id FROM botzilla.employee e
    WHERE coalesce(e.status::text, '') NOT IN ('active', 'pending') OR to_jsonb(e) ->> 'is_deleted' = 'true'
), employee AS (
    UPDATE botzilla.employee SET telegram_id = NULL
    WHERE id IN (SELECT id FROM leaver) AND btrim(telegram_id::text, E' \t\r\n') = $1::text
    RETURNING id AS employee_id
), crew_member AS (
    UPDATE botzilla.crew_member SET telegram_id = NULL
    WHERE employee_id IN (SELECT id FROM leaver) AND btrim(telegram_id::text, E' \t\r\n') = $1::text
    RETURNING employee_id
), sales_person AS (
    UPDATE botzilla.sales_person SET telegram_id = NULL
    WHERE employee_id IN (SELECT id FROM leaver) AND btrim(telegram_id::text, E' \t\r\n') = $1::text
    RETURNING employee_id
), person AS (
    UPDATE botzilla.attic_tech_person SET telegram_id = NULL
    WHERE employee_id IN (SELECT id FROM leaver) AND telegram_id = $1::text
)
SELECT employee_id FROM employee UNION SELECT employee_id FROM crew_member
UNION SELECT employee_id FROM sales_person ORDER BY employee_id;

-- name: write
-- His link to $2, or null to unlink him, in all of his rows and among Attic Tech's people, so that
-- what waits for him can go out at once: of the employee $1 (null: nobody joined him) with the
-- folded name $3, who has the row $5 of $4. What nobody joined follows where it bears his name and
-- one of his former ids, and so does the "user" with such an id, else his former account would stay
-- somebody here. The "user" that was made together with the employee gets his first link by this.
-- What Telegram refused in the chat $2 is forgotten. What his rows agree on is noted, so that a row
-- that BotZilla changes later is told from the others (see sync/in_step.py).
WITH his AS (
    SELECT 'employee' AS source, id, btrim(telegram_id::text, E' \t\r\n') AS telegram_id
    FROM botzilla.employee WHERE id = $1
    UNION ALL
    SELECT 'crew_member', id, btrim(telegram_id::text, E' \t\r\n')
    FROM botzilla.crew_member WHERE employee_id = $1 OR $4::text = 'crew_member' AND id = $5
    UNION ALL
    SELECT 'sales_person', id, btrim(telegram_id::text, E' \t\r\n')
    FROM botzilla.sales_person WHERE employee_id = $1 OR $4::text = 'sales_person' AND id = $5
    UNION ALL
    SELECT 'user', id, btrim(telegram_id::text, E' \t\r\n')
    FROM botzilla."user" WHERE $4::text = 'user' AND id = $5
), former AS (
    SELECT DISTINCT telegram_id FROM his
    WHERE telegram_id ~ '^[1-9][0-9]{0,17}$' AND telegram_id IS DISTINCT FROM $2::text
), own AS (
    SELECT source, id FROM his
    UNION
    SELECT 'crew_member', c.id FROM botzilla.crew_member c
    JOIN former ON btrim(c.telegram_id::text, E' \t\r\n') = former.telegram_id
    WHERE c.employee_id IS NULL AND lower(regexp_replace(btrim(c.name::text), '\s+', ' ', 'g')) = nullif($3, '')
    UNION
    SELECT 'sales_person', s.id FROM botzilla.sales_person s
    JOIN former ON btrim(s.telegram_id::text, E' \t\r\n') = former.telegram_id
    WHERE s.employee_id IS NULL AND lower(regexp_replace(btrim(s.name::text), '\s+', ' ', 'g')) = nullif($3, '')
), employee AS (
    UPDATE botzilla.employee SET telegram_id = $2::text WHERE id = $1
), crew_member AS (
    UPDATE botzilla.crew_member SET telegram_id = $2::text
    WHERE id IN (SELECT id FROM own WHERE source = 'crew_member') RETURNING id
), sales_person AS (
    UPDATE botzilla.sales_person SET telegram_id = $2::text
    WHERE id IN (SELECT id FROM own WHERE source = 'sales_person') RETURNING id
), his_account AS (
    SELECT u.id FROM botzilla."user" u JOIN former ON btrim(u.telegram_id::text, E' \t\r\n') = former.telegram_id
    UNION
    SELECT u.id FROM botzilla.attic_tech_made made JOIN botzilla."user" u ON u.id = made.user_id
    WHERE made.employee_id = $1 AND made.user_id IS NOT NULL
        AND coalesce(btrim(u.telegram_id::text, E' \t\r\n'), '') = ''
), account AS (
    UPDATE botzilla."user" SET telegram_id = $2::text WHERE id IN (SELECT id FROM his_account)
), agreed AS (
    INSERT INTO botzilla.person_in_step AS s (employee_id, telegram_id, telegram_id_rows)
    SELECT $1, $2::text, ARRAY(SELECT source || ':' || id FROM his) WHERE $1::integer IS NOT NULL
    ON CONFLICT (employee_id) DO UPDATE SET telegram_id = EXCLUDED.telegram_id,
        telegram_id_rows = EXCLUDED.telegram_id_rows
), person AS (
    UPDATE botzilla.attic_tech_person SET telegram_id = $2::text, reason = CASE
        WHEN reason IS NOT NULL
            AND reason NOT IN ('no_telegram', 'bot_blocked', 'chat_not_found', 'deactivated')
            THEN reason
        WHEN $2::text IS NULL THEN 'no_telegram' END
    WHERE employee_id = $1 OR employee_id IS NULL AND $4::text = 'crew_member'
        AND crew_member_id = $5
), chat AS (
    UPDATE botzilla.telegram_chat SET blocked_reason = NULL, blocked_at = NULL
    WHERE telegram_id = $2::text::bigint
)
SELECT ARRAY(SELECT id FROM crew_member ORDER BY id) AS crew_members,
    ARRAY(SELECT id FROM sales_person ORDER BY id) AS sales_people,
    ARRAY(SELECT telegram_id FROM former) AS former;
