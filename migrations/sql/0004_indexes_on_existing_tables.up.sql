-- Indexes on BotZilla's own tables, built while it keeps writing. Not inside a transaction: one statement after the other.
-- No index is unique: rows that are there may not be.

-- Building waits for whoever works on the table, and holds up nobody meanwhile.
SET lock_timeout = '10min';

-- An attempt that was interrupted leaves an index that nobody uses.
DO $$
DECLARE
    unfinished text;
BEGIN
    FOR unfinished IN
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE NOT i.indisvalid AND c.relnamespace = 'botzilla'::regnamespace AND c.relname IN (
            'idx_crew_member_employee_id', 'idx_sales_person_employee_id', 'idx_job_attic_tech_job_id', 'idx_job_estimate_id')
    LOOP
        PERFORM set_config('lock_timeout', '2s', true);
        EXECUTE format('DROP INDEX botzilla.%I', unfinished);
    END LOOP;
    PERFORM botzilla.jobsync_note('0004', 'index', 'crew_member', 'idx_crew_member_employee_id');
    PERFORM botzilla.jobsync_note('0004', 'index', 'sales_person', 'idx_sales_person_employee_id');
    PERFORM botzilla.jobsync_note('0004', 'index', 'job', 'idx_job_attic_tech_job_id');
    PERFORM botzilla.jobsync_note('0004', 'index', 'job', 'idx_job_estimate_id');
END
$$;

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_crew_member_employee_id ON botzilla.crew_member (employee_id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_sales_person_employee_id ON botzilla.sales_person (employee_id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_job_attic_tech_job_id ON botzilla.job (attic_tech_job_id);

CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_job_estimate_id ON botzilla.job (estimate_id);

RESET lock_timeout;
