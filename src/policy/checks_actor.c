/*-------------------------------------------------------------------------
 *
 * src/policy/checks_actor.c
 *	  Checks on the actor, and conditions on the row.
 *
 * In a call the actor is known and simple checks are decided at once.  For ad-hoc
 * SQL they stay expressions that ask ash.actor() when the statement runs: a cached
 * plan outlives a change of the actor.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_template.h"
#include "policy/policy_internal.h"
#include "utils/builtins.h"

/*-------------------------------------------------------------------------
 * Tests written into row-security quals.  They are calls without arguments, so
 * that nothing walks into them; the row does not matter to them.
 *-------------------------------------------------------------------------
 */

/*
 * A boolean that is computed by SQL when an ad-hoc statement runs: write puts its text into
 * the statement, and finds path and value in the expression it is given. In
 * CurrentMemoryContext; it refers to path and value.
 */
AshExpr *
ash_policy_actor_test(AshResource *res, void (*write)(AshSql *sql, AshExpr *call), List *path,
					  Datum value)
{
	AshExpr *test = palloc0(sizeof(AshExpr));
	AshExprFunc *func = palloc0(sizeof(AshExprFunc));

	func->name = "actor";
	func->sql = write;
	test->kind = ASH_EXPR_CALL;
	test->type = ash_type_plain("boolean");
	test->func = func;
	test->resource = res;
	test->template_path = path;
	test->value.value = value;
	return test;
}

/* Writes the call that gives the session's actor, as the resource's domain sees it. */
void
ash_policy_write_actor(AshSql *sql, const AshResource *res)
{
	appendStringInfo(&sql->text, "ash.actor(%s)", quote_literal_cstr(res->name));
}

static void
write_present(AshSql *sql, AshExpr *call)
{
	ash_sql_str(sql, "(SELECT ");
	ash_policy_write_actor(sql, call->resource);
	ash_sql_str(sql, " IS NOT NULL)");
}

static void
write_absent(AshSql *sql, AshExpr *call)
{
	ash_sql_str(sql, "(SELECT ");
	ash_policy_write_actor(sql, call->resource);
	ash_sql_str(sql, " IS NULL)");
}

/* A missing key gives NULL, which is not satisfied; nor is its negation: fails closed. */
static void
write_attribute_equals(AshSql *sql, AshExpr *call)
{
	char *value = JsonbToCString(NULL, &DatumGetJsonbP(call->value.value)->root, 0);

	ash_sql_str(sql, "(SELECT ");
	ash_policy_write_actor(sql, call->resource);
	appendStringInfo(&sql->text,
					 " OPERATOR(pg_catalog.->) %s::pg_catalog.text"
					 " OPERATOR(pg_catalog.=) %s::pg_catalog.jsonb)",
					 quote_literal_cstr(linitial(call->template_path)), quote_literal_cstr(value));
}

/* "The session has an actor", for ad-hoc SQL. */
AshExpr *
ash_policy_actor_present(AshResource *res)
{
	return ash_policy_actor_test(res, write_present, NIL, (Datum) 0);
}

/*-------------------------------------------------------------------------
 * actor_present, actor_absent
 *-------------------------------------------------------------------------
 */

static AshTruth
match_present(const AshPolicySubject *subject, void *options)
{
	if (subject->call == NULL)
		return ASH_UNKNOWN;
	return subject->call->bindings.has_actor ? ASH_TRUE : ASH_FALSE;
}

static AshExpr *
filter_present(const AshPolicySubject *subject, void *options)
{
	return ash_policy_actor_present(subject->res);
}

static AshTruth
match_absent(const AshPolicySubject *subject, void *options)
{
	if (subject->call == NULL)
		return ASH_UNKNOWN;
	return subject->call->bindings.has_actor ? ASH_FALSE : ASH_TRUE;
}

static AshExpr *
filter_absent(const AshPolicySubject *subject, void *options)
{
	return ash_policy_actor_test(subject->res, write_absent, NIL, (Datum) 0);
}

