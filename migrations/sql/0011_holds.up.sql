-- What is held back is stored under sync_state; the few alerts about it are found among millions. When a collection was last
-- compared is one thing (for how often), the newest stamp that it had then is another (for what is news).

DO $$
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['alert', 'sync_cursor'], '{}');
    PERFORM botzilla.jobsync_note('0011', 'index', 'alert', 'alert_mass_change');
    PERFORM botzilla.jobsync_note('0011', 'column', 'sync_cursor', 'compared_at');
END
$$;

CREATE INDEX IF NOT EXISTS alert_mass_change ON botzilla.alert (id) WHERE kind = 'mass_change_held';

ALTER TABLE botzilla.sync_cursor ADD COLUMN IF NOT EXISTS compared_at timestamptz;
UPDATE botzilla.sync_cursor SET compared_at = compared_from, compared_from = least(compared_from, h)
WHERE compared_from IS NOT NULL AND compared_at IS NULL;

COMMENT ON COLUMN botzilla.sync_cursor.compared_from IS 'Attic Tech''s newest stamp when the last complete comparison began';
COMMENT ON COLUMN botzilla.sync_cursor.compared_at IS 'Attic Tech''s Date at the first answer of the last complete comparison';
