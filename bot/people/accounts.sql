-- By what one sees who the user of a Telegram account is.

-- name: users
-- The "user" rows that bear the Telegram id $1.
SELECT email::text AS email, phone::text AS phone FROM botzilla."user"
WHERE btrim(telegram_id::text, E' \t\r\n') = $1::bigint::text;

-- name: rows
-- The rows $1 (like `crew_member 4`); some databases have an e-mail there as well.
SELECT email::text AS email, phone_number::text AS phone FROM botzilla.employee WHERE 'employee ' || id = ANY ($1)
UNION ALL
SELECT to_jsonb(c) ->> 'email', phone::text FROM botzilla.crew_member c
WHERE 'crew_member ' || id = ANY ($1)
UNION ALL
SELECT to_jsonb(s) ->> 'email', phone::text FROM botzilla.sales_person s
WHERE 'sales_person ' || id = ANY ($1);
