-- What DESIGN adds to the seed's tables: the mirror of Attic Tech, the run book, the outbox, and what we know of chats.
-- The seed's own tables (0002) stand already, and gain our columns in 0003_job_sync.up.sql. PostgreSQL 14 syntax.

DO $$
DECLARE
    name text;
BEGIN
    PERFORM botzilla.jobsync_lock(ARRAY['job_sync', 'job_state_change_log'], ARRAY['branch', 'employee']);
    -- In the order in which they are made: `down` takes the last one first.
    FOREACH name IN ARRAY ARRAY['attic_tech_document', 'sync_touched', 'sync_cursor', 'sync_run', 'sync_state', 'attic_tech_branch',
        'attic_tech_person', 'alert', 'telegram_chat', 'telegram_run_message', 'telegram_invite',
        'telegram_preference']
    LOOP
        PERFORM botzilla.jobsync_note('0003', 'table', '', name);
    END LOOP;
END
$$;

-- The mirror. One row per document that Attic Tech has shown us, or that something it showed us points at.
CREATE TABLE botzilla.attic_tech_document (
    collection text NOT NULL CHECK (collection IN
        ('jobs', 'estimates', 'properties', 'clients', 'users', 'branches', 'roles')),
    id integer NOT NULL CHECK (id > 0),
    -- present: as AT last showed it; gone: absent from a complete listing and 404 by id; hidden: pointed at, but AT does
    -- not give it to us; set_aside: AT gave something that we cannot store or read (reason says what).
    state text NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'gone', 'hidden', 'set_aside')),
    reason text,
    digest text,                             -- set_aside: the same while what is wrong stays the same
    fields jsonb NOT NULL DEFAULT '{}',      -- the projected fields, relations as ids
    refs text[] NOT NULL DEFAULT '{}',       -- {clients:40,users:7}: what it points at, under one GIN index
    created_at timestamptz,                  -- AT's createdAt
    updated_at timestamptz,                  -- AT's updatedAt
    seen_at timestamptz NOT NULL DEFAULT now(), -- when its fields or state last changed here
    PRIMARY KEY (collection, id)
);
CREATE INDEX attic_tech_document_refs ON botzilla.attic_tech_document USING gin (refs);
CREATE INDEX attic_tech_document_absent ON botzilla.attic_tech_document (state, collection) WHERE state <> 'present';

-- Marks: documents that changed since they were last decided. Deciding turns marks of other collections into marks of
-- jobs and estimates, and deletes those in the transaction that settles them.
CREATE TABLE botzilla.sync_touched (
    collection text NOT NULL,
    id integer NOT NULL,
    fresh boolean NOT NULL DEFAULT false, -- new to the mirror since it was last decided
    PRIMARY KEY (collection, id)
);

-- One walk per collection (see sync/mirror/walk.py).
CREATE TABLE botzilla.sync_cursor (
    collection text PRIMARY KEY,
    t timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z', -- the walk asks updatedAt >= t
    h timestamptz,                                         -- newest stamp when the walk began
    h_seen_at timestamptz,                                 -- when (AT's Date) that h was first seen
    last_id integer NOT NULL DEFAULT 0,                    -- the walk goes on after this id
    began_at timestamptz,                                  -- AT's Date at the first answer of the current or last walk
    finished_at timestamptz,
    compared_from timestamptz                              -- AT's Date at the first answer of the last complete comparison
);

CREATE TABLE botzilla.sync_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('incremental', 'full')),
    accept boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('requested', 'running', 'succeeded', 'failed')),
    requested_at timestamptz NOT NULL DEFAULT now(),
    began_at timestamptz,
    finished_at timestamptz,
    progress jsonb NOT NULL DEFAULT '{}',
    documents integer NOT NULL DEFAULT 0,
    changes integer NOT NULL DEFAULT 0,
    alerts integer NOT NULL DEFAULT 0,
    error text
);
CREATE INDEX sync_run_open ON botzilla.sync_run (id) WHERE state IN ('requested', 'running');
CREATE INDEX sync_run_succeeded ON botzilla.sync_run (finished_at) WHERE state = 'succeeded';

