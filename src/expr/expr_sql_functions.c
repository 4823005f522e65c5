/*-------------------------------------------------------------------------
 *
 * src/expr/expr_sql_functions.c
 *	  SQL functions in schema ash that generated SQL calls (sql/functions/expr.sql):
 *	  what the framework means and PostgreSQL has no function for.
 *
 * All of them work in UTC and count characters as people do.  The ones that are
 * IMMUTABLE depend on nothing but their arguments.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

ASH_FUNCTION(ash_sql_string_length);
ASH_FUNCTION(ash_sql_string_position);
ASH_FUNCTION(ash_sql_string_ends_with);
ASH_FUNCTION(ash_sql_string_split);
ASH_FUNCTION(ash_sql_list_at);
ASH_FUNCTION(ash_sql_list_of);
ASH_FUNCTION(ash_sql_datetime_add);
ASH_FUNCTION(ash_sql_date_add);

/*
 * Strings
 */

Datum
ash_sql_string_length(PG_FUNCTION_ARGS)
{
	text *string = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT64(ash_grapheme_length(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string)));
}

/*
 * Byte offset of what in the bytes from start, or -1.  In UTF-8 no character begins
 * inside another; elsewhere matches are looked for at character boundaries only.
 */
static int
find_bytes(const char *in, int inlen, const char *what, int whatlen, int start)
{
	for (int i = start; i + whatlen <= inlen; i += pg_mblen(in + i))
	{
		if (memcmp(in + i, what, whatlen) == 0)
			return i;
	}
	return -1;
}

Datum
ash_sql_string_position(PG_FUNCTION_ARGS)
{
	text *in = PG_GETARG_TEXT_PP(0);
	text *what = PG_GETARG_TEXT_PP(1);
	int at = find_bytes(VARDATA_ANY(in), VARSIZE_ANY_EXHDR(in), VARDATA_ANY(what),
						VARSIZE_ANY_EXHDR(what), 0);

	if (at < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(ash_grapheme_length(VARDATA_ANY(in), at));
}

Datum
ash_sql_string_ends_with(PG_FUNCTION_ARGS)
{
	text *in = PG_GETARG_TEXT_PP(0);
	text *end = PG_GETARG_TEXT_PP(1);
	int from = VARSIZE_ANY_EXHDR(in) - VARSIZE_ANY_EXHDR(end);

	if (from < 0)
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(memcmp(VARDATA_ANY(in) + from, VARDATA_ANY(end), VARSIZE_ANY_EXHDR(end)) == 0);
}

static ArrayBuildState *
add_part(ArrayBuildState *parts, const char *s, int len, bool trim)
{
	if (trim && len == 0)
		return parts;
	return accumArrayResult(parts, PointerGetDatum(cstring_to_text_with_len(s, len)), false,
							TEXTOID, CurrentMemoryContext);
}

/* "" splits into "", each character, "" as the framework does. */
static ArrayBuildState *
split_characters(ArrayBuildState *parts, const char *s, int len, bool trim)
{
	parts = add_part(parts, s, 0, trim);
	for (int i = 0; i < len;)
	{
		int size = pg_mblen(s + i);

		parts = add_part(parts, s + i, size, trim);
		i += size;
	}
	return add_part(parts, s, 0, trim);
}

static ArrayBuildState *
split_at(ArrayBuildState *parts, const char *s, int len, const char *delimiter, int delimlen,
		 bool trim)
{
	int from = 0;
	int at;

	while ((at = find_bytes(s, len, delimiter, delimlen, from)) >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		parts = add_part(parts, s + from, at - from, trim);
		from = at + delimlen;
	}
	return add_part(parts, s + from, len - from, trim);
}

Datum
ash_sql_string_split(PG_FUNCTION_ARGS)
{
	text *string = PG_GETARG_TEXT_PP(0);
	text *delimiter = PG_GETARG_TEXT_PP(1);
	bool trim = PG_GETARG_BOOL(2);
	const char *s = VARDATA_ANY(string);
	int len = VARSIZE_ANY_EXHDR(string);
	int delimlen = VARSIZE_ANY_EXHDR(delimiter);
	ArrayBuildState *parts = NULL;

	if (delimlen == 0)
		parts = split_characters(parts, s, len, trim);
	else
		parts = split_at(parts, s, len, VARDATA_ANY(delimiter), delimlen, trim);
	if (parts == NULL)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TEXTOID));
	PG_RETURN_DATUM(makeArrayResult(parts, CurrentMemoryContext));
}

/*
 * Lists
 */

/* 0 is the first element, -1 the last; outside there is none. */
Datum
ash_sql_list_at(PG_FUNCTION_ARGS)
{
	ArrayType *list = PG_GETARG_ARRAYTYPE_P(0);
	int64 index = PG_GETARG_INT64(1);
	Oid item = ARR_ELEMTYPE(list);
	int subscript[1];
	int16 len;
	bool byval;
	char align;
	bool isnull;
	Datum value;

	if (ARR_NDIM(list) != 1)
		PG_RETURN_NULL();
	if (index < 0)
		index += ARR_DIMS(list)[0];
	if (index < 0 || index >= ARR_DIMS(list)[0])
		PG_RETURN_NULL();
	subscript[0] = ARR_LBOUND(list)[0] + (int) index;
	get_typlenbyvalalign(item, &len, &byval, &align);
	value = array_get_element(PointerGetDatum(list), 1, subscript, -1, len, byval, align, &isnull);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}

