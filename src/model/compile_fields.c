/*-------------------------------------------------------------------------
 *
 * src/model/compile_fields.c
 *	  Attributes, arguments, relationships, identities, calculations and
 *	  aggregates of an expanded document → structs.
 *
 * The option schemas fill the structs; what stands here is what a schema cannot
 * say: types, defaults and values that depend on other options.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "model/aggregate.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/field_use.h"
#include "model/identity.h"
#include "model/model_internal.h"
#include "model/relationship.h"
#include "model/value_default.h"

/*-------------------------------------------------------------------------
 * Types and defaults
 *-------------------------------------------------------------------------
 */

static void
depend_on_embedded(const AshTypeInst *inst, void *res)
{
	ash_resource_add_dep(res, ash_type_embedded_name(inst));
}

AshTypeInst *
ash_compile_type(AshResource *res, json_t *node, AshErrors *errors)
{
	const char *name = json_string_value(json_object_get(node, "type"));
	AshTypeInst *inst;

	if (name == NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "the key \"type\" is required");
		return NULL;
	}
	inst = ash_type_compile(name, json_object_get(node, "constraints"), errors);
	if (inst != NULL)
		ash_type_each_embedded(inst, depend_on_embedded, res);
	return inst;
}

/* Expressions that need no expression: source text, the type they must give, what they are. */
static const struct
{
	const char *source;
	Oid oid;
	AshDefaultKind kind;
} known_defaults[] = {
	{ "gen_random_uuid()", UUIDOID, ASH_DEFAULT_UUID },
	{ "uuid_generate_v4()", UUIDOID, ASH_DEFAULT_UUID },
	{ "uuid_generate_v7()", UUIDOID, ASH_DEFAULT_UUID_V7 },
	{ "uuidv7()", UUIDOID, ASH_DEFAULT_UUID_V7 },
	{ "now()", TIMESTAMPTZOID, ASH_DEFAULT_NOW },
	{ "current_timestamp", TIMESTAMPTZOID, ASH_DEFAULT_NOW },
};

static void
compile_default_expr(AshDefault *out, const char *source, const AshTypeInst *type)
{
	int i;

	out->kind = ASH_DEFAULT_EXPR;
	out->expr_source = pstrdup(source);
	for (i = 0; i < lengthof(known_defaults); i++)
	{
		if (type->item != NULL || type->oid != known_defaults[i].oid ||
			pg_strcasecmp(source, known_defaults[i].source) != 0)
			continue;
		out->kind = known_defaults[i].kind;
		out->expr_source = NULL;
	}
}

/* What to do about a string: one that looks like a call is meant as an expression. */
static const char *
expression_hint(json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return NULL;
	if (text[0] == '\0' || text[strlen(text) - 1] != ')')
		return "Give a value of that type, or an expression as {\"expr\": …}.";
	return psprintf("An expression is written {\"expr\": %s}.", ash_json_dump(value, false));
}

/*
 * Cast a literal of a definition to the type it is for.  False after adding what is wrong
 * at the current path; field is the name that the type's messages may use.
 */
bool
ash_literal_cast(const AshTypeInst *type, json_t *value, const char *field, AshValue *out,
				 AshErrors *errors)
{
	AshErrors *faults = ash_errors_create(CurrentMemoryContext);
	AshCast cast = { faults, ASH_E_INVALID_ATTRIBUTE, field };
	ListCell *lc;

	if (ash_type_cast_json(type, value, &cast, out))
		return true;
	foreach (lc, faults->items)
	{
		const AshError *fault = lfirst(lc);
		AshError *error =
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "%s is not a value of type %s: %s", ash_clip(ash_json_dump(value, false)),
						  type->name, ash_error_interpolate(ash_error_text(fault), fault->vars));

		(void) ash_error_hint(errors, error, expression_hint(value));
	}
	return false;
}

/* A literal must be a value of the type now: no record would ever get it otherwise. */
static void
compile_default_literal(AshDefault *out, json_t *value, const AshTypeInst *type, const char *field,
						AshErrors *errors)
{
	if (!ash_literal_cast(type, value, field, &out->value, errors))
		return;
	out->kind = ASH_DEFAULT_LITERAL;
	/* what an action makes is made anew for each record: it may have a key */
	out->again = ash_type_has_embedded(type) ? value : NULL;
}

void
ash_compile_default(AshDefault *out, json_t *node, const char *key, const AshTypeInst *type,
					const char *field, AshErrors *errors)
{
	json_t *value = json_object_get(node, key);
	const char *expr = NULL;
	const char *function = NULL;

	if (value == NULL || type == NULL)
		return;
	if (json_object_size(value) == 1)
	{
		expr = json_string_value(json_object_get(value, "expr"));
		function = json_string_value(json_object_get(value, "function"));
	}
	ash_errors_push_name(errors, key);
	if (expr != NULL)
		compile_default_expr(out, expr, type);
	else if (function != NULL)
	{
		out->kind = ASH_DEFAULT_FUNCTION;
		out->function = pstrdup(function);
	}
	else
		compile_default_literal(out, value, type, field, errors);
	ash_errors_pop(errors);
}

