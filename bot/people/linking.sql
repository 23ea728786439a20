-- Writing a link, and what is remembered of it.

-- name: write
-- Of each row (its table in $1, its id in $2) the Telegram id becomes the one beside it in $3, or null. The ids that stood there.
WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[]) AS wanted (source, id, telegram_id)
), employee AS (
    UPDATE botzilla.employee e SET telegram_id = wanted.telegram_id
    FROM wanted, (SELECT id, telegram_id FROM botzilla.employee WHERE id = ANY ($2) FOR UPDATE) old
    WHERE wanted.source = 'employee' AND e.id = wanted.id AND old.id = e.id RETURNING wanted.source, e.id, old.telegram_id
), crew_member AS (
    UPDATE botzilla.crew_member c SET telegram_id = wanted.telegram_id
    FROM wanted, (SELECT id, telegram_id FROM botzilla.crew_member WHERE id = ANY ($2) FOR UPDATE) old
    WHERE wanted.source = 'crew_member' AND c.id = wanted.id AND old.id = c.id RETURNING wanted.source, c.id, old.telegram_id
), sales_person AS (
    UPDATE botzilla.sales_person s SET telegram_id = wanted.telegram_id
    FROM wanted, (SELECT id, telegram_id FROM botzilla.sales_person WHERE id = ANY ($2) FOR UPDATE) old
    WHERE wanted.source = 'sales_person' AND s.id = wanted.id AND old.id = s.id RETURNING wanted.source, s.id, old.telegram_id
), account AS (
    UPDATE botzilla."user" u SET telegram_id = wanted.telegram_id
    FROM wanted, (SELECT id, telegram_id FROM botzilla."user" WHERE id = ANY ($2) FOR UPDATE) old
    WHERE wanted.source = 'user' AND u.id = wanted.id AND old.id = u.id RETURNING wanted.source, u.id, old.telegram_id
)
SELECT source, id, telegram_id::text FROM employee UNION ALL SELECT * FROM crew_member
UNION ALL SELECT * FROM sales_person UNION ALL SELECT * FROM account;

-- name: holders
-- The rows that bear the Telegram id $1.
SELECT 'employee' AS source, id FROM botzilla.employee WHERE btrim(telegram_id::text, E' \t\r\n') = $1
UNION ALL
SELECT 'crew_member', id FROM botzilla.crew_member WHERE btrim(telegram_id::text, E' \t\r\n') = $1
UNION ALL
SELECT 'sales_person', id FROM botzilla.sales_person WHERE btrim(telegram_id::text, E' \t\r\n') = $1
UNION ALL
SELECT 'user', id FROM botzilla."user" WHERE btrim(telegram_id::text, E' \t\r\n') = $1
ORDER BY 1, 2;

-- name: record
-- An attempt: $1 Telegram id, $2 via, $3 outcome, $4 employee, $5 invite, $6 account, $7 who acted, $8 before, $9 after, as far
-- as they are known. What changed nothing is forgotten after a day, so that one account leaves a bounded number of rows.
WITH forgotten AS (
    DELETE FROM botzilla.telegram_link_attempt
    WHERE telegram_id = $1 AND attempted_at < now() - interval '1 day'
        AND via IN ('code', 'contact') AND after IS NULL
        AND outcome NOT IN ('linked', 'taken_over', 'shown_in_group')
)
INSERT INTO botzilla.telegram_link_attempt
    (telegram_id, via, outcome, employee_id, invite_id, account, acted_by, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id;

-- name: void_invites
-- The open invites of the rows $1, and of the employee $2, are void.
UPDATE botzilla.telegram_invite SET voided_at = now()
WHERE (for_row = ANY ($1::text[]) OR employee_id = $2) AND used_at IS NULL AND voided_at IS NULL;

-- name: account
-- How Telegram showed the account $1 when it was linked; null where we did not link it.
SELECT account FROM botzilla.telegram_link_attempt
WHERE telegram_id = $1 AND account IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: is_closed
-- Whether the newest change of one of the rows $1 took their account away, and was somebody else's doing.
SELECT acted_by IS DISTINCT FROM telegram_id AND outcome IN ('unlinked', 'undone') FROM botzilla.telegram_link_attempt
WHERE after ?| $1::text[] ORDER BY id DESC LIMIT 1;

-- name: change
-- The change $1, locked, and whether it is younger than a day.
SELECT telegram_id, acted_by, before, after, account, undone_at IS NOT NULL AS undone,
    attempted_at > now() - interval '1 day' AS recent
FROM botzilla.telegram_link_attempt WHERE id = $1 AND after IS NOT NULL AND outcome <> 'undone' FOR UPDATE;

-- name: mark_undone
-- The change $1 is undone.
UPDATE botzilla.telegram_link_attempt SET undone_at = now() WHERE id = $1;