/* An array of one element; strict, so that a null element gives a null array. */
Datum
ash_sql_list_of(PG_FUNCTION_ARGS)
{
	Datum value = PG_GETARG_DATUM(0);
	Oid item = get_fn_expr_argtype(fcinfo->flinfo, 0);
	int16 len;
	bool byval;
	char align;

	if (!OidIsValid(item))
		elog(ERROR, "could not determine the type of the element");
	get_typlenbyvalalign(item, &len, &byval, &align);
	PG_RETURN_ARRAYTYPE_P(construct_array(&value, 1, item, len, byval, align));
}

/*
 * Dates and times
 */

typedef struct Unit
{
	const char *name;
	int months;			/* either months … */
	int64 microseconds; /* … or a fixed length */
} Unit;

static const Unit units[] = {
	{ "year", 12, 0 },
	{ "month", 1, 0 },
	{ "week", 0, 7 * USECS_PER_DAY },
	{ "day", 0, USECS_PER_DAY },
	{ "hour", 0, USECS_PER_HOUR },
	{ "minute", 0, USECS_PER_MINUTE },
	{ "second", 0, USECS_PER_SEC },
	{ "millisecond", 0, 1000 },
	{ "microsecond", 0, 1 },
};

/* By name, also in the plural. */
static const Unit *
find_unit(const char *name, int len)
{
	if (len > 1 && name[len - 1] == 's')
		len--;
	for (int i = 0; i < lengthof(units); i++)
	{
		if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
			return &units[i];
	}
	return NULL;
}

bool
ash_expr_is_unit(const char *unit)
{
	return find_unit(unit, strlen(unit)) != NULL;
}

static const Unit *
unit_argument(text *unit)
{
	const Unit *found = find_unit(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit));

	if (found == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" is not a unit of time", text_to_cstring(unit)),
						errhint("Units are year, month, week, day, hour, minute, second, "
								"millisecond and microsecond.")));
	return found;
}

static void
out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("datetime is out of range")));
}

/*
 * Julian day moved by months: the day of the month is cut to the length of the
 * month, but February 29 moved by years is March 1 in a common year.
 */
static int
add_months(int julian, int64 amount, const Unit *unit)
{
	int year;
	int month;
	int day;
	int64 months;
	int64 moved;

	if (pg_mul_s64_overflow(amount, unit->months, &months) || months < -12 * (int64) 400000 ||
		months > 12 * (int64) 400000)
		out_of_range();
	j2date(julian, &year, &month, &day);
	moved = (int64) year * 12 + (month - 1) + months;
	year = (int) (moved >= 0 ? moved / 12 : -((11 - moved) / 12));
	month = (int) (moved - (int64) year * 12) + 1;
	if (!IS_VALID_JULIAN(year, month, day))
		out_of_range();
	if (day > day_tab[isleap(year)][month - 1])
	{
		if (unit->months == 12)
			return date2j(year, month + 1, 1);
		day = day_tab[isleap(year)][month - 1];
	}
	return date2j(year, month, day);
}

Datum
ash_sql_datetime_add(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	int64 amount = PG_GETARG_INT64(1);
	const Unit *unit = unit_argument(PG_GETARG_TEXT_PP(2));
	int64 delta;
	int64 day;
	int64 time;

	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_TIMESTAMPTZ(at);
	if (unit->months == 0)
	{
		if (pg_mul_s64_overflow(amount, unit->microseconds, &delta) ||
			pg_add_s64_overflow(at, delta, &at) || !IS_VALID_TIMESTAMP(at))
			out_of_range();
		PG_RETURN_TIMESTAMPTZ(at);
	}
	day = at / USECS_PER_DAY - (at % USECS_PER_DAY < 0 ? 1 : 0);
	time = at - day * USECS_PER_DAY;
	day = add_months((int) day + POSTGRES_EPOCH_JDATE, amount, unit) - POSTGRES_EPOCH_JDATE;
	if (pg_mul_s64_overflow(day, USECS_PER_DAY, &at) || pg_add_s64_overflow(at, time, &at) ||
		!IS_VALID_TIMESTAMP(at))
		out_of_range();
	PG_RETURN_TIMESTAMPTZ(at);
}

/* Units below a day move the date by the whole days they make up. */
Datum
ash_sql_date_add(PG_FUNCTION_ARGS)
{
	DateADT date = PG_GETARG_DATEADT(0);
	int64 amount = PG_GETARG_INT64(1);
	const Unit *unit = unit_argument(PG_GETARG_TEXT_PP(2));
	int64 moved;

	if (DATE_NOT_FINITE(date))
		PG_RETURN_DATEADT(date);
	if (unit->months > 0)
		moved = add_months(date + POSTGRES_EPOCH_JDATE, amount, unit) - POSTGRES_EPOCH_JDATE;
	else
	{
		int64 days;

		if (pg_mul_s64_overflow(amount, unit->microseconds, &days))
			out_of_range();
		days = days / USECS_PER_DAY - (days % USECS_PER_DAY < 0 ? 1 : 0);
		moved = date + days;
	}
	if (moved < PG_INT32_MIN || moved > PG_INT32_MAX || !IS_VALID_DATE((DateADT) moved))
		out_of_range();
	PG_RETURN_DATEADT((DateADT) moved);
}
