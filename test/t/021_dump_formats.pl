# Does every format of pg_dump, whole or in sections, by a superuser or the owner of a domain, bring back definitions that work?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'source');

# Tables that refer to each other, row security, checks and defaults with functions of the extension, names to be quoted.
my $document = <<'JSON';
{"domain": "dump", "schema": "dump me", "resources": {
  "author": {
    "attributes": {"id": "integer_primary_key", "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"min_length": 2, "max_length": 20}}},
    "relationships": {"best": {"belongs_to": "dump.book", "public": true}, "books": {"has_many": "dump.book", "public": true}},
    "identities": {"by_name": ["name"]},
    "aggregates": {"book_count": {"count": "books", "public": true}},
    "calculations": {"shout": {"type": "string", "expr": "string_upcase(name)", "public": true}},
    "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}
  },
  "book": {
    "table": "the \"book\"",
    "attributes": {"id": "uuid_primary_key", "title": {"type": "string", "public": true, "description": "It's the title."},
      "tags": {"type": "string[]", "default": ["a", "b'c"], "public": true}, "extra": {"type": "map", "public": true}},
    "relationships": {"author": {"belongs_to": "dump.author", "attribute_type": "integer", "public": true, "references": {"on_delete": "delete", "deferrable": "initially", "index": true}}},
    "custom_indexes": [{"fields": ["lower(title)"], "where": "title <> ''"}],
    "actions": {"defaults": ["read", {"create": "*"}]},
    "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "author_id = actor.id"}}]}]
  }}}
JSON

$node->safe_psql('source', 'CREATE ROLE regress_owner LOGIN; GRANT CREATE ON DATABASE source TO regress_owner');
$node->safe_psql(
	'source', qq(
	SET SESSION AUTHORIZATION regress_owner;
	SELECT ash_define(\$doc\$$document\$doc\$, true);
	SELECT ash_create('dump.author', '{"name": "Ann"}');
	SELECT ash_create('dump.author', '{"name": "Bob"}');
	SELECT ash_create('dump.book', '{"title": "One", "author_id": 1, "extra": {"x": [1, null]}}', '{"actor": {"id": 1}}');
	SELECT ash_create('dump.book', '{"title": "Two", "author_id": 2}', '{"actor": {"id": 2}}');));

my $definition = $node->safe_psql('source', q(SELECT ash_definition('dump')));
my $dir = $node->basedir;
my $source = $node->connstr('source');

# What has to hold in a database that was restored.
sub check_database
{
	my ($database, $label) = @_;

	is($node->safe_psql($database, q(SELECT ash_definition('dump'))), $definition, "$label: the definition is the same");
	is($node->safe_psql($database, q(SELECT owner FROM ash.domain)), 'regress_owner', "$label: and its owner");
	is($node->safe_psql($database, 'SELECT count(*) FROM ash_plan()'), '0', "$label: there is nothing to plan");
	is( $node->safe_psql($database, q(SELECT ash_read('dump.author', '{"sort": "id", "load": ["book_count", "shout"], "actor": {"id": 1}}')::jsonb #- '{0,best_id}' #- '{1,best_id}')),
		'[{"id": 1, "name": "Ann", "shout": "ANN", "book_count": 1}, {"id": 2, "name": "Bob", "shout": "BOB", "book_count": 0}]',
		"$label: reading");
	is( $node->safe_psql($database, q(SELECT ash_create('dump.book', '{"title": "Three", "author_id": 2}', '{"actor": {"id": 2}}')::jsonb - 'id')),
		'{"tags": ["a", "b\'c"], "extra": null, "title": "Three", "author_id": 2}', "$label: writing");
	is($node->safe_psql($database, q(SELECT ash_create('dump.author', '{"name": "Cem"}')->>'id')), '3', "$label: keys go on where they were");
	my ($ret, $out, $err) = $node->psql($database, q(SELECT ash_create('dump.author', '{"name": "Ann"}')));
	like($err, qr/has already been taken/, "$label: identities hold");
	($ret, $out, $err) = $node->psql($database, q(SELECT ash_create('dump.book', '{"title": "Four", "author_id": 1}', '{"actor": {"id": 2}}')));
	like($err, qr/forbidden/i, "$label: and policies");
	is($node->safe_psql($database, qq(SET SESSION AUTHORIZATION regress_owner; SELECT ash_define(\$doc\$$document\$doc\$)->'resources'->0->>'status')), 'unchanged', "$label: the owner may define");
	return;
}

sub create_empty
{
	my ($database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql('postgres', "GRANT CREATE ON DATABASE $database TO regress_owner");
	return $node->connstr($database);
}

foreach my $format ('custom', 'directory', 'tar', 'plain')
{
	my $file = "$dir/dump.$format";
	my $target = create_empty("target_$format");

	$node->command_ok([ 'pg_dump', "--format=$format", "--file=$file", "--dbname=$source" ], "$format: dumped");
	$node->command_ok(
		$format eq 'plain'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $target, '-f', $file ]
		: [ 'pg_restore', '--exit-on-error', ($format eq 'directory' ? '--jobs=2' : ()), "--dbname=$target", $file ],
		"$format: restored");
	check_database("target_$format", $format);
}

# Section by section.
my $sections = create_empty('target_sections');
foreach my $section ('pre-data', 'data', 'post-data')
{
	$node->command_ok([ 'pg_restore', '--exit-on-error', "--section=$section", "--dbname=$sections", "$dir/dump.custom" ], "sections: $section restored");
}
check_database('target_sections', 'sections');

# The same by pg_dump itself, as scripts; and schema and data apart, where definitions come with the data.
foreach my $parts ([ 'scripts', '--section=pre-data', '--section=data', '--section=post-data' ], [ 'apart', '--schema-only', '--data-only' ])
{
	my ($label, @options) = @$parts;
	my $target = create_empty("target_$label");

	foreach my $option (@options)
	{
		$node->command_ok([ 'pg_dump', $option, "--file=$dir/part.sql", "--dbname=$source" ], "$label: $option dumped");
		$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $target, '-c', 'SET session_replication_role = replica', '-f', "$dir/part.sql" ], "$label: $option restored");
	}
	check_database("target_$label", $label);
}

# Over a database that is in use: sessions that know the former definitions go on with the restored ones.
my $session = $node->background_psql('target_apart', on_error_stop => 0);
my $titles = q(SELECT ash_list('dump.book', 'title', '{"sort": "title", "actor": {"id": 1}}'));
is($session->query($titles), '["One"]', 'clean: a session reads');
$node->safe_psql('target_apart', q(SELECT ash_undefine('dump', true)));
$node->command_ok([ 'pg_restore', '--exit-on-error', '--clean', '--if-exists', '--dbname=' . $node->connstr('target_apart'), "$dir/dump.custom" ], 'clean: restored');
is($session->query($titles), '["One"]', 'clean: the session reads what was restored');
$session->quit;
check_database('target_apart', 'clean');

# A plain role may dump: what is its own, and the definitions, which everybody may read.
$node->command_ok([ 'pg_dump', '--format=custom', "--file=$dir/dump.owner", "--dbname=$source user=regress_owner" ], 'owner: dumped');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--dbname=' . create_empty('target_owner'), "$dir/dump.owner" ], 'owner: restored');
check_database('target_owner', 'owner');

# The key that signs cursors stays in its database.
isnt($node->safe_psql('target_custom', 'SELECT value FROM ash.secret'), $node->safe_psql('source', 'SELECT value FROM ash.secret'), 'each database has a key of its own');

# Rows alone, into a database that was defined anew.
AshTest::create_database($node, 'target_rows');
$node->safe_psql('target_rows', "GRANT CREATE ON DATABASE target_rows TO regress_owner; SET SESSION AUTHORIZATION regress_owner; SELECT ash_define(\$doc\$$document\$doc\$, true)");
$node->command_ok([ 'pg_restore', '--exit-on-error', '--data-only', '--schema=dump me', '--disable-triggers', '--dbname=' . $node->connstr('target_rows'), "$dir/dump.custom" ], 'rows: restored');
check_database('target_rows', 'rows');

$node->stop;
done_testing();
