"""Live databases as they are met: BotZilla's tables with rows, and parts of the seed's script.

`LIVE` is the plain one. Each of `DRIFT` is a script that is run after it, named after what it is.
"""

LIVE = """
CREATE SCHEMA botzilla;
CREATE TABLE botzilla.branch (
    id serial PRIMARY KEY, name varchar(100) NOT NULL UNIQUE, address text, telegram_group_id text);
CREATE TABLE botzilla.user_rol (id serial PRIMARY KEY, name varchar(50) NOT NULL);
CREATE TABLE botzilla."user" (
    id serial PRIMARY KEY, rol_id integer REFERENCES botzilla.user_rol, phone varchar(20),
    email varchar(100) UNIQUE, password varchar(255), telegram_id varchar(50));
CREATE TABLE botzilla.user_branch (
    user_id integer REFERENCES botzilla."user", branch_id integer REFERENCES botzilla.branch,
    PRIMARY KEY (user_id, branch_id));
CREATE TABLE botzilla.employee (
    id serial PRIMARY KEY, first_name varchar(50) NOT NULL, last_name varchar(50) NOT NULL,
    nickname varchar(50), email varchar(100) UNIQUE, phone_number varchar(20),
    telegram_id varchar(20) UNIQUE,
    status varchar(20) NOT NULL CHECK (status IN ('pending', 'active', 'inactive', 'rejected')),
    registration_date timestamp DEFAULT now(), approved_date timestamp,
    approved_by integer REFERENCES botzilla."user", notes text, employee_code varchar(20),
    created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now(), street varchar(255),
    city varchar(100), state varchar(50), zip varchar(20), date_of_birth date,
    role varchar(20) CHECK (role IN ('crew_member', 'crew_leader', 'salesperson')),
    branch_id integer REFERENCES botzilla.branch, attic_tech_user_id integer UNIQUE);
CREATE UNIQUE INDEX employee_code_unique ON botzilla.employee (employee_code)
    WHERE employee_code IS NOT NULL;
CREATE FUNCTION botzilla.update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.updated_at = CURRENT_TIMESTAMP; RETURN NEW; END';
CREATE TRIGGER update_employee_updated_at BEFORE UPDATE ON botzilla.employee
    FOR EACH ROW EXECUTE FUNCTION botzilla.update_updated_at_column();
CREATE TABLE botzilla.crew_member (
    id serial PRIMARY KEY, name varchar(100) NOT NULL, phone varchar(20), telegram_id varchar(50),
    is_leader boolean DEFAULT false, animal varchar(50));
CREATE TABLE botzilla.crew_member_branch (
    crew_member_id integer REFERENCES botzilla.crew_member,
    branch_id integer REFERENCES botzilla.branch, PRIMARY KEY (crew_member_id, branch_id));
CREATE TABLE botzilla.sales_person (
    id serial PRIMARY KEY, name varchar(100) NOT NULL, phone varchar(20), telegram_id varchar(50),
    warning_count integer DEFAULT 0, is_active boolean DEFAULT true);
CREATE TABLE botzilla.sales_person_branch (
    id serial PRIMARY KEY, sales_person_id integer REFERENCES botzilla.sales_person,
    branch_id integer REFERENCES botzilla.branch);
CREATE TABLE botzilla.job_status (id serial PRIMARY KEY, name varchar(50) NOT NULL UNIQUE);
CREATE TABLE botzilla.estimate (
    id serial PRIMARY KEY, name varchar(255),
    sales_person_id integer REFERENCES botzilla.sales_person, status_id integer,
    branch_id integer REFERENCES botzilla.branch,
    attic_tech_estimate_id integer UNIQUE, customer_name varchar(255), customer_address text,
    customer_email varchar(100), customer_phone varchar(50));
CREATE TABLE botzilla.job (
    id serial PRIMARY KEY, name varchar(100) NOT NULL, closing_date date,
    estimate_id integer REFERENCES botzilla.estimate,
    crew_leader_id integer REFERENCES botzilla.crew_member,
    branch_id integer REFERENCES botzilla.branch, note text, review text,
    notification_sent boolean DEFAULT false);

INSERT INTO botzilla.branch (name) VALUES ('Orange'), ('San Bernardino ');
INSERT INTO botzilla.user_rol (name) VALUES ('operation manager');
INSERT INTO botzilla."user" (rol_id, email, telegram_id) VALUES (1, 'ada@example.com', ' 101 ');
INSERT INTO botzilla.user_branch VALUES (1, 1);
INSERT INTO botzilla.employee (first_name, last_name, email, status, role, branch_id)
    VALUES ('Chris', 'Jordan', 'chris@example.com', 'active', 'crew_leader', 1);
INSERT INTO botzilla.crew_member (name, telegram_id, is_leader)
    VALUES ('Chris Jordan', '102', true), ('Christopher Jordan', '@christopher', true);
INSERT INTO botzilla.sales_person (name) VALUES ('Sam Dole');
INSERT INTO botzilla.job_status (name) VALUES ('In Progress'), ('Done'), ('Cancelled'), ('On Hold');
INSERT INTO botzilla.estimate (name, attic_tech_estimate_id) VALUES ('Attic of Lee', 900);
INSERT INTO botzilla.job (name, estimate_id, crew_leader_id, branch_id)
    VALUES ('Attic of Lee', 1, 1, 1), ('Attic of Roe', NULL, 2, 2);
"""

