# What works on a hot standby: reading does, writing is refused with 25006, and a definition that changes on the primary is known there.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

sub document
{
	my ($max) = @_;

	return <<"JSON";
{"domain": "shop", "resources": {
  "order": {
    "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true, "constraints": {"max_length": $max}}, "owner": {"type": "integer", "public": true}},
    "relationships": {"lines": {"has_many": "shop.line", "public": true, "sort": ["n"]}},
    "identities": {"by_title": ["title"]},
    "aggregates": {"total": {"sum": "lines", "field": "n", "public": true}},
    "calculations": {"shout": {"type": "string", "expr": "string_upcase(title)", "public": true}},
    "actions": {"defaults": ["destroy", {"create": "*"}, {"update": "*"}],
      "read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}},
      "of": {"type": "read", "arguments": {"who": {"type": "integer"}}, "filter": "owner = arg.who"},
      "put": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "by_title"}},
    "policies": [{"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]},
      {"policy": {"action_type": ["create", "update", "destroy"]}, "checks": [{"authorize_if": "actor_present"}]}],
    "code_interface": {"orders_of": {"action": "of", "args": ["who"]}, "add_order": {"action": "create", "args": ["title"]}}
  },
  "line": {
    "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
    "relationships": {"order": {"belongs_to": "shop.order", "attribute_type": "integer", "public": true}},
    "actions": {"defaults": ["read", {"create": "*"}]}
  }}}
JSON
}

my $primary = AshTest::init_node('primary', allows_streaming => 1);
$primary->start;
AshTest::create_database($primary, 'shop');

sub define
{
	$primary->safe_psql('shop', "SELECT ash_define(\$doc\$$_[0]\$doc\$, true)");
	return;
}

define(document(20));
$primary->safe_psql(
	'shop', q(
	SELECT ash_bulk_create('shop.order', '[{"title": "a", "owner": 1}, {"title": "b", "owner": 2}, {"title": "c", "owner": 1}]', '{"actor": {"id": 1}}');
	SELECT ash_bulk_create('shop.line', '[{"order_id": 1, "n": 1}, {"order_id": 1, "n": 2}, {"order_id": 2, "n": 3}]');
	CREATE ROLE regress_reader;
	GRANT USAGE ON SCHEMA shop TO regress_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA shop TO regress_reader;));
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);

# Reading.
my $actor = q("actor": {"id": 1});

sub reads
{
	my ($statement, $expected, $name) = @_;

	is($standby->safe_psql('shop', $statement), $expected, "reads: $name");
	return;
}

is( $standby->safe_psql('shop', q(SELECT ash_definition('shop'))),
	$primary->safe_psql('shop', q(SELECT ash_definition('shop'))),
	'the definition is the same');