/*-------------------------------------------------------------------------
 * actor_attribute_equals
 *-------------------------------------------------------------------------
 */

typedef struct ActorAttributeEquals
{
	const char *attribute;
	json_t *value_json;
	AshTemplate *value;
	List *path; /* of attribute alone */
} ActorAttributeEquals;

static const AshOpt attribute_equals_options[] = {
	ASH_OPTION(ActorAttributeEquals, "attribute", STRING, attribute,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, .doc = "key of the actor"),
	ASH_OPTION(ActorAttributeEquals, "value", VALUE, value_json, .flags = ASH_OPT_REQUIRED,
			   .doc = "what the actor must have there"),
	ASH_OPT_END
};
static const AshSpec attribute_equals_spec =
	ASH_SPEC("actor_attribute_equals", ActorAttributeEquals, attribute_equals_options);

static bool
prepare_attribute_equals(AshResource *res, void *options, AshErrors *errors)
{
	ActorAttributeEquals *opts = options;

	opts->path = list_make1(pstrdup(opts->attribute));
	opts->value = ash_check_operand(res, "value", opts->value_json, NULL, errors);
	return opts->value != NULL;
}

/* A missing key is not null: it equals nothing. */
static AshTruth
match_attribute_equals(const AshPolicySubject *subject, void *options)
{
	ActorAttributeEquals *opts = options;
	JsonbValue value;

	if (subject->call == NULL)
		return ASH_UNKNOWN;
	if (!ash_binding_actor(&subject->call->bindings, opts->path, &value))
		return ASH_FALSE;
	return ash_check_equals_json(subject->call, opts->value, &value) ? ASH_TRUE : ASH_FALSE;
}

/* For ad-hoc SQL only a literal can be compared; other values are not known there. */
static AshExpr *
filter_attribute_equals(const AshPolicySubject *subject, void *options)
{
	ActorAttributeEquals *opts = options;

	if (opts->value->kind != ASH_TEMPLATE_LITERAL)
		return NULL;
	return ash_policy_actor_test(subject->res, write_attribute_equals, opts->path,
								 JsonbPGetDatum(opts->value->literal));
}

/*-------------------------------------------------------------------------
 * expr
 *-------------------------------------------------------------------------
 */

typedef struct ExprOptions
{
	const char *source;
	AshExpr *expr;
} ExprOptions;

static const AshOpt expr_options[] = {
	ASH_OPTION(ExprOptions, "expr", EXPR, source, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "condition on the row; may name actor, arg, context and tenant"),
	ASH_OPT_END
};
static const AshSpec expr_spec = ASH_SPEC("expr", ExprOptions, expr_options, .shorthand = "expr");

static bool
prepare_expr(AshResource *res, void *options, AshErrors *errors)
{
	ExprOptions *opts = options;

	opts->expr = ash_policy_parse(res, opts->source, errors);
	return opts->expr != NULL;
}

static AshExpr *
filter_expr(const AshPolicySubject *subject, void *options)
{
	return ((ExprOptions *) options)->expr;
}

/*-------------------------------------------------------------------------
 * relates_to_actor_via
 *-------------------------------------------------------------------------
 */

typedef struct RelatesToActorVia
{
	List *path_options;
	const char *field;
	AshExpr *expr;
} RelatesToActorVia;

static const AshOpt relates_options[] = {
	ASH_OPTION(RelatesToActorVia, "path", NAMES, path_options,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "relationships that lead to the actor: a list, or names joined by dots"),
	ASH_OPTION(RelatesToActorVia, "field", STRING, field, .flags = ASH_OPT_NONEMPTY,
			   .doc = "record inside the actor that is meant instead of the actor itself"),
	ASH_OPT_END
};
static const AshSpec relates_spec =
	ASH_SPEC("relates_to_actor_via", RelatesToActorVia, relates_options, .shorthand = "path");

