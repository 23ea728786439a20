-- What the migrations themselves need; runs before each of them and changes nothing the second time.
--
-- jobsync_created says what did not exist before, so that `migrate down` can remove that and nothing else, and what was
-- changed of things that did exist, so that it can be changed back.

DO $$
DECLARE
    fresh boolean := to_regnamespace('botzilla') IS NULL;
BEGIN
    IF fresh THEN
        CREATE SCHEMA botzilla;
    END IF;
    IF to_regclass('botzilla.jobsync_created') IS NULL THEN
        CREATE TABLE botzilla.jobsync_created (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            revision text NOT NULL,
            kind text NOT NULL CHECK (kind IN ('schema', 'table', 'column', 'constraint', 'index', 'function', 'trigger',
                'state', 'view', 'type', 'not_null', 'duplicate', 'grant')),
            on_table text NOT NULL DEFAULT '',
            name text NOT NULL,
            detail jsonb,
            created_at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (revision, kind, on_table, name)
        );
        COMMENT ON TABLE botzilla.jobsync_created IS 'What jobsync migrate created or changed, for jobsync migrate down';
    END IF;
    IF fresh THEN
        INSERT INTO botzilla.jobsync_created (revision, kind, name) VALUES ('0000', 'schema', 'botzilla');
    END IF;
END
$$;

-- Takes all locks that a revision needs, or none of them: while we wait for one, BotZilla waits for those we have. Each is
-- waited for 200 ms, all of them together less than 2 s; then everything is given back and tried again. The view comes first,
-- since its readers lock it before its tables.
CREATE OR REPLACE FUNCTION botzilla.jobsync_lock(altered text[], referenced text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    attempts_left integer := 5;
    relation text;
BEGIN
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '200ms', true);
            IF to_regclass('botzilla.v_job_sync_details') IS NOT NULL THEN
                -- LOCK TABLE would lock the view's tables too; this locks the view, and does nothing else.
                ALTER VIEW botzilla.v_job_sync_details ALTER COLUMN id DROP DEFAULT;
            END IF;
            FOREACH relation IN ARRAY altered LOOP
                IF to_regclass(format('botzilla.%I', relation)) IS NOT NULL THEN
                    EXECUTE format('LOCK TABLE botzilla.%I IN ACCESS EXCLUSIVE MODE', relation);
                END IF;
            END LOOP;
            FOREACH relation IN ARRAY referenced LOOP
                IF to_regclass(format('botzilla.%I', relation)) IS NOT NULL THEN
                    EXECUTE format('LOCK TABLE botzilla.%I IN SHARE ROW EXCLUSIVE MODE', relation);
                END IF;
            END LOOP;
            PERFORM set_config('lock_timeout', '2s', true);
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            attempts_left := attempts_left - 1;
            IF attempts_left = 0 THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.1 + random() * 0.4);
    END LOOP;
END
$$;

-- Whether the thing does not exist yet; then it is written down as ours to create.
CREATE OR REPLACE FUNCTION botzilla.jobsync_note(revision text, kind text, on_table text, name text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    relation regclass := to_regclass(format('botzilla.%I', on_table));
    there boolean;
BEGIN
    there := CASE kind
        WHEN 'table' THEN to_regclass(format('botzilla.%I', name)) IS NOT NULL
        WHEN 'index' THEN to_regclass(format('botzilla.%I', name)) IS NOT NULL
        WHEN 'function' THEN to_regprocedure(format('botzilla.%I()', name)) IS NOT NULL
        WHEN 'column' THEN EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = relation AND attname = jobsync_note.name AND NOT attisdropped)
        WHEN 'constraint' THEN EXISTS (
            SELECT FROM pg_constraint WHERE conrelid = relation AND conname = jobsync_note.name)
        WHEN 'trigger' THEN EXISTS (
            SELECT FROM pg_trigger WHERE tgrelid = relation AND tgname = jobsync_note.name)
    END;
    -- What belongs to a table of ours goes with it.
    INSERT INTO botzilla.jobsync_created (revision, kind, on_table, name)
    SELECT jobsync_note.revision, jobsync_note.kind, jobsync_note.on_table, jobsync_note.name
    WHERE NOT there AND NOT EXISTS (
        SELECT FROM botzilla.jobsync_created c WHERE c.kind = 'table' AND c.name = jobsync_note.on_table)
    ON CONFLICT DO NOTHING;
    RETURN NOT there;
