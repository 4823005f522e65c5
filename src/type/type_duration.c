/*-------------------------------------------------------------------------
 *
 * src/type/type_duration.c
 *	  duration: an interval, as ISO 8601 text or an object of units.
 *
 * Months and time do not convert into each other; years and months do, and so do
 * weeks, days and the smaller units, a day being 24 hours.  A value is always
 * expressed in the largest permitted units, both when cast and when written.
 * Weeks are only written when the units constraint names them.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "common/int.h"
#include "utils/builtins.h"

/* Largest first. */
enum
{
	UNIT_YEAR,
	UNIT_MONTH,
	UNIT_WEEK,
	UNIT_DAY,
	UNIT_HOUR,
	UNIT_MINUTE,
	UNIT_SECOND,
	UNIT_MICROSECOND,
	UNITS
};

#define UNIT_BIT(unit) (1u << (unit))
#define YEAR_MONTH_BITS (UNIT_BIT(UNIT_YEAR) | UNIT_BIT(UNIT_MONTH))
#define DAY_TIME_BITS (UNIT_BIT(UNITS) - 1 - YEAR_MONTH_BITS)
#define ALL_UNIT_BITS (YEAR_MONTH_BITS | DAY_TIME_BITS)

typedef struct Unit
{
	const char *name;
	int64 size; /* in months or in microseconds */
	char letter;
} Unit;

static const Unit units[UNITS] = {
	{ "year", MONTHS_PER_YEAR, 'Y' },	{ "month", 1, 'M' },
	{ "week", 7 * USECS_PER_DAY, 'W' }, { "day", USECS_PER_DAY, 'D' },
	{ "hour", USECS_PER_HOUR, 'H' },	{ "minute", USECS_PER_MINUTE, 'M' },
	{ "second", USECS_PER_SEC, 'S' },	{ "microsecond", 1, 0 },
};

static const char *const sign_names[] = { "negative", "zero", "positive" };

typedef struct DurationConstraints
{
	List *sign_list; /* of char * */
	List *unit_list; /* of char * */
	uint32 units;	 /* permitted ones */
} DurationConstraints;

static const AshOpt duration_options[] = {
	ASH_OPTION(DurationConstraints, "signs", NAMES, sign_list,
			   .doc = "Signs allowed: positive, negative, zero."),
	ASH_OPTION(DurationConstraints, "units", NAMES, unit_list,
			   .doc = "Units allowed, or year_month, or day_time."),
	ASH_OPT_END
};

static const AshSpec duration_spec = ASH_SPEC("duration", DurationConstraints, duration_options,
											  .doc = "Constraints of a duration.");

/* Adds an error at the option; always false. */
static bool
unknown_name(AshErrors *errors, const char *option, const char *name)
{
	ash_errors_push_name(errors, option);
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is not one of the %s", name,
				  option);
	ash_errors_pop(errors);
	return false;
}

/* The bits of a unit or of a group of units; 0: no such name. */
static uint32
unit_bits(const char *name)
{
	int i;

	if (strcmp(name, "year_month") == 0)
		return YEAR_MONTH_BITS;
	if (strcmp(name, "day_time") == 0)
		return DAY_TIME_BITS;
	for (i = 0; i < UNITS; i++)
		if (strcmp(name, units[i].name) == 0)
			return UNIT_BIT(i);
	return 0;
}

/* -1, 0 or 1; -2: no such name. */
static int
sign_index(const char *name)
{
	int i;

	for (i = 0; i < lengthof(sign_names); i++)
		if (strcmp(name, sign_names[i]) == 0)
			return i - 1;
	return -2;
}

/* Turns the names into bits, which also checks them. */
static bool
duration_prepare(AshTypeInst *inst, AshErrors *errors)
{
	DurationConstraints *c = inst->constraints;
	ListCell *lc;

	foreach (lc, c->unit_list)
	{
		uint32 bits = unit_bits(lfirst(lc));

		if (bits == 0)
			return unknown_name(errors, "units", lfirst(lc));
		c->units |= bits;
	}
	foreach (lc, c->sign_list)
		if (sign_index(lfirst(lc)) == -2)
			return unknown_name(errors, "signs", lfirst(lc));
	return true;
}

