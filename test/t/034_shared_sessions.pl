# Sessions that a pool shares between clients: does anything of one client's transaction, done, undone or prepared, show in the next one's?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'shop');

sub document
{
	my ($max) = @_;

	return qq({"domain": "shop", "resources": {"item": {
		"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true, "constraints": {"max_length": $max}}, "owner": {"type": "integer", "public": true}, "org": {"type": "string", "allow_nil": false}},
		"multitenancy": {"attribute": "org"},
		"actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]},
		"policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}],
		"code_interface": {"items": {"action": "read"}}}}});
}

$node->safe_psql('shop', 'SELECT ash_define($doc$' . document(20) . '$doc$, true)');
$node->safe_psql(
	'shop', q(
	CREATE ROLE regress_app LOGIN;
	GRANT USAGE ON SCHEMA shop TO regress_app;
	GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA shop TO regress_app;
	CREATE ROLE regress_other;
	GRANT USAGE ON SCHEMA shop TO regress_other;
	GRANT regress_other TO regress_app;
	INSERT INTO shop.item (name, owner, org) VALUES ('1a', 1, 'a'), ('2a', 2, 'a'), ('1b', 1, 'b'), ('2b', 2, 'b');
	CREATE FUNCTION shop.as_definer() RETURNS json LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$ SELECT json_agg(r->'name') FROM json_array_elements(ash_read('shop.item', '{"sort": "id"}')) AS r $$;));

# One server session, through which the clients' statements go.
my $session = $node->background_psql('shop', on_error_stop => 0, extra_params => [ '-U', 'regress_app' ]);
my $names = q(SELECT ash_list('shop.item', 'name', '{"sort": "id"}'));
my $rows = q(SELECT coalesce(string_agg(name, ' ' ORDER BY id), 'none') FROM shop.item);
my $function = q(SELECT coalesce(string_agg(name, ' ' ORDER BY id), 'none') FROM shop.items());

sub as_client
{
	my ($actor, $tenant, @statements) = @_;

	$session->query("BEGIN; SET LOCAL ash.actor = '{\"id\": $actor}'; SET LOCAL ash.tenant = '$tenant'");
	my @results = map { scalar($session->query($_)) } @statements;
	$session->query('COMMIT');
	return join ' | ', @results;
}

$session->query("PREPARE rows AS $rows");
foreach my $round (1 .. 3)
{
	foreach my $client ([ 1, 'a' ], [ 2, 'b' ], [ 2, 'a' ], [ 1, 'b' ])
	{
		my $name = join '', @$client;
		is(as_client(@$client, $names, $rows, $function, 'EXECUTE rows'), qq(["$name"] | $name | $name | $name), "round $round: client $name sees its own");
	}
	is($session->query($rows), 'none', 'nobody sees nothing');
	is($session->query(q(SELECT ash_try_action('shop.item', 'read')#>>'{errors,0,code}')), 'tenant_required', 'nor in an action');
	$session->query($round == 1 ? 'DISCARD ALL' : 'DISCARD PLANS');
	$session->query("PREPARE rows AS $rows") if $round == 1;
}

# A transaction that fails, or is undone to a savepoint, takes actor and tenant with it.
$session->query(q(BEGIN; SET LOCAL ash.actor = '{"id": 1}'; SET LOCAL ash.tenant = 'a'));
$session->query('SELECT 1 / 0');
$session->query('ROLLBACK');
is($session->query($rows), 'none', 'failed: nobody again');
$session->query(q(BEGIN; SET LOCAL ash.actor = '{"id": 1}'; SET LOCAL ash.tenant = 'a'; SAVEPOINT s; SET LOCAL ash.actor = '{"id": 2}'));
is($session->query($names), '["2a"]', 'within the savepoint');
$session->query('ROLLBACK TO s');
is($session->query($names) . $session->query('EXECUTE rows'), '["1a"]1a', 'undone: the one before');
$session->query('COMMIT');

# Roles in one session: each with its own privileges, whichever asked before.
is(as_client(1, 'a', $names), '["1a"]', 'one role');
$session->query('SET ROLE regress_other');
is(as_client(1, 'a', q(SELECT ash_try_action('shop.item', 'read')->>'class')), 'forbidden', 'another, which may not read the table');
$session->query('RESET ROLE');
is(as_client(2, 'a', $names, 'SELECT shop.as_definer()', $names, $rows), '["2a"] | ["2a"] | ["2a"] | 2a', 'a function with the rights of its owner, for the session\'s actor');

# COPY and LISTEN beside actions.
is(as_client(1, 'a', "LISTEN item", "COPY (SELECT ash_get('shop.item', '1')->>'name') TO STDOUT", 'COPY (SELECT name FROM shop.item) TO STDOUT', q(SELECT ash_update('shop.item', '1', '{"name": "1A"}')->>'name'), 'UNLISTEN *'),
	' | 1a | 1a | 1A | ', 'COPY gives what actions and policies give');

# A prepared transaction: the session goes on without it, another one finishes it.
my $owner = $node->background_psql('shop', on_error_stop => 0);
$owner->query('BEGIN');
$owner->query('SELECT ash_define($doc$' . document(3) . '$doc$)');
is($owner->query(q(SELECT ash_try_action('shop.item', 'create', '{"name": "long", "owner": 1}', '{"actor": {"id": 1}, "tenant": "a"}')->>'ok')), 'false', 'a definition in a transaction');
is($owner->query(q(SELECT ash_create('shop.item', '{"name": "new", "owner": 1}', '{"actor": {"id": 1}, "tenant": "a"}')->>'name')), 'new', 'and a row by it');
$owner->query(q(PREPARE TRANSACTION 'defined'));
is($owner->query(q(SELECT ash_try_action('shop.item', 'create', '{"name": "long", "owner": 3}', '{"actor": {"id": 3}, "tenant": "a"}')->>'ok')), 'true', 'prepared: the former definition is back');
is(as_client(1, 'a', $names), '["1A"]', 'and the row is not there');
my ($ret, $out, $err) = $node->psql('shop', q(SET lock_timeout = '100ms'; SELECT ash_define('{"domain": "other", "resources": {"a": {"attributes": {"id": "integer_primary_key"}}}}')));
like($err, qr/canceling statement due to lock timeout/, 'nobody defines meanwhile');
$node->safe_psql('shop', q(COMMIT PREPARED 'defined'));
is($owner->query(q(SELECT ash_try_action('shop.item', 'create', '{"name": "long", "owner": 1}', '{"actor": {"id": 1}, "tenant": "a"}')->>'ok')), 'false', 'committed: the definition holds');
is(as_client(1, 'a', $names), '["1A","new"]', 'for other sessions and rows too');

# A definition undone by a savepoint, and by the end of the session.
$owner->query('BEGIN; SAVEPOINT s');
$owner->query('SELECT ash_define($doc$' . document(9) . '$doc$)');
is($owner->query(q(SELECT ash_validate_action('shop.item', 'create', '{"name": "long"}', '{"tenant": "a", "actor": {"id": 1}}')->>'valid')), 'true', 'defined in a savepoint');
$owner->query('ROLLBACK TO s');
is($owner->query(q(SELECT ash_validate_action('shop.item', 'create', '{"name": "long"}', '{"tenant": "a", "actor": {"id": 1}}')->>'valid')), 'false', 'undone');
$owner->query('COMMIT');
is($owner->query('SELECT ash_define($doc$' . document(3) . q{$doc$)->'resources'->0->>'status'}), 'unchanged', 'and nothing was stored');

$owner->quit;
$session->quit;
$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|cache lookup failed|leak|non-empty SPI stack/, 'the log is clean');
done_testing();
