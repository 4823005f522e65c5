\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(7);

-- Do the mistakes of one document, of whatever kind, all come out at once, each at its place, and nothing else?

-- The faults of a document in their order.
CREATE FUNCTION pg_temp.faults(document text) RETURNS TABLE (i bigint, pointer text, line int, col int, message text) LANGUAGE sql AS $$
	SELECT i, e#>>'{vars,pointer}', (e#>>'{vars,line}')::int, (e#>>'{vars,column}')::int, e->>'message'
	FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)', document))->>'detail')::jsonb->'errors')
		WITH ORDINALITY AS t(e, i)
$$;

-- A document with <<pointer>> in front of each mistake: where they are, in the text without the marks.
CREATE FUNCTION pg_temp.marks(marked text) RETURNS TABLE (pointer text, line int, col int) LANGUAGE sql AS $$
	SELECT pointer, length(regexp_replace(before, '[^\n]', '', 'g')) + 1, length(substring(before from '[^\n]*$')) + 1
	FROM (SELECT i, split_part(piece, '>>', 1) AS pointer,
			string_agg(split_part(piece, '>>', 2), '') OVER (ORDER BY i ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
		FROM regexp_split_to_table('start>>' || marked, '<<') WITH ORDINALITY AS t(piece, i)) AS pieces
	WHERE i > 1
$$;

CREATE TEMP TABLE document AS SELECT $marked$
{"domain": "define_fifty", <</descripton>>"descripton": "x", "authorization": {<</authorization/authorise>>"authorise": "always"},
 "resources": {
  "team": {
   "attributes": {"id": "uuid_primary_key", "name": {"type": "string", <</resources/team/attributes/name/pubic>>"pubic": true}},
   "relationships": {"tickets": {"has_many": "define_fifty.ticket", "destination_attribute": "team_id"},
     "ghosts": {<</resources/team/relationships/ghosts/has_many>>"has_many": "define_fifty.tickt"}},
   "aggregates": {"ghost_count": {"count": "ghosts"}, "closed": {<</resources/team/aggregates/closed/count>>"count": "tikets"}, "summed": {"sum": "tickets", <</resources/team/aggregates/summed/field>>"field": "pionts"}},
   "actions": {"defaults": ["read"]}
  },
  "ticket": {
   <</resources/ticket/descripton>>"descripton": "x",
   "attributes": {
    "id": "uuid_primary_key",
    "subject": {"type": "string", "public": true},
    "points": {"type": "integer", "public": true},
    "team_id": {"type": "uuid"},
    "a_kind": {"type": "string", <</resources/ticket/attributes/a_kind/allow_nil>>"allow_nil": "no"},
    <</resources/ticket/attributes/a_type>>"a_type": {"type": "strng", "public": true},
    "a_constraint": {"type": "string", "constraints": {<</resources/ticket/attributes/a_constraint/constraints/max_lenght>>"max_lenght": 5}},
    "a_value": {"type": "string", "constraints": {<</resources/ticket/attributes/a_value/constraints/max_length>>"max_length": "five"}},
    "a_default": {"type": "integer", <</resources/ticket/attributes/a_default/default>>"default": "many"},
    "a_key": {"type": "string", <</resources/ticket/attributes/a_key/defalt>>"defalt": "x"},
    <</resources/ticket/attributes/a_missing>>"a_missing": {"public": true},
    <</resources/ticket/attributes/a_array>>"a_array": {"type": "array"},
    "a_oneof": {"type": "atom", "constraints": {<</resources/ticket/attributes/a_oneof/constraints/one_of>>"one_of": 5}},
    "a\"b": {"type": "string", <</resources/ticket/attributes/a"b/publc>>"publc": true}
   },
   "identities": {<</resources/ticket/identities/i_key/keys>>"i_key": ["subjct"], "i_option": {"keys": ["subject"], <</resources/ticket/identities/i_option/mesage>>"mesage": "x"}, <</resources/ticket/identities/i_missing>>"i_missing": {}},
   "relationships": {
    "r_team": {<</resources/ticket/relationships/r_team/belongs_to>>"belongs_to": "define_fifty.teem"},
    "r_attr": {"has_many": "define_fifty.team", <</resources/ticket/relationships/r_attr/destination_attribute>>"destination_attribute": "ticket_id"},
    "r_key": {"belongs_to": "define_fifty.team", <</resources/ticket/relationships/r_key/source_atribute>>"source_atribute": "team_id"}
   },
   "calculations": {
    "c_name": {"type": "integer", <</resources/ticket/calculations/c_name/expr>>"expr": "pionts + 1"},
    "c_syntax": {"type": "integer", <</resources/ticket/calculations/c_syntax/expr>>"expr": "points +"},
    "c_type": {"type": "integer", <</resources/ticket/calculations/c_type/expr>>"expr": "points + true"},
    "c_call": {"type": "string", <</resources/ticket/calculations/c_call/expr>>"expr": "pg_read_file('x')"},
    "c_select": {"type": "integer", <</resources/ticket/calculations/c_select/expr>>"expr": "(SELECT 1)"},
    "c_kind": {"type": "integer", "expr": "points", <</resources/ticket/calculations/c_kind/public>>"public": "yes"},
    "c_faulty": {"type": "string", "expr": "a_type"},
    <</resources/ticket/calculations/c_unknown>>"c_unknown": {"type": "intger", "expr": "points"}
   },
   "validations": [
    {"present": {"attributes": ["subject"]}},
    <</resources/ticket/validations/1>>{"presnt": {"attributes": ["subject"]}},
    {"present": {<</resources/ticket/validations/2/present/attributes>>"attributes": ["subjekt"]}},
    {"string_length": {"attribute": "subject", <</resources/ticket/validations/3/string_length/maks>>"maks": 5}},
    {"present": {"attributes": ["points"]}, <</resources/ticket/validations/4/on>>"on": ["creat"]}
   ],
   "changes": [{"set_attribute": {<</resources/ticket/changes/0/set_attribute/attribute>>"attribute": "nowhere", "value": 1}}],
   "preparations": [<</resources/ticket/preparations/0>>{"biuld": {"limit": 1}}, {"build": {<</resources/ticket/preparations/1/build/limit>>"limit": "x"}}, {"build": {<</resources/ticket/preparations/2/build/sort>>"sort": ["nowhere"]}}, {"build": {<</resources/ticket/preparations/3/build/filter>>"filter": "nowhere = 1"}}],
   "policies": [
    {"policy": "always", <</resources/ticket/policies/0/checks>>"checks": []},
    {"policy": "always", "checks": [{<</resources/ticket/policies/1/checks/0/authorize_if>>"authorize_if": "actor_presnt"}]},
    {"policy": "always", "checks": [<</resources/ticket/policies/2/checks/0>>{"authorise_if": "always"}]},
    {"policy": "always", "checks": [{"authorize_if": {<</resources/ticket/policies/3/checks/0/authorize_if/expr>>"expr": "nowhere = 1"}}]},
    {<</resources/ticket/policies/4/polcy>>"polcy": "always", "checks": [{"authorize_if": "always"}]}
   ],
   "field_policies": [{<</resources/ticket/field_policies/0/fields>>"fields": ["nowhere"], "checks": [{"authorize_if": "always"}]}],
   "actions": {
    "defaults": ["read"],
    "x_type": {<</resources/ticket/actions/x_type/type>>"type": "creat"},
    <</resources/ticket/actions/x_missing>>"x_missing": {"accept": ["subject"]},
    "x_key": {"type": "create", <</resources/ticket/actions/x_key/acept>>"acept": []},
    "x_accept": {"type": "create", "accept": ["subject", "a_type", <</resources/ticket/actions/x_accept/accept/2>>"sbject"]},
    "x_option": {"type": "read", <</resources/ticket/actions/x_option/accept>>"accept": ["subject"]},
    "x_change": {"type": "create", "changes": [<</resources/ticket/actions/x_change/changes/0>>{"set_atribute": {"attribute": "points", "value": 1}}, {"set_attribute": {<</resources/ticket/actions/x_change/changes/1/set_attribute/atribute>>"atribute": "points", "attribute": "points", "value": 1}}, {"set_attribute": {<</resources/ticket/actions/x_change/changes/2/set_attribute/attribute>>"attribute": "pints", "value": 1}}]},
    "x_refused": {"type": "update", <</resources/ticket/actions/x_refused/atomic_upgrade_with>>"atomic_upgrade_with": "read"},
    "x_argument": {"type": "create", "arguments": {<</resources/ticket/actions/x_argument/arguments/n>>"n": {"type": "integr"}, "d": {"type": "integer", <</resources/ticket/actions/x_argument/arguments/d/default>>"default": "many"}, "k": {"type": "integer", <</resources/ticket/actions/x_argument/arguments/k/alow_nil>>"alow_nil": true}}},
    "x_filter": {"type": "read", <</resources/ticket/actions/x_filter/filter>>"filter": "nowhere > 1"},
    "x_returns": {"type": "action", <</resources/ticket/actions/x_returns/returns>>"returns": "nothing_known", <</resources/ticket/actions/x_returns/run>>"run": {"function": "define_fifty.f"}},
    "x-bad name": {"type": "read"},
    "x_prepare": {"type": "read", "prepare": [{"build": {<</resources/ticket/actions/x_prepare/prepare/0/build/load>>"load": ["nowhere"]}}]},
    "x_fine": {"type": "create", "accept": ["subject"]}
   }
  }
 }
}
$marked$ AS marked, '' AS text;
UPDATE document SET marked = btrim(marked, E'\n');
UPDATE document SET text = regexp_replace(marked, '<<[^>]*>>', '', 'g');

SELECT cmp_ok(count(*)::int, '>=', 50, 'the document has fifty mistakes') FROM document, pg_temp.marks(marked);
SELECT is((SELECT string_agg(format('%s %s:%s', pointer, line, col), E'\n' ORDER BY line, col) FROM pg_temp.faults(text)),
		(SELECT string_agg(format('%s %s:%s', pointer, line, col), E'\n' ORDER BY line, col) FROM pg_temp.marks(marked)),
		'each is reported at its place, and none more'),
	is((SELECT bool_and(i = n) FROM (SELECT i, row_number() OVER (ORDER BY line, col) AS n FROM pg_temp.faults(text)) AS t), true,
		'in the order of the text')
FROM document;
SELECT is((SELECT count(*)::int FROM ash.resource WHERE domain = 'define_fifty'), 0, 'nothing is stored');

-- A type that does not exist; everything else that goes wrong goes wrong because of it.
SELECT is((SELECT string_agg(pointer || ' ' || message, E'\n' ORDER BY i) FROM pg_temp.faults('{"domain": "define_fifty", "resources": {"r": {
	"attributes": {"id": "uuid_primary_key", "n": {"type": "intger", "public": true}}, "identities": {"i": ["n"]},
	"calculations": {"c": {"type": "integer", "expr": "n + 1"}},
	"policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "n = 1"}}]}],
	"actions": {"a": {"type": "create", "accept": ["n"], "changes": [{"set_attribute": {"attribute": "n", "value": 1}}]}}}}}')),
	'/resources/r/attributes/n there is no type "intger"; did you mean "integer"?', 'consequences are not reported');

-- More than anybody reads.
SELECT is(count(*)::int, 1001, 'a thousand faults are listed'), is((array_agg(message ORDER BY i))[1001], 'and 100 more', 'the rest is counted')
FROM (SELECT '{"domain": "define_fifty", "resources": {"r": {' || string_agg(format('"x%s": 1', i), ', ') || '}}}'
	FROM generate_series(1, 1100) AS i) AS d(text), pg_temp.faults(text);

SELECT * FROM finish();
ROLLBACK;