_SEED_LOG = """
CREATE TABLE botzilla.job_state_change_log (
    id serial PRIMARY KEY, job_sync_id integer NOT NULL, attic_tech_job_id integer NOT NULL,
    previous_status_id integer REFERENCES botzilla.job_status,
    new_status_id integer NOT NULL REFERENCES botzilla.job_status, notified_user_type varchar(50),
    notified_user_id integer, notified_telegram_id varchar(50),
    changed_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP, change_metadata jsonb);
INSERT INTO botzilla.job_state_change_log
    (job_sync_id, attic_tech_job_id, new_status_id, changed_at, change_metadata)
    VALUES (41, 7, 1, '2025-11-02 08:30', '{"source": "make"}'),
        (42, 8, 2, '2025-11-02 09:30', NULL);
"""

_SEED_LINKS = """
ALTER TABLE botzilla.crew_member ADD COLUMN employee_id integer REFERENCES botzilla.employee;
ALTER TABLE botzilla.sales_person ADD COLUMN employee_id integer;
CREATE INDEX idx_crew_member_employee_id ON botzilla.crew_member (employee_id);
UPDATE botzilla.crew_member SET employee_id = 1 WHERE id = 1;
"""

_SEED_STATES = """
INSERT INTO botzilla.job_status (name) VALUES
    ('Requires Crew Lead'), ('Plans In Progress'), ('Pending Review'), ('Requires Scheduling'),
    ('Pre-Production'), ('In Production'), ('Production Complete'), ('Pending Payment'),
    ('Closed Job');
"""

_JOB_COLUMNS = """
ALTER TABLE botzilla.job
    ADD COLUMN status_id integer REFERENCES botzilla.job_status,
    ADD COLUMN attic_tech_job_id integer UNIQUE,
    ADD COLUMN last_synced_at timestamp,
    ADD COLUMN last_known_status_id integer;
UPDATE botzilla.job SET attic_tech_job_id = 7, last_synced_at = '2025-11-02 08:30', status_id = 2
    WHERE id = 1;
"""

_SEED_MIRROR = """
CREATE TABLE botzilla.job_sync (
    id serial PRIMARY KEY, attic_tech_job_id integer NOT NULL UNIQUE,
    job_status_id integer REFERENCES botzilla.job_status,
    crew_leader_id integer REFERENCES botzilla.crew_member,
    sales_person_id integer REFERENCES botzilla.sales_person,
    branch_id integer REFERENCES botzilla.branch, job_name varchar(255) NOT NULL,
    last_known_status_id integer REFERENCES botzilla.job_status,
    last_synced_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    notification_sent boolean DEFAULT false, last_notification_sent_at timestamp without time zone,
    attic_tech_data jsonb, created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX idx_job_sync_job_status_id ON botzilla.job_sync (job_status_id);
CREATE TRIGGER update_job_sync_updated_at BEFORE UPDATE ON botzilla.job_sync
    FOR EACH ROW EXECUTE FUNCTION botzilla.update_updated_at_column();
INSERT INTO botzilla.job_sync (id, attic_tech_job_id, job_status_id, job_name, branch_id,
        last_known_status_id, created_at, updated_at, last_synced_at)
    SELECT id, job, status, name, branch, status, seen, seen, seen FROM (VALUES
        (41, 7, 1, 'Attic of Lee', 1, '2025-11-02 08:30'::timestamp),
        (42, 8, 2, 'Attic of Roe', 2, '2025-11-02 09:30')) v (id, job, status, name, branch, seen);
SELECT setval('botzilla.job_sync_id_seq', 42);
"""

_SEED_LOG_JOINED = (
    _SEED_LOG
    + """
ALTER TABLE botzilla.job_state_change_log
    ADD FOREIGN KEY (job_sync_id) REFERENCES botzilla.job_sync ON DELETE CASCADE;
"""
)

