-- The very last step down: the books themselves, and the schema if it was ours and nobody else has moved in.

DO $$
DECLARE
    ours boolean;
BEGIN
    IF to_regclass('botzilla.jobsync_created') IS NULL THEN
        RETURN;
    END IF;
    ours := EXISTS (SELECT FROM botzilla.jobsync_created WHERE kind = 'schema');
    DROP FUNCTION botzilla.jobsync_undo(text);
    DROP FUNCTION botzilla.jobsync_undo_one(botzilla.jobsync_created);
    DROP FUNCTION botzilla.jobsync_remove_state(text);
    DROP FUNCTION botzilla.jobsync_grant_to_view_owner(text, text[]);
    DROP FUNCTION botzilla.jobsync_dress_view(jsonb);
    DROP FUNCTION botzilla.jobsync_note_view(text);
    DROP FUNCTION botzilla.jobsync_ids_after(text, integer);
    DROP FUNCTION botzilla.jobsync_relax(text, text);
    DROP FUNCTION botzilla.jobsync_retype(text, text, text, text);
    DROP FUNCTION botzilla.jobsync_forget_gone();
    DROP FUNCTION botzilla.jobsync_gone();
    DROP FUNCTION botzilla.jobsync_note(text, text, text, text);
    DROP FUNCTION botzilla.jobsync_lock(text[], text[]);
    DROP TABLE botzilla.jobsync_created;
    DROP TABLE IF EXISTS botzilla.jobsync_version;
    IF ours THEN
        BEGIN
            DROP SCHEMA botzilla;
        EXCEPTION WHEN dependent_objects_still_exist THEN
            NULL;
        END;
    END IF;
END
$$;
