/*-------------------------------------------------------------------------
 *
 * src/type/type_internal.h
 *	  What the files of type/ share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_TYPE_INTERNAL_H
#define ASH_TYPE_INTERNAL_H

#include "type/type.h"

#include "utils/timestamp.h"

static inline AshText
jv_text(const JsonbValue *v)
{
	AshText t = { v->val.string.val, v->val.string.len };

	return t;
}

/* type_cast.c */

/* Add an error with that message template on the field being cast. */
extern AshError *ash_cast_fail(AshCast *cast, const char *message);
/* The two halves of the pipeline; in must not hold jbvArray or jbvObject. */
extern bool ash_cast_only(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast,
						  AshValue *out);
extern bool ash_constrain_only(const AshTypeInst *inst, AshCast *cast, AshValue *value);
/* The same with one var, interpolated. */
extern void ash_cast_fail_int(AshCast *cast, const char *message, const char *var, int64 value);
extern void ash_cast_fail_text(AshCast *cast, const char *message, const char *var,
							   const char *value);
extern void ash_cast_fail_json(AshCast *cast, const char *message, const char *var,
							   const char *json);
/* With several: after the last has been added. */
extern void ash_cast_interpolate(AshCast *cast, AshError *error);

/* Whether casting has applied the constraints already. */
static inline bool
cast_is_enough(const AshTypeInst *inst)
{
	return inst->item == NULL && inst->type->cast_constrains;
}

/* type_array.c */
extern const AshSpec ash_array_spec;
/* Check what the spec cannot; false after adding an error at the current path. */
extern bool ash_array_prepare(AshArrayConstraints *array, AshErrors *errors);
extern bool ash_array_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast,
						   AshValue *out, bool constrain);
extern bool ash_array_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value);
extern void ash_array_put_json(AshJson *json, const AshTypeInst *inst, Datum value);

/* type_storage.c */
extern bool ash_storage_resolve(AshTypeInst *inst);
extern void ash_storage_set(AshTypeInst *inst, Oid oid, int32 typmod);
/* Type of that name, wherever its extension has put it. */
extern Oid ash_storage_extension_type(const char *name);

/* type_postgres.c: any PostgreSQL type */
/* The input function with its errors caught; *message gets the error's text. */
extern bool ash_pg_input(const AshTypeInst *inst, char *str, Datum *value, char **message);
extern AshTypeInst *ash_pg_compile(const char *name, AshErrors *errors);
extern AshTypeInst *ash_pg_instance(Oid oid, int32 typmod);

/* type_row.c: a row type from an object of its columns */
extern bool ash_composite_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast,
							   AshValue *out);

/* type_structured.c */
extern bool ash_is_blank_input(const JsonbValue *in);

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

/* date_alone and with_time: whether "2020-02-29" and "2020-02-29T10:00:00" will do. */
extern bool ash_parse_date_text(AshText in, bool date_alone, bool with_time, AshDateParts *parts);
extern bool ash_parse_time_text(AshText in, AshDateParts *parts);
extern AshComponent ash_parse_date_object(JsonbContainer *object, AshDateParts *parts);
extern AshComponent ash_parse_time_object(JsonbContainer *object, AshDateParts *parts);
extern AshComponent ash_parse_datetime_object(JsonbContainer *object, AshDateParts *parts);
/* ISO text into buf, terminated; 48 bytes are enough.  They return its length. */
extern int ash_format_date(char *buf, int32 date);
extern int ash_format_time(char *buf, int64 time, bool usec);
extern int ash_format_timestamp(char *buf, Timestamp ts, bool usec, bool zulu);

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

#endif /* ASH_TYPE_INTERNAL_H */
