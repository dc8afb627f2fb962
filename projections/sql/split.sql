-- Split steps; a reversal is a row of its own with a negated amount.

-- name: split_tables
CREATE TABLE {schema}.step (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    cdr               text        NOT NULL,
    leg               integer     NOT NULL,
    place             integer     NOT NULL,
    reverses_position bigint,
    payee             text        NOT NULL,
    basis             numeric     NOT NULL,
    rate              text        NOT NULL,
    exact             text        NOT NULL,
    amount            numeric     NOT NULL CHECK (scale(amount) = 4),
    is_remaining      boolean     NOT NULL,
    currency          text        NOT NULL,
    posted_period     text        NOT NULL,
    recorded_at       timestamptz NOT NULL,
    visible_to        text[]      NOT NULL,
    PRIMARY KEY (position, number)
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.step TO clearwatt_app;

-- name: split_indexes
CREATE INDEX step_cdr ON {schema}.step (cdr);

-- name: insert_split_steps
COPY {schema}.step FROM STDIN
