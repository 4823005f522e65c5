/*-------------------------------------------------------------------------
 *
 * src/expr/expr_names.c
 *	  Names and the calls that depend on the scope: fields, paths, templates,
 *	  calculations.
 *
 * arg.x, actor.x, context.x, parent.x, tenant and actor are templates even where
 * the resource has a field of that name; such a field is reached as "self.arg".
 *
 * Inside parent() the scope is that of the enclosing row and parent_levels says
 * how far out it is.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "model/aggregate.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_default.h"
#include "model/value_template.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"

List *
ash_parse_names(ParseContext *cxt, ColumnRef *ref)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, ref->fields)
	{
		if (!IsA(lfirst(lc), String))
			return ash_parse_error(cxt, ref->location, "* is not allowed");
		names = lappend(names, pstrdup(strVal(lfirst(lc))));
	}
	return names;
}

/*
 * Fields
 */

static List *
field_names(const AshResource *res)
{
	return list_concat(ash_field_names(res), ash_relationship_names(res));
}

/*
 * Adds the error for a name that is no field of res.  In double quotes it may be meant
 * as a string.
 */
void *
ash_parse_no_field(ParseContext *cxt, const AshResource *res, const char *name, int location)
{
	List *names = ash_errors_full(cxt->errors) ? NIL : field_names(res);

	(void) ash_parse_unknown(cxt, location, name, names, "%s has no field \"%s\"", res->name,
							 ash_clip(name));
	list_free(names);
	if (ash_expr_source_char(cxt->source, location) == '"')
		(void) ash_parse_hint(cxt, psprintf("Double quotes are for names; a string takes single "
											"quotes: %s.",
											quote_literal_cstr(ash_clip(name))));
	return NULL;
}

static AshExpr *
make_ref(ParseContext *cxt, AshResource *res, List *rels, List *owners)
{
	AshExpr *ref = palloc0(sizeof(AshExpr));

	ref->kind = ASH_EXPR_REF;
	ref->resource = res;
	ref->path = rels;
	ref->path_resources = owners;
	ref->parent_levels = cxt->parent_levels;
	return ref;
}

/* The relationship itself stands for the primary key of its destination. */
static AshExpr *
relationship_ref(ParseContext *cxt, AshExpr *ref, AshRelationship *rel, int location)
{
	AshResource *destination = ash_ref_resource(&rel->destination);
	int first = list_length(cxt->errors->items);

	if (!ash_path_check(ref->resource, rel, cxt->errors))
	{
		ash_parse_locate(cxt, first, location);
		return NULL;
	}
	if (destination->nprimary_key != 1)
		return ash_parse_error(cxt, location,
							   "%s has no single primary key attribute to compare with",
							   destination->name);
	ash_expr_depend(cxt->scope->resource, destination);
	ref->path = lappend(ref->path, rel);
	ref->path_resources = lappend(ref->path_resources, ref->resource);
	ref->resource = destination;
	ref->attribute = destination->primary_key[0];
	ref->type = ref->attribute->type;
	ref->relationship_ref = true;
	return ref;
}

/* Values for arguments that were not given: the default, else null. */
static AshExpr *
argument_default(ParseContext *cxt, const AshArgument *argument, const char *calc, int location)
{
	AshValue null = { (Datum) 0, true };

	if (argument->has_default && argument->dflt.kind == ASH_DEFAULT_LITERAL)
		return ash_expr_const(argument->type, argument->dflt.value);
	if (!argument->allow_nil)
		return ash_parse_error(cxt, location, "argument %s of calculation %s is required",
							   argument->name, calc);
	return ash_expr_const(argument->type, null);
}

static AshExpr *
finish_calculation(ParseContext *cxt, AshExpr *ref, AshExpr **args, int location)
{
	AshCalculation *calc = ref->calculation;

	for (int i = 0; i < calc->nargs; i++)
	{
		if (args[i] == NULL)
			args[i] = argument_default(cxt, calc->args[i], calc->name, location);
		if (args[i] == NULL)
			return NULL;
	}
	ref->calc_args = calc->nargs > 0 ? args : NULL;
	ref->type = calc->type;
	if ((!cxt->scope->late || ref->path != NIL) && ash_calculation_is_late(ref->resource, calc))
		return ash_parse_error(cxt, location,
							   "calculation %s cannot be used here: it has no expression, a "
							   "function computes it once all records are there",
							   calc->name);
	return ref;
}

