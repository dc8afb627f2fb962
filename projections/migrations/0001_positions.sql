-- Where each read model stands in the log, and which definition of its tables it was made with.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clearwatt_app') THEN
        CREATE ROLE clearwatt_app NOLOGIN;
    END IF;
    EXECUTE format('GRANT clearwatt_app TO %I', current_user);
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
GRANT USAGE ON SCHEMA projection TO clearwatt_app;

CREATE TABLE projection.projection_position (
    name          text        PRIMARY KEY,
    position      bigint      NOT NULL DEFAULT 0,
    tables_sha256 text        NOT NULL,
    made_at       timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, UPDATE (position) ON projection.projection_position TO clearwatt_app;
