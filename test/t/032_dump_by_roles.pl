# What does a dump hold when a role takes it that owns nothing, and what is a restore worth in which owners are others, or missing?

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
{"domain": "shop", "resources": {
  "item": {
    "attributes": {"id": "uuid_primary_key", "name": {"type": "string", "public": true}, "owner": {"type": "integer", "public": true}},
    "actions": {"defaults": ["read", {"create": "*"}]},
    "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}]
  },
  "note": {"attributes": {"id": "uuid_primary_key", "text": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}}
}}
JSON

$node->safe_psql('postgres', q(CREATE ROLE regress_owner; CREATE ROLE regress_stranger LOGIN; CREATE ROLE regress_reader LOGIN; GRANT CREATE ON DATABASE source TO regress_owner));
$node->safe_psql(
	'source', qq(
	SET ROLE regress_owner;
	SELECT ash_define(\$doc\$$document\$doc\$, true);)
	  . q(
	SELECT ash_create('shop.item', '{"name": "a", "owner": 1}', '{"actor": {"id": 1}}');
	SELECT ash_create('shop.item', '{"name": "b", "owner": 2}', '{"actor": {"id": 2}}');
	SELECT ash_create('shop.note', '{"text": "n"}');
	GRANT USAGE ON SCHEMA shop TO regress_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA shop TO regress_reader;));

my $dir = $node->basedir;
my $source = $node->connstr('source');

# pg_dump as a role; its output goes to a file of that name.
sub dump_as
{
	my ($role, @options) = @_;

	return ('pg_dump', @options, "--file=$dir/$role.sql", "--dbname=$source user=$role");
}

sub restore
{
	my ($database, @command) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->command_ok([ @command, '-d', $node->connstr($database) ], "$database: restored");
	return;
}

my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f');

# Without any privilege on the tables there are the definitions, which everybody may read.
$node->command_fails_like([ dump_as('regress_stranger') ], qr/permission denied for schema shop/, 'a role without privileges cannot dump tables');
$node->command_ok([ dump_as('regress_stranger', '--exclude-schema=shop') ], 'but what is not in their schema');
restore('stranger', @psql, "$dir/regress_stranger.sql");
is($node->safe_psql('stranger', q(SELECT ash_definition('shop'))), $node->safe_psql('source', q(SELECT ash_definition('shop'))), 'stranger: the definitions');
$node->safe_psql('stranger', 'GRANT CREATE ON DATABASE stranger TO regress_owner; SELECT * FROM ash_migrate()');
is($node->safe_psql('stranger', q(SELECT ash_count('shop.note'))), '0', 'stranger: tables are made of them');

# With SELECT alone: row security is an error, or what the role's actor sees.
$node->command_fails_like([ dump_as('regress_reader') ], qr/query would be affected by row-level security policy for table "item"/, 'a reader does not get a dump that lacks rows');
$node->command_ok([ dump_as('regress_reader', '--enable-row-security') ], 'unless that is wanted');
restore('reader', @psql, "$dir/regress_reader.sql");
is($node->safe_psql('reader', 'SELECT count(*) FROM shop.item; SELECT text FROM shop.note'), "0\nn", 'reader: without an actor no row that has policies');
$node->safe_psql('postgres', q(ALTER ROLE regress_reader SET ash.actor = '{"id": 2}'));
$node->command_ok([ dump_as('regress_reader', '--enable-row-security') ], 'again with an actor');
restore('actor', @psql, "$dir/regress_reader.sql");
is($node->safe_psql('actor', 'SELECT name FROM shop.item'), 'b', 'actor: its rows');

# Owners. A domain belongs to the role of its name; tables that belong to somebody else are not opened by its policies.
sub seen_by_reader
{
	my ($database) = @_;

	return $node->safe_psql($database, q(SET ROLE regress_reader; SET ash.actor = '{"id": 2}'; SELECT count(*) FROM shop.item));
}

$node->command_ok([ 'pg_dump', '--format=custom', "--file=$dir/dump", "--dbname=$source" ], 'dumped by a superuser');
restore('no_owner', 'pg_restore', '--exit-on-error', '--no-owner', "$dir/dump");
is(seen_by_reader('no_owner'), '0', 'no_owner: tables of another owner show nothing');
is($node->safe_psql('no_owner', q(SELECT count(*) FROM ash_plan())), '0', 'no_owner: nothing to plan');
is($node->safe_psql('no_owner', q(SELECT ash_list('shop.item', 'name', '{"actor": {"id": 2}}'))), '["b"]', 'no_owner: actions keep to the policies');
$node->safe_psql('no_owner', 'ALTER TABLE shop.item OWNER TO regress_owner');
is(seen_by_reader('no_owner'), '1', 'no_owner: until the owner has them');

# A role that is not there any more.
$node->safe_psql($_, 'DROP OWNED BY regress_owner CASCADE') foreach ('no_owner', 'reader', 'actor', 'source', 'stranger');
$node->safe_psql('postgres', 'DROP OWNED BY regress_owner; DROP ROLE regress_owner');
restore('no_role', 'pg_restore', '--exit-on-error', '--no-owner', "$dir/dump");
is(seen_by_reader('no_role'), '0', 'no_role: nothing is shown');
is($node->safe_psql('no_role', q(SELECT ash_list('shop.item', 'name', '{"actor": {"id": 2}}'))), '["b"]', 'no_role: actions run');
my ($ret, $out, $err) = $node->psql('no_role', q(SET ROLE regress_reader; SELECT ash_list('shop.item', 'name', '{"authorize": false}')));
like($err, qr/only the owner of shop.item may switch authorization off/, 'no_role: nobody inherits from the owner');
is($node->safe_psql('no_role', qq(SELECT ash_define(\$doc\$$document\$doc\$)->'resources'->0->>'status')), 'unchanged', 'no_role: a superuser may define');
$node->safe_psql('no_role', 'CREATE ROLE regress_owner; ALTER TABLE shop.item OWNER TO regress_owner');
is(seen_by_reader('no_role'), '1', 'no_role: a role of that name is the owner');

$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|cache lookup failed/, 'the log is clean');
done_testing();
