-- Invites, and the attempts to use them. Of a code only its SHA-256 is ever here.

-- name: make
-- $1 hash, $2 employee, $3 who invites (user:3, telegram:99), $4 how long it is good. The one that
-- was open for the employee is void from now on.
WITH voided AS (
    UPDATE botzilla.telegram_invite SET voided_at = now()
    WHERE employee_id = $2 AND used_at IS NULL AND voided_at IS NULL AND expires_at > now()
)
INSERT INTO botzilla.telegram_invite (code_hash, employee_id, invited_by, expires_at)
VALUES ($1, $2, $3, now() + $4::interval)
RETURNING id, expires_at;

-- name: sent
-- The invite $1 stands in the message $2 to who made it.
UPDATE botzilla.telegram_invite SET message_id = $2 WHERE id = $1;

-- name: just_sent
-- Whether $2 got an invite for the employee $1 within the last $3 and it is still open.
SELECT EXISTS (
    SELECT FROM botzilla.telegram_invite
    WHERE employee_id = $1 AND invited_by = $2 AND message_id IS NOT NULL
        AND used_at IS NULL AND voided_at IS NULL AND created_at > now() - $3::interval
);

-- name: find
-- The invite with the hash $1, locked, with the invited and the Telegram id of who invited him.
-- `his`: the account $2 is linked to the invited already.
SELECT i.id, i.employee_id, i.invited_by, i.used_at IS NOT NULL AS used,
    i.voided_at IS NOT NULL AS voided, i.expires_at <= now() AS expired,
    concat_ws(' ', e.first_name, e.last_name) AS name,
    e.email::text AS email, e.phone_number::text AS phone,
    btrim(e.telegram_id::text, E' \t\r\n') IS NOT DISTINCT FROM $2::bigint::text
        AND e.status::text IN ('active', 'pending')
        AND (to_jsonb(e) ->> 'is_deleted') IS DISTINCT FROM 'true' AS his,
    CASE WHEN i.invited_by LIKE 'telegram:%' THEN split_part(i.invited_by, ':', 2) ELSE (
        SELECT btrim(u.telegram_id::text, E' \t\r\n') FROM botzilla."user" u
        WHERE 'user:' || u.id = i.invited_by
    ) END AS inviter
FROM botzilla.telegram_invite i JOIN botzilla.employee e ON e.id = i.employee_id
WHERE i.code_hash = $1 FOR UPDATE OF i;

-- name: use
-- The invite $1 is used by the Telegram id $2.
UPDATE botzilla.telegram_invite SET used_at = now(), used_by = $2 WHERE id = $1;

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
