-- Linking an employee to a Telegram id.

-- name: employee
-- The employee $1, locked, with his standing and the folded name that his unjoined rows would bear.
SELECT e.id,
    lower(regexp_replace(btrim(concat_ws(' ', e.first_name, e.last_name)), '\s+', ' ', 'g')) AS name,
    CASE WHEN to_jsonb(e) ->> 'is_deleted' = 'true' THEN 'deleted'
        WHEN (
            SELECT bool_and(document.fields -> 'isBlocked' = 'true')
            FROM botzilla.attic_tech_person person JOIN botzilla.attic_tech_document document
                ON document.collection = 'users' AND document.id = person.attic_tech_user_id
            WHERE person.employee_id = e.id
        ) THEN 'blocked'
        ELSE e.status END AS status
FROM botzilla.employee e WHERE e.id = $1 FOR UPDATE;

-- name: holders
-- Who else holds the Telegram id $2 than the employee $1 with the folded name $3. A row that nobody
-- joined and that bears his name is his own.
SELECT 'employee' AS source, e.id FROM botzilla.employee e
WHERE btrim(e.telegram_id, E' \t\r\n') = $2 AND e.id <> $1
UNION ALL
SELECT 'crew_member', c.id FROM botzilla.crew_member c
WHERE btrim(c.telegram_id, E' \t\r\n') = $2 AND CASE WHEN c.employee_id IS NULL
    THEN lower(regexp_replace(btrim(c.name), '\s+', ' ', 'g')) <> $3 ELSE c.employee_id <> $1 END
UNION ALL
SELECT 'sales_person', s.id FROM botzilla.sales_person s
WHERE btrim(s.telegram_id, E' \t\r\n') = $2 AND CASE WHEN s.employee_id IS NULL
    THEN lower(regexp_replace(btrim(s.name), '\s+', ' ', 'g')) <> $3 ELSE s.employee_id <> $1 END
ORDER BY source, id;

-- name: write
-- The link of the employee $1 to $2 in all of his rows, and among Attic Tech's people, so that what
-- waits for him can go out at once. What Telegram refused in that chat is forgotten.
WITH employee AS (
    UPDATE botzilla.employee SET telegram_id = $2::text WHERE id = $1
), crew_member AS (
    UPDATE botzilla.crew_member SET telegram_id = $2::text WHERE employee_id = $1 RETURNING id
), sales_person AS (
    UPDATE botzilla.sales_person SET telegram_id = $2::text WHERE employee_id = $1 RETURNING id
), person AS (
    UPDATE botzilla.attic_tech_person SET telegram_id = $2::text,
        reason = CASE WHEN reason IN ('no_telegram', 'bot_blocked', 'chat_not_found', 'deactivated')
            THEN NULL ELSE reason END
    WHERE employee_id = $1
), chat AS (
    UPDATE botzilla.telegram_chat SET blocked_reason = NULL, blocked_at = NULL
    WHERE telegram_id = $2::text::bigint
)
SELECT ARRAY(SELECT id FROM crew_member ORDER BY id) AS crew_members,
    ARRAY(SELECT id FROM sales_person ORDER BY id) AS sales_people;
