/*-------------------------------------------------------------------------
 *
 * src/changeset/validations_compare.c
 *	  compare and numericality: a field against values, arguments or other
 *	  fields, by the order of its type.
 *
 * A null field passes everything but "is_nil": false.  A null operand counts as
 * greater than every value, as it does in the framework: nothing is greater than
 * it, everything is less.
 *
 * Both sides are compared as values of the field's type; numbers of different
 * types as numeric.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "changeset/changeset_internal.h"
#include "model/value_template.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/typcache.h"

typedef enum Comparator
{
	GREATER_THAN,
	GREATER_THAN_OR_EQUAL_TO,
	LESS_THAN,
	LESS_THAN_OR_EQUAL_TO,
	IS_EQUAL,
	IS_NOT_EQUAL,
	NCOMPARATORS
} Comparator;

static const struct
{
	const char *name;
	const char *message;
} comparators[NCOMPARATORS] = {
	{ "greater_than", "must be greater than %{greater_than}" },
	{ "greater_than_or_equal_to", "must be greater than or equal to %{greater_than_or_equal_to}" },
	{ "less_than", "must be less than %{less_than}" },
	{ "less_than_or_equal_to", "must be less than or equal to %{less_than_or_equal_to}" },
	{ "is_equal", "must be equal to %{is_equal}" },
	{ "is_not_equal", "must not be equal to %{is_not_equal}" },
};

/* What the field is compared with: another field, or a literal or template. */
typedef struct Operand
{
	bool set;
	AshSubject field; /* name NULL: it is not one */
	AshTemplate *value;
	const AshTypeInst *type; /* of the value as it is compared */
} Operand;

typedef struct Compare
{
	const char *attribute;
	json_t *given[NCOMPARATORS];
	json_t *is_nil;

	/* prepared */
	AshSubject subject;
	TypeCacheEntry *order; /* of the field's type */
	Operand operands[NCOMPARATORS];
} Compare;

