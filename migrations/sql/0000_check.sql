-- The end of part 1. To look at everything before it counts, take the COMMIT below away, run what follows, and then
-- COMMIT or ROLLBACK:
--   SELECT * FROM botzilla.job_status ORDER BY id;
--   SELECT count(*) FROM botzilla.job_sync;
--   SELECT * FROM botzilla.v_job_sync_details LIMIT 1;

