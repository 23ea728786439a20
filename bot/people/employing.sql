-- Somebody becomes an employee.

-- name: employ
-- A new employee, active, who is the Attic Tech user $1, or null: $2 first name, $3 last name, $4 e-mail,
-- $5 phone, $6 role, $7 branch, $8 the "user" who adds him, or null.
INSERT INTO botzilla.employee (attic_tech_user_id, first_name, last_name, email, phone_number, role,
    branch_id, status, approved_by, approved_date)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, now())
RETURNING id;

-- name: lead
-- The employee $1 leads a crew: $2 name, $3 phone, $4 branch or null.
WITH member AS (
    INSERT INTO botzilla.crew_member (name, phone, is_leader, employee_id)
    VALUES ($2, $3, true, $1) RETURNING id
)
INSERT INTO botzilla.crew_member_branch (crew_member_id, branch_id)
SELECT id, $4 FROM member WHERE $4::integer IS NOT NULL;

-- name: join_crew_member
-- The crew member $2, whom nobody joined, is the employee $1.
UPDATE botzilla.crew_member SET employee_id = $1 WHERE id = $2 AND employee_id IS NULL;

-- name: join_sales_person
-- The salesperson $2, whom nobody joined, is the employee $1.
UPDATE botzilla.sales_person SET employee_id = $1 WHERE id = $2 AND employee_id IS NULL;
