# Are the mistakes in a document all found, and nothing besides, however many there are together?
#
# Mistakes are put into documents that are right: each alone must give one fault, at the place where it was made,
# and a random choice of them exactly the faults that each gives alone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Storable qw(dclone);
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $seed = $ENV{ASH_SEED} // 20260101;
my $node = AshTest::new_node('main');

srand($seed);
AshTest::create_database($node, 'shop');
$node->safe_psql(
	'shop', q(
CREATE EXTENSION citext;
CREATE FUNCTION pointers(document json) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	PERFORM public.ash_define(document);
	RAISE EXCEPTION USING ERRCODE = 'UA000';
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN QUERY SELECT e #>> '{vars,pointer}' FROM jsonb_array_elements(detail::jsonb -> 'errors') AS e;
WHEN SQLSTATE 'UA000' THEN
	NULL;
END $$;
));

# Pointers of the faults of a document, sorted; one line each.
sub pointers
{
	my ($document) = @_;
	my $text = $json->encode($document);

	$text =~ s/'/''/g;
	return join("\n", sort split /\n/, $node->safe_psql('shop', "SELECT pointers('$text')"));
}

# What can be done to a member of a section: [name of the mistake, code that makes it and gives its place below the member].
# A code that finds nothing to spoil gives undef.
my $unknown_key = [ 'an unknown key', sub { my ($m) = @_; $m->{zzz_unknown} = 1; return '/zzz_unknown' } ];
my $wrong_kind = [ 'a description that is a list', sub { my ($m) = @_; $m->{description} = []; return '/description' } ];
my %mistakes = (
	attributes => [
		$unknown_key, $wrong_kind,
		[ 'a wrong kind', sub { my ($m) = @_; $m->{allow_nil} = 'perhaps'; return '/allow_nil' } ],
		[ 'a bad choice', sub { my ($m) = @_; $m->{filterable} = 'sometimes'; return '/filterable' } ],
		[ 'an unknown type', sub { my ($m) = @_; return undef if !$m->{type}; $m->{type} = 'zzz_no_type'; return '' } ],
		[ 'a bad constraint', sub { my ($m) = @_; return undef if !$m->{type}; $m->{constraints}{zzz_unknown} = 1; return '/constraints' } ],
	],
	relationships => [ $unknown_key, $wrong_kind, [ 'a bad choice', sub { my ($m) = @_; $m->{authorize_read_with} = 'x'; return '/authorize_read_with' } ] ],
	identities => [ $unknown_key, $wrong_kind, [ 'an unknown attribute', sub { my ($m) = @_; $m->{keys} = ['zzz_no_attribute']; return '/keys' } ] ],
	calculations => [
		$unknown_key, $wrong_kind,
		[ 'an unknown field', sub { my ($m) = @_; return undef if !$m->{expr}; $m->{expr} = 'zzz_no_field = 1'; return '/expr' } ],
		[ 'a syntax error', sub { my ($m) = @_; return undef if !$m->{expr}; $m->{expr} = 'id = '; return '/expr' } ],
		[ 'an unknown type', sub { my ($m) = @_; $m->{type} = 'zzz_no_type'; return '' } ],
	],
	aggregates => [ $unknown_key, $wrong_kind, [ 'a wrong kind', sub { my ($m) = @_; $m->{public} = 'yes'; return '/public' } ] ],
	actions => [
		$unknown_key, $wrong_kind,
		[ 'an unknown attribute', sub { my ($m) = @_; return undef if ref $m->{accept} ne 'ARRAY'; push @{ $m->{accept} }, 'zzz_no_attribute'; return '/accept' } ],
		[ 'an option of another type', sub { my ($m) = @_; return undef if $m->{type} eq 'destroy'; $m->{soft} = JSON::PP::true; return '/soft' } ],
		[ 'an option that is refused', sub { my ($m) = @_; $m->{touches_resources} = []; return '/touches_resources' } ],
	],
	policies => [
		$unknown_key, $wrong_kind,
		[ 'an unknown check', sub { my ($m) = @_; return add_check($m, 'zzz_no_check') } ],
		[ 'an unknown field', sub { my ($m) = @_; return add_check($m, { expr => 'zzz_no_field = 1' }) } ],
		[ 'an option of a check that is unknown', sub { my ($m) = @_; return add_check($m, { actor_attribute_equals => { attribute => 'a', value => 1, zzz_unknown => 1 } }) } ],
		[ 'a bad choice', sub { my ($m) = @_; $m->{access_type} = 'sometimes'; return '/access_type' } ],
	],
	field_policies => [
		$unknown_key, $wrong_kind,
		[ 'an unknown check', sub { my ($m) = @_; return add_check($m, 'zzz_no_check') } ],
		[ 'an unknown field', sub { my ($m) = @_; return undef if ref $m->{fields} ne 'ARRAY'; push @{ $m->{fields} }, 'zzz_no_field'; return '/fields' } ],
	],);

