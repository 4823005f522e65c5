/*-------------------------------------------------------------------------
 *
 * src/type/type_datetime.c
 *	  date, time, naive_datetime, utc_datetime and their kin.
 *
 * A value is ISO 8601 text (iso8601.c) or an object of components
 * ({"year": 2020, "month": 2, "day": 29}).  The typmod determines whether fractions of
 * a second are kept.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "utils/date.h"
#include "utils/datetime.h"

/* False when it is out of the range of a timestamp. */
static bool
parts_timestamp(const AshDateParts *parts, bool shift, Timestamp *out)
{
	int64 day = date2j(parts->year, parts->month, parts->day) - POSTGRES_EPOCH_JDATE;
	Timestamp ts = day * USECS_PER_DAY + parts->time - (shift ? parts->offset : 0);

	*out = ts;
	return IS_VALID_TIMESTAMP(ts);
}

/* Without fraction, towards the past. */
static int64
whole_seconds(int64 usecs)
{
	int64 rest = usecs % USECS_PER_SEC;

	return usecs - (rest < 0 ? rest + USECS_PER_SEC : rest);
}

/* Without any component the value is null. */
static bool
date_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	AshDateParts parts;
	AshComponent found = ash_iso_parse(in, ASH_ISO_DATE, &parts);

	if (found != COMPONENT_OK)
		return out->isnull = found == COMPONENT_MISSING;
	out->value = DateADTGetDatum(date2j(parts.year, parts.month, parts.day) - POSTGRES_EPOCH_JDATE);
	return true;
}

/* Whether the instance keeps fractions of a second: those of typmod 0 do not. */
static inline bool
keeps_fraction(const AshTypeInst *inst)
{
	return inst->typmod != 0;
}

/* An offset is read and dropped. */
static bool
time_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	AshDateParts parts;
	AshComponent found = ash_iso_parse(in, ASH_ISO_TIME, &parts);

	if (found != COMPONENT_OK)
		return out->isnull = found == COMPONENT_MISSING;
	out->value = TimeADTGetDatum(keeps_fraction(inst) ? parts.time : whole_seconds(parts.time));
	return true;
}

/* Shared by naive and UTC timestamps: only the latter apply the offset. */
static bool
timestamp_cast(const AshTypeInst *inst, const JsonbValue *in, AshIsoForm form, AshValue *out)
{
	AshDateParts parts;
	AshComponent found = ash_iso_parse(in, form, &parts);
	Timestamp ts;

	if (found != COMPONENT_OK)
		return out->isnull = found == COMPONENT_MISSING;
	if (!parts_timestamp(&parts, form == ASH_ISO_DATETIME, &ts))
		return false;
	out->value = TimestampGetDatum(keeps_fraction(inst) ? ts : whole_seconds(ts));
	return true;
}

static bool
naive_datetime_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
					bool *reported)
{
	return timestamp_cast(inst, in, ASH_ISO_NAIVE, out);
}

/* A message of its own instead of "is invalid"; the empty string is null. */
static bool
utc_datetime_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
				  bool *reported)
{
	if (timestamp_cast(inst, in, ASH_ISO_DATETIME, out))
		return true;
	if (!ash_is_blank_input(in))
	{
		ash_cast_fail(cast, "Could not cast input to datetime");
		*reported = true;
	}
	return false;
}

/*-------------------------------------------------------------------------
 * Output
 *-------------------------------------------------------------------------
 */
/*
 * ISO 8601 text into a buffer of ISO_MAX bytes, terminated; the functions return its
 * length.  EncodeDateTime() writes what is nearly the same, but drops the zeros at the
 * end of a fraction and writes years before the first with BC.
 */
#define ISO_MAX 48

/* n digits with leading zeros; returns their end. */
static inline char *
put_digits(char *p, int value, int n)
{
	int i;

	for (i = n - 1; i >= 0; i--, value /= 10)
		p[i] = '0' + value % 10;
	return p + n;
}