-- Small facts about the system itself: one key, one value.
CREATE TABLE botzilla.sync_state (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- AT branch -> BotZilla branch; first match remembered.
CREATE TABLE botzilla.attic_tech_branch (
    attic_tech_branch_id integer PRIMARY KEY,
    name text NOT NULL,
    branch_id integer REFERENCES botzilla.branch (id) ON DELETE SET NULL,
    reason text -- why there is no branch: unmatched, ambiguous
);

-- AT user -> the person behind him; recomputed as a set before every deciding.
CREATE TABLE botzilla.attic_tech_person (
    attic_tech_user_id integer PRIMARY KEY,
    name text NOT NULL,
    employee_id integer,
    crew_member_id integer,
    sales_person_id integer,
    telegram_id text,      -- digits, or null
    reason text,           -- why he cannot be reached (see sync/model/alerts.py, Reason), null when he can
    evidence text,         -- attic_tech_user_id, email, phone, name
    candidates jsonb NOT NULL DEFAULT '[]' -- names of those he might be, when ambiguous
);
CREATE INDEX attic_tech_person_telegram ON botzilla.attic_tech_person (telegram_id);
CREATE INDEX attic_tech_person_employee ON botzilla.attic_tech_person (employee_id);

-- Outbox and record in one.
CREATE TABLE botzilla.alert (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    job_sync_id integer REFERENCES botzilla.job_sync (id) ON DELETE CASCADE,
    state_change_id integer REFERENCES botzilla.job_state_change_log (id) ON DELETE SET NULL,
    revision integer NOT NULL DEFAULT 0,
    recipient_type text NOT NULL CHECK (recipient_type IN
        ('crew_leader', 'operation_manager', 'salesperson', 'operator')),
    recipient_id bigint NOT NULL, -- AT user id, "user".id, sales_person.id, Telegram id
    telegram_id text,             -- the address as last resolved; the lane
    event_key text NOT NULL UNIQUE,
    channel text NOT NULL DEFAULT 'telegram' CHECK (channel IN ('telegram', 'make')),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN
        ('pending', 'held', 'sending', 'delivered', 'superseded', 'undeliverable', 'unknown', 'handed_over', 'withheld')),
    reason text,
    facts jsonb NOT NULL DEFAULT '{}',
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_token uuid,
    lease_until timestamptz,
    chat_id bigint,
    message_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    acknowledged_at timestamptz
);
CREATE INDEX alert_open ON botzilla.alert (telegram_id, id) WHERE state IN ('pending', 'held', 'sending');
CREATE INDEX alert_job ON botzilla.alert (job_sync_id, id);
CREATE INDEX alert_unknown ON botzilla.alert (job_sync_id, id) WHERE state = 'unknown';
CREATE INDEX alert_undeliverable ON botzilla.alert (recipient_type, recipient_id) WHERE state = 'undeliverable';

-- A private chat with somebody: its language, and whether Telegram refuses us there.
CREATE TABLE botzilla.telegram_chat (
    telegram_id bigint PRIMARY KEY,
    language text CHECK (language IN ('en', 'es')),
    blocked_reason text,
    blocked_at timestamptz,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now()
);

-- Messages that follow a run: edited with progress and the result, then forgotten.
CREATE TABLE botzilla.telegram_run_message (
    run_id bigint NOT NULL REFERENCES botzilla.sync_run (id) ON DELETE CASCADE,
    chat_id bigint NOT NULL,
    message_id bigint NOT NULL,
    language text NOT NULL,
    PRIMARY KEY (chat_id, message_id)
);

-- For what comes next: invites (hash only) and what somebody subscribed to.
CREATE TABLE botzilla.telegram_invite (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code_hash bytea NOT NULL UNIQUE,
    employee_id integer NOT NULL REFERENCES botzilla.employee (id) ON DELETE CASCADE,
    invited_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_by bigint,
    voided_at timestamptz
);
CREATE TABLE botzilla.telegram_preference (
    telegram_id bigint NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    PRIMARY KEY (telegram_id, key)
);

COMMENT ON TABLE botzilla.attic_tech_document IS 'Attic Tech''s documents as last seen, relations as ids';
COMMENT ON TABLE botzilla.sync_touched IS 'Documents that changed since they were last decided';
COMMENT ON TABLE botzilla.sync_cursor IS 'How far each collection of Attic Tech is read';
COMMENT ON TABLE botzilla.sync_run IS 'Requested, running and past runs of the sync';
COMMENT ON TABLE botzilla.sync_state IS 'Facts about the sync itself';
COMMENT ON TABLE botzilla.attic_tech_branch IS 'Attic Tech''s branches and ours, first match remembered';
COMMENT ON TABLE botzilla.attic_tech_person IS 'Attic Tech''s users and the people behind them, recomputed before every deciding';
COMMENT ON TABLE botzilla.alert IS 'Who is or was to be told what: outbox and record in one';
COMMENT ON TABLE botzilla.telegram_chat IS 'Private chats: language, and whether Telegram refuses us there';
COMMENT ON TABLE botzilla.telegram_run_message IS 'Messages that show the progress of a run';
COMMENT ON TABLE botzilla.telegram_invite IS 'Invitations to link a Telegram account; only hashes of codes';
COMMENT ON TABLE botzilla.telegram_preference IS 'What somebody wants to be told of';