/*-------------------------------------------------------------------------
 * Input
 *-------------------------------------------------------------------------
 */

/* Months and microseconds of any size that fits. */
typedef struct Total
{
	int64 months;
	int64 usecs;
} Total;

/* False on overflow. */
static bool
add_units(Total *total, int unit, int64 amount)
{
	int64 product;
	int64 *sum = unit <= UNIT_MONTH ? &total->months : &total->usecs;

	return !pg_mul_s64_overflow(amount, units[unit].size, &product) &&
		   !pg_add_s64_overflow(*sum, product, sum);
}

/* [sign] digits; up to 15 of them, so that no product with a unit's size wraps around unnoticed. */
static bool
scan_amount(const char **p, const char *end, bool *negative, int64 *amount)
{
	const char *start;

	*negative = *p < end && **p == '-';
	if (*p < end && (**p == '-' || **p == '+'))
		(*p)++;
	*amount = 0;
	for (start = *p; *p < end && **p >= '0' && **p <= '9'; (*p)++)
		*amount = *p - start < 15 ? *amount * 10 + (**p - '0') : -1;
	return *p > start && *amount >= 0;
}

/* At a decimal point: the fraction in microseconds, further digits are dropped. */
static bool
scan_usecs(const char **p, const char *end, int64 *usecs)
{
	int digits;

	*usecs = 0;
	for (digits = 0, (*p)++; *p < end && **p >= '0' && **p <= '9'; (*p)++, digits++)
		if (digits < 6)
			*usecs = *usecs * 10 + (**p - '0');
	if (digits == 0)
		return false;
	for (; digits < 6; digits++)
		*usecs *= 10;
	return true;
}

/* One "12.5S" of a text; its unit must come after *last, and only seconds may have a fraction. */
static bool
scan_part(const char **p, const char *end, bool in_time, int sign, int *last, Total *total)
{
	int64 amount;
	int64 usecs = 0;
	bool negative;
	bool fraction;
	int unit;

	if (!scan_amount(p, end, &negative, &amount))
		return false;
	fraction = *p < end && (**p == '.' || **p == ',');
	if ((fraction && !scan_usecs(p, end, &usecs)) || *p == end)
		return false;
	for (unit = in_time ? UNIT_HOUR : UNIT_YEAR; unit <= (in_time ? UNIT_SECOND : UNIT_DAY); unit++)
		if (units[unit].letter == **p)
			break;
	if (unit > (in_time ? UNIT_SECOND : UNIT_DAY) || unit <= *last ||
		(fraction && unit != UNIT_SECOND))
		return false;
	(*p)++;
	*last = unit;
	if (negative)
		sign = -sign;
	return add_units(total, unit, sign * amount) &&
		   add_units(total, UNIT_MICROSECOND, sign * usecs);
}

/*
 * PostgreSQL's DecodeISO8601Interval() is not used: it takes fractions of any unit and the
 * alternative format.
 */
static bool
parse_iso(AshText in, Total *total)
{
	const char *p = in.s;
	const char *end = in.s + in.len;
	int sign = 1;
	int last = -1;
	bool in_time = false;
	bool any = false;

	if (p < end && (*p == '-' || *p == '+'))
		sign = *p++ == '-' ? -1 : 1;
	if (p == end || *p++ != 'P')
		return false;
	while (p < end)
	{
		if (*p == 'T' && !in_time)
		{
			in_time = true;
			any = false;
			p++;
			continue;
		}
		if (!scan_part(&p, end, in_time, sign, &last, total))
			return false;
		any = true;
	}
	return any;
}

/* {"day": 1, "hour": 2}; other keys are refused. */
static bool
parse_object(JsonbContainer *object, Total *total)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue key;
	JsonbValue value;

	while (ash_jsonb_next_member(&it, &key, &value))
	{
		char *name = pnstrdup(key.val.string.val, key.val.string.len);
		char *str;
		const char *p;
		const char *end;
		int64 amount;
		bool negative;
		int unit;

		for (unit = 0; unit < UNITS; unit++)
			if (strcmp(units[unit].name, name) == 0)
				break;
		if (unit == UNITS || (value.type != jbvNumeric && value.type != jbvString))
			return false;
		p = str = ash_jsonb_value_text(&value);
		end = str + strlen(str);
		if (!scan_amount(&p, end, &negative, &amount) || p != end ||
			!add_units(total, unit, negative ? -amount : amount))
			return false;
	}
	return true;
}

