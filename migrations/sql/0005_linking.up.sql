-- What linking people to Telegram adds. Its invites (telegram_invite) stand already since 0003.

DO $$
DECLARE
    name text;
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['alert', 'attic_tech_person', 'telegram_chat', 'telegram_invite'],
        ARRAY['branch', 'employee', 'job_sync', 'user']);
    -- In the order in which they are made: `down` takes the last one first.
    PERFORM botzilla.jobsync_note('0005', 'column', 'telegram_invite', 'message_id');
    PERFORM botzilla.jobsync_note('0005', 'index', 'telegram_invite', 'telegram_invite_employee');
    PERFORM botzilla.jobsync_note('0005', 'index', 'attic_tech_person', 'attic_tech_person_crew_member');
    FOREACH name IN ARRAY ARRAY['telegram_link_attempt', 'telegram_link_request', 'person_in_step', 'job_other_change',
        'attic_tech_made'] LOOP
        PERFORM botzilla.jobsync_note('0005', 'table', '', name);
    END LOOP;
END
$$;

-- The message in which who made an invite has it before him: his second tap makes no second one.
ALTER TABLE botzilla.telegram_invite ADD COLUMN IF NOT EXISTS message_id bigint;
CREATE INDEX IF NOT EXISTS telegram_invite_employee ON botzilla.telegram_invite (employee_id);

-- Who an unjoined crew member is, is asked with each of his messages.
CREATE INDEX IF NOT EXISTS attic_tech_person_crew_member ON botzilla.attic_tech_person (crew_member_id);

-- Every attempt to be linked, also the refused ones: they are counted against whoever tries codes.
CREATE TABLE botzilla.telegram_link_attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    telegram_id bigint NOT NULL,
    via text NOT NULL CHECK (via IN ('code', 'contact', 'approval')),
    outcome text NOT NULL, -- linked, or why not (see bot/people)
    invite_id bigint REFERENCES botzilla.telegram_invite (id) ON DELETE SET NULL,
    employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL,
    attempted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX telegram_link_attempt_of_user ON botzilla.telegram_link_attempt (telegram_id, attempted_at);

-- Somebody whom we cannot recognise asks to be linked, and a manager says as whom, or no.
CREATE TABLE botzilla.telegram_link_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    telegram_id bigint NOT NULL,
    name text NOT NULL, -- as Telegram shows him
    username text,      -- his @name there, without the @
    phone text,         -- of the contact that he shared, in E.164
    branch_id integer REFERENCES botzilla.branch (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    asked_at timestamptz, -- when managers were asked; null while he has not chosen a branch
    decided_at timestamptz,
    decided_by text,    -- user:3, telegram:99; chat:55 is he himself, who was recognised after all
    approved boolean,
    approved_as text,     -- the person's name, employee or not
    employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL -- approved as, where that is an employee
);
CREATE UNIQUE INDEX telegram_link_request_open ON botzilla.telegram_link_request (telegram_id) WHERE decided_at IS NULL;

-- What the rows of one person last agreed on: whichever row differs from it is the one that was changed.
CREATE TABLE botzilla.person_in_step (
    employee_id integer PRIMARY KEY REFERENCES botzilla.employee (id) ON DELETE CASCADE,
    telegram_id text,
    phone text, -- E.164
    email text, -- folded
    -- Which rows agreed, like crew_member:4: one that came later and differs was not changed.
    telegram_id_rows text[] NOT NULL DEFAULT '{}',
    phone_rows text[] NOT NULL DEFAULT '{}',
    email_rows text[] NOT NULL DEFAULT '{}'
);

-- Changes of a job that the record of its states does not hold: of leader, branch or existence, and what was taken in
-- without a word. `/why` reads both.
CREATE TABLE botzilla.job_other_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_sync_id integer NOT NULL REFERENCES botzilla.job_sync (id) ON DELETE CASCADE,
    changed_at timestamptz,      -- AT's stamp; null where it does not tell
    change_metadata jsonb NOT NULL -- as in job_state_change_log (see sync/reconcile/audit.py)
);
CREATE INDEX job_other_change_of_job ON botzilla.job_other_change (job_sync_id);

-- Rows that were made out of Attic Tech's users: each once, also when somebody deletes it or gives it another e-mail.
CREATE TABLE botzilla.attic_tech_made (
    attic_tech_user_id integer NOT NULL,
    made text NOT NULL CHECK (made IN ('employee', 'user')),
    employee_id integer REFERENCES botzilla.employee (id) ON DELETE SET NULL,
    user_id integer REFERENCES botzilla."user" (id) ON DELETE SET NULL,
    PRIMARY KEY (attic_tech_user_id, made)
);
CREATE INDEX attic_tech_made_account ON botzilla.attic_tech_made (employee_id) WHERE user_id IS NOT NULL;

-- When the customer's phone and address were taken out of a delivered message whose reader has lost the job.
ALTER TABLE botzilla.alert ADD COLUMN IF NOT EXISTS cleared_at timestamptz;
CREATE INDEX alert_shows_contact ON botzilla.alert (job_sync_id, recipient_id, chat_id)
    WHERE recipient_type = 'crew_leader' AND state = 'delivered' AND cleared_at IS NULL AND kind <> 'job_taken_away';

CREATE INDEX alert_of_link_request ON botzilla.alert (((facts ->> 'request')::bigint)) WHERE kind = 'link_requested';

-- Somebody can be told what became of his own link, whoever he is.
ALTER TABLE botzilla.alert DROP CONSTRAINT IF EXISTS alert_recipient_type_check;
ALTER TABLE botzilla.alert ADD CONSTRAINT alert_recipient_type_check CHECK (recipient_type IN
    ('crew_leader', 'operation_manager', 'salesperson', 'operator', 'chat'));

-- The menu of commands that his chat shows now: language and names.
ALTER TABLE botzilla.telegram_chat ADD COLUMN IF NOT EXISTS menu jsonb;

COMMENT ON TABLE botzilla.telegram_link_attempt IS 'Attempts to link a Telegram account, with their outcome';
COMMENT ON TABLE botzilla.telegram_link_request IS 'Requests to be linked, which managers decide';
COMMENT ON TABLE botzilla.job_other_change IS 'Changes of a job that are no change of state, and what was taken in silently';
COMMENT ON TABLE botzilla.attic_tech_made IS 'Which rows were made out of Attic Tech''s users';
COMMENT ON TABLE botzilla.person_in_step IS 'What the rows of one person last agreed on';
