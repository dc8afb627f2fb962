-- The log: what was recorded, in what order, and the bookkeeping of the intake.
-- Written in one transaction per batch under the row lock of log.head.

CREATE SCHEMA log;

-- The stored row is also the leaf of the Merkle log: leaf is its SHA-256 under RFC 6962.
CREATE TABLE log.stored_event (
    position           bigint      PRIMARY KEY,
    originator_id      uuid        NOT NULL,
    originator_version integer     NOT NULL,
    topic              text        NOT NULL,
    state              bytea       NOT NULL,
    recorded_at        timestamptz NOT NULL,
    leaf               bytea       NOT NULL,
    is_shared_fact     boolean     NOT NULL,
    UNIQUE (originator_id, originator_version)
);
ALTER TABLE log.stored_event ALTER COLUMN state SET STORAGE MAIN;
-- Packing the JSON of a CDR's decision takes PostgreSQL's own method 105 us, LZ4 35.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
    ) THEN
        ALTER TABLE log.stored_event ALTER COLUMN state SET COMPRESSION lz4;
    END IF;
END
$$;
CREATE INDEX stored_event_shared_fact ON log.stored_event (position) WHERE is_shared_fact;

-- One row: its lock is the writer lock; position is gap-free; fact_counter counts shared facts.
CREATE TABLE log.head (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position     bigint  NOT NULL,
    fact_counter bigint  NOT NULL
);
INSERT INTO log.head (position, fact_counter) VALUES (0, 0);

-- What this installation is for: only a demo's or a bench's records may ever be erased.
CREATE TABLE log.installation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    purpose  text    NOT NULL CHECK (purpose IN ('production', 'demo'))
);
INSERT INTO log.installation (purpose) VALUES ('production');

-- The offset the consumer seeks to, and the epoch that fences a consumer that lost its partition.
CREATE TABLE log.consumed (
    topic          text    NOT NULL,
    partition      integer NOT NULL,
    first_offset   bigint,
    next_offset    bigint  NOT NULL DEFAULT 0,
    epoch          bigint  NOT NULL DEFAULT 0,
    intake_version integer NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);

-- Held CDRs by the facts they wait for, and accepted CDRs by the facts they were decided on.
CREATE TABLE log.waiting_for (
    fact_key text NOT NULL,
    cdr      text NOT NULL,
    PRIMARY KEY (fact_key, cdr)
);
CREATE INDEX waiting_for_cdr ON log.waiting_for (cdr);
CREATE TABLE log.decided_on (
    fact_key   text        NOT NULL,
    service_at timestamptz NOT NULL,
    cdr        text        NOT NULL,
    PRIMARY KEY (fact_key, service_at, cdr)
);

-- What accepted CDRs occupy: their session (only one may), their connector, their token.
CREATE TABLE log.occupied (
    resource   text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('session', 'connector', 'token')),
    started_at timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    cdr        text        NOT NULL,
    PRIMARY KEY (resource, started_at, cdr)
);
CREATE INDEX occupied_cdr ON log.occupied (cdr);
CREATE UNIQUE INDEX occupied_session ON log.occupied (resource) WHERE kind = 'session';

-- What accepted CDRs take of a launch's day, where the pair's launch or agreement has caps.
CREATE TABLE log.launch_place (
    pair       text    NOT NULL,
    service_on date    NOT NULL,
    cdr        text    NOT NULL PRIMARY KEY,
    net        numeric NOT NULL,
    currency   text    NOT NULL
);
CREATE INDEX launch_place_day ON log.launch_place (pair, service_on);

-- Accepted CDRs that may still be objected to, until their window ends or somebody approves them.
CREATE TABLE log.objection_window (
    cdr           text        PRIMARY KEY,
    pair          text        NOT NULL,
    posted_period text        NOT NULL,
    until         timestamptz NOT NULL
);
CREATE INDEX objection_window_until ON log.objection_window (until, cdr);

-- Sessions that nothing has billed yet: by charger, to match CDRs that name none, and by the
-- instant at which the clock looks at them next (stuck without news, unbilled after the SLA).
CREATE TABLE log.open_session (
    session    text        PRIMARY KEY,
    charger    text        NOT NULL,
    started_at timestamptz NOT NULL,
    look_at    timestamptz
);
CREATE INDEX open_session_charger ON log.open_session (charger, started_at);
CREATE INDEX open_session_look_at ON log.open_session (look_at);

