# Is an index that is asked for concurrently left to the caller, and is the plan empty once the caller has built it?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'conc');

sub document
{
	my ($more, $child) = @_;

	return qq({"domain": "conc", "resources": {
		"child": {"attributes": {"id": "integer_primary_key", "code": "string"}$child},
		"parent": {"attributes": {"id": "integer_primary_key", "code": {"type": "string", "allow_nil": false}, "kind": "string"}$more}}});
}

sub define
{
	my ($more, $child) = @_;
	my $document = document($more, $child // '');

	$node->safe_psql('conc', "SELECT ash_define('$document')");
	return;
}

# SQL of the steps, a line each.
sub steps
{
	return $node->safe_psql('conc', "SELECT sql FROM ash_plan('conc', concurrently => true)");
}

# The operations that ran and the statements that were left, as the warnings say.
sub migrate
{
	my ($ret, $out, $err) = $node->psql('conc', "SELECT operation FROM ash_migrate('conc', true, true)");

	return ($out, join("\n", $err =~ /^HINT:  Run: (.*)$/mg), $err);
}

define('');
migrate();
is(steps(), '', 'an empty table needs nothing concurrent');
$node->safe_psql('conc', q(INSERT INTO conc.parent (code, kind) VALUES ('a', 'x'), ('b', 'x'); INSERT INTO conc.child (code) VALUES ('a')));

# An identity, an index, a column and a foreign key that needs the identity.
my $index = ', "identities": {"code": ["code"]}, "custom_indexes": [{"fields": ["kind"]}]';
my $key = ', "relationships": {"parent": {"belongs_to": "conc.parent", "source_attribute": "code", "destination_attribute": "code", "define_attribute": false}}';
define($index, $key);
my $unique = 'CREATE UNIQUE INDEX CONCURRENTLY "parent_code_index" ON "conc"."parent" USING btree (code)';
my $plain = 'CREATE INDEX CONCURRENTLY "parent_kind_index" ON "conc"."parent" USING btree (kind)';
my $fkey = 'ALTER TABLE "conc"."child" ADD CONSTRAINT "child_code_fkey" FOREIGN KEY (code) REFERENCES conc.parent(code) NOT VALID';
my $validate = 'ALTER TABLE "conc"."child" VALIDATE CONSTRAINT "child_code_fkey"';
my $all = join "\n", $unique, $plain, $fkey, $validate;
is(steps(), $all, 'the plan says CONCURRENTLY, then the foreign key');
is($node->safe_psql('conc', q(SELECT count(*) FROM ash_plan('conc', concurrently => true) WHERE blocking)), '0', 'nothing of it blocks');
is($node->safe_psql('conc', q(SELECT string_agg(operation, ',') FROM ash_plan('conc') WHERE blocking)), 'create index,create index', 'otherwise the indexes do');

my ($done, $left, $warnings) = migrate();
is($done, '', 'nothing could be done');
is($left, $all, 'and every step that is left is named');
like($warnings, qr/WARNING:  step "create index" of resource conc\.parent is left to you/, 'with its resource');

$node->safe_psql('conc', $unique);
$node->safe_psql('conc', $plain);
($done, $left) = migrate();
is($done, "add foreign key\nadd foreign key", 'the index is there: the foreign key is made');
is($left, '', 'nothing is left');
is(steps(), '', 'the plan is empty');

# A build that failed leaves an index that is not valid.
define(', "identities": {"code": ["code"], "kind": ["kind"]}', $key);
my $drop = 'DROP INDEX CONCURRENTLY IF EXISTS "conc"."parent_kind_index"';
$unique = 'CREATE UNIQUE INDEX CONCURRENTLY "parent_kind_index" ON "conc"."parent" USING btree (kind)';
is(steps(), "$drop\n$unique", 'another index of the same name: both are concurrent');
$node->safe_psql('conc', $drop);
my ($ret, $out, $err) = $node->psql('conc', $unique);
like($err, qr/could not create unique index/, 'rows break the new index');
is(steps(), "$drop\n$unique", 'what is not valid is built again');
$node->safe_psql('conc', q(UPDATE conc.parent SET kind = code));
$node->safe_psql('conc', $drop);
$node->safe_psql('conc', $unique);
is(steps(), '', 'and then known');

# An index that is dropped.
define(', "identities": {"code": ["code"]}', $key);
($done, $left) = migrate();
is($left, $drop, 'an index is dropped concurrently too');
is($node->safe_psql('conc', q(SELECT operation FROM ash_migrate('conc', true))), 'drop index', 'or at once');
is(steps(), '', 'nothing is left to plan');

$node->stop;
done_testing();
