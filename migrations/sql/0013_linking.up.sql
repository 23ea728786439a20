-- What a link changed is kept with the attempt, so that it can be told and undone; an invite is for any row of a person. All of
-- it stands on tables of ours, and goes with them. A program of before may run beside: its requests to be linked
-- (telegram_link_request) stay, and nobody reads them any more.

SELECT botzilla.jobsync_lock(ARRAY['telegram_link_attempt', 'telegram_invite', 'telegram_chat'], '{}');

ALTER TABLE botzilla.telegram_link_attempt
    ADD COLUMN IF NOT EXISTS account jsonb,         -- how Telegram shows who has the id: name, username
    ADD COLUMN IF NOT EXISTS acted_by bigint,       -- whose doing it is, by Telegram id
    ADD COLUMN IF NOT EXISTS before jsonb,          -- of a change: the Telegram ids by row (employee 3), as they stood
    ADD COLUMN IF NOT EXISTS after jsonb,           -- the same, as they were written
    ADD COLUMN IF NOT EXISTS undone_at timestamptz, -- when somebody said "Not them"
    DROP CONSTRAINT IF EXISTS telegram_link_attempt_via_check,
    ADD CONSTRAINT telegram_link_attempt_via_check CHECK (via IN ('code', 'contact', 'approval', 'tap'));
CREATE INDEX IF NOT EXISTS telegram_link_change ON botzilla.telegram_link_attempt USING gin (after) WHERE after IS NOT NULL;

ALTER TABLE botzilla.telegram_invite
    ADD COLUMN IF NOT EXISTS for_row text,    -- employee 3, crew_member 4; null in one of before, which is for its employee
    ADD COLUMN IF NOT EXISTS replaces bigint, -- the Telegram id whose place the new account takes; null lets somebody in
    ALTER COLUMN employee_id DROP NOT NULL;

ALTER TABLE botzilla.telegram_chat ADD COLUMN IF NOT EXISTS phone_asked_at timestamptz; -- by /link, until it is answered

COMMENT ON TABLE botzilla.telegram_link_attempt IS 'Attempts to link a Telegram account, and what they changed';
COMMENT ON TABLE botzilla.telegram_link_request IS 'Not used any more';
