# Does pg_upgrade take definitions, former definitions, rows, policies and generated functions to another cluster, where they go on working?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $document = <<'JSON';
{"domain": "shop", "schema": "my shop", "types": {"size": {"type": "atom", "constraints": {"one_of": ["s", "m"]}}}, "resources": {
  "order": {
    "table": "an \"order\"",
    "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true, "constraints": {"max_length": 20}}, "owner": {"type": "integer", "public": true},
      "size": {"type": "size", "default": "s", "public": true}, "tags": {"type": "string[]", "public": true}, "address": {"type": "shop.address", "public": true}},
    "relationships": {"lines": {"has_many": "shop.line", "public": true}},
    "identities": {"by_title": ["title"]},
    "aggregates": {"line_count": {"count": "lines", "public": true}},
    "calculations": {"shout": {"type": "string", "expr": "string_upcase(title)", "public": true}},
    "custom_indexes": [{"fields": ["lower(title)"], "where": "title <> ''"}],
    "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}], "of": {"type": "read", "arguments": {"who": {"type": "integer"}}, "filter": "owner = arg.who"}},
    "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}],
    "code_interface": {"orders_of": {"action": "of", "args": ["who"]}, "add_order": {"action": "create", "args": ["title"]}}
  },
  "line": {
    "attributes": {"id": "uuid_primary_key", "n": {"type": "decimal", "public": true}},
    "relationships": {"order": {"belongs_to": "shop.order", "attribute_type": "integer", "public": true, "references": {"on_delete": "delete", "deferrable": "initially"}}},
    "actions": {"defaults": ["read", {"create": "*"}]}
  },
  "address": {"embedded": true, "attributes": {"street": {"type": "string", "public": true}}}
}}
JSON

my $old = AshTest::new_node('old');
AshTest::create_database($old, 'shop');
$old->safe_psql('shop', 'CREATE ROLE regress_owner; CREATE ROLE regress_reader; GRANT CREATE ON DATABASE shop TO regress_owner');
$old->safe_psql(
	'shop', qq(
	SET ROLE regress_owner;
	SELECT ash_define(\$doc\$$document\$doc\$, true);)
	  . q(
	SELECT ash_create('shop.order', '{"title": "first", "owner": 1, "tags": ["a", "b"], "address": {"street": "Main"}}', '{"actor": {"id": 1}}');
	SELECT ash_create('shop.order', '{"title": "second", "owner": 2}', '{"actor": {"id": 2}}');
	SELECT ash_create('shop.line', '{"n": "1.50", "order_id": 1}');
	GRANT USAGE ON SCHEMA "my shop" TO regress_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA "my shop" TO regress_reader;));

# Once more, so that there is a former definition; and what is only in the catalog: a column dropped, a domain undefined.
(my $second = $document) =~ s/"max_length": 20/"max_length": 30/;
$old->safe_psql('shop', "SET ROLE regress_owner; SELECT ash_define(\$doc\$$second\$doc\$, true)");
$old->safe_psql('shop', q(SELECT ash_define('{"domain": "gone", "resources": {"a": {"attributes": {"id": "integer_primary_key"}}}}'); SELECT ash_undefine('gone')));
is($old->safe_psql('shop', 'SELECT count(*) FROM ash_plan()'), '0', 'nothing to plan before');

my $catalog = q(
	SELECT name, owner, schema, document, expanded, revision, defined_at FROM ash.domain ORDER BY name;
	SELECT name, domain, position, schema, table_name, refers, document, expanded, revision, defined_at FROM ash.resource ORDER BY name;
	SELECT * FROM ash.revision ORDER BY revision;
	SELECT last_value, is_called FROM ash.revision_number;
	SELECT value FROM ash.secret;
	SELECT ash_definition('shop');
	SELECT ash_read('shop.order', '{"actor": {"id": 1}, "load": ["line_count", "shout", "lines"]}'););
my $before = $old->safe_psql('shop', $catalog);

# Classes of objects of the domain, to see that none is lost.
my $objects = q(
	SELECT 'function', p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc') FROM pg_proc p WHERE pronamespace = '"my shop"'::regnamespace
	UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = '"my shop"'::regnamespace
	UNION ALL SELECT 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = '"my shop"'::regnamespace
	ORDER BY 1, 2);
my $objects_before = $old->safe_psql('shop', $objects);
$old->stop;

my $new = AshTest::init_node('new');
my $bindir = $old->config_data('--bindir');
my @command = (
	'pg_upgrade', '--no-sync',
	'--old-datadir', $old->data_dir, '--new-datadir', $new->data_dir,
	'--old-bindir', $bindir, '--new-bindir', $bindir,
	'--old-port', $old->port, '--new-port', $new->port,
	'--socketdir', $new->host);

# It leaves its files where it runs.
chdir $new->basedir or die "could not enter " . $new->basedir . ": $!";
command_ok([ @command, '--check' ], 'pg_upgrade finds nothing to object to');
command_ok(\@command, 'pg_upgrade runs');
$new->start;

is($new->safe_psql('shop', $catalog), $before, 'definitions, former ones and rows are the same');
is($new->safe_psql('shop', $objects), $objects_before, 'so are functions, constraints and indexes');
is($new->safe_psql('shop', 'SELECT count(*) FROM ash_plan()'), '0', 'nothing to plan after');
is($new->safe_psql('shop', q(SELECT ash_create('shop.order', '{"title": "third", "owner": 1}', '{"actor": {"id": 1}}')::jsonb - 'owner')),
	'{"id": 3, "size": "s", "tags": null, "title": "third", "address": null}', 'actions write, keys go on');
my ($ret, $out, $err) = $new->psql('shop', q(SELECT ash_create('shop.order', '{"title": "first", "owner": 1}', '{"actor": {"id": 1}}')));
like($err, qr/has already been taken/, 'identities hold');
($ret, $out, $err) = $new->psql('shop', q(SELECT ash_create('shop.order', '{"title": "x", "owner": 1}', '{"actor": {"id": 2}}')));
like($err, qr/forbidden/, 'and policies');
is($new->safe_psql('shop', q(SET ROLE regress_reader; SET ash.actor = '{"id": 2}'; SELECT title FROM "my shop"."an ""order""")), 'second', 'also for ordinary SQL');
is($new->safe_psql('shop', q(SET ash.actor = '{"id": 1}'; SELECT string_agg(title, ' ' ORDER BY id) FROM "my shop".orders_of(1); SELECT "my shop".add_order('fourth', owner => 1)->>'title')),
	"first third\nfourth", 'generated functions work');
is($new->safe_psql('shop', "SET ROLE regress_owner; SELECT ash_define(\$doc\$$document\$doc\$, true)->'resources'->0->>'status'; SELECT count(*) FROM ash_plan()"), "replaced\n0", 'the owner defines anew');
is($new->safe_psql('shop', q(SELECT ash_update('shop.order', '1', '{"title": "again"}', '{"actor": {"id": 1}}')->>'title')), 'again', 'which is used');

$new->stop;
unlike(slurp_file($new->logfile), qr/PANIC|TRAP|XX000|cache lookup failed/, 'the log is clean');
done_testing();