/* "sortable" is a boolean in documents and a use in structs. */
static AshFieldUse
sortable_of(json_t *node)
{
	return json_is_false(json_object_get(node, "sortable")) ? ASH_USE_NO : ASH_USE_YES;
}

const char *
ash_function_name(json_t *node)
{
	const char *name = json_string_value(node);

	if (name == NULL)
		name = json_string_value(json_object_get(node, "function"));
	return name ? pstrdup(name) : NULL;
}

/*-------------------------------------------------------------------------
 * Fields
 *-------------------------------------------------------------------------
 */

void *
ash_compile_attribute(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshAttribute *attr = ash_spec_fill(&ash_attribute_spec, node);

	attr->name = pstrdup(name);
	if (attr->source == NULL)
		attr->source = attr->name;
	attr->json_key = ash_json_key(attr->name, &attr->json_key_len);
	attr->sortable = sortable_of(node);
	attr->definition = node;
	attr->type = ash_compile_type(res, node, errors);
	if (attr->type == NULL)
		return NULL;
	ash_compile_default(&attr->dflt, node, "default", attr->type, name, errors);
	ash_compile_default(&attr->update_default, node, "update_default", attr->type, name, errors);
	if (!res->embedded)
		attr->check_name = ash_object_name(res->table, attr->source, "check");
	return attr;
}

void *
ash_compile_argument(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshArgument *arg = ash_spec_fill(&ash_argument_spec, node);

	arg->name = pstrdup(name);
	arg->type = ash_compile_type(res, node, errors);
	if (arg->type == NULL)
		return NULL;
	arg->has_default = json_object_get(node, "default") != NULL;
	ash_compile_default(&arg->dflt, node, "default", arg->type, name, errors);
	return arg;
}

void *
ash_compile_metadata(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshArgument *entry = ash_spec_fill(&ash_metadata_spec, node);

	entry->name = pstrdup(name);
	entry->type = ash_compile_type(res, node, errors);
	if (entry->type == NULL)
		return NULL;
	entry->has_default = json_object_get(node, "default") != NULL;
	ash_compile_default(&entry->dflt, node, "default", entry->type, name, errors);
	return entry;
}

static const char *
foreign_key_name(const AshResource *res, const AshRelationship *rel, json_t *node)
{
	json_t *name = json_object_get(json_object_get(node, "references"), "name");
	const AshAttribute *attr = ash_find_attribute(res, rel->source_attribute);

	if (json_is_string(name))
		return pstrdup(json_string_value(name));
	return ash_object_name(res->table, attr ? attr->source : rel->source_attribute, "fkey");
}

void *
ash_compile_relationship(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshRelationship *rel = ash_spec_fill(&ash_relationship_spec, node);
	json_t *from_many = json_object_get(node, "from_many");
	json_t *message = json_object_get(json_object_get(node, "references"), "message");

	rel->name = pstrdup(name);
	rel->definition = node;
	if (rel->kind == ASH_REL_MANY_TO_MANY)
		rel->through.name = pstrdup(json_string_value(json_object_get(node, "through")));
	else
		rel->path = ash_json_names(json_object_get(node, "through"));
	rel->no_attributes |= rel->path != NIL || rel->manual != NULL;
	/* which rows are related is only known once the function has been called */
	rel->filterable &= rel->manual == NULL;
	rel->sortable &= rel->manual == NULL;
	if (rel->violation_message == NULL && json_is_string(message))
		rel->violation_message = pstrdup(json_string_value(message));
	rel->from_many = from_many != NULL ? json_is_true(from_many) :
										 rel->kind == ASH_REL_HAS_ONE &&
											 (rel->sort != NULL || rel->default_sort != NULL);
	if (rel->kind == ASH_REL_BELONGS_TO && !res->embedded)
		rel->constraint_name = foreign_key_name(res, rel, node);
	ash_resource_add_dep(res, rel->destination.name);
	if (rel->through.name != NULL)
		ash_resource_add_dep(res, rel->through.name);
	return rel;
}

void *
ash_compile_identity(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshIdentity *identity = ash_spec_fill(&ash_identity_spec, node);

	identity->name = pstrdup(name);
	if (identity->index_name == NULL && !res->embedded)
		identity->index_name = ash_object_name(res->table, name, "index");
	return identity;
}

AshCalculation *
ash_calculation_compile(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshCalculation *calc = ash_spec_fill(&ash_calculation_spec, node);
	int i;

	calc->name = pstrdup(name);
	calc->sortable = sortable_of(node);
	calc->type = ash_compile_type(res, node, errors);
	calc->args = (AshArgument **) ash_compile_section(res, node, "arguments", ash_compile_argument,
													  &calc->nargs, errors);
	for (i = 0; i < calc->nargs; i++)
		calc->args[i]->index = i;
	return calc->type ? calc : NULL;
}

AshAggregate *
ash_aggregate_compile(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshAggregate *agg = ash_spec_fill(&ash_aggregate_spec, node);

	agg->name = pstrdup(name);
	agg->sortable = sortable_of(node);
	return agg;
}

void *
ash_compile_calculation(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	return ash_calculation_compile(res, name, node, errors);
}

void *
ash_compile_aggregate(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	return ash_aggregate_compile(res, name, node, errors);
}
