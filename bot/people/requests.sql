-- Requests to be linked, which managers decide, and the attempts that count against who asks.

-- name: attempt
-- $1 Telegram id, $2 via, $3 outcome, $4 employee and $5 invite, as far as they are known. What came
-- to nothing and counts no more is forgotten, so that one account leaves a bounded number of rows.
WITH forgotten AS (
    DELETE FROM botzilla.telegram_link_attempt
    WHERE telegram_id = $1 AND attempted_at < now() - interval '1 day'
        AND via IN ('code', 'contact') AND outcome NOT IN ('linked', 'taken_over', 'shown_in_group')
)
INSERT INTO botzilla.telegram_link_attempt (telegram_id, via, outcome, employee_id, invite_id)
VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: contacts_lately
-- How often $1 has shared a contact within the last day.
SELECT count(*) FROM botzilla.telegram_link_attempt
WHERE telegram_id = $1 AND via = 'contact' AND attempted_at > now() - interval '1 day';

-- name: asked_lately
-- How often managers were asked about $1 within the last day.
SELECT count(*) FROM botzilla.telegram_link_request
WHERE telegram_id = $1 AND asked_at > now() - interval '1 day';

-- name: draft
-- The open request of $1, who is called $2 ($3: his @name) and has shared the phone $4; a new one
-- if he has none. One that managers were asked about stays as they saw it.
INSERT INTO botzilla.telegram_link_request AS request (telegram_id, name, username, phone)
VALUES ($1, $2, $3, $4)
ON CONFLICT (telegram_id) WHERE decided_at IS NULL DO UPDATE SET
    name = CASE WHEN request.asked_at IS NULL THEN EXCLUDED.name ELSE request.name END,
    username = CASE WHEN request.asked_at IS NULL THEN EXCLUDED.username ELSE request.username END,
    phone = CASE WHEN request.asked_at IS NULL THEN EXCLUDED.phone ELSE request.phone END;

-- name: open_of
-- The open request of the Telegram id $1, locked.
SELECT request.*, btrim(branch.name::text) AS branch
FROM botzilla.telegram_link_request request
LEFT JOIN botzilla.branch branch ON branch.id = request.branch_id
WHERE request.telegram_id = $1 AND request.decided_at IS NULL
FOR UPDATE OF request;

-- name: request
-- The request $1.
SELECT request.*, btrim(branch.name::text) AS branch
FROM botzilla.telegram_link_request request
LEFT JOIN botzilla.branch branch ON branch.id = request.branch_id
WHERE request.id = $1;

-- name: lock
-- The request $1, until the transaction ends.
SELECT FROM botzilla.telegram_link_request WHERE id = $1 FOR UPDATE;

-- name: ask
-- The managers of the branch $2 are asked about the request $1; null where there is no such branch.
UPDATE botzilla.telegram_link_request SET branch_id = branch.id, asked_at = now()
FROM botzilla.branch WHERE telegram_link_request.id = $1 AND branch.id = $2
RETURNING coalesce(btrim(branch.name::text), '');

-- name: decide
-- $1 request, $2 by whom, $3 whether it is approved, $4 as whom, $5 as which employee, each or
-- null. Cards that have not left yet stay unsent.
WITH decided AS (
    UPDATE botzilla.telegram_link_request
    SET decided_at = now(), decided_by = $2, approved = $3, approved_as = $4, employee_id = $5
    WHERE id = $1 AND decided_at IS NULL RETURNING id
)
UPDATE botzilla.alert SET state = 'superseded', reason = 'done'
WHERE kind = 'link_requested' AND state IN ('pending', 'held', 'undeliverable')
    AND (facts ->> 'request')::bigint IN (SELECT id FROM decided);

-- name: cards
-- Where the cards of the request $1 stand, and how their readers speak.
SELECT alert.chat_id, alert.message_id, chat.language
FROM botzilla.alert LEFT JOIN botzilla.telegram_chat chat ON chat.telegram_id = alert.chat_id
WHERE alert.kind = 'link_requested' AND alert.state = 'delivered'
    AND (alert.facts ->> 'request')::bigint = $1
ORDER BY alert.id;

-- name: card_at
-- The request whose card is the message $2 in the chat $1.
SELECT (facts ->> 'request')::bigint FROM botzilla.alert
WHERE kind = 'link_requested' AND chat_id = $1 AND message_id = $2;

-- name: called
-- What to call whoever acted as $1 (user:3, telegram:99, chat:55).
WITH actor AS (
    SELECT split_part($1, ':', 1) AS kind, split_part($1, ':', 2) AS id
), account AS (
    SELECT u.email::text AS email, btrim(u.telegram_id::text, E' \t\r\n') AS telegram_id
    FROM botzilla."user" u, actor WHERE actor.kind = 'user' AND u.id::text = actor.id
    UNION ALL
    SELECT NULL, actor.id FROM actor WHERE actor.kind <> 'user'
)
SELECT coalesce(
    (
        SELECT nullif(concat_ws(' ', e.first_name, e.last_name), '') FROM botzilla.employee e
        WHERE btrim(e.telegram_id::text, E' \t\r\n') = account.telegram_id LIMIT 1
    ),
    (
        SELECT nullif(c.name::text, '') FROM botzilla.crew_member c
        WHERE btrim(c.telegram_id::text, E' \t\r\n') = account.telegram_id LIMIT 1
    ),
    account.email, account.telegram_id)
FROM account;

-- name: branches
-- All branches, by name.
SELECT id, coalesce(btrim(regexp_replace(name::text, '\s+', ' ', 'g')), '') AS name FROM botzilla.branch ORDER BY 2, 1;

-- name: branches_of
-- Where an employee ($1) works and sells, his own branch first.
SELECT branch_id FROM (
    SELECT branch_id, 0 AS place FROM botzilla.employee WHERE id = $1
    UNION ALL
    SELECT at.branch_id, 1 FROM botzilla.crew_member c
    JOIN botzilla.crew_member_branch at ON at.crew_member_id = c.id WHERE c.employee_id = $1
    UNION ALL
    SELECT at.branch_id, 1 FROM botzilla.sales_person s
    JOIN botzilla.sales_person_branch at ON at.sales_person_id = s.id WHERE s.employee_id = $1
) his WHERE branch_id IS NOT NULL GROUP BY branch_id ORDER BY min(place), branch_id;