static const AshOpt compare_options[] = {
	ASH_OPTION(Compare, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute or argument"),
	ASH_OPTION(Compare, "greater_than", JSON, given[GREATER_THAN],
			   .doc = "value, template, {\"attribute\": …}, {\"argument\": …} or {\"decimal\": …}"),
	ASH_OPTION(Compare, "greater_than_or_equal_to", JSON, given[GREATER_THAN_OR_EQUAL_TO],
			   .doc = "the same"),
	ASH_OPTION(Compare, "less_than", JSON, given[LESS_THAN], .doc = "the same"),
	ASH_OPTION(Compare, "less_than_or_equal_to", JSON, given[LESS_THAN_OR_EQUAL_TO],
			   .doc = "the same"),
	ASH_OPTION(Compare, "is_equal", JSON, given[IS_EQUAL], .doc = "the same"),
	ASH_OPTION(Compare, "is_not_equal", JSON, given[IS_NOT_EQUAL], .doc = "the same"),
	ASH_OPTION(Compare, "is_nil", JSON, is_nil,
			   .doc = "true: must be null; false: must not be null"),
	ASH_OPT_END
};

static const AshSpec compare_spec =
	ASH_SPEC("compare", Compare, compare_options, .doc = "a field and what it is compared with");

/* The value under the only key of an object of that key, or NULL. */
static json_t *
tagged(json_t *node, const char *tag)
{
	return json_is_object(node) && json_object_size(node) == 1 ? json_object_get(node, tag) : NULL;
}

static bool
is_number(const AshTypeInst *type)
{
	return type->oid == INT8OID || type->oid == FLOAT8OID || type->oid == NUMERICOID;
}

/* Resolves an operand that names a field; false after adding an error. */
static bool
prepare_field(const AshBuiltinScope *scope, const char *option, json_t *name, int allowed,
			  Operand *operand, AshErrors *errors)
{
	if (!json_is_string(name))
	{
		ash_error_definition(errors, option, "the name of a field must be a string");
		return false;
	}
	if (!ash_subject_resolve(scope, option, json_string_value(name), allowed, errors,
							 &operand->field))
		return false;
	operand->type = operand->field.type;
	return true;
}

/*
 * Compiles an operand that is a value of type. A number that is none of the field's, 1.5 for
 * an integer, is compared as a decimal. False after adding an error.
 */
static bool
prepare_value(const AshBuiltinScope *scope, const char *option, json_t *node,
			  const AshTypeInst *type, Operand *operand, AshErrors *errors)
{
	operand->value = ash_option_compile(scope, option, node, type, false, errors);
	if (operand->value == NULL)
		return false;
	operand->type = type;
	if (operand->value->kind != ASH_TEMPLATE_LITERAL || operand->value->type != NULL ||
		type == NULL)
		return true;
	/* 1.5 against an integer */
	if (is_number(type))
	{
		operand->type = ash_type_plain("decimal");
		operand->value = ash_option_compile(scope, option, node, operand->type, false, errors);
		if (operand->value->type != NULL)
			return true;
	}
	ash_error_definition(errors, option, "%s cannot be compared with a value of type %s",
						 ash_json_dump(node, false), type->name);
	return false;
}

/*
 * Compiles what the field is compared with: {"attribute": …}, {"argument": …}, or a value.
 * False after adding an error.
 */
static bool
prepare_operand(const AshBuiltinScope *scope, const char *option, json_t *node,
				const AshTypeInst *type, Operand *operand, AshErrors *errors)
{
	json_t *name;

	operand->set = true;
	name = tagged(node, "attribute");
	if (name != NULL)
		return prepare_field(scope, option, name, ASH_SUBJECT_FIELD, operand, errors);
	name = tagged(node, "argument");
	if (name != NULL)
		return prepare_field(scope, option, name, ASH_SUBJECT_ARGUMENT, operand, errors);
	return prepare_value(scope, option, node, type, operand, errors);
}

/*
 * Resolves the field, which must be of a type with an order, and compiles its operands; false
 * after adding errors.
 */
static bool
prepare_compare(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Compare *opts = options;
	bool any = opts->is_nil != NULL;
	bool ok = true;

	if (!ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_FIELD, errors,
							 &opts->subject))
		return false;
	if (opts->is_nil != NULL && !json_is_boolean(opts->is_nil))
	{
		ash_error_definition(errors, "is_nil", "must be true or false");
		ok = false;
	}
	for (int i = 0; i < NCOMPARATORS; i++)
	{
		if (opts->given[i] == NULL)
			continue;
		any = true;
		ok &= prepare_operand(scope, comparators[i].name, opts->given[i], opts->subject.type,
							  &opts->operands[i], errors);
	}
	if (!any)
	{
		ash_error_definition(errors, NULL, "says nothing to compare \"%s\" with", opts->attribute);
		return false;
	}
	if (opts->subject.type != NULL)
		opts->order = lookup_type_cache(opts->subject.type->oid, TYPECACHE_CMP_PROC_FINFO);
	if (opts->order != NULL && !OidIsValid(opts->order->cmp_proc_finfo.fn_oid))
	{
		ash_error_definition(errors, "attribute", "values of type %s have no order",
							 opts->subject.type->name);
		return false;
	}
	return ok;
}

static Datum
as_numeric(const AshTypeInst *type, Datum value)
{
	if (type->oid == INT8OID)
		return DirectFunctionCall1(int8_numeric, value);
	if (type->oid == FLOAT8OID)
		return DirectFunctionCall1(float8_numeric, value);
	return value;
}

/*
 * As a comparison function, for values that are not null; numbers of different types are
 * compared as numeric.
 */
static int
compare_datums(const Compare *opts, Datum a, const AshTypeInst *type, Datum b)
{
	const AshTypeInst *own = opts->subject.type;

	if (type->oid == own->oid)
		return DatumGetInt32(FunctionCall2Coll(&opts->order->cmp_proc_finfo, own->collation, a, b));
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, as_numeric(own, a), as_numeric(type, b)));
}

