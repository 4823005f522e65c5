/*-------------------------------------------------------------------------
 *
 * src/type/iso8601.c
 *	  ISO 8601 dates, times and timestamps: reading.
 *
 * The calendar is the server's (date2j, j2date); its parser is not used, because
 * what that accepts depends on settings and because it raises errors.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "utils/date.h"
#include "utils/datetime.h"

typedef struct Scanner
{
	const char *p;
	const char *end;
} Scanner;

/* Skips c; false when the next character is another. */
static bool
scan_char(Scanner *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Exactly n digits. */
static bool
scan_digits(Scanner *s, int n, int *out)
{
	int value = 0;

	if (s->end - s->p < n)
		return false;
	for (; n > 0; n--, s->p++)
	{
		if (*s->p < '0' || *s->p > '9')
			return false;
		value = value * 10 + (*s->p - '0');
	}
	*out = value;
	return true;
}

/* True for a day that exists, in PostgreSQL's range of dates. */
static bool
valid_date(const AshDateParts *parts)
{
	return parts->month >= 1 && parts->month <= 12 && parts->day >= 1 &&
		   parts->day <= day_tab[isleap(parts->year)][parts->month - 1] &&
		   IS_VALID_JULIAN(parts->year, parts->month, parts->day);
}

/* [sign]YYYY-MM-DD, of a date that exists. */
static bool
scan_date(Scanner *s, AshDateParts *parts)
{
	bool negative = scan_char(s, '-');

	if (!negative)
		(void) scan_char(s, '+');
	if (!scan_digits(s, 4, &parts->year) || !scan_char(s, '-') ||
		!scan_digits(s, 2, &parts->month) || !scan_char(s, '-') || !scan_digits(s, 2, &parts->day))
		return false;
	if (negative)
		parts->year = -parts->year;
	return valid_date(parts);
}

/* False when a component is out of its range; there is no 24:00 and no leap second. */
static bool
time_of_day(int hour, int minute, int second, int usec, int64 *time)
{
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
		usec < 0 || usec >= USECS_PER_SEC)
		return false;
	*time =
		((hour * MINS_PER_HOUR + minute) * (int64) SECS_PER_MINUTE + second) * USECS_PER_SEC + usec;
	return true;
}

/* ".123…" or ",123…": digits beyond the sixth are dropped. */
static bool
scan_fraction(Scanner *s, int *usec)
{
	int digits = 0;

	*usec = 0;
	if (!scan_char(s, '.') && !scan_char(s, ','))
		return true;
	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++, digits++)
		if (digits < 6)
			*usec = *usec * 10 + (*s->p - '0');
	if (digits == 0)
		return false;
	for (; digits < 6; digits++)
		*usec *= 10;
	return true;
}

/* HH:MM, then :SS[.ffffff]; the seconds may be missing only at the end of the text. */
static bool
scan_time(Scanner *s, AshDateParts *parts)
{
	int hour;
	int minute;
	int second = 0;
	int usec = 0;

	if (!scan_digits(s, 2, &hour) || !scan_char(s, ':') || !scan_digits(s, 2, &minute))
		return false;
	if (s->p < s->end)
	{
		if (!scan_char(s, ':') || !scan_digits(s, 2, &second) || !scan_fraction(s, &usec))
			return false;
	}
	return time_of_day(hour, minute, second, usec, &parts->time);
}

/* Z, +HH, +HHMM, +HH:MM or nothing, up to the end. */
static bool
scan_offset(Scanner *s, AshDateParts *parts)
{
	bool negative;
	int hour;
	int minute = 0;

	if (s->p == s->end)
		return true;
	if (scan_char(s, 'Z') || scan_char(s, 'z'))
		return s->p == s->end;
	negative = scan_char(s, '-');
	if (!negative && !scan_char(s, '+'))
		return false;
	if (!scan_digits(s, 2, &hour))
		return false;
	if (s->p < s->end)
	{
		(void) scan_char(s, ':');
		if (!scan_digits(s, 2, &minute))
			return false;
	}
	if (s->p != s->end || !time_of_day(hour, minute, 0, 0, &parts->offset))
		return false;
	if (negative)
		parts->offset = -parts->offset;
	return true;
}

