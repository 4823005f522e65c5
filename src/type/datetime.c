/*-------------------------------------------------------------------------
 *
 * src/type/datetime.c
 *	  Dates, times and timestamps: ISO 8601 in, ISO 8601 out.
 *
 * The calendar is the server's (date2j, j2date); its parser is not used, because
 * what that accepts depends on settings and because it raises errors.  A value may
 * also be an object of components ({"year": 2020, "month": 2, "day": 29}).
 *
 *-------------------------------------------------------------------------
 */
#include "type/internal.h"

#include "utils/date.h"
#include "utils/datetime.h"

/* What was found in the input. */
typedef struct Parts
{
	int			year;
	int			month;
	int			day;
	int64		time;			   /* microseconds of the day */
	int64		offset;			   /* microseconds east of UTC */
} Parts;

typedef struct Scanner
{
	const char *p;
	const char *end;
} Scanner;

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
	int			value = 0;

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

static bool
valid_date(const Parts *parts)
{
	return parts->month >= 1 && parts->month <= 12 && parts->day >= 1 &&
		parts->day <= day_tab[isleap(parts->year)][parts->month - 1] &&
		IS_VALID_JULIAN(parts->year, parts->month, parts->day);
}

static bool
scan_date(Scanner *s, Parts *parts)
{
	bool		negative = scan_char(s, '-');

	if (!negative)
		(void) scan_char(s, '+');
	if (!scan_digits(s, 4, &parts->year) || !scan_char(s, '-') ||
		!scan_digits(s, 2, &parts->month) || !scan_char(s, '-') ||
		!scan_digits(s, 2, &parts->day))
		return false;
	if (negative)
		parts->year = -parts->year;
	return valid_date(parts);
}

static bool
make_time(int hour, int minute, int second, int usec, int64 *time)
{
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
		usec < 0 || usec >= USECS_PER_SEC)
		return false;
	*time = ((hour * MINS_PER_HOUR + minute) * (int64) SECS_PER_MINUTE + second) * USECS_PER_SEC +
		usec;
	return true;
}

