/*-------------------------------------------------------------------------
 *
 * src/type/type_number.c
 *	  integer, float and decimal.
 *
 * Text is checked against a grammar and against the limits of the storage type
 * before any function of the server gets it, so that bad input never raises an
 * error and needs no subtransaction.  A JSON number with a fraction, even a zero one, is not an
 *integer.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "common/int.h"
#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/*-------------------------------------------------------------------------
 * Grammar of numbers
 *-------------------------------------------------------------------------
 */

/* [sign] digits [. digits] [e [sign] digits], digits optional on one side of the point */
typedef struct NumberText
{
	int whole;	  /* digits before the point */
	int fraction; /* and after it */
	bool point;
	bool exponent;
	int power; /* the exponent, clamped */
} NumberText;

#define MAX_POWER 1000000

/* what numeric can hold; the server has no public names for these */
#define MAX_WHOLE_DIGITS 131072
#define MAX_FRACTION_DIGITS 16383

/* How many digits follow s. */
static int
count_digits(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p - s;
}

/* The digits of an exponent, clamped to MAX_POWER. */
static bool
parse_power(const char *p, const char *end, int *power)
{
	bool negative = p < end && *p == '-';
	int value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end || count_digits(p, end) != end - p)
		return false;
	for (; p < end; p++)
		value = Min(value * 10 + (*p - '0'), MAX_POWER);
	*power = negative ? -value : value;
	return true;
}

/* Counts the digits of a number; false when it is none. */
static bool
parse_number(AshText in, NumberText *out)
{
	const char *p = in.s;
	const char *end = in.s + in.len;

	memset(out, 0, sizeof(*out));
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	p += out->whole = count_digits(p, end);
	if (p < end && *p == '.')
	{
		out->point = true;
		p++;
		p += out->fraction = count_digits(p, end);
	}
	if (out->whole + out->fraction == 0)
		return false;
	if (p == end)
		return true;
	if (*p != 'e' && *p != 'E')
		return false;
	out->exponent = true;
	return parse_power(p + 1, end, &out->power);
}

/*-------------------------------------------------------------------------
 * Limits
 *-------------------------------------------------------------------------
 */
enum
{
	LIMIT_MIN,
	LIMIT_MAX,
	LIMIT_GREATER_THAN,
	LIMIT_LESS_THAN,
	LIMITS
};

typedef struct LimitKind
{
	const char *name;
	const char *message;
	const char *op;
} LimitKind;

static const LimitKind limit_kinds[LIMITS] = {
	{ "min", "must be greater than or equal to %{min}", ">=" },
	{ "max", "must be less than or equal to %{max}", "<=" },
	{ "greater_than", "must be greater than %{greater_than}", ">" },
	{ "less_than", "must be less than %{less_than}", "<" },
};

/* cmp is the comparison of the value with the limit. */
static bool
limit_holds(int kind, int cmp)
{
	switch (kind)
	{
		case LIMIT_MIN:
			return cmp >= 0;
		case LIMIT_MAX:
			return cmp <= 0;
		case LIMIT_GREATER_THAN:
			return cmp > 0;
		default:
			return cmp < 0;
	}
}

/* ANDed conditions of a column; limits are numbers in SQL's spelling or NULL. */
static char *
limits_sql(const char *column, const char *const *limits, const char *type)
{
	StringInfoData buf;
	int i;

	initStringInfo(&buf);
	for (i = 0; i < LIMITS; i++)
		if (limits[i] != NULL)
			appendStringInfo(&buf, "%s%s OPERATOR(pg_catalog.%s) %s::pg_catalog.%s",
							 buf.len > 0 ? " AND " : "", column, limit_kinds[i].op,
							 quote_literal_cstr(limits[i]), type);
	return buf.len > 0 ? buf.data : NULL;
}

/*-------------------------------------------------------------------------
 * integer
 *-------------------------------------------------------------------------
 */
typedef struct IntegerConstraints
{
	AshOptInt min;
	AshOptInt max;
} IntegerConstraints;

static const AshOpt integer_options[] = {
	ASH_OPTION(IntegerConstraints, "min", INT, min, .doc = "Smallest value allowed."),
	ASH_OPTION(IntegerConstraints, "max", INT, max, .doc = "Largest value allowed."), ASH_OPT_END
};

