-- Invites, and the attempts to use them. Of a code only its SHA-256 is ever here.

-- name: make
-- $1 hash, $2 the row that it is for (`employee 3`), $3 its employee or null, $4 who invites (user:3, telegram:99), $5 how long
-- it is good, $6 the account whose place is taken, or null.
INSERT INTO botzilla.telegram_invite (code_hash, for_row, employee_id, invited_by, expires_at, replaces)
VALUES ($1, $2, $3, $4, now() + $5::interval, $6)
RETURNING id, expires_at;

-- name: sent
-- The invite $1 stands in the message $2 to who made it.
UPDATE botzilla.telegram_invite SET message_id = $2 WHERE id = $1;

-- name: just_sent
-- Whether $2 got an invite for the row $1 within the last $3 and it is still open.
SELECT EXISTS (
    SELECT FROM botzilla.telegram_invite
    WHERE for_row = $1 AND invited_by = $2 AND message_id IS NOT NULL
        AND used_at IS NULL AND voided_at IS NULL AND created_at > now() - $3::interval
);

-- name: find
-- The invite with the hash $1, locked, with the Telegram id of who invited.
SELECT i.id, coalesce(i.for_row, 'employee ' || i.employee_id) AS row, i.invited_by, i.replaces,
    i.used_at IS NOT NULL AS used, i.voided_at IS NOT NULL AS voided, i.expires_at <= now() AS expired,
    CASE WHEN i.invited_by LIKE 'telegram:%' THEN split_part(i.invited_by, ':', 2) ELSE (
        SELECT btrim(u.telegram_id::text, E' \t\r\n') FROM botzilla."user" u
        WHERE 'user:' || u.id = i.invited_by
    ) END AS inviter
FROM botzilla.telegram_invite i WHERE i.code_hash = $1 FOR UPDATE;

-- name: use
-- The invite $1 is used by the Telegram id $2, and voided by no other one any more.
UPDATE botzilla.telegram_invite SET used_at = now(), used_by = $2, voided_at = NULL WHERE id = $1;

-- name: refused_tries
-- How often $1 tried within the last $3 with one of the outcomes $2.
SELECT count(*) FROM botzilla.telegram_link_attempt
WHERE telegram_id = $1 AND via = 'code' AND outcome = ANY ($2::text[])
    AND attempted_at > now() - $3::interval;

-- name: void_shown
-- $2 showed codes with these hashes ($1) to a group, which is recorded with the outcome $3: those
-- that were open are void. One row for each that is an invite.
WITH shown AS (
    SELECT id, employee_id FROM botzilla.telegram_invite WHERE code_hash = ANY ($1::bytea[])
), voided AS (
    UPDATE botzilla.telegram_invite SET voided_at = now()
    WHERE id IN (SELECT id FROM shown) AND used_at IS NULL AND voided_at IS NULL
)
INSERT INTO botzilla.telegram_link_attempt (telegram_id, via, outcome, invite_id, employee_id)
SELECT $2, 'code', $3, id, employee_id FROM shown
RETURNING invite_id;

-- name: traits
-- By what one sees whose the rows $1 are, and the "user" rows that bear the Telegram id $2; some databases have an e-mail in
-- each table.
SELECT 'employee ' || id AS row, email::text AS email, phone_number::text AS phone FROM botzilla.employee
WHERE 'employee ' || id = ANY ($1::text[])
UNION ALL
SELECT 'crew_member ' || id, to_jsonb(c) ->> 'email', phone::text FROM botzilla.crew_member c
WHERE 'crew_member ' || id = ANY ($1)
UNION ALL
SELECT 'sales_person ' || id, to_jsonb(s) ->> 'email', phone::text FROM botzilla.sales_person s
WHERE 'sales_person ' || id = ANY ($1)
UNION ALL
SELECT 'user ' || id, email::text, phone::text FROM botzilla."user"
WHERE 'user ' || id = ANY ($1) OR btrim(telegram_id::text, E' \t\r\n') = $2;