static bool
scan_separator(Scanner *s)
{
	return scan_char(s, 'T') || scan_char(s, 't') || scan_char(s, ' ');
}

static bool
scan_datetime(Scanner *s, AshDateParts *parts)
{
	return scan_date(s, parts) && scan_separator(s) && scan_time(s, parts) && scan_offset(s, parts);
}

/* The whole text. */
static bool
parse_text(AshText in, AshIsoForm form, AshDateParts *parts)
{
	Scanner s = { in.s, in.s + in.len };

	if (form == ASH_ISO_TIME)
		return scan_time(&s, parts) && scan_offset(&s, parts);
	if (form != ASH_ISO_NAIVE && scan_date(&s, parts) && s.p == s.end)
		return true;
	s.p = in.s;
	memset(parts, 0, sizeof(*parts));
	return scan_datetime(&s, parts);
}

/* One component: a number or digits, up to six. */
static AshComponent
get_component(JsonbContainer *object, const char *name, int *out)
{
	JsonbValue value;
	AshText str;
	int i;

	if (getKeyJsonValueFromContainer(object, name, strlen(name), &value) == NULL ||
		value.type == jbvNull || ash_is_blank_input(&value))
		return COMPONENT_MISSING;
	str.s = ash_jsonb_value_text(&value);
	str.len = str.s ? strlen(str.s) : 0;
	if (value.type == jbvBool || value.type == jbvBinary || str.len == 0 || str.len > 6)
		return COMPONENT_BAD;
	*out = 0;
	for (i = 0; i < str.len; i++)
	{
		if (str.s[i] < '0' || str.s[i] > '9')
			return COMPONENT_BAD;
		*out = *out * 10 + (str.s[i] - '0');
	}
	return COMPONENT_OK;
}

/*
 * All of names[0 … n) into out; those from the optional-th on may be missing and
 * are then 0.  COMPONENT_MISSING: all the needed ones are.
 */
static AshComponent
get_components(JsonbContainer *object, const char *const *names, int n, int optional, int *out)
{
	int missing = 0;
	int i;

	for (i = 0; i < n; i++)
	{
		AshComponent component = get_component(object, names[i], &out[i]);

		if (component == COMPONENT_BAD)
			return COMPONENT_BAD;
		if (component == COMPONENT_OK)
			continue;
		out[i] = 0;
		missing += i < optional;
	}
	if (missing == 0)
		return COMPONENT_OK;
	return missing == optional ? COMPONENT_MISSING : COMPONENT_BAD;
}

static const char *const component_names[] = { "year",	 "month",  "day",		 "hour",
											   "minute", "second", "microsecond" };

/* All of year, month and day, or none of them. */
static AshComponent
parse_date_object(JsonbContainer *object, AshDateParts *parts)
{
	int v[3];
	AshComponent result = get_components(object, component_names, 3, 3, v);

	parts->year = v[0];
	parts->month = v[1];
	parts->day = v[2];
	if (result == COMPONENT_OK && (parts->year > 9999 || !valid_date(parts)))
		return COMPONENT_BAD;
	return result;
}

/* hour and minute are needed, second and microsecond may be missing. */
static AshComponent
parse_time_object(JsonbContainer *object, AshDateParts *parts)
{
	int v[4];
	AshComponent result = get_components(object, component_names + 3, 4, 2, v);

	if (result == COMPONENT_OK && !time_of_day(v[0], v[1], v[2], v[3], &parts->time))
		return COMPONENT_BAD;
	return result;
}

/* parts is zero for what the input does not have. */
AshComponent
ash_iso_parse(const JsonbValue *in, AshIsoForm form, AshDateParts *parts)
{
	JsonbContainer *object;
	AshComponent date;

	memset(parts, 0, sizeof(*parts));
	if (in->type == jbvString)
		return parse_text(jv_text(in), form, parts) ? COMPONENT_OK : COMPONENT_BAD;
	if (!ash_is_object(in))
		return COMPONENT_BAD;
	object = in->val.binary.data;
	if (form == ASH_ISO_TIME)
		return parse_time_object(object, parts);
	date = parse_date_object(object, parts);
	if (form == ASH_ISO_DATE || date == COMPONENT_BAD)
		return date;
	return parse_time_object(object, parts) == date ? date : COMPONENT_BAD;
}
