-- name: standing
-- One look at the whole installation. $1 bigint[] the keys of our advisory locks (shown in two halves, objsubid 1)
SELECT
    ARRAY(
        SELECT key FROM unnest($1::bigint[]) AS key
        WHERE EXISTS (
            SELECT FROM pg_catalog.pg_locks
            WHERE locktype = 'advisory' AND objsubid = 1 AND granted
              AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
              AND classid::bigint = key >> 32 AND objid::bigint = key & 4294967295)
    ) AS leads,
    (SELECT extract(epoch FROM now() - max(finished_at))::float8
     FROM botzilla.sync_run WHERE state = 'succeeded') AS synced_s,
    (SELECT CASE state WHEN 'failed' THEN coalesce(progress ->> 'cause', 'unknown') END
     FROM botzilla.sync_run WHERE state IN ('succeeded', 'failed')
     ORDER BY id DESC LIMIT 1) AS failed,
    (SELECT count(*)::integer FROM botzilla.alert WHERE state = 'held' AND reason = 'token_refused') AS token_refused,
    (SELECT count(*)::integer FROM botzilla.alert WHERE state = 'undeliverable' AND reason = 'no_manager') AS no_manager;