_SEED_VIEW = """
CREATE VIEW botzilla.v_job_sync_details AS
SELECT js.id, js.attic_tech_job_id, js.job_name, cur.name AS current_status,
    prev.name AS previous_status, cm.name AS crew_leader_name,
    cm.telegram_id AS crew_leader_telegram_id, cm.phone AS crew_leader_phone,
    sp.name AS sales_person_name, sp.telegram_id AS sales_person_telegram_id, b.name AS branch_name,
    js.last_synced_at, js.notification_sent, js.last_notification_sent_at, js.created_at,
    js.updated_at
FROM botzilla.job_sync js
LEFT JOIN botzilla.job_status cur ON js.job_status_id = cur.id
LEFT JOIN botzilla.job_status prev ON js.last_known_status_id = prev.id
LEFT JOIN botzilla.crew_member cm ON js.crew_leader_id = cm.id
LEFT JOIN botzilla.sales_person sp ON js.sales_person_id = sp.id
LEFT JOIN botzilla.branch b ON js.branch_id = b.id;
"""

#: Roles belong to the whole server: `{role}` is a name that no other test uses.
_OWNED_VIEW = """
CREATE ROLE "{role} owner"; CREATE ROLE "{role} reader"; CREATE ROLE {role}_column;
GRANT USAGE ON SCHEMA botzilla TO "{role} owner", "{role} reader", {role}_column;
GRANT SELECT ON botzilla.job_sync, botzilla.job_status, botzilla.crew_member, botzilla.sales_person,
    botzilla.branch TO "{role} owner";
ALTER VIEW botzilla.v_job_sync_details OWNER TO "{role} owner";
ALTER VIEW botzilla.v_job_sync_details SET (security_barrier = true);
COMMENT ON VIEW botzilla.v_job_sync_details IS 'What the dashboards'' people read';
GRANT SELECT ON botzilla.v_job_sync_details TO "{role} reader" WITH GRANT OPTION;
GRANT SELECT (id, job_name) ON botzilla.v_job_sync_details TO {role}_column;
"""

DRIFT = {
    "nothing of the seed": "",
    "columns that only some have": """
        ALTER TABLE botzilla.branch ADD COLUMN attic_tech_branch_id integer;
        ALTER TABLE botzilla.employee ADD COLUMN is_deleted boolean NOT NULL DEFAULT false;
        ALTER TABLE botzilla.job ADD COLUMN status_id integer;
    """,
    "the employees' links": _SEED_LINKS,
    "the nine states": _SEED_STATES,
    "states under other spellings, with ids of their own": """
        INSERT INTO botzilla.job_status (id, name) VALUES
            (5, 'requires crew lead'), (6, ' Plans  In Progress'), (7, 'Closed Job');
    """,
    "the columns of job": _JOB_COLUMNS,
    "jobs that share an id": _JOB_COLUMNS.replace(" UNIQUE", "")
    + "UPDATE botzilla.job SET attic_tech_job_id = 7;",
    "the log without the mirror": _SEED_LOG.replace("(41,", "(1,").replace("(42,", "(2,"),
    "a log of another shape": """
        CREATE TABLE botzilla.job_state_change_log (
            id serial PRIMARY KEY, job_id integer NOT NULL REFERENCES botzilla.job,
            old_status varchar(50), new_status varchar(50) NOT NULL,
            changed_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, change_metadata json);
        INSERT INTO botzilla.job_state_change_log (job_id, new_status, changed_at, change_metadata)
            VALUES (1, 'Done', '2025-11-02 08:30', '{"by": "hand"}');
    """,
    "both tables as in the seed": _SEED_STATES + _SEED_MIRROR + _SEED_LOG_JOINED + _SEED_VIEW,
    "the mirror alone": _SEED_MIRROR,
    "a mirror in which nothing is unique": _SEED_MIRROR.replace(" NOT NULL UNIQUE", "")
    + _SEED_LOG_JOINED
    + """
        INSERT INTO botzilla.job_sync (id, attic_tech_job_id, job_name, last_synced_at, created_at,
                updated_at)
            VALUES (43, 7, 'Attic of Lee, again', '2025-11-03 08:30', '2025-11-03 08:30',
                '2025-11-03 08:30'),
            (44, NULL, 'An attic of nobody', NULL, '2025-11-03 08:30', '2025-11-03 08:30');
        SELECT setval('botzilla.job_sync_id_seq', 44);
    """,
    "a view that belongs to others": _SEED_STATES
    + _SEED_MIRROR
    + _SEED_LOG_JOINED
    + _SEED_VIEW
    + _OWNED_VIEW,
    "all of it": _SEED_LINKS
    + _SEED_STATES
    + _JOB_COLUMNS
    + _SEED_MIRROR
    + _SEED_LOG_JOINED
    + _SEED_VIEW
    + _OWNED_VIEW,
}