END
$$;

-- The tables of jobs that are not those any more which we made or changed: somebody dropped them, and has perhaps made others
-- under their names. Whoever drops them takes away what points at them, which nobody but us puts back.
CREATE OR REPLACE FUNCTION botzilla.jobsync_gone() RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT t.name FROM (VALUES ('job_sync'), ('job_state_change_log')) AS t (name)
    WHERE to_regclass('botzilla.' || t.name) IS NULL
        OR EXISTS (SELECT FROM botzilla.jobsync_created c WHERE c.kind = 'table' AND c.name = 'alert') AND NOT EXISTS (
            SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = to_regclass('botzilla.alert')
                AND c.confrelid = to_regclass('botzilla.' || t.name))
$$;

-- Strikes from the books what is gone. Of the view from before us only whose it was stays, for one that is made anew.
CREATE OR REPLACE FUNCTION botzilla.jobsync_forget_gone() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    gone text[] := ARRAY(SELECT botzilla.jobsync_gone());
BEGIN
    DELETE FROM botzilla.jobsync_created c WHERE c.on_table = ANY (gone) OR c.kind = 'table' AND c.name = ANY (gone);
    IF gone <> '{}' THEN
        DELETE FROM botzilla.jobsync_created c WHERE c.kind = 'view' AND (c.revision <> '0002' OR c.detail IS NULL);
        UPDATE botzilla.jobsync_created c SET detail = c.detail - 'definition' WHERE c.kind = 'view';
    END IF;
END
$$;