/* A date into p; returns the end of it.  Years before 1 are negative, as in ISO 8601. */
static char *
format_date(char *p, int julian)
{
	int year;
	int month;
	int day;

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

/*
 * Dates come in runs, as the rows of a page are of few days; so the text of the last one is
 * kept.
 */
static char *
put_date(char *p, int julian)
{
	static char text[20];
	static int len = 0;
	static int last;

	if (len == 0 || julian != last)
	{
		len = format_date(text, julian) - text;
		last = julian;
	}
	memcpy(p, text, len);
	return p + len;
}

/* Hours, minutes, seconds and, with usec, always six digits of a fraction. */
static char *
put_time(char *p, int64 time, bool usec)
{
	int seconds = time / USECS_PER_SEC;

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

/* A date, or infinity. */
static int
format_day(char *buf, int32 date)
{
	char *p;

	if (DATE_NOT_FINITE(date))
		return sprintf(buf, DATE_IS_NOBEGIN(date) ? "-infinity" : "infinity");
	p = put_date(buf, date + POSTGRES_EPOCH_JDATE);
	*p = '\0';
	return p - buf;
}

/* A time of day; usec: with a fraction. */
static int
format_time(char *buf, int64 time, bool usec)
{
	char *p = put_time(buf, time, usec);

	*p = '\0';
	return p - buf;
}

/* zulu: the value is in UTC and gets a Z. */
static int
format_timestamp(char *buf, Timestamp ts, bool usec, bool zulu)
{
	int64 day;
	int64 time;
	char *p;

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
/* Written into the buffer directly, as the others below. */
static void
date_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	enlargeStringInfo(out, ISO_MAX);
	out->data[out->len++] = '"';
	out->len += format_day(out->data + out->len, DatumGetDateADT(value));
	appendStringInfoChar(out, '"');
}

/* With six digits of a fraction, or none. */
static void
time_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	enlargeStringInfo(out, ISO_MAX);
	out->data[out->len++] = '"';
	out->len += format_time(out->data + out->len, DatumGetTimeADT(value), keeps_fraction(inst));
	appendStringInfoChar(out, '"');
}

/* zulu: with a Z at the end. */
static void
write_timestamp(StringInfo out, const AshTypeInst *inst, Datum value, bool zulu)
{
	enlargeStringInfo(out, ISO_MAX);
	out->data[out->len++] = '"';
	out->len += format_timestamp(out->data + out->len, DatumGetTimestamp(value),
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
typedef enum Precision
{
	PRECISION_SECOND,
	PRECISION_MICROSECOND
} Precision;

typedef struct PrecisionConstraints
{
	Precision precision;
	int timezone; /* there is only one */
} PrecisionConstraints;

static const char *const precision_names[] = { "second", "microsecond", NULL };
static const char *const timezone_names[] = { "utc", NULL };

#define PRECISION_OPTION                                                                 \
	ASH_OPTION(PrecisionConstraints, "precision", ENUM, precision, .dflt = "\"second\"", \
			   .choices = precision_names, .doc = "Whether fractions of a second are kept.")

static const AshOpt time_options[] = { PRECISION_OPTION, ASH_OPT_END };
static const AshOpt datetime_options[] = {
	PRECISION_OPTION,
	ASH_OPTION(PrecisionConstraints, "timezone", ENUM, timezone, .dflt = "\"utc\"",
			   .choices = timezone_names, .doc = "Time zone of the value; only UTC."),
	ASH_OPT_END
};

static const AshSpec time_spec =
	ASH_SPEC("time", PrecisionConstraints, time_options, .doc = "Constraints of a time of day.");
static const AshSpec datetime_spec = ASH_SPEC("datetime", PrecisionConstraints, datetime_options,
											  .doc = "Constraints of a point in time.");

/* The precision becomes the typmod. */
static bool
precision_prepare(AshTypeInst *inst, AshErrors *errors)
{
	const PrecisionConstraints *c = inst->constraints;

	inst->typmod = c->precision == PRECISION_SECOND ? 0 : -1;
	return true;
}

const AshType ash_type_date = {
	.name = "date",
	.doc = "A calendar date.",
	.storage = "date",
	.cast = date_cast,
	.write_json = date_write_json,
};

const AshType ash_type_time = {
	.name = "time",
	.doc = "A time of day, to the second unless the precision says microsecond.",
	.storage = "time",
	.constraints = &time_spec,
	.prepare = precision_prepare,
	.cast = time_cast,
	.write_json = time_write_json,
};

const AshType ash_type_time_usec = {
	.name = "time_usec",
	.doc = "A time of day with microseconds.",
	.storage = "time",
	.cast = time_cast,
	.write_json = time_write_json,
};

const AshType ash_type_naive_datetime = {
	.name = "naive_datetime",
	.doc = "Date and time without a time zone, to the second.",
	.storage = "timestamp(0)",
	.cast = naive_datetime_cast,
	.write_json = naive_datetime_write_json,
};

const AshType ash_type_naive_datetime_usec = {
	.name = "naive_datetime_usec",
	.doc = "Date and time without a time zone, with microseconds.",
	.storage = "timestamp",
	.cast = naive_datetime_cast,
	.write_json = naive_datetime_write_json,
};

const AshType ash_type_utc_datetime = {
	.name = "utc_datetime",
	.doc = "A point in time, to the second; written in UTC.",
	.storage = "timestamptz(0)",
	.cast = utc_datetime_cast,
	.write_json = utc_datetime_write_json,
};

const AshType ash_type_utc_datetime_usec = {
	.name = "utc_datetime_usec",
	.doc = "A point in time with microseconds; written in UTC.",
	.storage = "timestamptz",
	.cast = utc_datetime_cast,
	.write_json = utc_datetime_write_json,
};

const AshType ash_type_datetime = {
	.name = "datetime",
	.doc = "A point in time, to the second unless the precision says microsecond.",
	.storage = "timestamptz",
	.constraints = &datetime_spec,
	.prepare = precision_prepare,
	.cast = utc_datetime_cast,
	.write_json = utc_datetime_write_json,
};