static const AshSpec integer_spec =
	ASH_SPEC("integer", IntegerConstraints, integer_options, .doc = "Constraints of an integer.");

/* All of in as an integer of 64 bits; false when it is none or does not fit. */
static bool
parse_int64(AshText in, int64 *out)
{
	const char *p = in.s;
	const char *end = in.s + in.len;
	bool negative = p < end && *p == '-';
	int64 value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	for (; p < end; p++)
	{
		if (*p < '0' || *p > '9')
			return false;
		/* collected as a negative number, whose range is larger */
		if (pg_mul_s64_overflow(value, 10, &value) || pg_sub_s64_overflow(value, *p - '0', &value))
			return false;
	}
	if (!negative && value == PG_INT64_MIN)
		return false;
	*out = negative ? value : -value;
	return true;
}

/* A number is one only when its text has no point and no exponent: 1.0 is none. */
static bool
integer_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			 bool *reported)
{
	AshText str;
	int64 value;

	if (in->type == jbvNumeric)
	{
		str.s = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(in->val.numeric)));
		str.len = strlen(str.s);
	}
	else if (in->type == jbvString)
		str = jv_text(in);
	else
		return false;
	if (!parse_int64(str, &value))
		return false;
	out->value = Int64GetDatum(value);
	return true;
}

/* Adds an error for each limit that is violated. */
static bool
integer_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const IntegerConstraints *c = inst->constraints;
	int64 v = DatumGetInt64(value->value);
	bool ok = true;

	if (c->min.set && v < c->min.value)
	{
		ash_cast_fail_int(cast, limit_kinds[LIMIT_MIN].message, "min", c->min.value);
		ok = false;
	}
	if (c->max.set && v > c->max.value)
	{
		ash_cast_fail_int(cast, limit_kinds[LIMIT_MAX].message, "max", c->max.value);
		ok = false;
	}
	return ok;
}

/* Written into the buffer directly. */
static void
integer_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	enlargeStringInfo(out, MAXINT8LEN + 1);
	out->len += pg_lltoa(DatumGetInt64(value), out->data + out->len);
}

/* AshType.check_sql */
static char *
integer_check_sql(const AshTypeInst *inst, const char *column)
{
	const IntegerConstraints *c = inst->constraints;
	const char *limits[LIMITS] = { NULL };

	if (c->min.set)
		limits[LIMIT_MIN] = psprintf(INT64_FORMAT, c->min.value);
	if (c->max.set)
		limits[LIMIT_MAX] = psprintf(INT64_FORMAT, c->max.value);
	return limits_sql(column, limits, "int8");
}

/*-------------------------------------------------------------------------
 * float and decimal
 *-------------------------------------------------------------------------
 */
typedef struct RealConstraints
{
	const char *limits[LIMITS]; /* as written, or NULL */
	AshOptInt precision;		/* decimal only */
	AshOptInt scale;
	Datum values[LIMITS]; /* float8 or numeric */
} RealConstraints;

#define REAL_OPTIONS                                                                    \
	ASH_OPTION(RealConstraints, "min", NUMBER, limits[LIMIT_MIN],                       \
			   .doc = "Smallest value allowed."),                                       \
		ASH_OPTION(RealConstraints, "max", NUMBER, limits[LIMIT_MAX],                   \
				   .doc = "Largest value allowed."),                                    \
		ASH_OPTION(RealConstraints, "greater_than", NUMBER, limits[LIMIT_GREATER_THAN], \
				   .doc = "Values must be greater than this."),                         \
		ASH_OPTION(RealConstraints, "less_than", NUMBER, limits[LIMIT_LESS_THAN],       \
				   .doc = "Values must be less than this.")

static const AshOpt float_options[] = { REAL_OPTIONS, ASH_OPT_END };
static const AshOpt decimal_options[] = {
	REAL_OPTIONS,
	ASH_OPTION(RealConstraints, "precision", INT, precision, .flags = ASH_OPT_COUNT,
			   .doc = "Most significant digits allowed."),
	ASH_OPTION(RealConstraints, "scale", INT, scale, .flags = ASH_OPT_COUNT,
			   .doc = "Most decimal places allowed."),
	ASH_OPT_END
};