-- Gives an existing column of ours another type. Times without a zone hold UTC.
CREATE OR REPLACE FUNCTION botzilla.jobsync_retype(revision text, on_table text, name text, wanted text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS default_value
    INTO found
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = to_regclass(format('botzilla.%I', on_table)) AND a.attname = jobsync_retype.name
        AND NOT a.attisdropped;
    IF found.type IS NULL OR found.type = wanted THEN
        RETURN;
    END IF;
    INSERT INTO botzilla.jobsync_created (revision, kind, on_table, name, detail)
    VALUES (jobsync_retype.revision, 'type', jobsync_retype.on_table, jobsync_retype.name, to_jsonb(found));
    -- The default is cast along otherwise, from now() to the session's local time and back, wrong in one hour of autumn.
    EXECUTE format('ALTER TABLE botzilla.%I ALTER COLUMN %I DROP DEFAULT', on_table, name);
    EXECUTE format('ALTER TABLE botzilla.%I ALTER COLUMN %I TYPE %s USING %s', on_table, name, wanted,
        CASE WHEN found.type LIKE 'timestamp%without%' AND wanted LIKE 'timestamp%with time%'
            THEN format('%I AT TIME ZONE ''UTC''', name) ELSE format('%I::%s', name, wanted) END);
    IF found.default_value IS NOT NULL THEN
        EXECUTE format('ALTER TABLE botzilla.%I ALTER COLUMN %I SET DEFAULT %s', on_table, name,
            CASE WHEN wanted LIKE 'timestamp%' THEN 'now()' ELSE found.default_value END);
    END IF;
END
$$;

-- Lets a table that was there take our rows: no column may insist on a value that we do not have.
CREATE OR REPLACE FUNCTION botzilla.jobsync_relax(revision text, on_table text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    demanding record;
BEGIN
    FOR demanding IN
        SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = to_regclass(format('botzilla.%I', on_table)) AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
            AND NOT EXISTS (
                SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
    LOOP
        INSERT INTO botzilla.jobsync_created (revision, kind, on_table, name)
        VALUES (jobsync_relax.revision, 'not_null', jobsync_relax.on_table, demanding.attname);
        EXECUTE format('ALTER TABLE botzilla.%I ALTER COLUMN %I DROP NOT NULL', on_table, demanding.attname);
    END LOOP;
END
$$;

-- Has the ids of a table go on after `used`, where something was inserted with an id of its own.
CREATE OR REPLACE FUNCTION botzilla.jobsync_ids_after(on_table text, used integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids regclass := pg_get_serial_sequence(format('botzilla.%I', on_table), 'id')::regclass;
BEGIN
    IF used > coalesce(pg_sequence_last_value(ids), 0) THEN
        PERFORM setval(ids, used);
    END IF;
END
$$;

-- Writes down v_job_sync_details as it is, or that it is not.
CREATE OR REPLACE FUNCTION botzilla.jobsync_note_view(revision text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO botzilla.jobsync_created (revision, kind, name, detail)
    VALUES (jobsync_note_view.revision, 'view', 'v_job_sync_details', (
        SELECT jsonb_build_object(
            'definition', pg_get_viewdef(c.oid),
            'owner', pg_get_userbyid(c.relowner),
            'options', c.reloptions,
            'comment', obj_description(c.oid, 'pg_class'),
            'grants', (
                SELECT jsonb_agg(jsonb_build_object('privilege', g.privilege_type, 'column', g.attname,
                    'grantee', CASE WHEN g.grantee <> 0 THEN pg_get_userbyid(g.grantee) END,
                    'grantable', g.is_grantable))
                FROM (
                    SELECT acl.*, NULL::name AS attname FROM aclexplode(c.relacl) acl
                    UNION ALL
                    SELECT acl.*, a.attname FROM pg_attribute a, aclexplode(a.attacl) acl WHERE a.attrelid = c.oid
                ) g))
        FROM pg_class c WHERE c.oid = to_regclass('botzilla.v_job_sync_details')))
    ON CONFLICT (revision, kind, on_table, name) DO UPDATE
    SET detail = coalesce(EXCLUDED.detail, jobsync_created.detail || '{"definition": null}') -- it was forgotten
$$;

-- Gives the view, made anew, the options, comment, owner and grants of the one before it.
CREATE OR REPLACE FUNCTION botzilla.jobsync_dress_view(former jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    option text;
    granted record;
BEGIN
    FOR option IN SELECT jsonb_array_elements_text(nullif(former -> 'options', 'null')) LOOP
        EXECUTE format('ALTER VIEW botzilla.v_job_sync_details SET (%s)', option);
    END LOOP;
    IF former ->> 'comment' IS NOT NULL THEN
        EXECUTE format('COMMENT ON VIEW botzilla.v_job_sync_details IS %L', former ->> 'comment');
    END IF;
    IF to_regrole(quote_ident(former ->> 'owner')) IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER VIEW botzilla.v_job_sync_details OWNER TO %I', former ->> 'owner');
    FOR granted IN
        SELECT * FROM jsonb_to_recordset(nullif(former -> 'grants', 'null'))
            AS g (grantee text, privilege text, "column" text, grantable boolean)
        WHERE g.grantee IS DISTINCT FROM former ->> 'owner'
            AND (g.grantee IS NULL OR to_regrole(quote_ident(g.grantee)) IS NOT NULL)
    LOOP
        EXECUTE format('GRANT %s%s ON botzilla.v_job_sync_details TO %s%s', granted.privilege,
            ' (' || quote_ident(granted."column") || ')', coalesce(quote_ident(granted.grantee), 'PUBLIC'),
            CASE WHEN granted.grantable THEN ' WITH GRANT OPTION' END);
    END LOOP;
END
$$;

-- A view reads with the rights of its owner: he must be able to read what it reads now.
CREATE OR REPLACE FUNCTION botzilla.jobsync_grant_to_view_owner(revision text, VARIADIC tables text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    owner name := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'botzilla.v_job_sync_details'::regclass);
    read text;
BEGIN
    FOREACH read IN ARRAY tables LOOP
        IF NOT has_table_privilege(owner, format('botzilla.%I', read), 'SELECT') THEN
            INSERT INTO botzilla.jobsync_created (revision, kind, on_table, name)
            VALUES (jobsync_grant_to_view_owner.revision, 'grant', read, owner);
            EXECUTE format('GRANT SELECT ON botzilla.%I TO %I', read, owner);
        END IF;
    END LOOP;
END
$$;

-- Removes a state that we inserted, unless BotZilla's jobs use it by now.
CREATE OR REPLACE FUNCTION botzilla.jobsync_remove_state(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    state integer := (SELECT s.id FROM botzilla.job_status s WHERE s.name = jobsync_remove_state.name);
    used boolean;
    status_column text;
BEGIN
    -- Looked up for where a database lacks the foreign keys.
    FOR status_column IN
        SELECT attname FROM pg_attribute
        WHERE attrelid = to_regclass('botzilla.job') AND attname IN ('status_id', 'last_known_status_id')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM botzilla.job WHERE %I = $1)', status_column) INTO used USING state;
        IF used THEN
            RETURN;
        END IF;
    END LOOP;
    DELETE FROM botzilla.job_status s WHERE s.id = state;
EXCEPTION WHEN foreign_key_violation THEN
    NULL;
END
$$;

-- Undoes one thing that is written down.
CREATE OR REPLACE FUNCTION botzilla.jobsync_undo_one(made botzilla.jobsync_created) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target text := format('botzilla.%I', made.on_table);
BEGIN
    CASE made.kind
    WHEN 'table' THEN
        EXECUTE format('DROP TABLE IF EXISTS botzilla.%I', made.name);
    WHEN 'index' THEN
        EXECUTE format('DROP INDEX IF EXISTS botzilla.%I', made.name);
    WHEN 'function' THEN
        EXECUTE format('DROP FUNCTION IF EXISTS botzilla.%I()', made.name);
    WHEN 'column' THEN
        EXECUTE format('ALTER TABLE %s DROP COLUMN IF EXISTS %I', target, made.name);
    WHEN 'constraint' THEN
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I', target, made.name);
    WHEN 'trigger' THEN
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', made.name, target);
    WHEN 'grant' THEN
        EXECUTE format('REVOKE SELECT ON %s FROM %I', target, made.name);
    WHEN 'not_null' THEN
        -- It insisted before: whatever has no value there was written by us since.
        EXECUTE format('DELETE FROM %s WHERE %I IS NULL', target, made.name);
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', target, made.name);
    WHEN 'type' THEN
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', target, made.name);
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %s', target, made.name, made.detail ->> 'type',
            CASE WHEN made.detail ->> 'type' LIKE 'timestamp%' THEN format('%I AT TIME ZONE ''UTC''', made.name)
                ELSE format('%I::%s', made.name, made.detail ->> 'type') END);
        IF made.detail ->> 'default_value' IS NOT NULL THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', target, made.name,
                made.detail ->> 'default_value');
        END IF;
    WHEN 'state' THEN
        PERFORM botzilla.jobsync_remove_state(made.name);
    WHEN 'duplicate' THEN
        EXECUTE 'INSERT INTO botzilla.job_sync SELECT (jsonb_populate_record(NULL::botzilla.job_sync, $1)).*'
            USING made.detail -> 'row';
        IF to_regclass('botzilla.job_state_change_log') IS NOT NULL THEN
            UPDATE botzilla.job_state_change_log SET job_sync_id = made.name::integer
            WHERE id IN (SELECT jsonb_array_elements_text(nullif(made.detail -> 'log', 'null'))::integer);
        END IF;
    WHEN 'view' THEN
        IF made.detail ->> 'definition' IS NOT NULL THEN
            EXECUTE format('CREATE VIEW botzilla.v_job_sync_details AS %s', made.detail ->> 'definition');
            PERFORM botzilla.jobsync_dress_view(made.detail);
        END IF;
    END CASE;
END
$$;

-- Undoes a revision, last things first.
CREATE OR REPLACE FUNCTION botzilla.jobsync_undo(revision text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made botzilla.jobsync_created;
BEGIN
    PERFORM botzilla.jobsync_forget_gone();
    PERFORM botzilla.jobsync_lock(
        ARRAY(SELECT DISTINCT c.on_table FROM botzilla.jobsync_created c
            WHERE c.revision = jobsync_undo.revision AND c.on_table <> '' ORDER BY 1), '{}');
    IF EXISTS (SELECT FROM botzilla.jobsync_created c WHERE c.revision = jobsync_undo.revision AND c.kind = 'view'
        AND (c.detail IS NULL OR c.detail ? 'definition')) THEN
        DROP VIEW IF EXISTS botzilla.v_job_sync_details;
    END IF;
    FOR made IN
        SELECT * FROM botzilla.jobsync_created c WHERE c.revision = jobsync_undo.revision
        ORDER BY c.kind = 'function', c.id DESC -- a trigger of ours may stand on it
    LOOP
        PERFORM botzilla.jobsync_undo_one(made);
    END LOOP;
    DELETE FROM botzilla.jobsync_created c WHERE c.revision = jobsync_undo.revision;
END
$$;