reads(qq(SELECT ash_read('shop.order', '{$actor, "sort": "id", "load": ["total", "shout", {"lines": {"select": ["n"]}}]}')::jsonb #- '{0,lines,0,id}' #- '{0,lines,1,id}'),
	'[{"id": 1, "lines": [{"n": 1}, {"n": 2}], "owner": 1, "shout": "A", "title": "a", "total": 3}, {"id": 3, "lines": [], "owner": 1, "shout": "C", "title": "c", "total": null}]',
	'ash_read with loads, aggregates and calculations');
reads(qq(SELECT ash_get('shop.order', '1', '{$actor}')->>'title'), 'a', 'ash_get');
reads(qq(SELECT ash_run_action('shop.order', 'of', '{"who": 1}', '{$actor}')->1->>'title'), 'c', 'ash_run_action');
reads(qq(SELECT ash_try_action('shop.order', 'of', '{"who": 1}', '{$actor}')->'ok'), 'true', 'ash_try_action, which needs a subtransaction');
reads(qq(SELECT ash_page('shop.order', ash_read('shop.order', '{$actor, "sort": "-id", "page": {"limit": 1}}')::jsonb, 'next', '{$actor, "sort": "-id", "page": {"limit": 1}}')#>>'{results,0,title}'),
	'a', 'ash_page');
reads(qq(SELECT string_agg(row->>'title', '') FROM ash_stream('shop.order', '{"batch_size": 1, $actor, "sort": "id"}') AS row), 'ac', 'ash_stream');
reads(qq(SELECT ash_count('shop.order', '{$actor}'), ash_sum('shop.order', 'total', '{$actor}'), ash_list('shop.order', 'title', '{$actor, "sort": "id"}')), '2|3|["a","c"]', 'values over a read');
reads(qq(SELECT ash_load('shop.order', '{"id": 1}', '["total"]', '{$actor}')->>'total', ash_reload('shop.order', '{"id": 1}', '{$actor}')->>'title'), '3|a', 'records already held');
reads(qq(SELECT ash_can('shop.order', 'create', '{}', '{$actor}'), ash_validate_action('shop.order', 'create', '{"title": "d"}', '{$actor}')->'valid'), 'yes|true', 'questions about a write');
reads(qq(SELECT ash_sql('shop.order', 'of', '{"who": 1}', '{$actor}') ~ 'SELECT', count(*) > 0 FROM ash_explain('shop.order', 'of', '{"who": 1}', '{$actor}')), 't|t', 'ash_sql and ash_explain');
reads(q(SELECT ash_introspect('shop')->>'domain'), 'shop', 'ash_introspect');
reads(q(SET ash.actor = '{"id": 1}'; SELECT string_agg(title, '' ORDER BY id), max(shop.shout(o)) FROM shop.orders_of(1) AS o), 'ac|C', 'generated functions');
reads(q(SET ROLE regress_reader; SET ash.actor = '{"id": 2}'; SELECT title FROM shop."order"), 'b', 'ordinary SQL under policies');
reads(q(SET ROLE regress_reader; SELECT count(*) FROM shop."order"), '0', 'none without an actor');
reads(q(SELECT name FROM ash.resource ORDER BY position LIMIT 1), 'shop.order', 'the catalog');

# Writing, and all else that would write.
sub refused
{
	my ($statement, $message, $name) = @_;
	my ($ret, $out, $err) = $standby->psql('shop', "\\set VERBOSITY verbose\n$statement", on_error_stop => 0);

	like($err, qr/^psql:<stdin>:\d+: ERROR:  25006: $message/, "refused: $name");
	return;
}

my $read_only = qr/cannot execute [A-Z ]+ (in a read-only transaction|during recovery)/;
refused(qq(SELECT ash_create('shop.order', '{"title": "d"}', '{$actor}');), $read_only, 'ash_create');
refused(qq(SET ash.fast_path = off; SELECT ash_create('shop.order', '{"title": "d"}', '{$actor}');), $read_only, 'ash_create by a statement');
refused(qq(SELECT ash_run_action('shop.order', 'put', '{"title": "a"}', '{$actor}');), $read_only, 'an upsert');
refused(qq(SELECT ash_update('shop.order', '1', '{"title": "d"}', '{$actor}');), $read_only, 'ash_update');
refused(qq(SELECT ash_destroy('shop.order', '1', '{}', '{$actor}');), $read_only, 'ash_destroy');
refused(qq(SELECT ash_try_action('shop.order', 'create', '{"title": "d"}', '{$actor}');), $read_only, 'ash_try_action');
refused(qq(SELECT ash_bulk_create('shop.order', '[{"title": "d"}]', '{$actor}');), $read_only, 'ash_bulk_create');
refused(qq(SELECT ash_bulk_update('shop.order', '{"title": "d"}', '{$actor, "filter": {"id": 1}}');), $read_only, 'ash_bulk_update');
refused(qq(SELECT ash_bulk_destroy('shop.order', '{}', '{$actor}');), $read_only, 'ash_bulk_destroy');
refused(qq(SELECT ash_read('shop.order', '{$actor, "lock": "for update"}');), $read_only, 'a lock');
refused(q(SELECT shop.add_order('d', options => '{"actor": {"id": 1}}');), $read_only, 'a generated function that writes');
refused('SELECT ash_define($doc$' . document(30) . '$doc$);', qr/cannot execute ash_define\(\) in a read-only transaction/, 'ash_define');
refused('SELECT ash_define($doc$' . document(20) . '$doc$);', qr/cannot execute ash_define\(\) in a read-only transaction/, 'ash_define, also of what is defined');
refused(q(SELECT ash_undefine('shop.line');), qr/cannot execute ash_undefine\(\) in a read-only transaction/, 'ash_undefine');
refused(q(SELECT * FROM ash_migrate();), qr/cannot execute ash_migrate\(\) in a read-only transaction/, 'ash_migrate');
refused(q(SELECT * FROM ash_plan();), qr/a migration cannot be planned in a read-only transaction/, 'ash_plan, which compares with temporary tables');

# A definition that changes on the primary, in sessions of the standby that know the former one.
my $session = $standby->background_psql('shop', on_error_stop => 0);
my $titles = qq(SELECT ash_list('shop.order', 'title', '{$actor, "sort": "id"}'));
my $valid = qq(SELECT ash_validate_action('shop.order', 'create', '{"title": "five5"}', '{$actor}')->'valid');
my $reader = $standby->background_psql('shop', on_error_stop => 0);
my $rows = q(SELECT coalesce(string_agg(title, '' ORDER BY id), 'none') FROM shop."order");
is($session->query($titles), '["a","c"]', 'a session reads');
is($session->query($valid), 'true', 'and validates');
$reader->query(q(SET ROLE regress_reader; SET ash.actor = '{"id": 1}'; PREPARE rows AS ) . $rows);
is($reader->query('EXECUTE rows'), 'ac', 'another reads by ordinary SQL');

(my $open = document(4)) =~ s/"owner = actor.id"/"owner = actor.id or owner = 2"/;
(my $wider = $open) =~ s/("owner": \{[^}]*\})/$1, "extra": {"type": "string", "public": true, "default": "x"}/;
define(document(4));
$primary->wait_for_catchup($standby);
is($session->query($valid), 'false', 'a new constraint is known');
$session->query('BEGIN');
is($session->query($titles), '["a","c"]', 'read in a transaction');
define($open);
$primary->wait_for_catchup($standby);
is($session->query($titles), '["a","b","c"]', 'a new policy is known, in that transaction too');
$session->query('COMMIT');
is($reader->query('EXECUTE rows'), 'abc', 'and to a statement that was prepared before');
define($wider);
$primary->wait_for_catchup($standby);
is($session->query(qq(SELECT ash_read('shop.order', '{$actor, "filter": {"title": "b"}}')->0->'extra')), '"x"', 'a new column');

# A definition that the primary has not committed.
my $writer = $primary->background_psql('shop', on_error_stop => 0);
$writer->query('BEGIN');
$writer->query('SELECT ash_define($doc$' . document(20) . '$doc$)');
$primary->safe_psql('shop', q(SELECT ash_create('shop.line', '{"n": 4}')));
$primary->wait_for_catchup($standby);
is($session->query($valid), 'false', 'what is not committed is not known');
$writer->query('ROLLBACK');

# Removed, and defined again.
$primary->safe_psql('shop', q(SELECT ash_undefine('shop')));
$primary->wait_for_catchup($standby);
is($session->query(q(SELECT ash_try_action('shop.order', 'read')#>>'{errors,0,code}')), 'no_such_resource', 'a definition that is gone');
is($reader->query('EXECUTE rows'), 'none', 'leaves row security on');
define($wider);
$primary->wait_for_catchup($standby);
is($session->query($titles), '["a","b","c"]', 'defined again');

# Promoted: the sessions go on, and write.
$standby->promote;
$standby->poll_query_until('shop', 'SELECT NOT pg_is_in_recovery()');
is($session->query(qq(SELECT ash_create('shop.order', '{"title": "d", "owner": 1}', '{$actor}')->>'title')), 'd', 'after promotion the session creates');
is($session->query(qq(SELECT ash_update('shop.order', '1', '{"title": "A"}', '{$actor}')->>'title')), 'A', 'and updates');
is($session->query('SELECT ash_define($doc$' . document(20) . q{$doc$)->'resources'->0->>'status'}), 'replaced', 'and defines');
is($session->query($valid), 'true', 'which holds at once');
is($reader->query('EXECUTE rows'), 'Acd', 'and for the other session');

$session->quit;
$reader->quit;
$writer->quit;
foreach my $node ($primary, $standby)
{
	$node->stop;
	unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|cache lookup failed/, 'the log of ' . $node->name . ' is clean');
}
done_testing();