static const AshSpec float_spec =
	ASH_SPEC("float", RealConstraints, float_options, .doc = "Constraints of a float.");
static const AshSpec decimal_spec =
	ASH_SPEC("decimal", RealConstraints, decimal_options, .doc = "Constraints of a decimal.");

/*
 * A double that prints and parses as a finite number. Digits are needed on both sides of a
 * point.
 */
static bool
parse_float8(AshText in, double *out)
{
	NumberText number;
	char *str;

	if (!parse_number(in, &number) || number.whole == 0 || (number.point && number.fraction == 0))
		return false;
	str = pnstrdup(in.s, in.len);
	*out = strtod(str, NULL);
	pfree(str);
	return !isinf(*out);
}

/* A numeric within the limits of its type; numeric_in() is called only for what it accepts. */
static bool
parse_numeric(AshText in, Numeric *out)
{
	NumberText number;
	int64 whole;
	int64 fraction;
	char *str;

	if (!parse_number(in, &number))
		return false;
	whole = (int64) number.whole + number.power;
	fraction = (int64) number.fraction - number.power;
	if (whole > MAX_WHOLE_DIGITS || fraction > MAX_FRACTION_DIGITS)
		return false;
	str = pnstrdup(in.s, in.len);
	*out = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(str),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	pfree(str);
	return true;
}

/* The limits as Datums of the storage type; false after adding errors. */
static bool
prepare_limits(RealConstraints *c, bool is_float, AshErrors *errors)
{
	bool ok = true;
	int i;

	for (i = 0; i < LIMITS; i++)
	{
		AshText str = { c->limits[i], c->limits[i] ? strlen(c->limits[i]) : 0 };
		double f;
		Numeric n;

		if (str.s == NULL)
			continue;
		if (is_float && parse_float8(str, &f))
			c->values[i] = Float8GetDatum(f);
		else if (!is_float && parse_numeric(str, &n))
			c->values[i] = NumericGetDatum(n);
		else
		{
			ash_errors_push_name(errors, limit_kinds[i].name);
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is not a valid number",
						  str.s);
			ash_errors_pop(errors);
			ok = false;
		}
	}
	return ok;
}

static bool
float_prepare(AshTypeInst *inst, AshErrors *errors)
{
	return prepare_limits(inst->constraints, true, errors);
}

static bool
decimal_prepare(AshTypeInst *inst, AshErrors *errors)
{
	return prepare_limits(inst->constraints, false, errors);
}

/* A number that a double cannot hold is invalid, not infinite. */
static bool
float_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		   bool *reported)
{
	double value;

	if (in->type == jbvNumeric)
	{
		value = DatumGetFloat8(
			DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(in->val.numeric)));
		if (isinf(value) || isnan(value))
			return false;
	}
	else if (in->type != jbvString || !parse_float8(jv_text(in), &value))
		return false;
	out->value = Float8GetDatum(value);
	return true;
}

/* Adds an error for each limit that is violated. */
static bool
float_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const RealConstraints *c = inst->constraints;
	bool ok = true;
	int i;

	for (i = 0; i < LIMITS; i++)
	{
		int cmp;

		if (c->limits[i] == NULL)
			continue;
		cmp = float8_cmp_internal(DatumGetFloat8(value->value), DatumGetFloat8(c->values[i]));
		if (limit_holds(i, cmp))
			continue;
		ash_cast_fail_json(cast, limit_kinds[i].message, limit_kinds[i].name, c->limits[i]);
		ok = false;
	}
	return ok;
}

/* The shortest digits that read back as the same double; infinity and NaN as strings. */
static void
float_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	double f = DatumGetFloat8(value);

	if (isinf(f))
		appendStringInfoString(out, f < 0 ? "\"-Infinity\"" : "\"Infinity\"");
	else if (isnan(f))
		appendStringInfoString(out, "\"NaN\"");
	else
	{
		enlargeStringInfo(out, DOUBLE_SHORTEST_DECIMAL_LEN);
		out->len += double_to_shortest_decimal_bufn(f, out->data + out->len);
		out->data[out->len] = '\0';
	}
}

