-- The operation managers, and whether a message reaches them.

-- name: managers
-- Every "user" with the role operation manager: e-mail, the name of the only employee whose Telegram
-- id he has, branches, and why no message reaches him
-- (null: one does). The same judgement as sync/people/people.py `standing`, for the few who manage, but for
-- those who left by rows that nobody joined (see leaving.sql).
WITH managers AS (
    SELECT u.id, u.email::text AS email, btrim(u.telegram_id::text, E' \t\r\n') AS address
    FROM botzilla."user" u JOIN botzilla.user_rol role ON role.id = u.rol_id
    WHERE lower(regexp_replace(btrim(role.name::text), '\s+', ' ', 'g')) = 'operation manager'
),
-- The employees that an address belongs to, by their own row or by one joined to them.
owners AS (
    SELECT managers.address, e.id FROM managers
    JOIN botzilla.employee e ON btrim(e.telegram_id::text, E' \t\r\n') = managers.address
    UNION
    SELECT managers.address, c.employee_id FROM managers
    JOIN botzilla.crew_member c ON btrim(c.telegram_id::text, E' \t\r\n') = managers.address
    WHERE c.employee_id IS NOT NULL
    UNION
    SELECT managers.address, s.employee_id FROM managers
    JOIN botzilla.sales_person s ON btrim(s.telegram_id::text, E' \t\r\n') = managers.address
    WHERE s.employee_id IS NOT NULL
),
judged AS (
    SELECT owners.address, owners.id, concat_ws(' ', e.first_name, e.last_name) AS name, CASE
        WHEN to_jsonb(e) ->> 'is_deleted' = 'true' THEN 'inactive'
        WHEN e.status::text = 'pending' THEN 'pending_approval'
        WHEN e.status::text IS DISTINCT FROM 'active' THEN 'inactive'
        WHEN (
            SELECT bool_and(document.fields -> 'isBlocked' = 'true')
            FROM botzilla.attic_tech_person person JOIN botzilla.attic_tech_document document
                ON document.collection = 'users' AND document.id = person.attic_tech_user_id
            WHERE person.employee_id = e.id
        ) THEN 'blocked_in_attic_tech'
        END AS reason,
        (
            SELECT own.telegram_id FROM (
                SELECT 0 AS place, false AS last, e.id, btrim(e.telegram_id::text, E' \t\r\n') AS telegram_id
                UNION ALL
                SELECT 1, c.is_leader::text IN ('true', '1') IS NOT TRUE, c.id, btrim(c.telegram_id::text, E' \t\r\n')
                FROM botzilla.crew_member c WHERE c.employee_id = e.id
                UNION ALL
                SELECT 2, s.is_active::text IN ('false', '0') IS TRUE, s.id, btrim(s.telegram_id::text, E' \t\r\n')
                FROM botzilla.sales_person s WHERE s.employee_id = e.id
            ) own
            WHERE own.telegram_id ~ '^[1-9][0-9]{0,15}$'
            ORDER BY own.place, own.last, own.id LIMIT 1
        ) AS his_own
    FROM owners JOIN botzilla.employee e ON e.id = owners.id
)
SELECT managers.id, managers.email, managers.address,
    (
        SELECT min(nullif(btrim(judged.name), '')) FROM judged
        WHERE judged.address = managers.address HAVING count(*) = 1
    ) AS employee,
    ARRAY(
        SELECT branch_id FROM botzilla.user_branch
        WHERE user_id = managers.id AND branch_id IS NOT NULL ORDER BY branch_id
    ) AS branches,
    CASE WHEN managers.address ~ '^[1-9][0-9]{0,15}$' IS NOT TRUE THEN 'no_telegram'
        ELSE coalesce(
            (
                SELECT judged.reason FROM judged
                WHERE judged.address = managers.address AND judged.reason IS NOT NULL
                ORDER BY judged.id LIMIT 1
            ),
            (
                SELECT 'inactive' FROM botzilla.sales_person s
                WHERE s.is_active::text IN ('false', '0') AND (
                    btrim(s.telegram_id::text, E' \t\r\n') = managers.address
                    OR s.employee_id IN (
                        SELECT id FROM judged WHERE judged.address = managers.address))
                LIMIT 1
            ),
            (
                SELECT 'ambiguous' FROM judged WHERE judged.address = managers.address
                HAVING count(*) > 1 OR bool_or(judged.his_own <> managers.address)
            ),
            (
                SELECT chat.blocked_reason FROM botzilla.telegram_chat chat
                WHERE chat.telegram_id::text = managers.address
            )
        ) END AS reason
FROM managers ORDER BY managers.id;

-- name: branches
-- The ids of all branches.
SELECT id FROM botzilla.branch ORDER BY id;