# One more check of a policy.
sub add_check
{
	my ($policy, $check) = @_;

	return undef if ref $policy->{checks} ne 'ARRAY';
	push @{ $policy->{checks} }, { authorize_if => $check };
	return '/checks/' . $#{ $policy->{checks} };
}

# Names of the members of a section, or their places in a list.
sub members
{
	my ($section) = @_;

	return ref $section eq 'ARRAY' ? (0 .. $#$section) : sort keys %{ $section // {} };
}

sub member
{
	my ($section, $name) = @_;

	return ref $section eq 'ARRAY' ? $section->[$name] : $section->{$name};
}

# Mistakes that a document can have: [what, where, code that puts it into a copy].
sub candidates
{
	my ($document) = @_;
	my @found;

	foreach my $resource (sort keys %{ $document->{resources} })
	{
		my $node = $document->{resources}{$resource};

		push @found, [ "unknown key of $resource", "/resources/$resource", sub { $_[0]{resources}{$resource}{zzz_unknown} = 1 } ];
		foreach my $section (sort keys %mistakes)
		{
			foreach my $member (members($node->{$section}))
			{
				my @choice = @{ $mistakes{$section} };
				my ($what, $spoil) = @{ $choice[ int(rand(@choice)) ] };

				my $of = member($node->{$section}, $member);

				next if ref $of ne 'HASH';
				next if !defined $spoil->(dclone($of));
				push @found,
				  [
					"$what in $section/$member of $resource",
					"/resources/$resource/$section/$member",
					sub { $spoil->(member($_[0]{resources}{$resource}{$section}, $member)) }
				  ];
			}
		}
	}
	return @found;
}

sub shuffled
{
	my @list = @_;

	for (my $i = @list; --$i > 0;)
	{
		my $j = int(rand($i + 1));
		@list[ $i, $j ] = @list[ $j, $i ];
	}
	return @list;
}

note("seed $seed");
foreach my $file (sort glob("$FindBin::Bin/../vectors/*.json"))
{
	my $content = $json->decode(slurp_file($file));

	next if ref $content ne 'HASH';
	foreach my $name (sort keys %{ $content->{fixtures} })
	{
		my $document = $content->{fixtures}{$name};
		my @sound;
		my %alone;

		is(pointers($document), '', "$name is right");
		foreach my $mistake ((shuffled(candidates($document)))[ 0 .. 39 ])
		{
			last if !defined $mistake;
			my ($what, $where, $spoil) = @$mistake;
			my $copy = dclone($document);

			$spoil->($copy);
			$alone{$what} = pointers($copy);
			my @places = split /\n/, $alone{$what};
			ok(@places == 1 && index("$places[0]/", "$where/") == 0, "$name: $what: one fault there")
			  or diag("$where: @places");
			push @sound, $mistake;
		}
		foreach my $count (2, 5, scalar @sound)
		{
			my @some = grep { defined } (shuffled(@sound))[ 0 .. $count - 1 ];
			my $copy = dclone($document);

			$_->[2]->($copy) foreach @some;
			is(pointers($copy), join("\n", sort map { $alone{ $_->[0] } } @some), "$name: $count mistakes, so many faults");
		}
	}
}

$node->stop;
done_testing();
