/*-------------------------------------------------------------------------
 *
 * src/type/type_string.c
 *	  string and ci_string.
 *
 * White space is trimmed and what is empty then becomes null, unless the
 * constraints say otherwise.  Lengths count user-perceived characters.  A
 * ci_string is stored as citext: it keeps its letters, comparisons ignore their case.
 *
 * Casting normalizes already, as it would otherwise copy the text twice; constraining
 * does it again for values that were computed.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_collation.h"
#include "regex/regex.h"
#include "utils/builtins.h"

typedef enum Casing
{
	CASING_NONE,
	CASING_UPPER,
	CASING_LOWER
} Casing;

static const char *const casing_names[] = { "none", "upper", "lower", NULL };

typedef struct StringConstraints
{
	AshOptInt min_length;
	AshOptInt max_length;
	const char *match;
	bool trim;
	bool allow_empty;
	Casing casing;
	AshRegex *regex;
} StringConstraints;

#define STRING_OPTIONS                                                                       \
	ASH_OPTION(StringConstraints, "max_length", INT, max_length, .flags = ASH_OPT_COUNT,     \
			   .doc = "Most characters allowed."),                                           \
		ASH_OPTION(StringConstraints, "min_length", INT, min_length, .flags = ASH_OPT_COUNT, \
				   .doc = "Fewest characters allowed."),                                     \
		ASH_OPTION(StringConstraints, "match", STRING, match, .flags = ASH_OPT_NONEMPTY,     \
				   .doc = "Regular expression that the value must match."),                  \
		ASH_OPTION(StringConstraints, "trim", BOOL, trim, .dflt = "true",                    \
				   .doc = "Remove white space at both ends."),                               \
		ASH_OPTION(StringConstraints, "allow_empty", BOOL, allow_empty, .dflt = "false",     \
				   .doc = "Keep an empty value instead of turning it into null.")

static const AshOpt string_options[] = { STRING_OPTIONS, ASH_OPT_END };
static const AshOpt ci_string_options[] = {
	STRING_OPTIONS,
	ASH_OPTION(StringConstraints, "casing", ENUM, casing, .dflt = "\"none\"",
			   .choices = casing_names, .doc = "Letter case that values are stored in."),
	ASH_OPT_END
};

static const AshSpec string_spec =
	ASH_SPEC("string", StringConstraints, string_options, .doc = "Constraints of a string.");
static const AshSpec ci_string_spec = ASH_SPEC("ci_string", StringConstraints, ci_string_options,
											   .doc = "Constraints of a case-insensitive string.");

/* Compiles "match". */
static bool
string_prepare(AshTypeInst *inst, AshErrors *errors)
{
	StringConstraints *c = inst->constraints;

	if (c == NULL || c->match == NULL)
		return true;
	ash_errors_push_name(errors, "match");
	c->regex = ash_regex_compile(c->match, errors);
	ash_errors_pop(errors);
	return c->regex != NULL;
}

/* The text of a scalar that may be given for a string. */
static bool
string_input(const JsonbValue *in, AshText *out)
{
	if (in->type == jbvString)
		*out = jv_text(in);
	else if (in->type == jbvBool)
	{
		out->s = in->val.boolean ? "true" : "false";
		out->len = strlen(out->s);
	}
	else
		return false;
	return true;
}

/* Trims and determines what an empty string is; false: it is null. */
static bool
string_normalize(const StringConstraints *c, AshText *str)
{
	AshText trimmed = ash_trim(*str);

	if (c->trim)
		*str = trimmed;
	return c->allow_empty || trimmed.len > 0;
}

/* Trims already, which saves the copy that constraining would make. */
static bool
string_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			bool *reported)
{
	AshText str;

	if (!string_input(in, &str))
		return false;
	/* trimming here saves the copy that constraining would make */
	if (!cast->no_constraints && !string_normalize(inst->constraints, &str))
		out->isnull = true;
	else
		out->value = PointerGetDatum(cstring_to_text_with_len(str.s, str.len));
	return true;
}

