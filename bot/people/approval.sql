-- Making somebody who waits for approval one of us.

-- name: approve
-- $1 employee, $2 the "user" who approves, or null: an operator has no row. Nothing where he does
-- not wait (any more).
UPDATE botzilla.employee e SET status = 'active', approved_by = $2, approved_date = now()
WHERE e.id = $1 AND e.status::text = 'pending' AND to_jsonb(e) ->> 'is_deleted' IS DISTINCT FROM 'true'
RETURNING e.id;
