-- A company of 100,000 jobs, mirrored and decided, with 1,000,000 alerts and as many runs: see tests/big.py.

-- Nothing refers to what is not there, and nothing else is done by triggers.
SET session_replication_role = replica;

-- Indexes are made afterwards, at once: that takes a third of the time.
SET maintenance_work_mem = '256MB';
CREATE TEMPORARY TABLE left_for_later AS
SELECT i.indexrelid::regclass AS index, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'botzilla'::regnamespace AND NOT i.indisunique AND t.relname IN (
    'attic_tech_document', 'job_sync', 'job_state_change_log', 'alert', 'sync_run', 'job');
DO $$
DECLARE
    later record;
BEGIN
    FOR later IN SELECT * FROM left_for_later LOOP
        EXECUTE format('DROP INDEX %s', later.index);
    END LOOP;
END
$$;

INSERT INTO botzilla.attic_tech_document (collection, id, fields, refs, created_at, updated_at)
SELECT collection, id, fields, refs, '2026-01-01', '2026-11-01' FROM (
    SELECT 'roles' AS collection, n AS id, jsonb_build_object('name', CASE n WHEN 1 THEN 'Crew Leader' ELSE 'Seller' END) AS fields,
        '{}'::text[] AS refs
    FROM generate_series(1, 2) n
    UNION ALL
    SELECT 'branches', n, jsonb_build_object('name', 'Branch ' || n), '{}' FROM generate_series(1, 20) n
    UNION ALL
    SELECT 'users', n, jsonb_build_object('name', 'User ' || n, 'roles', ARRAY[1 + n / 301], 'isBlocked', false),
        ARRAY['roles:' || 1 + n / 301]
    FROM generate_series(1, 400) n
    UNION ALL
    SELECT 'clients', n, jsonb_build_object('fullName', 'Customer ' || n, 'phone', '(619) 555-0142', 'email', 'c@example.com'), '{}'
    FROM generate_series(1, 100000) n
    UNION ALL
    SELECT 'properties', n, jsonb_build_object('client', n, 'address', n || ' Elm Street', 'city', 'Orange', 'state', 'CA'),
        ARRAY['clients:' || n]
    FROM generate_series(1, 100000) n
    UNION ALL
    SELECT 'estimates', n, jsonb_build_object('name', 'Estimate ' || n, 'status', CASE WHEN n <= 100000 THEN 'Sold' ELSE 'Open' END,
        'user', 301 + n % 100, 'branch', 1 + n % 20, 'client', 1 + n % 100000, 'property', 1 + n % 100000, 'final_price', 12345.67),
        ARRAY['branches:' || 1 + n % 20, 'clients:' || 1 + n % 100000, 'properties:' || 1 + n % 100000, 'users:' || 301 + n % 100]
    FROM generate_series(1, 120000) n
    UNION ALL
    SELECT 'jobs', n, jsonb_build_object('name', 'Job ' || n, 'status', CASE WHEN n % 20 = 0 THEN 'In Production' ELSE 'Closed Job' END,
        'job_estimate', n, 'assignedCrew', ARRAY[1 + n % 300, 1 + n % 299]),
        ARRAY['estimates:' || n, 'users:' || 1 + n % 300, 'users:' || 1 + n % 299]
    FROM generate_series(1, 100000) n
) documents;

INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, telegram_id)
SELECT n, 'User ' || n, (1000 + n)::text FROM generate_series(1, 400) n;

INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_estimate_id, attic_tech_crew_leader_id, job_name, revision,
    leader_revision, known, attic_tech_data)
SELECT n, n, 1 + n % 300, 'Job ' || n, 2, 1,
    jsonb_build_object('job_id', n, 'estimate_id', n, 'status', d.fields -> 'status', 'leader', 1 + n % 300,
        'active', n % 20 = 0, 'place', CASE WHEN n % 20 = 0 THEN 6 ELSE 9 END, 'crew', d.fields -> 'assignedCrew', 'estimate_sold', true),
    d.fields || jsonb_build_object('customer', 'Customer ' || n, 'phone', '(619) 555-0142', 'address', n || ' Elm Street')
FROM generate_series(1, 100000) n JOIN botzilla.attic_tech_document d ON d.collection = 'jobs' AND d.id = n
ORDER BY n; -- the ids of both are the same

INSERT INTO botzilla.job_state_change_log (job_sync_id, attic_tech_job_id, changed_at, change_metadata)
SELECT n, n, '2026-11-01', '{}' FROM generate_series(1, 100000) n, generate_series(1, 2);

INSERT INTO botzilla.alert (kind, job_sync_id, revision, recipient_type, recipient_id, telegram_id, event_key, state, reason,
    chat_id, message_id, facts)
SELECT 'job_assigned', 1 + n % 100000, 1, CASE WHEN leads THEN 'crew_leader' ELSE 'operation_manager' END,
    CASE WHEN leads THEN 1 + (1 + n % 100000) % 300 ELSE n % 50 END, (1000 + n % 300)::text, 'job_assigned:' || n, state,
    CASE state WHEN 'undeliverable' THEN 'bot_blocked' END,
    CASE state WHEN 'delivered' THEN 1000 + n % 300 END, CASE state WHEN 'delivered' THEN n END, '{"name": "Job"}'
FROM generate_series(1, 1000000) n
CROSS JOIN LATERAL (SELECT n % 10 < 4 AS leads, CASE WHEN n % 100 = 0 THEN 'pending' WHEN n % 1000 = 1 THEN 'undeliverable'
    WHEN n % 10 = 2 THEN 'superseded' WHEN n % 2000 = 3 THEN 'unknown' ELSE 'delivered' END AS state) at;

INSERT INTO botzilla.sync_run (kind, state, requested_at, began_at, finished_at)
SELECT 'incremental', 'succeeded', at, at, at + interval '1 second'
FROM (SELECT '2025-01-01'::timestamptz + n * interval '1 minute' AS at FROM generate_series(1, 1000000) n) runs;

INSERT INTO botzilla.estimate (name, attic_tech_estimate_id) SELECT 'Estimate ' || n, n FROM generate_series(1, 100000) n;
INSERT INTO botzilla.job (name, estimate_id, attic_tech_job_id)
SELECT 'Job ' || n, n, CASE WHEN n % 2 = 0 THEN n END FROM generate_series(1, 100000) n;

INSERT INTO botzilla.sync_state (key, value) VALUES ('first_contact', '{"ended_at": "2026-01-01T00:00:00Z"}');

DO $$
DECLARE
    later record;
BEGIN
    FOR later IN SELECT * FROM left_for_later LOOP
        EXECUTE later.definition;
    END LOOP;
END
$$;
-- What making an index has counted is forgotten: the tables are as nobody has looked at them yet.
UPDATE pg_class SET relpages = 0, reltuples = CASE relkind WHEN 'r' THEN -1 ELSE 0 END
WHERE relnamespace = 'botzilla'::regnamespace AND relkind IN ('r', 'i');