static AshExpr *
aggregate_ref(ParseContext *cxt, AshExpr *ref, int location)
{
	int first = list_length(cxt->errors->items);

	ref->type = ash_aggregate_type(ref->resource, ref->aggregate, cxt->errors);
	ash_parse_locate(cxt, first, location);
	return ref->type ? ref : NULL;
}

/* The field of ref->resource; NULL, nothing added, when there is none of that name. */
static AshExpr *
find_field(ParseContext *cxt, AshExpr *ref, const char *name, int location, bool *found)
{
	AshResource *res = ref->resource;
	AshRelationship *rel;

	*found = true;
	if ((ref->attribute = ash_find_attribute(res, name)) != NULL)
	{
		ref->type = ref->attribute->type;
		return ref;
	}
	if ((ref->calculation = ash_find_calculation(res, name)) != NULL)
		return finish_calculation(cxt, ref,
								  palloc0(sizeof(AshExpr *) * (ref->calculation->nargs + 1)),
								  location);
	if ((ref->aggregate = ash_find_aggregate(res, name)) != NULL)
		return aggregate_ref(cxt, ref, location);
	if ((rel = ash_find_relationship(res, name)) != NULL)
		return relationship_ref(cxt, ref, rel, location);
	*found = false;
	return NULL;
}

/* Number of leading names that are relationships, one after the other. */
static int
leading_relationships(AshResource *res, List *names)
{
	int n = 0;
	ListCell *lc;

	foreach (lc, names)
	{
		AshRelationship *rel = ash_find_relationship(res, lfirst(lc));

		if (rel == NULL || ash_find_attribute(res, lfirst(lc)) != NULL)
			break;
		res = ash_ref_resource(&rel->destination);
		n++;
	}
	return n;
}

/* The resource at the end of names, all of which must be relationships. */
AshResource *
ash_parse_path(ParseContext *cxt, List *names, List **rels, List **owners, int location)
{
	int first = list_length(cxt->errors->items);
	AshResource *res = ash_path_resolve(cxt->scope->resource, names, rels, owners, cxt->errors);

	ash_parse_locate(cxt, first, location);
	return res;
}

static AshExpr *
parse_field(ParseContext *cxt, List *names, int location)
{
	AshResource *res = cxt->scope->resource;
	List *rels = NIL;
	List *owners = NIL;
	AshExpr *ref;
	bool found;
	int npath;

	if (res == NULL)
		return ash_parse_error(cxt, location, "fields are not known here: \"%s\"",
							   (char *) linitial(names));
	if (list_length(names) > 1 && strcmp(linitial(names), "self") == 0 &&
		ash_find_relationship(res, "self") == NULL && ash_find_attribute(res, "self") == NULL)
		names = list_copy_tail(names, 1);
	npath = Min(leading_relationships(res, names), list_length(names) - 1);
	if (npath > 0)
		res = ash_parse_path(cxt, list_truncate(list_copy(names), npath), &rels, &owners, location);
	if (res == NULL)
		return NULL;
	ref = make_ref(cxt, res, rels, owners);
	names = list_copy_tail(names, npath);
	ref = find_field(cxt, ref, linitial(names), location, &found);
	if (!found)
		return ash_parse_no_field(cxt, res, linitial(names), location);
	if (ref == NULL || list_length(names) == 1)
		return ref;
	if (ref->type->oid != JSONBOID)
		return ash_parse_error(cxt, location, "\"%s\" of %s is no relationship and no map",
							   (char *) linitial(names), res->name);
	return ash_expr_get_path(ref, list_copy_tail(names, 1), cxt->errors);
}

/*
 * Templates
 */

static AshExpr *
parse_argument(ParseContext *cxt, List *names, int location)
{
	const AshScope *scope = cxt->scope;
	List *known = NIL;
	const char *name = lsecond(names);

	for (int i = 0; i < scope->nargs; i++)
	{
		AshExpr *arg;

		known = lappend(known, unconstify(char *, scope->args[i]->name));
		if (strcmp(scope->args[i]->name, name) != 0)
			continue;
		arg = ash_expr_template(ASH_TEMPLATE_ARG, list_make1(lsecond(names)), scope->args[i]->type);
		if (list_length(names) == 2)
			return arg;
		if (arg->type->oid == JSONBOID)
			return ash_expr_get_path(arg, list_copy_tail(names, 2), cxt->errors);
		return ash_parse_error(cxt, location, "argument \"%s\" is no map", name);
	}
	return ash_parse_unknown(cxt, location, name, known, "there is no argument \"%s\" here",
							 ash_clip(name));
}

