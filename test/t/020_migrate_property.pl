# Random documents: is a migrated definition always complete, does it survive being read back, and does every edit of it
# end in the very tables that a fresh migration makes? ASH_SEED and ASH_ROUNDS choose others.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{ASH_SEED} // 15;
my $rounds = $ENV{ASH_ROUNDS} // 50;
my $json = JSON::PP->new->canonical->utf8(0);

srand($seed);

sub one_of { return $_[ int(rand(@_)) ]; }
sub chance { return rand() < $_[0]; }
sub copy { return $json->decode($json->encode($_[0])); }
sub true { return JSON::PP::true; }
sub false { return JSON::PP::false; }

# ---- documents ----

# PostgreSQL casts each of the first to each of them, and everything to a string.
my @numbers = ('integer', 'decimal', 'float', 'string');
my @others = ('boolean', 'date', 'uuid', 'map', 'utc_datetime_usec', 'string[]', 'inet', 'duration');
my @names = ('a', 'b', 'c', 'select', 'Mixed Case', 'quo"te', "\x{e9}t\x{e9}", 'x' x 60);
my %defaults = (
	integer => sub { int(rand(9)) - 4 },
	decimal => sub { one_of('1.50', '-2', '0') },
	float => sub { one_of(1.5, -2.25) },
	string => sub { one_of('x', q(it's), 'a\b', 'null') },
	boolean => sub { one_of(true(), false()) },
	date => sub { '2020-02-29' },
	map => sub { one_of({}, { a => 1, b => [ undef, 'x' ] }) },
	'string[]' => sub { one_of([], [ 'a', q(b',") ]) },
	duration => sub { 'P1DT2H' });

sub random_attribute
{
	my ($type) = @_;
	my %attribute = (type => $type);

	$attribute{allow_nil} = false() if chance(0.3);
	$attribute{default} = $defaults{$type}->() if $defaults{$type} && chance(0.4);
	$attribute{description} = one_of('one', q(it's)) if chance(0.2);
	return \%attribute if exists $attribute{default};
	$attribute{constraints} = { min => int(rand(3)), max => 9 } if $type eq 'integer' && chance(0.3);
	$attribute{constraints} = { max_length => 3 + int(rand(3)) } if $type eq 'string' && chance(0.3);
	return \%attribute;
}

# Attributes that somebody may change: neither keys nor those of relationships.
sub plain_attributes
{
	my ($resource) = @_;

	return sort grep { !/^id/ && !/_id$/ } keys %{ $resource->{attributes} };
}

sub random_parts
{
	my ($resource) = @_;
	my @plain = plain_attributes($resource);
	my @sortable = grep { $resource->{attributes}{$_}{type} !~ /map|\[/ } @plain;

	# foreign keys rely on these
	my %pairs = map { /^pair/ ? ($_ => $resource->{identities}{$_}) : () } keys %{ $resource->{identities} // {} };

	delete @$resource{ 'identities', 'custom_indexes', 'check_constraints', 'migration_defaults' };
	$resource->{identities} = \%pairs if %pairs;
	# what no definition speaks of stays, so parameters are only changed where there are some
	$resource->{create_table_options}{storage_parameters} = { (chance(0.5) ? (fillfactor => one_of(50, 70, '90')) : ()), (chance(0.5) ? (autovacuum_enabled => one_of(true(), false())) : ()) }
	  if $resource->{create_table_options};
	if (@sortable && chance(0.5))
	{
		my %keys = map { $_ => 1 } one_of(@sortable), one_of(@sortable);
		$resource->{identities}{one_of('first', 'second')} = { keys => [ sort keys %keys ], (chance(0.3) ? (nils_distinct => false()) : ()) };
	}
	if (@sortable && chance(0.5))
	{
		my $first = one_of(@sortable);
		my ($second) = grep { $_ ne $first } @sortable;

		$resource->{custom_indexes} =
		  [ { fields => [ (chance(0.3) ? '-' : '') . $first ], ($second && chance(0.4) ? (include => [$second]) : ()), ($resource->{attributes}{id} && chance(0.3) ? (where => 'id IS NOT NULL') : ()) } ];
	}
	if ($resource->{custom_indexes} && chance(0.4))
	{
		my $index = $resource->{custom_indexes}[0];

		$index->{unique} = true();
		$index->{message} = q(isn't free) if chance(0.5);
		$index->{error_fields} = [ one_of(@sortable) ] if chance(0.5);
		$index->{include_base_filter} = false() if chance(0.5);
	}
	if (my ($number) = grep { $resource->{attributes}{$_}{type} =~ /^(integer|decimal|float)$/ } @plain)
	{
		$resource->{migration_defaults}{$number} = one_of('1 + 1', 'abs(-3)', undef) if chance(0.3);
	}
	if (my ($number) = grep { $resource->{attributes}{$_}{type} eq 'integer' } @plain)
	{
		(my $quoted = $number) =~ s/"/""/g;
		$resource->{check_constraints}{one_of('sane', 'sound')} = { check => "\"$quoted\" BETWEEN -100 AND " . one_of(100, 1000), attribute => $number } if chance(0.4);
	}
	return;
}

sub random_resource
{
	my %resource = (attributes => { id => one_of('integer_primary_key', 'uuid_primary_key') }, actions => { defaults => ['read'] });

	$resource{attributes} = { map { $_ => { type => 'integer', primary_key => true(), allow_nil => false() } } 'id_left', 'id_right' } if chance(0.15);
	$resource{attributes}{ one_of(@names) } = random_attribute(one_of(@numbers, @others)) for 1 .. 1 + int(rand(5));
	$resource{attributes}{inserted_id} = 'create_timestamp' if chance(0.2);
	$resource{description} = one_of('What it is.', q(It's "it")) if chance(0.3);
	$resource{create_table_options} = {} if chance(0.3);
	random_parts(\%resource);
	return \%resource;
}

# SQL that makes what depends on the table, but on none of its columns, and what depends on nothing.
sub random_statements
{
	my ($document, $name) = @_;
	my $resource = $document->{resources}{$name};
	my ($schema, $table, $view) = map { s/"/""/gr } $document->{schema}, $resource->{table} // $name, "rows $name";
	my %all = (
		count => { up => qq(CREATE VIEW "$schema"."$view" AS SELECT count(*) AS n FROM "$schema"."$table"), down => qq(DROP VIEW "$schema"."$view") },
		other => { up => qq(CREATE VIEW "$schema"."$view" AS SELECT ) . int(rand(3)) . ' AS n', down => one_of(qq(DROP VIEW "$schema"."$view"), qq(DROP VIEW "$schema"."$view" CASCADE)) },
		'f"n' => { up => qq(CREATE FUNCTION "$schema"."$name"() RETURNS integer LANGUAGE sql AS 'SELECT /* %s */ ) . int(rand(3)) . q('), down => qq(DROP FUNCTION "$schema"."$name"()) },
		nothing => { up => 'SELECT ' . int(rand(3)), down => '' });

	delete $resource->{custom_statements};
	$resource->{custom_statements}{$_} = $all{$_} foreach grep { chance(0.4) } one_of('count', 'other'), 'f"n', 'nothing';
	return;
}

# Further columns of a foreign key: the attributes on both sides, and what makes them unique on the other.
sub match_more
{
	my ($resource, $target, $references) = @_;
	my $shard = chance(0.6);
	my $tenant = !$shard || chance(0.4);
	my %unique = (keys => ['id'], all_tenants => true());

	foreach my $side ($resource, $target)
	{
		$side->{attributes}{shard_id} //= { type => 'integer' } if $shard;
		$side->{attributes}{org_id} //= { type => 'string' } if $tenant;
		$side->{multitenancy} //= { attribute => 'org_id' } if $tenant;
	}
	if ($shard)
	{
		$references->{match_with} = { shard_id => 'shard_id' };
		push @{ $unique{keys} }, 'shard_id';
	}
	if ($tenant)
	{
		$references->{match_tenant} = true();
		delete $unique{all_tenants};
	}
	$target->{identities}{ 'pair' . ($shard ? '_shard' : '') . ($tenant ? '_org' : '') } = \%unique;
	return;
}

# belongs_to, to any resource with a key of one column.
sub add_relationship
{
	my ($document, $name) = @_;
	my $resources = $document->{resources};
	my @targets = sort grep { $resources->{$_}{attributes}{id} } keys %$resources;

	return unless @targets;
	my $to = one_of(@targets);
	my $type = $resources->{$to}{attributes}{id} eq 'uuid_primary_key' ? 'uuid' : 'integer';
	my %references;
	$references{on_delete} = one_of('delete', 'nilify', 'restrict') if chance(0.5);
	$references{on_update} = one_of('update', 'nilify') if chance(0.2);
	$references{deferrable} = one_of(true(), 'initially') if chance(0.2);
	$references{match_type} = 'full' if chance(0.2);
	match_more($resources->{$name}, $resources->{$to}, \%references) if chance(0.4);
	$references{nilify} = ["to_${to}_id"] if ($references{on_delete} // '') eq 'nilify' && chance(0.5);
	$references{index} = true() if chance(0.4);
	$references{index_where} = one_of('not_nil', "\"to_${to}_id\" IS NOT NULL") if $references{index} && chance(0.4);
	$resources->{$name}{relationships}{"to_$to"} = { belongs_to => "prop.$to", attribute_type => $type, references => \%references };
	return;
}

sub random_document
{
	my %document = (domain => 'prop', schema => one_of('prop', 'Prop "1"'), resources => {});

	$document{resources}{"r$_"} = random_resource() for 1 .. 1 + int(rand(4));
	add_relationship(\%document, one_of(sort keys %{ $document{resources} })) for 1 .. int(rand(4));
	random_statements(\%document, $_) foreach grep { chance(0.5) } sort keys %{ $document{resources} };
	return \%document;
}

# ---- edits: each changes one thing ----

sub retype
{
	my ($attribute) = @_;
	my $from = ref $attribute ? $attribute->{type} : $attribute;

	return random_attribute($from ne 'string' && (grep { $_ eq $from } @numbers) ? one_of(@numbers) : 'string');
}

my @edits = (
	sub { my ($d, $r) = @_; $r->{attributes}{ one_of(@names) . '2' } = random_attribute(one_of(@numbers, @others)); },
	sub { my ($d, $r) = @_; my @p = plain_attributes($r); delete $r->{attributes}{ one_of(@p) } if @p; random_parts($r); },
	sub {
		my ($d, $r) = @_;
		my @p = plain_attributes($r) or return;
		my $name = one_of(@p);
		my $comment = $r->{attributes}{$name}{description};
		$r->{attributes}{$name} = retype($r->{attributes}{$name});
		# a comment that no definition speaks of stays
		$r->{attributes}{$name}{description} //= $comment if defined $comment;
		random_parts($r);
	},
	sub {
		my ($d, $r) = @_;
		my @p = plain_attributes($r) or return;
		my $name = one_of(@p);
		my $attribute = delete $r->{attributes}{$name};
		$r->{attributes}{'renamed'} = { %$attribute, renamed_from => $name };
		random_parts($r);
	},
	sub { my ($d, $r, $n) = @_; $r->{renamed_from} = $n; $r->{table} = "another $n"; random_statements($d, $n) if $r->{custom_statements}; },
	sub { my ($d, $r, $n) = @_; random_statements($d, $n); },
	sub { my ($d, $r) = @_; random_parts($r); },
	sub { my ($d, $r) = @_; $r->{description} = 'Something else.'; },
	sub { my ($d, $r, $n) = @_; add_relationship($d, $n); },
	sub { my ($d, $r) = @_; delete $r->{relationships}; },
	sub { my ($d, $r) = @_; $d->{resources}{added} = random_resource(); add_relationship($d, 'added'); },);

sub edited
{
	my $document = copy($_[0]);

	for (1 .. 1 + int(rand(4)))
	{
		# a renamed table is renamed once
		my $name = one_of(sort grep { !$document->{resources}{$_}{renamed_from} } keys %{ $document->{resources} }) or last;
		$edits[ int(rand(@edits)) ]->($document, $document->{resources}{$name}, $name);
	}
	return $document;
}

# ---- running ----

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'prop');

$node->safe_psql(
	'prop', <<'SQL');
-- All there is in a schema, a line each, whatever the order in which it was made.
CREATE FUNCTION fingerprint(schema text) RETURNS text LANGUAGE sql AS $$
	WITH tables AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = schema AND relkind = 'r'),
	lines (line) AS (
		SELECT format('table %s security %s comment %s with %s', relname, relrowsecurity, obj_description(oid, 'pg_class'), (SELECT array_agg(o ORDER BY o) FROM unnest(reloptions) o)) FROM tables
		UNION ALL SELECT format('view %s %s', viewname, definition) FROM pg_views WHERE schemaname = schema
		UNION ALL SELECT format('function %s %s', proname, prosrc) FROM pg_proc WHERE pronamespace = to_regnamespace(quote_ident(schema))
		UNION ALL SELECT format('statement %s.%s %s %s', resource, name, up, down) FROM ash.statement
		UNION ALL SELECT format('column %s.%s %s not null %s default %s identity %s comment %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
				pg_get_expr(adbin, adrelid), attidentity, col_description(t.oid, attnum))
			FROM tables t JOIN pg_attribute ON attrelid = t.oid LEFT JOIN pg_attrdef ON adrelid = t.oid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped
		UNION ALL SELECT format('constraint %s.%s %s valid %s', relname, conname, pg_get_constraintdef(c.oid), convalidated) FROM tables t JOIN pg_constraint c ON conrelid = t.oid
		UNION ALL SELECT format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid) FROM tables t JOIN pg_index ON indrelid = t.oid)
	SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM lines
$$;
-- A row in every table that takes one without being told anything.
CREATE FUNCTION fill(schema text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	name text;
BEGIN
	FOR name IN SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = schema AND relkind = 'r' LOOP
		BEGIN
			EXECUTE format('INSERT INTO %I.%I DEFAULT VALUES', schema, name);
		EXCEPTION WHEN integrity_constraint_violation THEN
			NULL;
		END;
	END LOOP;
END $$;
-- Migrates; empty, or how the rows that are there do not allow it.
CREATE FUNCTION refusal() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ash_migrate('prop', true);
	RETURN '';
EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
	RETURN concat(SQLSTATE, ': ', SQLERRM);
END $$;
SQL

# The lines that are in one text only.
sub difference
{
	my ($have, $want) = @_;
	my %have = map { $_ => 1 } split /\n/, $have;
	my %want = map { $_ => 1 } split /\n/, $want;

	return join "\n", (map { "evolved: $_" } sort grep { !$want{$_} } keys %have), (map { "fresh:   $_" } sort grep { !$have{$_} } keys %want);
}

sub literal
{
	my ($text) = @_;

	utf8::encode($text);
	$text =~ s/'/''/g;
	return "'$text'";
}

# One round in one session, undone at its end. Returns what was found wrong.
sub run_round
{
	my ($first, $second, $filled) = @_;
	my $schema = literal($first->{schema});
	my ($one, $two) = map { literal($json->encode($_)) } $first, $second;
	my $fill = $filled eq 'true' ? "SELECT fill($schema);" : '';
	my ($ret, $out, $err) = $node->psql(
		'prop', <<SQL);
SET client_min_messages = error;
BEGIN;
SELECT ash_define($one, true) \\gset
$fill
SET CONSTRAINTS ALL IMMEDIATE;
SELECT 'plan: ' || sql FROM ash_plan('prop');
SELECT ash_definition('prop')::text AS definition \\gset
SELECT 'defined again: ' || result FROM ash_define(:'definition') AS result WHERE result::text ~ '"(created|replaced)"';
SELECT 'definition: ' || new FROM CAST(ash_definition('prop') AS text) AS new WHERE new <> :'definition';
SELECT ash_define($two) \\gset
SELECT refusal, refusal = '' AS migrated FROM refusal() \\gset
SELECT 'refused without rows: ' || :'refusal' WHERE NOT :'migrated' AND NOT '$filled'::boolean;
\\if :migrated
SELECT 'plan after edit: ' || sql FROM ash_plan('prop');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT fingerprint($schema) AS evolved \\gset
SELECT format('DROP SCHEMA %I CASCADE', $schema) \\gexec
SELECT count(*) FROM ash_migrate('prop') \\gset
SELECT '--- evolved' || E'\\n' || :'evolved' || E'\\n--- fresh\\n' || fingerprint($schema) WHERE fingerprint($schema) IS DISTINCT FROM :'evolved';
\\endif
ROLLBACK;
SQL

	if ($out =~ s/^--- evolved\n(.*)\n--- fresh\n(.*)\z//ms)
	{
		$out .= difference($1, $2);
	}
	return join "\n", grep { $_ ne '' } $err, $out;
}

my $failures = 0;
foreach my $round (1 .. $rounds)
{
	my $first = random_document();
	my $second = edited($first);
	my $wrong = run_round($first, $second, chance(0.5) ? 'true' : 'false');

	next if $wrong eq '';
	fail("round $round of seed $seed");
	diag($json->ascii->encode($first));
	diag($json->ascii->encode($second));
	diag($wrong);
	last if ++$failures == 3;
}
is($failures, 0, "$rounds random documents, each edited");

$node->stop;
done_testing();