/*
 * Days are whole 24 hours where days or weeks are permitted. NULL when it does not fit into an
 * interval.
 */
static Interval *
total_interval(const Total *total, uint32 permitted)
{
	Interval *interval = palloc0(sizeof(Interval));
	int64 days = total->usecs / USECS_PER_DAY;

	if (!(permitted & (UNIT_BIT(UNIT_WEEK) | UNIT_BIT(UNIT_DAY))))
		days = 0;
	if (total->months < PG_INT32_MIN || total->months > PG_INT32_MAX || days < PG_INT32_MIN ||
		days > PG_INT32_MAX)
		return NULL;
	interval->month = total->months;
	interval->day = days;
	interval->time = total->usecs - days * USECS_PER_DAY;
	return interval;
}

/* All units when the constraints name none. */
static uint32
permitted_units(const AshTypeInst *inst)
{
	const DurationConstraints *c = inst->constraints;

	return c != NULL && c->units != 0 ? c->units : ALL_UNIT_BITS;
}

/* Text or an object of units. */
static bool
duration_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			  bool *reported)
{
	Total total = { 0, 0 };
	Interval *interval;

	if (in->type == jbvString ? !parse_iso(jv_text(in), &total) :
								!(ash_is_object(in) && parse_object(in->val.binary.data, &total)))
		return false;
	interval = total_interval(&total, permitted_units(inst));
	if (interval == NULL)
		return false;
	out->value = IntervalPGetDatum(interval);
	return true;
}

/*-------------------------------------------------------------------------
 * Constraints
 *-------------------------------------------------------------------------
 */

/* Distributes a total over the permitted units from … to; false when a rest remains. */
static bool
assign_units(int64 total, int from, int to, uint32 permitted, int64 *amounts)
{
	int unit;

	for (unit = from; unit <= to; unit++)
	{
		amounts[unit] = 0;
		if (!(permitted & UNIT_BIT(unit)))
			continue;
		amounts[unit] = total / units[unit].size;
		total %= units[unit].size;
	}
	return total == 0;
}

/*
 * False also for an interval of so many days that it has no number of microseconds; amounts
 * are set all the same.
 */
static bool
interval_units(const Interval *interval, uint32 permitted, int64 *amounts)
{
	int64 usecs;

	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &usecs) ||
		pg_add_s64_overflow(usecs, interval->time, &usecs))
	{
		(void) assign_units(interval->month, UNIT_YEAR, UNIT_MONTH, ALL_UNIT_BITS, amounts);
		(void) assign_units(interval->time, UNIT_WEEK, UNIT_MICROSECOND,
							ALL_UNIT_BITS & ~(UNIT_BIT(UNIT_WEEK) | UNIT_BIT(UNIT_DAY)), amounts);
		amounts[UNIT_DAY] = interval->day;
		return false;
	}
	return assign_units(interval->month, UNIT_YEAR, UNIT_MONTH, permitted, amounts) &
		   assign_units(usecs, UNIT_WEEK, UNIT_MICROSECOND, permitted, amounts);
}

/* The names with separator between them, for a message. */
static char *
joined(List *names, const char *separator)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? separator : "", (char *) lfirst(lc));
	return buf.data;
}

/* By PostgreSQL's comparison, for which a month has 30 days. */
static int
interval_sign(const Interval *interval)
{
	Interval zero = { 0, 0, 0 };

	return DatumGetInt32(
		DirectFunctionCall2(interval_cmp, IntervalPGetDatum(interval), IntervalPGetDatum(&zero)));
}