/* ".123…" or ",123…": digits beyond the sixth are dropped. */
static bool
scan_fraction(Scanner *s, int *usec)
{
	int			digits = 0;

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
scan_time(Scanner *s, Parts *parts)
{
	int			hour;
	int			minute;
	int			second = 0;
	int			usec = 0;

	if (!scan_digits(s, 2, &hour) || !scan_char(s, ':') || !scan_digits(s, 2, &minute))
		return false;
	if (s->p < s->end)
	{
		if (!scan_char(s, ':') || !scan_digits(s, 2, &second) || !scan_fraction(s, &usec))
			return false;
	}
	return make_time(hour, minute, second, usec, &parts->time);
}

/* Z, +HH, +HHMM, +HH:MM or nothing, up to the end. */
static bool
scan_offset(Scanner *s, Parts *parts)
{
	bool		negative;
	int			hour;
	int			minute = 0;

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
	if (s->p != s->end || !make_time(hour, minute, 0, 0, &parts->offset))
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
scan_datetime(Scanner *s, Parts *parts)
{
	return scan_date(s, parts) && scan_separator(s) && scan_time(s, parts) &&
		scan_offset(s, parts);
}

/*
 * Whole text: a date, a time or both.  date_alone and with_time say which of
 * "2020-02-29" and "2020-02-29T10:00:00" will do.
 */
static bool
parse_date_text(AshText in, bool date_alone, bool with_time, Parts *parts)
{
	Scanner		s = { in.s, in.s + in.len };

	memset(parts, 0, sizeof(*parts));
	if (date_alone && scan_date(&s, parts) && s.p == s.end)
		return true;
	memset(parts, 0, sizeof(*parts));
	s.p = in.s;
	return with_time && scan_datetime(&s, parts);
}

static bool
parse_time_text(AshText in, Parts *parts)
{
	Scanner		s = { in.s, in.s + in.len };

	memset(parts, 0, sizeof(*parts));
	return scan_time(&s, parts) && scan_offset(&s, parts);
}

/*-------------------------------------------------------------------------
 * Objects of components
 *-------------------------------------------------------------------------
 */
typedef enum Component
{
	COMPONENT_MISSING,			   /* absent, null or "" */
	COMPONENT_OK,
	COMPONENT_BAD
} Component;

static Component
get_component(JsonbContainer *object, const char *name, int *out)
{
	JsonbValue	value;
	AshText		str;
	int			i;

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
static Component
get_components(JsonbContainer *object, const char *const *names, int n, int optional, int *out)
{
	int			missing = 0;
	int			i;

	for (i = 0; i < n; i++)
	{
		Component	component = get_component(object, names[i], &out[i]);

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

static const char *const component_names[] = { "year",	 "month",  "day",		"hour",
											   "minute", "second", "microsecond" };

static Component
parse_date_object(JsonbContainer *object, Parts *parts)
{
	int			v[3];
	Component	result = get_components(object, component_names, 3, 3, v);

	memset(parts, 0, sizeof(*parts));
	parts->year = v[0];
	parts->month = v[1];
	parts->day = v[2];
	if (result == COMPONENT_OK && (parts->year > 9999 || !valid_date(parts)))
		return COMPONENT_BAD;
	return result;
}

static Component
parse_time_object(JsonbContainer *object, Parts *parts)
{
	int			v[4];
	Component	result = get_components(object, component_names + 3, 4, 2, v);

	if (result == COMPONENT_OK && !make_time(v[0], v[1], v[2], v[3], &parts->time))
		return COMPONENT_BAD;
	return result;
}

static Component
parse_datetime_object(JsonbContainer *object, Parts *parts)
{
	Component	date = parse_date_object(object, parts);
	Component	time = date == COMPONENT_BAD ? COMPONENT_BAD : parse_time_object(object, parts);

	return date == time ? date : COMPONENT_BAD;
}

/*-------------------------------------------------------------------------
 * The types
 *-------------------------------------------------------------------------
 */
static bool
parts_timestamp(const Parts *parts, bool shift, Timestamp *out)
{
	int64		day = date2j(parts->year, parts->month, parts->day) - POSTGRES_EPOCH_JDATE;
	Timestamp	ts = day * USECS_PER_DAY + parts->time - (shift ? parts->offset : 0);

	*out = ts;
	return IS_VALID_TIMESTAMP(ts);
}

/* Without fraction, towards the past. */
static int64
whole_seconds(int64 usecs)
{
	int64		rest = usecs % USECS_PER_SEC;

	return usecs - (rest < 0 ? rest + USECS_PER_SEC : rest);
}

/* Turn what a component parser said into the result of a cast; true: go on. */
static bool
component_result(Component component, AshValue *out, bool *result)
{
	if (component == COMPONENT_MISSING)
		out->isnull = true;
	*result = component == COMPONENT_MISSING;
	return component == COMPONENT_OK;
}

static bool
date_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	Parts		parts;
	bool		result;

	if (in->type == jbvString)
	{
		if (!parse_date_text(jv_text(in), true, true, &parts))
			return false;
	}
	else if (!jv_is_object(in))
		return false;
	else if (!component_result(parse_date_object(in->val.binary.data, &parts), out, &result))
		return result;
	out->value =
		DateADTGetDatum(date2j(parts.year, parts.month, parts.day) - POSTGRES_EPOCH_JDATE);
	return true;
}

/* Whether the instance keeps fractions of a second: typmod 0 says no. */
static inline bool
keeps_fraction(const AshTypeInst *inst)
{
	return inst->typmod != 0;
}

static bool
time_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	Parts		parts;
	bool		result;

	if (in->type == jbvString)
	{
		if (!parse_time_text(jv_text(in), &parts))
			return false;
	}
	else if (!jv_is_object(in))
		return false;
	else if (!component_result(parse_time_object(in->val.binary.data, &parts), out, &result))
		return result;
	out->value =
		TimeADTGetDatum(keeps_fraction(inst) ? parts.time : whole_seconds(parts.time));
	return true;
}

/* Shared by naive and UTC timestamps; false when in is no such thing. */
static bool
timestamp_cast(const AshTypeInst *inst, const JsonbValue *in, bool date_alone, bool shift,
			   AshValue *out)
{
	Parts		parts;
	Timestamp	ts;
	bool		result;

	if (in->type == jbvString)
	{
		if (!parse_date_text(jv_text(in), date_alone, true, &parts))
			return false;
	}
	else if (!jv_is_object(in))
		return false;
	else if (!component_result(parse_datetime_object(in->val.binary.data, &parts), out, &result))
		return result;
	if (!parts_timestamp(&parts, shift, &ts))
		return false;
	out->value = TimestampGetDatum(keeps_fraction(inst) ? ts : whole_seconds(ts));
	return true;
}

static bool
naive_datetime_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
					bool *reported)
{
	return timestamp_cast(inst, in, false, false, out);
}

static bool
utc_datetime_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
				  bool *reported)
{
	if (timestamp_cast(inst, in, true, true, out))
		return true;
	if (!ash_is_blank_input(in))
	{
		ash_cast_fail(cast, "Could not cast input to datetime");
		*reported = true;
	}
	return false;
}

static bool
timestamp_equal(const AshTypeInst *inst, Datum a, Datum b)
{
	return DatumGetTimestamp(a) == DatumGetTimestamp(b);
}

static bool
time_equal(const AshTypeInst *inst, Datum a, Datum b)
{
	return DatumGetTimeADT(a) == DatumGetTimeADT(b);
}

static bool
date_equal(const AshTypeInst *inst, Datum a, Datum b)
{
	return DatumGetDateADT(a) == DatumGetDateADT(b);
}

/*-------------------------------------------------------------------------
 * Output
 *-------------------------------------------------------------------------
 */
static inline char *
put_digits(char *p, int value, int n)
{
	int			i;

	for (i = n - 1; i >= 0; i--, value /= 10)
		p[i] = '0' + value % 10;
	return p + n;
}

static char *
put_date(char *p, int julian)
{
	int			year;
	int			month;
	int			day;

	j2date(julian, &year, &month, &day);
	if (year < 0)
	{
		*p++ = '-';
		year = -year;
	}
	p = put_digits(p, year, year > 99999 ? 6 : year > 9999 ? 5 : 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	return put_digits(p, day, 2);
}

static char *
put_time(char *p, int64 time, bool usec)
{
	int			seconds = time / USECS_PER_SEC;

	p = put_digits(p, seconds / SECS_PER_HOUR, 2);
	*p++ = ':';
	p = put_digits(p, seconds / SECS_PER_MINUTE % MINS_PER_HOUR, 2);
	*p++ = ':';
	p = put_digits(p, seconds % SECS_PER_MINUTE, 2);
	if (usec)
	{
		*p++ = '.';
		p = put_digits(p, time % USECS_PER_SEC, 6);
	}
	return p;
}

/* ISO text into buf, terminated; 40 bytes are enough.  Returns its length. */
int
ash_format_date(char *buf, int32 date)
{
	char	   *p;

	if (DATE_NOT_FINITE(date))
		return sprintf(buf, DATE_IS_NOBEGIN(date) ? "-infinity" : "infinity");
	p = put_date(buf, date + POSTGRES_EPOCH_JDATE);
	*p = '\0';
	return p - buf;
}

int
ash_format_time(char *buf, int64 time, bool usec)
{
	char	   *p = put_time(buf, time, usec);

	*p = '\0';
	return p - buf;
}

int
ash_format_timestamp(char *buf, Timestamp ts, bool usec, bool zulu)
{
	int64		day;
	int64		time;
	char	   *p;

	if (TIMESTAMP_NOT_FINITE(ts))
		return sprintf(buf, TIMESTAMP_IS_NOBEGIN(ts) ? "-infinity" : "infinity");
	day = ts / USECS_PER_DAY;
	time = ts % USECS_PER_DAY;
	if (time < 0)
	{
		time += USECS_PER_DAY;
		day--;
	}
	p = put_date(buf, day + POSTGRES_EPOCH_JDATE);
	*p++ = 'T';
	p = put_time(p, time, usec);
	if (zulu)
		*p++ = 'Z';
	*p = '\0';
	return p - buf;
}

#define ISO_MAX 48

static void
date_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	enlargeStringInfo(out, ISO_MAX);
	out->data[out->len++] = '"';
	out->len += ash_format_date(out->data + out->len, DatumGetDateADT(value));
	appendStringInfoChar(out, '"');
}

static void
time_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	enlargeStringInfo(out, ISO_MAX);
	out->data[out->len++] = '"';
	out->len +=
		ash_format_time(out->data + out->len, DatumGetTimeADT(value), keeps_fraction(inst));
	appendStringInfoChar(out, '"');
}

