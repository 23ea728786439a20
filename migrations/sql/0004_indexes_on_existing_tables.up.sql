-- Indexes on BotZilla's own tables, built while it keeps writing. Outside of any transaction.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_crew_member_employee_id ON botzilla.crew_member (employee_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_sales_person_employee_id ON botzilla.sales_person (employee_id);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS job_attic_tech_job_id_key ON botzilla.job (attic_tech_job_id);
