-- Who seems to have left by a row that nobody joined to an employee.

-- name: suspects
-- Those of $1 (Telegram ids as text) who have such a row with the phone of an employee who is not
-- active any more, or is blocked in Attic Tech, or with the e-mail or phone of a user who is blocked
-- there. Looser than sync/people/leaving.py, which decides: of phones it compares the last digits, before
-- any extension.
WITH strays AS (
    SELECT btrim(telegram_id::text, E' \t\r\n') AS telegram_id, phone::text AS phone, to_jsonb(c) ->> 'email' AS email
    FROM botzilla.crew_member c
    WHERE btrim(telegram_id::text, E' \t\r\n') = ANY ($1::text[]) AND employee_id IS NULL
    UNION ALL
    SELECT btrim(telegram_id::text, E' \t\r\n'), phone::text, to_jsonb(s) ->> 'email'
    FROM botzilla.sales_person s
    WHERE btrim(telegram_id::text, E' \t\r\n') = ANY ($1::text[]) AND employee_id IS NULL
    UNION ALL
    SELECT btrim(telegram_id::text, E' \t\r\n'), phone::text, email::text
    FROM botzilla."user" WHERE btrim(telegram_id::text, E' \t\r\n') = ANY ($1::text[])
),
blocked AS (
    SELECT id, fields ->> 'phone' AS phone, fields ->> 'email' AS email
    FROM botzilla.attic_tech_document
    WHERE collection = 'users' AND fields -> 'isBlocked' = 'true'
),
leavers AS (
    SELECT phone, email FROM blocked
    UNION ALL
    SELECT e.phone_number::text, NULL FROM botzilla.employee e
    WHERE coalesce(e.status::text, '') NOT IN ('active', 'pending') OR to_jsonb(e) ->> 'is_deleted' = 'true'
    UNION ALL
    SELECT e.phone_number::text, NULL
    FROM blocked
    JOIN botzilla.attic_tech_person person ON person.attic_tech_user_id = blocked.id
    JOIN botzilla.employee e ON e.id = person.employee_id
),
evidence AS (
    SELECT telegram_id, lower(btrim(email, E' \t\r\n')) AS email,
        right(regexp_replace(substring(phone FROM '[0-9][^[:alpha:]#,;]*'), '\D', '', 'g'), 7)
            AS phone
    FROM (
        SELECT telegram_id, phone, email FROM strays
        UNION ALL SELECT NULL, phone, email FROM leavers
    ) everybody
)
SELECT DISTINCT his.telegram_id
FROM evidence his JOIN evidence theirs ON his.email = theirs.email OR his.phone = theirs.phone
WHERE his.telegram_id IS NOT NULL AND theirs.telegram_id IS NULL;
