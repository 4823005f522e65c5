/*-------------------------------------------------------------------------
 *
 * src/type/type_internal.h
 *	  What the files of type/ share among themselves.
 *
 * Casting within casting (items of lists, fields of maps, members of unions, columns
 * of rows) calls ash_cast_only and ash_type_constrain, so that all of a value is cast
 * before any constraint is applied.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_TYPE_INTERNAL_H
#define ASH_TYPE_INTERNAL_H

#include "type/type.h"

#include "utils/array.h"
#include "utils/timestamp.h"

/* The text of a jbvString, which points into v. */
static inline AshText
jv_text(const JsonbValue *v)
{
	AshText t = { v->val.string.val, v->val.string.len };

	return t;
}

/*-------------------------------------------------------------------------
 * type_cast.c: the pipeline
 *-------------------------------------------------------------------------
 */

/*
 * Add an error with that message on the field being cast.  Returns it; a caller that adds
 * vars ends with ash_cast_interpolate.
 */
static inline AshError *
ash_cast_fail(AshCast *cast, const char *message)
{
	return ash_error_add(cast->errors, cast->code, cast->field, "%s", message);
}

/* Put the vars of an error into its message. */
static inline void
ash_cast_interpolate(AshCast *cast, AshError *error)
{
	MemoryContext old = MemoryContextSwitchTo(cast->errors->cxt);

	error->message = ash_error_interpolate(error->message, error->vars);
	MemoryContextSwitchTo(old);
}

/* An error with one var. */
static inline void
ash_cast_fail_int(AshCast *cast, const char *message, const char *var, int64 value)
{
	AshError *error = ash_cast_fail(cast, message);

	ash_error_var_int(cast->errors, error, var, value);
	ash_cast_interpolate(cast, error);
}

static inline void
ash_cast_fail_text(AshCast *cast, const char *message, const char *var, const char *value)
{
	AshError *error = ash_cast_fail(cast, message);

	ash_error_var_text(cast->errors, error, var, value);
	ash_cast_interpolate(cast, error);
}

/* value is JSON text. */
static inline void
ash_cast_fail_json(AshCast *cast, const char *message, const char *var, const char *value)
{
	AshError *error = ash_cast_fail(cast, message);

	ash_error_var_json(cast->errors, error, var, value);
	ash_cast_interpolate(cast, error);
}

/*
 * Cast without constraints (a union applies those of its members, though); false after
 * adding errors.  in must not hold jbvArray or jbvObject.
 */
extern bool ash_cast_only(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast,
						  AshValue *out);

/* The empty string; what a type cannot make a value of it is null. */
static inline bool
ash_is_blank_input(const JsonbValue *in)
{
	return in->type == jbvString && in->val.string.len == 0;
}

/* Whether casting has applied the constraints already. */
static inline bool
cast_is_enough(const AshTypeInst *inst)
{
	return inst->item == NULL && inst->type->cast_constrains;
}

/* The elements of an array over all of its dimensions, palloc'd. */
extern AshValue *ash_array_items(const AshTypeInst *item, ArrayType *array, int *n);

/* Constraints of a list. */
extern const AshSpec ash_array_spec;

/* type_storage.c */
/* A new instance of a PostgreSQL type, in CurrentMemoryContext. */
extern AshTypeInst *ash_pg_instance(Oid oid, int32 typmod);
/* Type of that name, wherever its extension has put it. */
extern Oid ash_storage_extension_type(const char *name);

/*-------------------------------------------------------------------------
 * type_postgres.c: any PostgreSQL type
 *-------------------------------------------------------------------------
 */

/*
 * The type's input function, in a subtransaction; false when it raised an error that says
 * something about the value.  Other errors are raised.
 */
extern bool ash_pg_input(const AshTypeInst *inst, char *str, Datum *value);

/* The type of that SQL name; NULL after adding an error.  In CurrentMemoryContext. */
extern AshTypeInst *ash_pg_compile(const char *name, AshErrors *errors);

/* iso8601.c */
/* What was found in the input. */
typedef struct AshDateParts
{
	int year;
	int month;
	int day;
	int64 time;	  /* microseconds of the day */
	int64 offset; /* microseconds east of UTC */
} AshDateParts;

typedef enum AshComponent
{
	COMPONENT_MISSING, /* absent, null or "" */
	COMPONENT_OK,
	COMPONENT_BAD
} AshComponent;

typedef enum AshIsoForm
{
	ASH_ISO_DATE,	 /* "2020-02-29", or with a time that is dropped */
	ASH_ISO_TIME,	 /* "10:00:00" */
	ASH_ISO_NAIVE,	 /* "2020-02-29T10:00:00" */
	ASH_ISO_DATETIME /* the same, or a date alone */
} AshIsoForm;

/* Text of that form, or an object of its components ({"year": 2020, …}). */
extern AshComponent ash_iso_parse(const JsonbValue *in, AshIsoForm form, AshDateParts *parts);

/* entries of the registry */
extern const AshType ash_type_string;
extern const AshType ash_type_ci_string;
extern const AshType ash_type_integer;
extern const AshType ash_type_float;
extern const AshType ash_type_decimal;
extern const AshType ash_type_boolean;
extern const AshType ash_type_atom;
extern const AshType ash_type_enum;
extern const AshType ash_type_duration_name;
extern const AshType ash_type_uuid;
extern const AshType ash_type_uuid_v7;
extern const AshType ash_type_date;
extern const AshType ash_type_time;
extern const AshType ash_type_time_usec;
extern const AshType ash_type_naive_datetime;
extern const AshType ash_type_naive_datetime_usec;
extern const AshType ash_type_utc_datetime;
extern const AshType ash_type_utc_datetime_usec;
extern const AshType ash_type_datetime;
extern const AshType ash_type_duration;
extern const AshType ash_type_range;
extern const AshType ash_type_binary;
extern const AshType ash_type_url_encoded_binary;
extern const AshType ash_type_term;
extern const AshType ash_type_map;
extern const AshType ash_type_keyword;
extern const AshType ash_type_tuple;
extern const AshType ash_type_struct;
extern const AshType ash_type_union;
extern const AshType ash_type_vector;

/* not found by name */
extern const AshType ash_type_pg;

/* type_cast.c: check what the spec cannot; false after adding an error at the current path */
extern bool ash_array_prepare(AshArrayConstraints *array, AshErrors *errors);

#endif /* ASH_TYPE_INTERNAL_H */
