-- The key that signs keysets: of this database alone, so it is not dumped.
CREATE TABLE ash.secret (
    name text PRIMARY KEY,
    value bytea NOT NULL
);
COMMENT ON TABLE ash.secret IS 'keys that sign what is handed out and comes back; read by the library only';
REVOKE ALL ON ash.secret FROM PUBLIC;

INSERT INTO ash.secret (name, value)
SELECT 'keyset', pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) OPERATOR(pg_catalog.||)
                                   pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