/* Names of relationships: "team.members.user" and ["team", "members"] alike. */
static List *
split_names(List *given)
{
	List *path = NIL;
	ListCell *lc;

	foreach (lc, given)
	{
		char *rest = pstrdup(lfirst(lc));
		char *dot;

		while ((dot = strchr(rest, '.')) != NULL)
		{
			*dot = '\0';
			path = lappend(path, rest);
			rest = dot + 1;
		}
		path = lappend(path, rest);
	}
	return path;
}

/*
 * True if the foreign key alone says whether the row is related to the actor: the destination
 * cannot be filtered away.
 */
static bool
is_plain_key(const AshRelationship *rel, const AshResource *destination)
{
	return rel->kind == ASH_REL_BELONGS_TO && rel->filter_source == NULL && !rel->no_attributes &&
		   destination->base_filter_source == NULL;
}

/* key = actor.key for each key of the primary key, ANDed. */
static void
write_key_comparison(StringInfo source, const AshResource *destination, const char *field)
{
	for (int i = 0; i < destination->nprimary_key; i++)
	{
		const char *key = ash_quote_ident(destination->primary_key[i]->name);

		appendStringInfo(source, "%s%s = actor.", i > 0 ? " and " : "", key);
		if (field != NULL)
			appendStringInfo(source, "%s.", ash_quote_ident(field));
		appendStringInfoString(source, key);
	}
}

/*
 * The check as the text of an expression: a comparison of the foreign key where that is
 * enough, else exists() over the path.
 */
static const char *
relates_source(const RelatesToActorVia *opts, List *path, List *rels,
			   const AshResource *destination)
{
	AshRelationship *first = linitial(rels);
	StringInfoData source;
	ListCell *lc;

	initStringInfo(&source);
	if (list_length(rels) == 1 && is_plain_key(first, destination))
	{
		appendStringInfo(&source, "%s = actor.", ash_quote_ident(first->source_attribute));
		if (opts->field != NULL)
			appendStringInfo(&source, "%s.", ash_quote_ident(opts->field));
		appendStringInfoString(&source, ash_quote_ident(first->destination_attribute));
		return source.data;
	}
	appendStringInfoString(&source, "exists(");
	foreach (lc, path)
		appendStringInfo(&source, "%s%s", foreach_current_index(lc) > 0 ? "." : "",
						 ash_quote_ident(lfirst(lc)));
	appendStringInfoString(&source, ", ");
	write_key_comparison(&source, destination, opts->field);
	appendStringInfoChar(&source, ')');
	return source.data;
}

/* Resolves the path and parses the expression it stands for; false after adding an error. */
static bool
prepare_relates(AshResource *res, void *options, AshErrors *errors)
{
	RelatesToActorVia *opts = options;
	List *path = split_names(opts->path_options);
	List *rels;
	List *owners;
	AshResource *destination = ash_path_resolve(res, path, &rels, &owners, errors);

	if (destination == NULL)
		return false;
	opts->expr = ash_policy_parse(res, relates_source(opts, path, rels, destination), errors);
	return opts->expr != NULL;
}

static AshExpr *
filter_relates(const AshPolicySubject *subject, void *options)
{
	return ((RelatesToActorVia *) options)->expr;
}

const AshCheckDef ash_actor_checks[] = {
	{ "actor_present", "There is an actor.", &ash_no_options_spec, NULL, NULL, match_present,
	  filter_present, true },
	{ "actor_absent", "There is no actor.", &ash_no_options_spec, NULL, NULL, match_absent,
	  filter_absent, true },
	{ "actor_attribute_equals",
	  "The actor has the value under the key; a missing key never equals.", &attribute_equals_spec,
	  NULL, prepare_attribute_equals, match_attribute_equals, filter_attribute_equals, true },
	{ "expr", "The expression is true for the row.", &expr_spec, "expr", prepare_expr, NULL,
	  filter_expr, true },
	{ "relates_to_actor_via", "The row is related to the actor through the path.", &relates_spec,
	  NULL, prepare_relates, NULL, filter_relates, true },
	{ NULL }
};
