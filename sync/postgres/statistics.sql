-- name: changed
-- Tables that are worth it and that we may analyse: at least 10,000 rows are new or changed, and a tenth of all.
SELECT changed.relname
FROM pg_catalog.pg_stat_all_tables changed JOIN pg_catalog.pg_class c ON c.oid = changed.relid
WHERE changed.schemaname = 'botzilla' AND changed.relname IN ('attic_tech_document', 'sync_touched', 'job_sync', 'alert')
    AND changed.n_mod_since_analyze >= greatest(10000, changed.n_live_tup / 10)
    AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
ORDER BY changed.relname;

-- name: attic_tech_document
-- Each leaves the table alone while somebody else works on it as a whole.
ANALYZE (SKIP_LOCKED) botzilla.attic_tech_document;

-- name: sync_touched
ANALYZE (SKIP_LOCKED) botzilla.sync_touched;

-- name: job_sync
ANALYZE (SKIP_LOCKED) botzilla.job_sync;

-- name: alert
ANALYZE (SKIP_LOCKED) botzilla.alert;