/* The units are checked first; one error at most. */
static bool
duration_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const DurationConstraints *c = inst->constraints;
	Interval *interval = DatumGetIntervalP(value->value);
	int64 amounts[UNITS];
	ListCell *lc;
	int sign;

	if (c->units != 0 && !interval_units(interval, c->units, amounts))
	{
		ash_cast_fail_text(cast, "must only use the units %{units}", "units",
						   joined(c->unit_list, ", "));
		return false;
	}
	if (c->sign_list == NIL)
		return true;
	sign = interval_sign(interval);
	foreach (lc, c->sign_list)
		if (sign_index(lfirst(lc)) == sign)
			return true;
	ash_cast_fail_text(cast, "must be %{signs}", "signs", joined(c->sign_list, " or "));
	return false;
}

/*-------------------------------------------------------------------------
 * Output
 *-------------------------------------------------------------------------
 */

/* Seconds with their fraction, without trailing zeros. */
static void
write_seconds(StringInfo out, int64 seconds, int64 usecs)
{
	char fraction[7];
	int len = 6;

	appendStringInfo(out, "%s" INT64_FORMAT, seconds < 0 || usecs < 0 ? "-" : "",
					 seconds < 0 ? -seconds : seconds);
	if (usecs != 0)
	{
		snprintf(fraction, sizeof(fraction), "%06d", (int) (usecs < 0 ? -usecs : usecs));
		while (len > 0 && fraction[len - 1] == '0')
			len--;
		appendStringInfo(out, ".%.*s", len, fraction);
	}
	appendStringInfoChar(out, 'S');
}

/*
 * ISO 8601, not quoted. PostgreSQL's EncodeInterval() has no weeks, and its minutes and
 * seconds are too small for an interval in these units alone.
 */
static void
write_interval(StringInfo out, const Interval *interval, uint32 permitted)
{
	int64 amounts[UNITS];
	int start = out->len;
	int unit;

	if (INTERVAL_NOT_FINITE(interval))
	{
		appendStringInfoString(out, INTERVAL_IS_NOBEGIN(interval) ? "-infinity" : "infinity");
		return;
	}
	if (!interval_units(interval, permitted, amounts))
		(void) interval_units(interval, ALL_UNIT_BITS & ~UNIT_BIT(UNIT_WEEK), amounts);
	appendStringInfoChar(out, 'P');
	for (unit = UNIT_YEAR; unit <= UNIT_DAY; unit++)
		if (amounts[unit] != 0)
			appendStringInfo(out, INT64_FORMAT "%c", amounts[unit], units[unit].letter);
	if (amounts[UNIT_HOUR] != 0 || amounts[UNIT_MINUTE] != 0 || amounts[UNIT_SECOND] != 0 ||
		amounts[UNIT_MICROSECOND] != 0)
	{
		appendStringInfoChar(out, 'T');
		for (unit = UNIT_HOUR; unit <= UNIT_MINUTE; unit++)
			if (amounts[unit] != 0)
				appendStringInfo(out, INT64_FORMAT "%c", amounts[unit], units[unit].letter);
		if (amounts[UNIT_SECOND] != 0 || amounts[UNIT_MICROSECOND] != 0)
			write_seconds(out, amounts[UNIT_SECOND] + amounts[UNIT_MICROSECOND] / USECS_PER_SEC,
						  amounts[UNIT_MICROSECOND] % USECS_PER_SEC);
	}
	if (out->len == start + 1)
		appendStringInfoString(out, "T0S");
}

/* In the permitted units; weeks only when they are named. */
static void
duration_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	const DurationConstraints *c = inst->constraints;
	uint32 permitted = ALL_UNIT_BITS & ~UNIT_BIT(UNIT_WEEK);

	if (c != NULL && c->units != 0)
		permitted = c->units;
	appendStringInfoChar(out, '"');
	write_interval(out, DatumGetIntervalP(value), permitted);
	appendStringInfoChar(out, '"');
}

const AshType ash_type_duration = {
	.name = "duration",
	.doc = "A span of time, as ISO 8601 text (P1DT2H) or an object of units.",
	.storage = "interval",
	.constraints = &duration_spec,
	.prepare = duration_prepare,
	.cast = duration_cast,
	.constrain = duration_constrain,
	.write_json = duration_write_json,
};
