-- VAT decisions, one row per leg; a reversal is a row of its own with negated amounts.

-- name: vat_tables
CREATE TABLE {schema}.decision (
    position          bigint      NOT NULL,
    number            integer     NOT NULL,
    cdr               text        NOT NULL,
    leg               integer     NOT NULL,
    reverses_position bigint,
    kind              text        NOT NULL,
    seller            text        NOT NULL,
    buyer             text        NOT NULL,
    rule              text        NOT NULL,
    place             text        NOT NULL,
    category          text        NOT NULL,
    percent           numeric     NOT NULL,
    net               numeric     NOT NULL CHECK (scale(net) = 4),
    vat               numeric     NOT NULL CHECK (scale(vat) = 4),
    currency          text        NOT NULL,
    tax_point         date        NOT NULL,
    buyer_accounts    boolean     NOT NULL,
    exemption         text        NOT NULL,
    why               text        NOT NULL,
    rate_source       text        NOT NULL,
    data_version      text        NOT NULL,
    posted_period     text        NOT NULL,
    accounting_month  text        NOT NULL,
    recorded_at       timestamptz NOT NULL,
    visible_to        text[]      NOT NULL,
    PRIMARY KEY (position, number)
);
GRANT USAGE ON SCHEMA {schema} TO clearwatt_app;
GRANT SELECT, INSERT ON {schema}.decision TO clearwatt_app;

-- name: vat_indexes
CREATE INDEX decision_cdr ON {schema}.decision (cdr);

-- name: insert_vat_decisions
COPY {schema}.decision FROM STDIN
