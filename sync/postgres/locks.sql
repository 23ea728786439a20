-- name: try_lock
-- Takes a session lock without waiting. $1 key
SELECT pg_try_advisory_lock($1::bigint)

-- name: unlock
-- $1 key
SELECT pg_advisory_unlock($1::bigint)

-- name: lock_for_transaction
-- $1 key
SELECT pg_advisory_xact_lock($1::bigint)

-- name: somebody_holds
-- A bigint key is shown in two halves, with objsubid 1. $1 key
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND classid::bigint = $1::bigint >> 32
      AND objid::bigint = $1::bigint & 4294967295
)

-- name: end_when_silent
-- $1 how long the session may be idle, between transactions, within one, or (from PostgreSQL 17 on) between two messages
-- of one statement, before the server ends it
SELECT set_config(name, $1, false) FROM pg_catalog.pg_settings
WHERE name IN ('idle_session_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')

-- name: wait_at_most
-- $1 how long a statement of this session waits for a lock
SELECT set_config('lock_timeout', $1, false)

-- name: wait_at_will
RESET lock_timeout