/* Type of a field of the actor, through its to-one relationships; NULL when not known. */
static const AshTypeInst *
actor_type(AshResource *actor, List *path)
{
	int npath = actor ? leading_relationships(actor, path) : 0;
	const AshAttribute *attribute;

	if (actor == NULL || list_length(path) != npath + 1)
		return NULL;
	for (int i = 0; i < npath; i++)
		actor = ash_ref_resource(&ash_find_relationship(actor, list_nth(path, i))->destination);
	attribute = ash_find_attribute(actor, llast(path));
	return attribute ? attribute->type : NULL;
}

/*
 * A field of the actor.  An actor may be an object with keys that its resource does not
 * have, so only what looks like one of the resource's fields is refused.
 */
static AshExpr *
parse_actor(ParseContext *cxt, List *path, int location)
{
	const AshResource *actor = cxt->scope->actor;
	List *names = actor != NULL ? field_names(actor) : NIL;

	if (!ash_names_contain(names, linitial(path)) && ash_suggest_one(linitial(path), names) != NULL)
		return ash_parse_unknown(cxt, location, linitial(path), names,
								 "the actor's resource %s has no field \"%s\"", actor->name,
								 ash_clip(linitial(path)));
	return ash_expr_template(ASH_TEMPLATE_ACTOR, path, actor_type(cxt->scope->actor, path));
}

static AshExpr *
parse_parent(ParseContext *cxt, List *names, Node *node, int location)
{
	ParseContext outer = *cxt;
	AshExpr *expr;

	if (cxt->scope->parent == NULL)
		return ash_parse_error(cxt, location, "there is no parent here");
	outer.scope = cxt->scope->parent;
	outer.parent_levels = cxt->parent_levels + 1;
	expr = node ? ash_parse_node(&outer, node) : ash_parse_name(&outer, names, location);
	return expr;
}

/*
 * Does a leading "parent" mean the enclosing row?  Where there is none, a
 * relationship of that name is meant; self.parent always means the relationship.
 */
bool
ash_parse_is_parent(const AshScope *scope, const char *name)
{
	if (strcmp(name, "parent") != 0)
		return false;
	return scope->parent != NULL || scope->resource == NULL ||
		   ash_find_relationship(scope->resource, name) == NULL;
}

AshExpr *
ash_parse_name(ParseContext *cxt, List *names, int location)
{
	const char *first = linitial(names);
	List *rest = list_copy_tail(names, 1);

	if (rest == NIL)
	{
		if (strcmp(first, "tenant") == 0)
			return ash_expr_template(ASH_TEMPLATE_TENANT, NIL, NULL);
		if (strcmp(first, "actor") == 0)
			return ash_expr_template(ASH_TEMPLATE_ACTOR, NIL, NULL);
		return parse_field(cxt, names, location);
	}
	if (strcmp(first, "arg") == 0)
		return parse_argument(cxt, names, location);
	if (strcmp(first, "actor") == 0)
		return parse_actor(cxt, rest, location);
	if (strcmp(first, "context") == 0)
		return ash_expr_template(ASH_TEMPLATE_CONTEXT, rest, NULL);
	if (ash_parse_is_parent(cxt->scope, first))
		return parse_parent(cxt, rest, NULL, location);
	return parse_field(cxt, names, location);
}

/*
 * Other calls
 */

static AshExpr *
parse_upsert_conflict(ParseContext *cxt, FuncCall *call)
{
	Node *node = list_length(call->args) == 1 ? linitial(call->args) : NULL;
	List *names = NIL;
	const AshAttribute *attribute;
	AshExpr *ref;

	if (!cxt->scope->upsert || cxt->scope->resource == NULL)
		return ash_parse_error(cxt, call->location, "upsert_conflict is for upserts only");
	if (node != NULL && IsA(node, ColumnRef))
		names = ash_parse_names(cxt, (ColumnRef *) node);
	if (list_length(names) != 1)
		return ash_parse_error(cxt, call->location,
							   "upsert_conflict takes the name of an attribute");
	attribute = ash_find_attribute(cxt->scope->resource, linitial(names));
	if (attribute == NULL)
		return ash_parse_no_field(cxt, cxt->scope->resource, linitial(names), call->location);
	ref = ash_expr_attribute(cxt->scope->resource, attribute);
	ref->upsert_conflict = true;
	return ref;
}