static void
write_timestamp(StringInfo out, const AshTypeInst *inst, Datum value, bool zulu)
{
	enlargeStringInfo(out, ISO_MAX);
	out->data[out->len++] = '"';
	out->len += ash_format_timestamp(out->data + out->len, DatumGetTimestamp(value),
									 keeps_fraction(inst), zulu);
	appendStringInfoChar(out, '"');
}

static void
naive_datetime_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	write_timestamp(out, inst, value, false);
}

static void
utc_datetime_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	write_timestamp(out, inst, value, true);
}

/*-------------------------------------------------------------------------
 * Constraints: which precision
 *-------------------------------------------------------------------------
 */
typedef struct PrecisionConstraints
{
	int			precision;		   /* index into precision_names */
	int			timezone;
} PrecisionConstraints;

static const char *const precision_names[] = { "second", "microsecond", NULL };
static const char *const timezone_names[] = { "utc", NULL };

#define PRECISION_OPTION                                                                           \
	{                                                                                              \
		"precision", ASH_OPT_ENUM, offsetof(PrecisionConstraints, precision), 0, "\"second\"",     \
			precision_names, NULL, "Whether fractions of a second are kept."                       \
	}

static const AshOpt time_options[] = { PRECISION_OPTION, ASH_OPT_END };
static const AshOpt datetime_options[] = { PRECISION_OPTION,
										   { "timezone", ASH_OPT_ENUM,
											 offsetof(PrecisionConstraints, timezone), 0, "\"utc\"",
											 timezone_names, NULL,
											 "Time zone of the value; only UTC." },
										   ASH_OPT_END };

