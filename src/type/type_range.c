/*-------------------------------------------------------------------------
 *
 * src/type/type_range.c
 *	  range: a PostgreSQL range as an object of bounds.
 *
 * {"lower": 1, "upper": 5, "bounds": "[)"} or {"empty": true}; a missing bound is
 * unbounded.  PostgreSQL's own range types can also be used by name (int4range …);
 * those are text in PostgreSQL's notation.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

typedef struct InnerType
{
	const char *name; /* of the registry */
	Oid range;
} InnerType;

/* same order as inner_names */
static const InnerType inner_types[] = {
	{ "date", DATERANGEOID },
	{ "integer", INT8RANGEOID },
	{ "naive_datetime_usec", TSRANGEOID },
	{ "utc_datetime_usec", TSTZRANGEOID },
	{ "decimal", NUMRANGEOID },
};

static const char *const inner_names[] = { "date",	   "integer", "naive_datetime",
										   "datetime", "decimal", NULL };

/* Names of it in inclusive_names. */
typedef enum Inclusion
{
	INCLUSION_ANY = -1,
	INCLUSION_EXCLUSIVE,
	INCLUSION_INCLUSIVE
} Inclusion;

typedef struct BoundConstraints
{
	bool required;
	Inclusion inclusive;
} BoundConstraints;

typedef struct RangeConstraints
{
	int inner;
	json_t *inner_constraints;
	BoundConstraints *lower;
	BoundConstraints *upper;
	bool allow_empty;
	AshTypeInst *type;
} RangeConstraints;

static const char *const inclusive_names[] = { "exclusive", "inclusive", NULL };

static const AshOpt bound_options[] = {
	ASH_OPTION(BoundConstraints, "required", BOOL, required, .dflt = "false",
			   .doc = "The range must have this bound."),
	ASH_OPTION(BoundConstraints, "must_be", ENUM, inclusive, .choices = inclusive_names,
			   .doc = "Whether the bound must belong to the range."),
	ASH_OPT_END
};

static const AshSpec bound_spec = ASH_SPEC("range_bound", BoundConstraints, bound_options,
										   .doc = "Constraints of one end of a range.");

static const AshOpt range_options[] = {
	ASH_OPTION(RangeConstraints, "inner_type", ENUM, inner, .flags = ASH_OPT_REQUIRED,
			   .choices = inner_names, .doc = "Type of the bounds."),
	ASH_OPTION(RangeConstraints, "inner_constraints", JSON, inner_constraints,
			   .doc = "Constraints of each bound."),
	ASH_OPTION(RangeConstraints, "lower", OBJECT, lower, .fields = &bound_spec,
			   .doc = "Constraints of the lower bound."),
	ASH_OPTION(RangeConstraints, "upper", OBJECT, upper, .fields = &bound_spec,
			   .doc = "Constraints of the upper bound."),
	ASH_OPTION(RangeConstraints, "allow_empty", BOOL, allow_empty, .dflt = "false",
			   .doc = "Whether a range without any points is allowed."),
	ASH_OPT_END
};

static const AshSpec range_spec =
	ASH_SPEC("range", RangeConstraints, range_options, .doc = "Constraints of a range.");

/* The storage is the range type of the inner type. */
static bool
range_prepare(AshTypeInst *inst, AshErrors *errors)
{
	RangeConstraints *c = inst->constraints;

	inst->oid = inner_types[c->inner].range;
	ash_errors_push_name(errors, "inner_constraints");
	c->type = ash_type_compile(inner_types[c->inner].name, c->inner_constraints, errors);
	ash_errors_pop(errors);
	return c->type != NULL;
}

/*
 * One bound of a range literal, nothing when it is missing: JSON's quotes are the literal's
 * too. False after adding errors.
 */
static bool
bound_text(const RangeConstraints *c, JsonbContainer *object, const char *key, AshCast *cast,
		   StringInfo out)
{
	JsonbValue in;
	AshValue value;

	if (getKeyJsonValueFromContainer(object, key, strlen(key), &in) == NULL)
		return true;
	if (!ash_cast_only(c->type, &in, cast, &value))
		return false;
	if (!value.isnull)
		ash_type_write_json(out, c->type, &value);
	return true;
}

static const char *const bounds_names[] = { "[]", "[)", "(]", "()" };

/* *bounds gets one of bounds_names, "[)" when absent; false when it is something else. */
static bool
bounds_text(JsonbContainer *object, const char **bounds)
{
	JsonbValue in;
	int i;

	*bounds = "[)";
	if (getKeyJsonValueFromContainer(object, "bounds", 6, &in) == NULL || in.type == jbvNull)
		return true;
	for (i = 0; in.type == jbvString && i < lengthof(bounds_names); i++)
	{
		*bounds = bounds_names[i];
		if (in.val.string.len == 2 && memcmp(in.val.string.val, bounds_names[i], 2) == 0)
			return true;
	}
	return false;
}