static int
calculation_argument(ParseContext *cxt, const AshCalculation *calc, Node *node, int position)
{
	NamedArgExpr *named = (NamedArgExpr *) node;

	if (!IsA(node, NamedArgExpr) && position < calc->nargs)
		return position;
	for (int i = 0; IsA(node, NamedArgExpr) && i < calc->nargs; i++)
	{
		if (strcmp(calc->args[i]->name, named->name) == 0)
			return i;
	}
	if (IsA(node, NamedArgExpr))
	{
		List *known = NIL;

		for (int i = 0; i < calc->nargs; i++)
			known = lappend(known, unconstify(char *, calc->args[i]->name));
		(void) ash_parse_unknown(cxt, exprLocation(node), named->name, known,
								 "calculation %s has no argument %s", calc->name, named->name);
	}
	else
		(void) ash_parse_error(cxt, exprLocation(node), "calculation %s has no argument %d",
							   calc->name, position + 1);
	return -1;
}

static AshExpr *
parse_calculation(ParseContext *cxt, AshExpr *ref, FuncCall *call)
{
	AshCalculation *calc = ref->calculation;
	AshExpr **args = palloc0(sizeof(AshExpr *) * (calc->nargs + 1));
	ListCell *lc;

	foreach (lc, call->args)
	{
		Node *node = lfirst(lc);
		int index = calculation_argument(cxt, calc, node, foreach_current_index(lc));
		int first = list_length(cxt->errors->items);
		AshExpr *value;

		if (index < 0)
			return NULL;
		if (IsA(node, NamedArgExpr))
			node = (Node *) ((NamedArgExpr *) node)->arg;
		value = ash_parse_node(cxt, node);
		if (value == NULL)
			return NULL;
		if (ref->path != NIL && ash_expr_has_refs(value))
			return ash_parse_error(
				cxt, exprLocation(node),
				"arguments of a calculation of a related resource take no fields");
		if (!calc->args[index]->allow_expr && ash_expr_has_refs(value))
			return ash_parse_error(cxt, exprLocation(node),
								   "argument %s of calculation %s does not support expressions",
								   calc->args[index]->name, calc->name);
		args[index] = ash_expr_as(value, calc->args[index]->type, cxt->errors);
		ash_parse_locate(cxt, first, exprLocation(node));
		if (args[index] == NULL)
			return NULL;
	}
	return finish_calculation(cxt, ref, args, call->location);
}

/* name(…) or path.name(…) as a reference to a calculation, arguments still to come; or NULL. */
static AshExpr *
find_calculation_call(ParseContext *cxt, FuncCall *call)
{
	AshResource *res = cxt->scope->resource;
	List *names = NIL;
	List *rels = NIL;
	List *owners = NIL;
	AshExpr *ref;
	ListCell *lc;
	int npath;

	if (res == NULL)
		return NULL;
	foreach (lc, call->funcname)
		names = lappend(names, pstrdup(strVal(lfirst(lc))));
	npath = list_length(names) - 1;
	if (leading_relationships(res, list_truncate(list_copy(names), npath)) < npath)
		return NULL;
	if (npath > 0)
		res = ash_parse_path(cxt, list_truncate(list_copy(names), npath), &rels, &owners,
							 call->location);
	if (res == NULL || ash_find_calculation(res, llast(names)) == NULL)
		return NULL;
	ref = make_ref(cxt, res, rels, owners);
	ref->calculation = ash_find_calculation(res, llast(names));
	return ref;
}

AshExpr *
ash_parse_scope_call(ParseContext *cxt, FuncCall *call, bool *handled)
{
	AshExpr *ref = find_calculation_call(cxt, call);
	const char *name = strVal(llast(call->funcname));
	int kind = ash_name_index(ash_aggregate_kinds, name);

	*handled = true;
	if (ref != NULL)
		return parse_calculation(cxt, ref, call);
	*handled = list_length(call->funcname) == 1;
	if (!*handled)
		return NULL;
	if (strcmp(name, "parent") == 0 && list_length(call->args) == 1)
		return parse_parent(cxt, NIL, linitial(call->args), call->location);
	if (strcmp(name, "upsert_conflict") == 0)
		return parse_upsert_conflict(cxt, call);
	if (strcmp(name, "map") == 0)
		return ash_parse_map(cxt, call);
	if (strcmp(name, "fragment") == 0)
		return ash_parse_fragment(cxt, call);
	if (strcmp(name, "composite_type") == 0)
		return ash_parse_composite(cxt, call);
	if (kind == ASH_AGG_EXISTS)
		return ash_parse_exists(cxt, call);
	if (kind >= 0)
		return ash_parse_aggregate(cxt, call, kind);
	*handled = false;
	return NULL;
}