static const AshSpec time_spec = { "time", sizeof(PrecisionConstraints), time_options, NULL,
								   "Constraints of a time of day." };
static const AshSpec datetime_spec = { "datetime", sizeof(PrecisionConstraints), datetime_options,
									   NULL, "Constraints of a point in time." };

static bool
precision_prepare(AshTypeInst *inst, AshErrors *errors)
{
	const PrecisionConstraints *c = inst->constraints;

	inst->typmod = c->precision == 0 ? 0 : -1;
	return true;
}

const AshType ash_type_date = {
	.name = "date",
	.doc = "A calendar date.",
	.storage = "date",
	.cast = date_cast,
	.write_json = date_write_json,
	.equal = date_equal,
};

const AshType ash_type_time = {
	.name = "time",
	.doc = "A time of day, to the second unless the precision says microsecond.",
	.storage = "time(0)",
	.constraints = &time_spec,
	.prepare = precision_prepare,
	.cast = time_cast,
	.write_json = time_write_json,
	.equal = time_equal,
};

const AshType ash_type_time_usec = {
	.name = "time_usec",
	.doc = "A time of day with microseconds.",
	.storage = "time",
	.cast = time_cast,
	.write_json = time_write_json,
	.equal = time_equal,
};

const AshType ash_type_naive_datetime = {
	.name = "naive_datetime",
	.doc = "Date and time without a time zone, to the second.",
	.storage = "timestamp(0)",
	.cast = naive_datetime_cast,
	.write_json = naive_datetime_write_json,
	.equal = timestamp_equal,
};

const AshType ash_type_naive_datetime_usec = {
	.name = "naive_datetime_usec",
	.doc = "Date and time without a time zone, with microseconds.",
	.storage = "timestamp",
	.cast = naive_datetime_cast,
	.write_json = naive_datetime_write_json,
	.equal = timestamp_equal,
};

const AshType ash_type_utc_datetime = {
	.name = "utc_datetime",
	.doc = "A point in time, to the second; written in UTC.",
	.storage = "timestamptz(0)",
	.cast = utc_datetime_cast,
	.write_json = utc_datetime_write_json,
	.equal = timestamp_equal,
};

const AshType ash_type_utc_datetime_usec = {
	.name = "utc_datetime_usec",
	.doc = "A point in time with microseconds; written in UTC.",
	.storage = "timestamptz",
	.cast = utc_datetime_cast,
	.write_json = utc_datetime_write_json,
	.equal = timestamp_equal,
};

const AshType ash_type_datetime = {
	.name = "datetime",
	.doc = "A point in time, to the second unless the precision says microsecond.",
	.storage = "timestamptz(0)",
	.constraints = &datetime_spec,
	.prepare = precision_prepare,
	.cast = utc_datetime_cast,
	.write_json = utc_datetime_write_json,
	.equal = timestamp_equal,
};
