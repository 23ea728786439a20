-- Sending: whether the call of a claimed alert was begun, and what is open by when something is to be done about it.

DO $$
DECLARE
    name text;
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['alert'], '{}');
    PERFORM botzilla.jobsync_note('0008', 'column', 'alert', 'begun');
    FOREACH name IN ARRAY ARRAY['alert_due', 'alert_held', 'alert_sending'] LOOP
        PERFORM botzilla.jobsync_note('0008', 'index', 'alert', name);
    END LOOP;
END
$$;

-- While `sending`: false from the claim until right before the call. An older program leaves its claims true.
ALTER TABLE botzilla.alert ADD COLUMN IF NOT EXISTS begun boolean NOT NULL DEFAULT true;

-- One for each state, and none for all of them: statistics made in a quiet hour say that nothing is open, and PostgreSQL would
-- then read such an index to its end in place of alert_open.
CREATE INDEX IF NOT EXISTS alert_due ON botzilla.alert (next_attempt_at) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS alert_held ON botzilla.alert (next_attempt_at) WHERE state = 'held';
CREATE INDEX IF NOT EXISTS alert_sending ON botzilla.alert (lease_until) WHERE state = 'sending';