-- Numbers that senders gave their messages on a topic, with the first bytes that had each.
CREATE TABLE log.sequence (
    sender      text        NOT NULL,
    topic       text        NOT NULL,
    number      bigint      NOT NULL,
    sha256      bytea       NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (sender, topic, number)
);

-- How far numbers are known: up to followed_until, what is missing was raised as a gap.
CREATE TABLE log.sender_numbering (
    sender         text    NOT NULL,
    topic          text    NOT NULL,
    highest        bigint  NOT NULL,
    followed_until bigint  NOT NULL DEFAULT 0,
    has_gaps       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (sender, topic)
);

-- What was received of a sender in a UTC day, each message once; totals that senders stated of
-- it are compared at look_at.
CREATE TABLE log.sender_day (
    sender       text    NOT NULL,
    topic        text    NOT NULL,
    day          date    NOT NULL,
    messages     bigint  NOT NULL,
    energy_kwh   numeric NOT NULL,
    first_number bigint,
    last_number  bigint,
    PRIMARY KEY (sender, topic, day)
);
CREATE TABLE log.sender_day_amount (
    sender       text    NOT NULL,
    topic        text    NOT NULL,
    day          date    NOT NULL,
    currency     text    NOT NULL,
    before_taxes numeric NOT NULL,
    PRIMARY KEY (sender, topic, day, currency)
);
CREATE TABLE log.control_total (
    sender  text        NOT NULL,
    topic   text        NOT NULL,
    day     date        NOT NULL,
    look_at timestamptz NOT NULL,
    PRIMARY KEY (sender, topic, day)
);
CREATE INDEX control_total_look_at ON log.control_total (look_at);

-- Facts recorded whose consequences are still to be drawn; written with the fact itself.
CREATE TABLE log.release_due (
    fact_key      text        NOT NULL,
    affected_from timestamptz NOT NULL,
    after_at      timestamptz NOT NULL DEFAULT '1970-01-01 00:00+00',
    after_cdr     text        NOT NULL DEFAULT '',
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);

-- Original bytes: unreadable messages and partners' documents. Erasable; the log has the hashes.
CREATE TABLE log.unreadable (
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    message_offset bigint   NOT NULL,
    reason      text        NOT NULL,
    path        text        NOT NULL,
    detail      text        NOT NULL,
    sender      text        NOT NULL,
    message_key bytea,
    value       bytea,
    headers     jsonb       NOT NULL,
    received_at timestamptz NOT NULL,
    retain_until timestamptz,
    PRIMARY KEY (topic, partition, message_offset)
);
CREATE TABLE log.original (
    sha256       bytea       PRIMARY KEY,
    content      bytea       NOT NULL,
    received_at  timestamptz NOT NULL,
    retain_until timestamptz
);

-- Personal data: events carry ref; erasing the row leaves log, hashes and books valid.
CREATE TABLE log.subject (
    lookup bytea PRIMARY KEY,
    ref    text  NOT NULL UNIQUE,
    kind   text  NOT NULL,
    value  text  NOT NULL
);

-- The ordered CDR list of a close; its hash stands in the event.
CREATE TABLE log.batch_list (
    event_id uuid    NOT NULL,
    version  integer NOT NULL,
    number   integer NOT NULL,
    cdr      text    NOT NULL,
    PRIMARY KEY (event_id, version, number)
);

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'LOG_IS_APPEND_ONLY: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER stored_event_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log.stored_event
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clearwatt_app') THEN
        CREATE ROLE clearwatt_app NOLOGIN;
    END IF;
    EXECUTE format('GRANT clearwatt_app TO %I', current_user);
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
GRANT USAGE ON SCHEMA log TO clearwatt_app;
GRANT SELECT, INSERT ON log.stored_event, log.batch_list TO clearwatt_app;
GRANT SELECT ON log.installation TO clearwatt_app;
GRANT SELECT, UPDATE ON log.head TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON log.consumed TO clearwatt_app;
GRANT SELECT, INSERT, DELETE ON log.waiting_for, log.decided_on TO clearwatt_app;
GRANT SELECT, INSERT, DELETE ON log.occupied, log.launch_place, log.objection_window TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON log.open_session TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON log.release_due TO clearwatt_app;
GRANT SELECT, INSERT, DELETE ON log.sequence TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON log.sender_numbering, log.control_total TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE ON log.sender_day, log.sender_day_amount TO clearwatt_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON log.unreadable, log.original, log.subject TO clearwatt_app;
