-- Who a Telegram id belongs to is asked with every message: by the trimmed text, as people entered it.
-- Not inside a transaction: one statement after the other. No index is unique: rows that are there may not be.

-- Building waits for whoever works on the table, and holds up nobody meanwhile.
SET lock_timeout = '10min';

-- An attempt that was interrupted leaves an index that nobody uses.
DO $$
DECLARE
    unfinished text;
    people text;
BEGIN
    FOR unfinished IN
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE NOT i.indisvalid AND c.relnamespace = 'botzilla'::regnamespace AND c.relname LIKE 'idx\_%\_telegram\_id\_trimmed'
    LOOP
        PERFORM set_config('lock_timeout', '2s', true);
        EXECUTE format('DROP INDEX botzilla.%I', unfinished);
    END LOOP;
    FOREACH people IN ARRAY ARRAY['employee', 'crew_member', 'sales_person', 'user'] LOOP
        PERFORM botzilla.jobsync_note('0006', 'index', people, format('idx_%s_telegram_id_trimmed', people));
    END LOOP;
END
$$;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_employee_telegram_id_trimmed ON botzilla.employee (btrim(telegram_id, E' \t\r\n'));

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_crew_member_telegram_id_trimmed ON botzilla.crew_member (btrim(telegram_id, E' \t\r\n'));

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_sales_person_telegram_id_trimmed ON botzilla.sales_person (btrim(telegram_id, E' \t\r\n'));

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_user_telegram_id_trimmed ON botzilla."user" (btrim(telegram_id, E' \t\r\n'));

RESET lock_timeout;
