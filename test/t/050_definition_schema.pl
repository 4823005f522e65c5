# Does an independent validator of JSON Schema agree with ash_define about documents?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use Encode qw(encode_utf8);
use IPC::Run qw(run);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $node = AshTest::new_node('main');
AshTest::create_database($node, 'shop');
$node->safe_psql(
	'shop', q(
CREATE EXTENSION citext;
-- ash_define looks up the functions that a document names
CREATE SCHEMA app;
CREATE FUNCTION app.workload(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
CREATE FUNCTION define_pointer(document json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	PERFORM public.ash_define(document);
	RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN detail::jsonb #>> '{errors,0,vars,pointer}';
END $$;
));
my $schema = $json->decode($node->safe_psql('shop', 'SELECT ash_definition_schema()'));

# Pointers of the faults that the validator finds, for each of named documents.
sub judge
{
	my ($documents) = @_;
	my ($out, $err);
	my $in = $json->encode({ schema => $schema, documents => $documents });

	run([ '/usr/bin/python3', "$FindBin::Bin/lib/json_schema.py" ], '<', \$in, '>', \$out, '2>', \$err)
	  or BAIL_OUT("the validator failed: $err");
	return $json->decode($out);
}

# "accepted", or the pointer of the first fault that ash_define reports.
sub define_pointer
{
	my ($document) = @_;
	return $node->safe_psql('shop', 'SELECT define_pointer(' . quoted($document) . ')');
}

sub quoted
{
	my ($document) = @_;
	my $text = $json->encode($document);

	$text =~ s/'/''/g;
	return "'$text'";
}

ok(judge({}), 'the schema is valid JSON Schema 2020-12');

# Documents of the project that ash_define accepts, and what ash_definition makes of them.
my %documents;
foreach my $file (glob("$ENV{TESTDIR}/examples/*/*.json"))
{
	$documents{$file} = $json->decode(slurp_file($file));
}
foreach my $file (glob("$ENV{TESTDIR}/test/vectors/*.json"))
{
	my $vectors = $json->decode(slurp_file($file));

	next if ref $vectors ne 'HASH' || !$vectors->{fixtures};
	$documents{$file} = [ map { $vectors->{fixtures}{$_} } sort keys %{ $vectors->{fixtures} } ];
}
my @whole = sort keys %documents;

# Those in the SQL tests, of which many are wrong, or need what the test made before.
foreach my $file (glob("$ENV{TESTDIR}/test/sql/*.sql"))
{
	my $script = slurp_file($file);
	my $number = 0;

	while ($script =~ /'(\s*(?:\[\s*)?\{\s*"domain"(?:[^']|'')*)'/g)
	{
		my $document = eval { $json->decode(encode_utf8($1 =~ s/''/'/gr)) };
		$documents{ "$file " . ++$number } = $document if defined $document;
	}
}
my %written;
foreach my $name (sort keys %documents)
{
	my $document = $documents{$name};
	my ($status, $out) = $node->psql('shop',
		"BEGIN; SELECT ash_define(" . quoted($document) . ")::text IS NULL; "
		  . "SELECT ash_definition(name) FROM ash.domain; ROLLBACK",
		on_error_stop => 1);

	if ($status != 0)
	{
		delete $documents{$name};
		next;
	}
	$out =~ s/^f\n//;
	$written{$name} = [ $json->incr_parse($out) ];
	$json->incr_reset;
}
is_deeply([ grep { !$documents{$_} } @whole ], [], 'ash_define accepts the examples and all fixtures of vectors');
cmp_ok(keys %documents, '>=', @whole + 10, 'and more documents of the SQL tests: ' . keys %documents);
my $judged = judge(\%documents);
is_deeply($judged->{$_}, [], "accepted and valid: " . (s/.*\///r)) foreach sort keys %documents;
$judged = judge(\%written);
is_deeply([ grep { @{ $judged->{$_} } } sort keys %written ], [], 'what ash_definition writes is valid');

# Documents that are wrong: JSON Pointer of the fault and document; of a resource only its sections.
sub resource
{
	my ($sections) = @_;
	my $attributes = '"id": "uuid_primary_key", "n": {"type": "integer", "public": true}';

	$sections =~ s/^"attributes": \{/"attributes": {$attributes, /
	  or $sections = qq("attributes": {$attributes}, $sections);
	return $json->decode(qq({"domain": "bad", "resources": {"r": {$sections}}}));
}

my @bad_resources = (
	[ '/atributes', '"atributes": {}' ],
	[ '/attributes/m/tpye', '"attributes": {"m": {"type": "string", "tpye": 1}}' ],
	[ '/attributes/m', '"attributes": {"m": {"public": true}}' ],
	[ '/attributes/m', '"attributes": {"m": 5}' ],
	[ '/attributes/m/public', '"attributes": {"m": {"type": "string", "public": "yes"}}' ],
	[ '/attributes/m/filterable', '"attributes": {"m": {"type": "string", "filterable": "no"}}' ],
	[ '/relationships/x/zzz', '"relationships": {"x": {"has_many": "bad.r", "zzz": 1}}' ],
	[ '/relationships/x', '"relationships": {"x": {"public": true}}' ],
	[ '/relationships/x/references/on_delete', '"relationships": {"x": {"belongs_to": "bad.r", "references": {"on_delete": "explode"}}}' ],
	[ '/relationships/x/relationship_context', '"relationships": {"x": {"belongs_to": "bad.r", "relationship_context": []}}' ],
	[ '/identities/i', '"identities": {"i": {}}' ],
	[ '/identities/i/mesage', '"identities": {"i": {"keys": ["n"], "mesage": "x"}}' ],
	[ '/identities/i/keys', '"identities": {"i": {"keys": []}}' ],
	[ '/calculations/c', '"calculations": {"c": {"type": "integer"}}' ],
	[ '/calculations/c', '"calculations": {"c": {"expr": "1"}}' ],
	[ '/calculations/c/batch_function', '"calculations": {"c": {"type": "integer", "batch_function": 5}}' ],
	[ '/calculations/c/arguments/a/tipe', '"calculations": {"c": {"type": "integer", "expr": "1", "arguments": {"a": {"type": "integer", "tipe": 1}}}}' ],
	[ '/aggregates/a', '"aggregates": {"a": {"public": true}}' ],
	[ '/aggregates/a/count', '"aggregates": {"a": {"count": 5}}' ],
	[ '/actions/a/type', '"actions": {"a": {"type": "creat"}}' ],
	[ '/actions/a', '"actions": {"a": {}}' ],
	[ '/actions/a/acept', '"actions": {"a": {"type": "create", "acept": []}}' ],
	[ '/actions/a/accept', '"actions": {"a": {"type": "create", "accept": 5}}' ],
	[ '/actions/a/arguments/b/tipe', '"actions": {"a": {"type": "create", "arguments": {"b": {"type": "string", "tipe": 1}}}}' ],
	[ '/actions/a/changes', '"actions": {"a": {"type": "create", "changes": {}}}' ],
	[ '/actions/a/changes/0', '"actions": {"a": {"type": "create", "changes": [{"set_atribute": {"attribute": "n", "value": 1}}]}}' ],
	[ '/actions/a/changes/0/set_attribute', '"actions": {"a": {"type": "create", "changes": [{"set_attribute": {"value": 1}}]}}' ],
	[ '/actions/a/changes/0/only_when_valid', '"actions": {"a": {"type": "create", "changes": [{"set_attribute": {"attribute": "n", "value": 1}, "only_when_valid": 1}]}}' ],
	[ '/actions/a/validations/0', '"actions": {"a": {"type": "create", "validations": [{"presnt": {"attributes": ["n"]}}]}}' ],
	[ '/actions/a/validations/0/where/0', '"actions": {"a": {"type": "create", "validations": [{"present": {"attributes": ["n"]}, "where": [{"presnt": 1}]}]}}' ],
	[ '/actions/a/steps/0', '"actions": {"a": {"type": "create", "steps": [{"zzz": 1}]}}' ],
	[ '/actions/a/prepare/0', '"actions": {"a": {"type": "read", "prepare": [{"bild": {}}]}}' ],
	[ '/actions/a/prepare/0/build/zzz', '"actions": {"a": {"type": "read", "prepare": [{"build": {"zzz": 1}}]}}' ],
	[ '/actions/a/pagination/ofset', '"actions": {"a": {"type": "read", "pagination": {"ofset": true}}}' ],
	[ '/actions/a/run/zzz', '"actions": {"a": {"type": "action", "run": {"function": "app.f", "zzz": 1}}}' ],
	[ '/actions/defaults/0', '"actions": {"defaults": ["raed"]}' ],
	[ '/policies', '"policies": {}' ],
	[ '/policies/0/polcy', '"policies": [{"polcy": "always", "checks": [{"authorize_if": "always"}]}]' ],
	[ '/policies/0/zzz', '"policies": [{"policy_group": "always", "zzz": 1, "policies": []}]' ],
	[ '/policies/0/access_type', '"policies": [{"policy": "always", "access_type": "maybe", "checks": [{"authorize_if": "always"}]}]' ],
	[ '/policies/0/policy', '"policies": [{"policy": "allways", "checks": [{"authorize_if": "always"}]}]' ],
	[ '/policies/0/checks/0', '"policies": [{"policy": "always", "checks": [{"autorize_if": "always"}]}]' ],
	[ '/policies/0/checks/0/authorize_if', '"policies": [{"policy": "always", "checks": [{"authorize_if": {"actr_present": true}}]}]' ],
	[ '/field_policies/0/zzz', '"field_policies": [{"fields": ["n"], "zzz": 1, "checks": [{"authorize_if": "always"}]}]' ],
	[ '/code_interface/f/zzz', '"actions": {"defaults": ["read"]}, "code_interface": {"f": {"action": "read", "zzz": 1}}' ],
	[ '/custom_indexes/0/zzz', '"custom_indexes": [{"fields": ["n"], "zzz": 1}]' ],
	[ '/check_constraints/c', '"check_constraints": {"c": {"check": "n > 0"}}' ],
	[ '/multitenancy/strategy', '"multitenancy": {"strategy": "context", "attribute": "n"}' ],
	[ '/default_context', '"default_context": 5' ],
);
my @bad_domains = (
	[ '', '{}' ],
	[ '', '5' ],
	[ '/domain', '{"domain": 5}' ],
	[ '/domain', '{"domain": ""}' ],
	[ '/shcema', '{"domain": "bad", "shcema": "x"}' ],
	[ '/resources', '{"domain": "bad", "resources": []}' ],
	[ '/resources/r', '{"domain": "bad", "resources": {"r": 5}}' ],
	[ '/authorization/authorize', '{"domain": "bad", "authorization": {"authorize": "never"}}' ],
	[ '/default_page_type', '{"domain": "bad", "default_page_type": "x"}' ],
	[ '/types/t', '{"domain": "bad", "types": {"t": {}}}' ],
	[ '/functions/f', '{"domain": "bad", "functions": {"f": {"function": "app.f"}}}' ],
	[ '/1', '[{"domain": "bad"}, 5]' ],
);
my %bad;
$bad{"$_->[0] in $_->[1]"} = [ $_->[0], $json->decode($_->[1]) ] foreach @bad_domains;
$bad{"$_->[0] in $_->[1]"} = [ "/resources/r$_->[0]", resource($_->[1]) ] foreach @bad_resources;
$judged = judge({ map { $_ => $bad{$_}[1] } keys %bad });
foreach my $name (sort keys %bad)
{
	my ($pointer, $document) = @{ $bad{$name} };
	# a name that is no built-in is an unknown key to the validator, and a wrong entry to ash_define
	my @places = map { m{^(.*/(?:\d+|authorize_if))/[^/]+$} ? ($_, $1) : $_ } @{ $judged->{$name} };

	is(define_pointer($document), $pointer, "ash_define refuses $name");
	ok((grep { $_ eq $pointer } @places), "so does the schema: @{ $judged->{$name} }");
}

$node->stop;
done_testing();
