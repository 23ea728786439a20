-- What the program writes about who is who into BotZilla's tables of people.

-- name: join
-- $1 jsonb: what is certain (`source`, `id`, `to`). Crew members and salespeople get their employee, employees their Attic
-- Tech user; what somebody else has filled meanwhile stays. Returns what was written.
WITH certain AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS j (source text, id integer, "to" integer)
), crew_member AS (
    UPDATE botzilla.crew_member c SET employee_id = j."to"
    FROM certain j WHERE j.source = 'crew_member' AND c.id = j.id AND c.employee_id IS NULL
    RETURNING 'crew_member' AS source, c.id
), sales_person AS (
    UPDATE botzilla.sales_person s SET employee_id = j."to"
    FROM certain j WHERE j.source = 'sales_person' AND s.id = j.id AND s.employee_id IS NULL
    RETURNING 'sales_person' AS source, s.id
), employee AS (
    UPDATE botzilla.employee e SET attic_tech_user_id = j."to"
    FROM certain j WHERE j.source = 'employee' AND e.id = j.id AND e.attic_tech_user_id IS NULL
    RETURNING 'employee' AS source, e.id
)
SELECT * FROM crew_member UNION ALL SELECT * FROM sales_person UNION ALL SELECT * FROM employee;