/* The operand as a value that compare_datums takes, and its type; false for null. */
static bool
comparable_operand(AshChangeset *cs, const Compare *opts, const Operand *operand, AshValue *out,
				   const AshTypeInst **type)
{
	const AshTypeInst *own = opts->subject.type;

	*type = operand->type;
	if (operand->field.name == NULL)
		return ash_option_operand(cs, operand->value, operand->type, out) && !out->isnull;
	*out = ash_subject_value(cs, &operand->field);
	if (out->isnull)
		return false;
	if (operand->type->oid == own->oid || (is_number(operand->type) && is_number(own)))
		return true;
	*type = own;
	return ash_option_convert(cs, operand->type, out, own, out) && !out->isnull;
}

/*
 * Does the value compare with the operand as the comparator says? A null operand counts as
 * greater.
 */
static bool
comparator_passes(AshChangeset *cs, const Compare *opts, Comparator which, Datum value)
{
	const AshTypeInst *type;
	AshValue operand;
	int order = -1;

	if (comparable_operand(cs, opts, &opts->operands[which], &operand, &type))
		order = compare_datums(opts, value, type, operand.value);
	switch (which)
	{
		case GREATER_THAN:
			return order > 0;
		case GREATER_THAN_OR_EQUAL_TO:
			return order >= 0;
		case LESS_THAN:
			return order < 0;
		case LESS_THAN_OR_EQUAL_TO:
			return order <= 0;
		case IS_EQUAL:
			return order == 0;
		default:
			return order != 0;
	}
}

/* True if the field is null, where null is not refused, or all comparisons hold. */
static bool
compare_passes(AshChangeset *cs, void *options)
{
	Compare *opts = options;
	AshValue value;

	if (opts->subject.type == NULL)
		return true;
	value = ash_subject_value(cs, &opts->subject);
	if (value.isnull)
		return opts->is_nil == NULL || json_is_true(opts->is_nil);
	if (opts->is_nil != NULL && json_is_true(opts->is_nil))
		return false;
	for (int i = 0; i < NCOMPARATORS; i++)
	{
		if (opts->operands[i].set && !comparator_passes(cs, opts, i, value.value))
			return false;
	}
	return true;
}

/* Adds the operand to the vars of the error: the name of a field, or the value. */
static void
describe_operand(AshChangeset *cs, const Operand *operand, const char *name, AshErrors *errors,
				 AshError *error)
{
	if (operand->field.name != NULL)
		ash_error_var_text(errors, error, name, operand->field.name);
	else
		ash_error_var_json(errors, error, name, ash_option_json(cs, operand->value));
}

/* The message names all comparisons, joined by "and", whichever failed. */
static void
compare_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	Compare *opts = options;
	StringInfoData message;

	initStringInfo(&message);
	for (int i = 0; i < NCOMPARATORS; i++)
	{
		if (!opts->operands[i].set)
			continue;
		appendStringInfo(&message, "%s%s", message.len > 0 ? " and " : "", comparators[i].message);
		describe_operand(cs, &opts->operands[i], comparators[i].name, errors, error);
	}
	if (opts->is_nil != NULL)
	{
		appendStringInfo(&message, "%smust %sbe nil", message.len > 0 ? " and " : "",
						 json_is_true(opts->is_nil) ? "" : "not ");
		ash_error_var_json(errors, error, "is_nil", json_is_true(opts->is_nil) ? "true" : "false");
	}
	error->field = opts->attribute;
	error->message = message.data;
}

#define COMPARE_VARS                                                                  \
	"greater_than greater_than_or_equal_to less_than less_than_or_equal_to is_equal " \
	"is_not_equal is_nil"

const AshValidationDef ash_compare_validations[] = {
	{ "compare", "A field is null, or greater than, less than or equal to something.",
	  &compare_spec, NULL, prepare_compare, compare_passes, compare_describe, NULL, COMPARE_VARS },
	{ "numericality", "The same as compare.", &compare_spec, NULL, prepare_compare, compare_passes,
	  compare_describe, NULL, COMPARE_VARS },
	{ NULL }
};
