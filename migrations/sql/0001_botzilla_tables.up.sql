-- BotZilla's tables that we meet, only where they are missing: on a live database this changes nothing.
--
-- Columns that only some databases have (branch.attic_tech_branch_id, employee.is_deleted, job.last_known_status_id) are left
-- out: what works without them works everywhere.

DO $$
DECLARE
    name text;
BEGIN
    IF to_regclass('botzilla.employee') IS NULL
        AND botzilla.jobsync_note('0001', 'function', '', 'update_employee_updated_at') THEN
        CREATE FUNCTION botzilla.update_employee_updated_at() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN NEW.updated_at = now(); RETURN NEW; END';
    END IF;
    FOREACH name IN ARRAY ARRAY['branch', 'user_rol', 'user', 'user_branch', 'employee', 'crew_member', 'crew_member_branch',
        'sales_person', 'sales_person_branch', 'job_status', 'estimate', 'job']
    LOOP
        PERFORM botzilla.jobsync_note('0001', 'table', '', name);
    END LOOP;
END
$$;

CREATE TABLE IF NOT EXISTS botzilla.branch (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    address text,
    telegram_group_id text
);

CREATE TABLE IF NOT EXISTS botzilla.user_rol (
    id serial PRIMARY KEY,
    name varchar(50) NOT NULL
);

CREATE TABLE IF NOT EXISTS botzilla."user" (
    id serial PRIMARY KEY,
    rol_id integer REFERENCES botzilla.user_rol (id),
    phone varchar(20),
    email varchar(100) UNIQUE,
    password varchar(255),
    telegram_id varchar(50)
);

CREATE TABLE IF NOT EXISTS botzilla.user_branch (
    user_id integer NOT NULL REFERENCES botzilla."user" (id) ON DELETE CASCADE,
    branch_id integer NOT NULL REFERENCES botzilla.branch (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, branch_id)
);

CREATE TABLE IF NOT EXISTS botzilla.employee (
    id serial PRIMARY KEY,
    first_name varchar(50) NOT NULL,
    last_name varchar(50) NOT NULL,
    nickname varchar(50),
    email varchar(100) UNIQUE,
    phone_number varchar(20),
    telegram_id varchar(20) UNIQUE,
    status varchar(20) NOT NULL DEFAULT 'pending'
        CONSTRAINT employee_status_check CHECK (status IN ('pending', 'active', 'inactive', 'rejected')),
    registration_date timestamp DEFAULT now(),
    approved_date timestamp,
    approved_by integer REFERENCES botzilla."user" (id),
    notes text,
    employee_code varchar(20),
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(),
    street varchar(255),
    city varchar(100),
    state varchar(50),
    zip varchar(20),
    date_of_birth date,
    role varchar(20)
        CONSTRAINT employee_role_check CHECK (role IN ('crew_member', 'crew_leader', 'salesperson', 'corporate')),
    branch_id integer REFERENCES botzilla.branch (id),
    attic_tech_user_id integer UNIQUE
);

CREATE TABLE IF NOT EXISTS botzilla.crew_member (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL,
    phone varchar(20),
    telegram_id varchar(50),
    is_leader boolean NOT NULL DEFAULT false,
    animal varchar(50)
);

CREATE TABLE IF NOT EXISTS botzilla.crew_member_branch (
    crew_member_id integer NOT NULL REFERENCES botzilla.crew_member (id) ON DELETE CASCADE,
    branch_id integer NOT NULL REFERENCES botzilla.branch (id) ON DELETE CASCADE,
    PRIMARY KEY (crew_member_id, branch_id)
);

CREATE TABLE IF NOT EXISTS botzilla.sales_person (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL,
    phone varchar(20),
    telegram_id varchar(50),
    warning_count integer NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE IF NOT EXISTS botzilla.sales_person_branch (
    id serial PRIMARY KEY,
    sales_person_id integer NOT NULL REFERENCES botzilla.sales_person (id) ON DELETE CASCADE,
    branch_id integer NOT NULL REFERENCES botzilla.branch (id) ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS botzilla.job_status (
    id serial PRIMARY KEY,
    name varchar(50) NOT NULL UNIQUE
);

CREATE TABLE IF NOT EXISTS botzilla.estimate (
    id serial PRIMARY KEY,
    name varchar(255),
    sales_person_id integer REFERENCES botzilla.sales_person (id),
    status_id integer,
    branch_id integer REFERENCES botzilla.branch (id),
    attic_tech_estimate_id integer UNIQUE,
    customer_name varchar(255),
    customer_address text,
    customer_email varchar(100),
    customer_phone varchar(50)
);

CREATE TABLE IF NOT EXISTS botzilla.job (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL,
    closing_date date,
    estimate_id integer REFERENCES botzilla.estimate (id),
    crew_leader_id integer REFERENCES botzilla.crew_member (id),
    branch_id integer REFERENCES botzilla.branch (id),
    note text,
    review text,
    notification_sent boolean DEFAULT false,
    status_id integer REFERENCES botzilla.job_status (id)
);

-- What belongs to employee beside its columns, unless the table was there and has its own.
DO $$
BEGIN
    IF EXISTS (SELECT FROM botzilla.jobsync_created WHERE revision = '0001' AND kind = 'table' AND name = 'employee') THEN
        CREATE UNIQUE INDEX employee_employee_code_key
            ON botzilla.employee (employee_code) WHERE employee_code IS NOT NULL;
        CREATE TRIGGER trigger_update_employee_updated_at BEFORE UPDATE ON botzilla.employee
            FOR EACH ROW EXECUTE FUNCTION botzilla.update_employee_updated_at();
    END IF;
END
$$;
