-- Documents that were read and cannot be decided on: their marks are kept here, so that nothing waits for them.

DO $$
BEGIN
    PERFORM botzilla.jobsync_note('0009', 'table', '', 'sync_set_aside');
END
$$;

CREATE TABLE botzilla.sync_set_aside (
    collection text NOT NULL,
    id integer NOT NULL,
    fresh boolean NOT NULL,        -- as its mark said (sync_touched)
    reason text NOT NULL,          -- the sort of error; no personal data
    digest text NOT NULL,          -- the same while what is wrong stays the same
    told boolean NOT NULL DEFAULT false, -- to the operators
    set_aside_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (collection, id)
);

COMMENT ON TABLE botzilla.sync_set_aside IS 'Documents that were read and cannot be decided on, until they change';
