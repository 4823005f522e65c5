# Do definitions, tables and rows survive pg_dump and a restore into an empty database?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'source');

my $document = <<'JSON';
{"domain": "shop", "schema": "shop", "resources": {
  "order": {
    "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true, "constraints": {"max_length": 20}}, "owner": {"type": "integer", "public": true},
      "status": {"type": "atom", "constraints": {"one_of": ["open", "closed"]}, "default": "open", "public": true}},
    "relationships": {"lines": {"has_many": "shop.line", "destination_attribute": "order_id", "public": true}},
    "identities": {"by_title": ["title"]},
    "custom_statements": {"titles": {"up": "CREATE VIEW shop.titles AS SELECT title FROM shop.\"order\"", "down": "DROP VIEW shop.titles"}},
    "aggregates": {"line_count": {"count": "lines", "public": true}},
    "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]},
    "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}]
  },
  "line": {
    "attributes": {"id": "uuid_primary_key", "text": {"type": "string", "public": true}},
    "relationships": {"order": {"belongs_to": "shop.order", "attribute_type": "integer", "public": true}},
    "actions": {"defaults": ["read", {"create": "*"}]}
  }}}
JSON

$node->safe_psql('source', "SELECT ash_define(\$doc\$$document\$doc\$, true)");
$node->safe_psql(
	'source', q(
	SELECT ash_create('shop.order', '{"title": "first", "owner": 1}', '{"actor": {"id": 1}}');
	SELECT ash_create('shop.order', '{"title": "second", "owner": 2}', '{"actor": {"id": 2}}');
	SELECT ash_create('shop.line', '{"text": "a", "order_id": 1}');
	CREATE ROLE regress_reader;
	GRANT USAGE ON SCHEMA shop TO regress_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA shop TO regress_reader;));

# Another definition, so that there is a former one.
(my $second = $document) =~ s/"max_length": 20/"max_length": 30/;
$node->safe_psql('source', "SELECT ash_define(\$doc\$$second\$doc\$, true)");

my $catalog = q(
	SELECT name, owner, schema, document, expanded, revision FROM ash.domain ORDER BY name;
	SELECT name, domain, position, schema, table_name, document, expanded, revision FROM ash.resource ORDER BY name;
	SELECT revision, domain, resource, operation, document FROM ash.revision ORDER BY revision;
	SELECT resource, name, position, up, down, run_by, run_at FROM ash.statement ORDER BY position;
	SELECT ash_definition('shop'););
my $before = $node->safe_psql('source', $catalog);
my $dir = $node->basedir;

foreach my $format ('custom', 'plain')
{
	my $file = "$dir/dump.$format";
	my $target = "target_$format";

	$node->command_ok([ 'pg_dump', "--format=$format", "--file=$file", '--dbname=' . $node->connstr('source') ], "$format: dumped");
	$node->safe_psql('postgres', "CREATE DATABASE $target");
	if ($format eq 'custom')
	{
		$node->command_ok([ 'pg_restore', '--exit-on-error', '--dbname=' . $node->connstr($target), $file ], "$format: restored");
	}
	else
	{
		$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($target), '-f', $file ], "$format: restored");
	}

	is($node->safe_psql($target, $catalog), $before, "$format: definitions are the same");
	is($node->safe_psql($target, q(SELECT count(*) FROM ash_plan())), '0', "$format: the tables are what the definitions say");
	is( $node->safe_psql($target, q(SELECT ash_read('shop.order', '{"actor": {"id": 1}, "select": ["title"], "load": ["line_count"]}')::jsonb)),
		'[{"id": 1, "title": "first", "line_count": 1}]',
		"$format: actions read");
	is( $node->safe_psql($target, q(SELECT ash_create('shop.order', '{"title": "third", "owner": 1}', '{"actor": {"id": 1}}')->>'id')),
		'3', "$format: keys go on where they were");
	my ($ret, $out, $err) = $node->psql($target, q(SELECT ash_create('shop.order', '{"title": "first", "owner": 1}', '{"actor": {"id": 1}}')));
	like($err, qr/has already been taken/, "$format: identities hold");
	is( $node->safe_psql($target, q(SET ROLE regress_reader; SET ash.actor = '{"id": 2}'; SELECT title FROM shop."order")),
		'second', "$format: policies hold for plain SQL");
	is( $node->safe_psql($target, "SELECT count(*) FROM ash_define(\$doc\$$document\$doc\$); SELECT max(revision) > (SELECT max(revision) FROM ash.revision) FROM ash.resource;"),
		"1\nt", "$format: revisions go on where they were");
}

# Without the library nothing can be seen.
$node->append_conf('postgresql.conf', "session_preload_libraries = ''\n");
$node->reload;
is($node->safe_psql('source', q(SET ROLE regress_reader; SELECT count(*) FROM shop."order")), '0', 'without the library a plain role sees no row');

$node->stop;
done_testing();
