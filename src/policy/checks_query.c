/*-------------------------------------------------------------------------
 *
 * src/policy/checks_query.c
 *	  Checks on what a read asks for, and where it comes from.
 *
 * What an ad-hoc statement selects or filters on is not known to row security:
 * these checks, and their negations, are then not satisfied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "policy/policy_internal.h"

/*-------------------------------------------------------------------------
 * accessing_from
 *-------------------------------------------------------------------------
 */

typedef struct AccessingFrom
{
	const char *resource;
	const char *relationship;
} AccessingFrom;

static const AshOpt accessing_options[] = {
	ASH_OPTION(AccessingFrom, "resource", STRING, resource,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "resource the relationship stands on"),
	ASH_OPTION(AccessingFrom, "relationship", NAME, relationship, .flags = ASH_OPT_REQUIRED,
			   .doc = "name of the relationship"),
	ASH_OPT_END
};
static const AshSpec accessing_spec = ASH_SPEC("accessing_from", AccessingFrom, accessing_options);

/* True if the read was begun through the relationship. */
static AshTruth
match_accessing(const AshPolicySubject *subject, void *options)
{
	AccessingFrom *opts = options;
	const AshCall *call = subject->call;

	return ash_truth(call != NULL && call->accessing_from != NULL &&
					 call->accessing_relationship != NULL &&
					 strcmp(call->accessing_from, opts->resource) == 0 &&
					 strcmp(call->accessing_relationship, opts->relationship) == 0);
}

/*-------------------------------------------------------------------------
 * selecting
 *-------------------------------------------------------------------------
 */

typedef struct Selecting
{
	const char *name;
	AshAttribute *attribute;
} Selecting;

static const AshOpt selecting_options[] = { ASH_OPTION(Selecting, "attribute", NAME, name,
													   .flags = ASH_OPT_REQUIRED,
													   .doc = "name of an attribute"),
											ASH_OPT_END };
static const AshSpec selecting_spec =
	ASH_SPEC("selecting", Selecting, selecting_options, .shorthand = "attribute");

/* Resolves the attribute; false after adding an error. */
static bool
prepare_selecting(AshResource *res, void *options, AshErrors *errors)
{
	Selecting *opts = options;

	opts->attribute = ash_find_attribute(res, opts->name);
	if (opts->attribute == NULL)
		(void) ash_error_unknown(errors, NULL, opts->name, ash_attribute_names(res),
								 "no such attribute \"%s\" on %s", opts->name, res->name);
	return opts->attribute != NULL;
}

/* True if the attribute is selected; a selection that was not given is the default one. */
static AshTruth
match_selecting(const AshPolicySubject *subject, void *options)
{
	const AshAttribute *attribute = ((Selecting *) options)->attribute;

	if (subject->call == NULL)
		return ASH_UNKNOWN;
	if (subject->read.select != NULL)
		return ash_truth(bms_is_member(attribute->index, subject->read.select));
	if (subject->changeset != NULL && subject->changeset->select_given)
		return ash_truth(ash_names_contain(subject->changeset->select, attribute->name));
	return ash_truth(attribute->select_by_default || attribute->always_select);
}

/*-------------------------------------------------------------------------
 * loading
 *-------------------------------------------------------------------------
 */

typedef struct Loading
{
	const char *field;
} Loading;

static const AshOpt loading_options[] = {
	ASH_OPTION(Loading, "field", NAME, field, .flags = ASH_OPT_REQUIRED,
			   .doc = "relationship, calculation or aggregate"),
	ASH_OPT_END
};
static const AshSpec loading_spec =
	ASH_SPEC("loading", Loading, loading_options, .shorthand = "field");

/* False after adding an error: the name is none of a relationship, calculation or aggregate. */
static bool
prepare_loading(AshResource *res, void *options, AshErrors *errors)
{
	const char *field = ((Loading *) options)->field;

	if (ash_find_relationship(res, field) != NULL || ash_find_calculation(res, field) != NULL ||
		ash_find_aggregate(res, field) != NULL)
		return true;
	ash_error_definition(errors, NULL, "nothing to load is named \"%s\" on %s", field, res->name);
	return false;
}

static AshTruth
match_loading(const AshPolicySubject *subject, void *options)
{
	return ash_truth(ash_names_contain(subject->read.loads, ((Loading *) options)->field));
}

/*-------------------------------------------------------------------------
 * filtering_on
 *-------------------------------------------------------------------------
 */

typedef struct FilteringOn
{
	List *path;
	const char *field;
} FilteringOn;

static const AshOpt filtering_options[] = {
	ASH_OPTION(FilteringOn, "path", NAMES, path, .doc = "relationships that lead to the field"),
	ASH_OPTION(FilteringOn, "field", NAME, field, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute, calculation or aggregate"),
	ASH_OPT_END
};
static const AshSpec filtering_spec =
	ASH_SPEC("filtering_on", FilteringOn, filtering_options, .shorthand = "field");

/* True if the relationships have these names, in that order. */
static bool
has_path_names(List *relationships, List *names)
{
	ListCell *rel;
	ListCell *name;

	if (list_length(relationships) != list_length(names))
		return false;
	forboth (rel, relationships, name, names)
	{
		if (strcmp(((AshRelationship *) lfirst(rel))->name, lfirst(name)) != 0)
			return false;
	}
	return true;
}

/* ash_expr_walk: true for a reference to the field that the options name. */
static bool
is_sought_field(AshExpr *expr, void *context)
{
	FilteringOn *opts = context;
	const char *name;

	if (expr->kind != ASH_EXPR_REF || !has_path_names(expr->path, opts->path))
		return false;
	if (expr->attribute != NULL)
		name = expr->attribute->name;
	else if (expr->calculation != NULL)
		name = expr->calculation->name;
	else
		name = expr->aggregate != NULL ? expr->aggregate->name : "";
	return strcmp(name, opts->field) == 0;
}

/* True if any filter of the read refers to the field; see the head of the file for ad-hoc SQL. */
static AshTruth
match_filtering(const AshPolicySubject *subject, void *options)
{
	ListCell *lc;

	if (subject->call == NULL)
		return ASH_UNKNOWN;
	foreach (lc, subject->read.filters)
	{
		if (ash_expr_walk(lfirst(lc), is_sought_field, options))
			return ASH_TRUE;
	}
	return ASH_FALSE;
}

const AshCheckDef ash_query_checks[] = {
	{ "accessing_from", "The read comes from that relationship of that resource.", &accessing_spec,
	  NULL, NULL, match_accessing, NULL, true },
	{ "selecting", "The attribute is selected; selecting everything counts.", &selecting_spec, NULL,
	  prepare_selecting, match_selecting, NULL },
	{ "loading", "The field is being loaded.", &loading_spec, NULL, prepare_loading, match_loading,
	  NULL },
	{ "filtering_on", "The query filters on the field.", &filtering_spec, NULL, NULL,
	  match_filtering, NULL },
	{ NULL }
};