/*
 * Counts characters only when the number of bytes does not settle it: a character has at least
 * one byte.
 */
static bool
check_length(const StringConstraints *c, AshText str, AshCast *cast)
{
	int length;
	bool ok = true;

	/* a character has at least one byte */
	if (!c->min_length.set && (!c->max_length.set || str.len <= c->max_length.value))
		return true;
	length = ash_grapheme_length(str.s, str.len);
	if (c->max_length.set && length > c->max_length.value)
	{
		ash_cast_fail_int(cast, "length must be less than or equal to %{max}", "max",
						  c->max_length.value);
		ok = false;
	}
	if (c->min_length.set && length < c->min_length.value)
	{
		ash_cast_fail_int(cast, "length must be greater than or equal to %{min}", "min",
						  c->min_length.value);
		ok = false;
	}
	return ok;
}

/* False after adding an error. */
static bool
check_match(const StringConstraints *c, AshText str, AshCast *cast)
{
	StringInfoData json;

	if (c->regex == NULL || ash_regex_matches(c->regex, str.s, str.len))
		return true;
	initStringInfo(&json);
	ash_write_json_string(&json, c->match, strlen(c->match));
	ash_cast_fail_json(cast, "must match the pattern %{regex}", "regex", json.data);
	return false;
}

/* Normalizes before it checks, for values that were computed. */
static bool
string_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const StringConstraints *c = inst->constraints;
	text *txt = DatumGetTextPP(value->value);
	AshText str = { VARDATA_ANY(txt), VARSIZE_ANY_EXHDR(txt) };
	int len = str.len;
	bool ok;

	if (!string_normalize(c, &str))
	{
		value->isnull = true;
		value->value = (Datum) 0;
		return true;
	}
	if (c->casing != CASING_NONE)
	{
		txt = ash_change_case(str, c->casing == CASING_UPPER);
		value->value = PointerGetDatum(txt);
		str.s = VARDATA_ANY(txt);
		str.len = VARSIZE_ANY_EXHDR(txt);
	}
	else if (str.len != len)
	{
		txt = cstring_to_text_with_len(str.s, str.len);
		value->value = PointerGetDatum(txt);
		str.s = VARDATA_ANY(txt);
	}
	ok = check_length(c, str, cast);
	return check_match(c, str, cast) && ok;
}

/*
 * Code points are never fewer than characters, so a column may be checked for min_length;
 * max_length would refuse what the type accepts.
 */
static char *
string_check_sql(const AshTypeInst *inst, const char *column)
{
	const StringConstraints *c = inst->constraints;
	StringInfoData buf;

	initStringInfo(&buf);
	if (c->min_length.set)
		appendStringInfo(
			&buf,
			"pg_catalog.char_length(%s::pg_catalog.text) OPERATOR(pg_catalog.>=) " INT64_FORMAT,
			column, c->min_length.value);
	if (c->regex != NULL && c->regex->cflags == REG_ADVANCED)
		appendStringInfo(
			&buf, "%s%s::pg_catalog.text COLLATE pg_catalog.\"default\" OPERATOR(pg_catalog.~) %s",
			buf.len > 0 ? " AND " : "", column,
			quote_literal_cstr(text_to_cstring(c->regex->pattern)));
	return buf.len > 0 ? buf.data : NULL;
}

const AshType ash_type_string = {
	.name = "string",
	.doc = "Text. Trimmed, and null when empty, unless the constraints say otherwise.",
	.storage = "text",
	.constraints = &string_spec,
	.prepare = string_prepare,
	.cast = string_cast,
	.constrain = string_constrain,
	.check_sql = string_check_sql,
};

const AshType ash_type_ci_string = {
	.name = "ci_string",
	.doc = "Text that compares without regard to letter case (citext).",
	.storage = "citext",
	.from_extension = true,
	.constraints = &ci_string_spec,
	.prepare = string_prepare,
	.cast = string_cast,
	.constrain = string_constrain,
	.check_sql = string_check_sql,
};