/* True for an object with "empty": true. */
static bool
is_empty_object(JsonbContainer *object)
{
	JsonbValue in;

	return getKeyJsonValueFromContainer(object, "empty", 5, &in) != NULL && in.type == jbvBool &&
		   in.val.boolean;
}

/* Adds the error and reports it; always false. */
static bool
fail_range(AshCast *cast, const char *message, bool *reported)
{
	ash_cast_fail(cast, message);
	*reported = true;
	return false;
}

/*
 * A literal for the range type's input function, which refuses a lower bound above the upper
 * one.
 */
static bool
range_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		   bool *reported)
{
	const RangeConstraints *c = inst->constraints;
	JsonbContainer *object;
	StringInfoData literal;
	const char *bounds;

	if (ash_is_blank_input(in))
		return false;
	if (!ash_is_object(in) || !bounds_text(in->val.binary.data, &bounds))
		return fail_range(cast, "is not a valid range", reported);
	object = in->val.binary.data;
	initStringInfo(&literal);
	if (is_empty_object(object))
		appendStringInfoString(&literal, "empty");
	else
	{
		appendStringInfoChar(&literal, bounds[0]);
		*reported = true;
		if (!bound_text(c, object, "lower", cast, &literal))
			return false;
		appendStringInfoChar(&literal, ',');
		if (!bound_text(c, object, "upper", cast, &literal))
			return false;
		appendStringInfoChar(&literal, bounds[1]);
	}
	if (!ash_pg_input(inst, literal.data, &out->value))
		return fail_range(cast, "range lower bound must not be greater than upper bound", reported);
	return true;
}

/* Whether the bound is there and belongs to the range; false after adding an error. */
static bool
check_bound(const BoundConstraints *c, const char *name, const RangeBound *bound, AshCast *cast)
{
	AshError *error;

	if (c == NULL)
		return true;
	if (bound->infinite)
	{
		if (!c->required)
			return true;
		ash_cast_fail_text(cast, "range must have a %{bound} bound", "bound", name);
		return false;
	}
	if (c->inclusive == INCLUSION_ANY || bound->inclusive == (c->inclusive == INCLUSION_INCLUSIVE))
		return true;
	error = ash_cast_fail(cast, "range %{bound} bound must be %{required}");
	ash_error_var_text(cast->errors, error, "bound", name);
	ash_error_var_text(cast->errors, error, "required", inclusive_names[c->inclusive]);
	ash_cast_interpolate(cast, error);
	return false;
}

/* The inner type's constraints check a bound; they may not change it. */
static bool
constrain_bound(const RangeConstraints *c, const RangeBound *bound, AshCast *cast)
{
	AshValue value = { bound->val, false };

	return bound->infinite || ash_type_constrain(c->type, cast, &value);
}

/* Adds all faults of both bounds. */
static bool
range_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const RangeConstraints *c = inst->constraints;
	TypeCacheEntry *cache = lookup_type_cache(inst->oid, TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	bool empty;
	bool ok;

	range_deserialize(cache, DatumGetRangeTypeP(value->value), &lower, &upper, &empty);
	if (empty)
	{
		if (!c->allow_empty)
			ash_cast_fail(cast, "range must not be empty");
		return c->allow_empty;
	}
	ok = constrain_bound(c, &lower, cast);
	ok &= constrain_bound(c, &upper, cast);
	ok &= check_bound(c->lower, "lower", &lower, cast);
	return check_bound(c->upper, "upper", &upper, cast) && ok;
}

/* A missing bound is null. */
static void
put_bound(AshJson *json, const AshTypeInst *inner, const RangeBound *bound)
{
	AshValue value = { bound->val, bound->infinite };

	ash_type_put_json(json, inner, &value);
}

/* The form in which it is read. */
static void
range_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	const RangeConstraints *c = inst->constraints;
	TypeCacheEntry *cache = lookup_type_cache(inst->oid, TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	AshJson json = ash_json_to_text(out);
	bool empty;

	range_deserialize(cache, DatumGetRangeTypeP(value), &lower, &upper, &empty);
	ash_put_object(&json);
	if (empty)
		ash_put_bool(ash_put_key(&json, "empty"), true);
	else
	{
		put_bound(ash_put_key(&json, "lower"), c->type, &lower);
		put_bound(ash_put_key(&json, "upper"), c->type, &upper);
		ash_put_string(ash_put_key(&json, "bounds"),
					   bounds_names[(lower.inclusive ? 0 : 2) + (upper.inclusive ? 0 : 1)]);
	}
	ash_put_end_object(&json);
}

const AshType ash_type_range = {
	.name = "range",
	.doc = "A range of dates, integers, decimals or points in time, as an object of bounds.",
	.storage = "int8range",
	.constraints = &range_spec,
	.prepare = range_prepare,
	.cast = range_cast,
	.constrain = range_constrain,
	.write_json = range_write_json,
};