static char *
float_check_sql(const AshTypeInst *inst, const char *column)
{
	return limits_sql(column, ((RealConstraints *) inst->constraints)->limits, "float8");
}

/* A JSON number is a numeric already and keeps its scale. */
static bool
decimal_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			 bool *reported)
{
	Numeric value;

	if (in->type == jbvNumeric)
		value = in->val.numeric;
	else if (in->type != jbvString || !parse_numeric(jv_text(in), &value))
		return false;
	out->value = NumericGetDatum(value);
	return true;
}

/* Digits of a number, leading zeros aside, and those after the point. */
static void
decimal_digits(Datum value, int *significant, int *scale)
{
	char *str = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	char *point = strchr(str, '.');
	const char *p;

	*significant = 0;
	*scale = point ? strlen(point + 1) : 0;
	for (p = str; *p; p++)
		if (*p >= '0' && *p <= '9' && (*p != '0' || *significant > 0))
			(*significant)++;
	pfree(str);
}

/* Precision and scale; adds an error for each that is exceeded. */
static bool
check_digits(const RealConstraints *c, AshCast *cast, Datum value)
{
	int significant;
	int scale;
	bool ok = true;

	if (!c->precision.set && !c->scale.set)
		return true;
	decimal_digits(value, &significant, &scale);
	if (c->precision.set && significant > c->precision.value)
	{
		ash_cast_fail_int(cast, "must have no more than %{precision} significant digits",
						  "precision", c->precision.value);
		ok = false;
	}
	if (c->scale.set && scale > c->scale.value)
	{
		ash_cast_fail_int(cast, "must have no more than %{scale} decimal places", "scale",
						  c->scale.value);
		ok = false;
	}
	return ok;
}

/* Adds an error for each limit that is violated. */
static bool
decimal_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const RealConstraints *c = inst->constraints;
	bool ok = true;
	int i;

	for (i = 0; i < LIMITS; i++)
	{
		int cmp;

		if (c->limits[i] == NULL)
			continue;
		cmp = DatumGetInt32(DirectFunctionCall2(numeric_cmp, value->value, c->values[i]));
		if (limit_holds(i, cmp))
			continue;
		ash_cast_fail_json(cast, limit_kinds[i].message, limit_kinds[i].name, c->limits[i]);
		ok = false;
	}
	return check_digits(c, cast, value->value) && ok;
}

/* With its scale, as it is stored; infinity and NaN as strings. */
static void
decimal_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	Numeric numeric = DatumGetNumeric(value);
	char *str = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(numeric)));

	if (numeric_is_nan(numeric) || numeric_is_inf(numeric))
		appendStringInfo(out, "\"%s\"", str);
	else
		appendStringInfoString(out, str);
	pfree(str);
}

/* Of the digits only the scale is checked by the column. */
static char *
decimal_check_sql(const AshTypeInst *inst, const char *column)
{
	const RealConstraints *c = inst->constraints;
	char *limits = limits_sql(column, c->limits, "numeric");

	if (!c->scale.set)
		return limits;
	return psprintf("%s%spg_catalog.scale(%s) OPERATOR(pg_catalog.<=) " INT64_FORMAT,
					limits ? limits : "", limits ? " AND " : "", column, c->scale.value);
}

const AshType ash_type_integer = {
	.name = "integer",
	.doc = "A whole number of 64 bits.",
	.storage = "int8",
	.constraints = &integer_spec,
	.cast = integer_cast,
	.constrain = integer_constrain,
	.write_json = integer_write_json,
	.check_sql = integer_check_sql,
};

const AshType ash_type_float = {
	.name = "float",
	.doc = "A floating-point number of 64 bits.",
	.storage = "float8",
	.constraints = &float_spec,
	.prepare = float_prepare,
	.cast = float_cast,
	.constrain = float_constrain,
	.write_json = float_write_json,
	.check_sql = float_check_sql,
};

const AshType ash_type_decimal = {
	.name = "decimal",
	.doc = "An exact number; trailing zeros are kept.",
	.storage = "numeric",
	.constraints = &decimal_spec,
	.prepare = decimal_prepare,
	.cast = decimal_cast,
	.constrain = decimal_constrain,
	.write_json = decimal_write_json,
	.check_sql = decimal_check_sql,
};
