/*-------------------------------------------------------------------------
 *
 * src/changeset/validations_text.c
 *	  Validations of a field's text: string_length, byte_size, match.
 *
 * A null passes.  Other types are looked at as the text they are printed as; a
 * list of strings as its items joined, as the framework does it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "changeset/changeset_internal.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct Text
{
	const char *s;
	int len;
} Text;

/* Appends the value as PostgreSQL prints it. */
static void
append_item(StringInfo buf, const AshTypeInst *type, Datum value)
{
	bool varlena;
	Oid output;

	getTypeOutputInfo(type->oid, &output, &varlena);
	appendStringInfoString(buf, OidOutputFunctionCall(output, value));
}

/* The items of an array, one behind the other, nulls left out. */
static Text
list_text(const AshTypeInst *type, Datum value)
{
	const AshTypeInst *item = type->item;
	ArrayType *array = DatumGetArrayTypeP(value);
	StringInfoData buf;
	Datum *items;
	bool *nulls;
	int n;

	initStringInfo(&buf);
	deconstruct_array(array, item->oid, item->typlen, item->typbyval, item->typalign, &items,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (!nulls[i])
			append_item(&buf, item, items[i]);
	}
	return (Text){ buf.data, buf.len };
}

/* The value as text; without a copy when it is stored as such. */
static Text
value_text(const AshTypeInst *type, Datum value)
{
	StringInfoData buf;
	text *t;

	if (type->item != NULL && type->item->item == NULL)
		return list_text(type, value);
	if (type->oid == TEXTOID || strcmp(type->type->storage, "citext") == 0)
	{
		t = DatumGetTextPP(value);
		return (Text){ VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t) };
	}
	initStringInfo(&buf);
	append_item(&buf, type, value);
	return (Text){ buf.data, buf.len };
}

/*-------------------------------------------------------------------------
 * string_length, byte_size
 *-------------------------------------------------------------------------
 */
typedef struct Length
{
	const char *attribute;
	AshOptInt min;
	AshOptInt max;
	AshOptInt exact;

	/* prepared */
	AshSubject subject;
	bool bytes;
} Length;

static const AshOpt length_options[] = {
	ASH_OPTION(Length, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute or argument"),
	ASH_OPTION(Length, "min", INT, min, .doc = "at least so many"),
	ASH_OPTION(Length, "max", INT, max, .doc = "at most so many"),
	ASH_OPTION(Length, "exact", INT, exact, .doc = "exactly so many"), ASH_OPT_END
};

static const AshSpec length_spec =
	ASH_SPEC("length", Length, length_options, .doc = "a field and bounds");

/* Resolves the field; false after adding an error, also when there is no bound. */
static bool
prepare_length(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Length *opts = options;

	if (!ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_FIELD, errors,
							 &opts->subject))
		return false;
	if (opts->min.set || opts->max.set || opts->exact.set)
		return true;
	ash_error_definition(errors, NULL, "needs min, max or exact");
	return false;
}

static bool
prepare_byte_size(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	((Length *) options)->bytes = true;
	return prepare_length(scope, options, errors);
}

/*
 * True if the field is null, or its text is of a length within the bounds: in bytes, or in
 * characters as people count them.
 */
static bool
length_passes(AshChangeset *cs, void *options)
{
	Length *opts = options;
	AshValue value;
	Text text;
	int length;

	if (opts->subject.type == NULL)
		return true;
	value = ash_subject_value(cs, &opts->subject);
	if (value.isnull)
		return true;
	text = value_text(opts->subject.type, value.value);
	length = opts->bytes ? text.len : ash_grapheme_length(text.s, text.len);
	if (opts->exact.set)
		return length == opts->exact.value;
	return (!opts->min.set || length >= opts->min.value) &&
		   (!opts->max.set || length <= opts->max.value);
}

/* The message names the bounds that are given. */
static void
length_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	Length *opts = options;
	const char *what = opts->bytes ? "byte size" : "length";
	const char *bounds;

	if (opts->exact.set)
		bounds = "exactly %{exact}";
	else if (opts->min.set && opts->max.set)
		bounds = "between %{min} and %{max}";
	else
		bounds = opts->min.set ? "at least %{min}" : "no more than %{max}";
	error->field = opts->attribute;
	error->message = psprintf("must have %s of %s", what, bounds);
	if (opts->exact.set)
	{
		ash_error_var_int(errors, error, "exact", opts->exact.value);
		return;
	}
	if (opts->min.set)
		ash_error_var_int(errors, error, "min", opts->min.value);
	if (opts->max.set)
		ash_error_var_int(errors, error, "max", opts->max.value);
}

/*-------------------------------------------------------------------------
 * match
 *-------------------------------------------------------------------------
 */
typedef struct Match
{
	const char *attribute;
	const char *match;

	/* prepared */
	AshSubject subject;
	AshRegex *regex;
} Match;

static const AshOpt match_options[] = {
	ASH_OPTION(Match, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute or argument"),
	ASH_OPTION(Match, "match", STRING, match, .flags = ASH_OPT_REQUIRED,
			   .doc = "regular expression"),
	ASH_OPT_END
};

static const AshSpec match_spec =
	ASH_SPEC("match", Match, match_options, .doc = "a field and a regular expression");

/* Resolves the field and compiles the regular expression; false after adding errors. */
static bool
prepare_match(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Match *opts = options;
	bool ok = ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_FIELD, errors,
								  &opts->subject);

	ash_errors_push_name(errors, "match");
	opts->regex = ash_regex_compile(opts->match, errors);
	ash_errors_pop(errors);
	return ok && opts->regex != NULL;
}

/* True if the field is null, or its text matches. */
static bool
match_passes(AshChangeset *cs, void *options)
{
	Match *opts = options;
	AshValue value;
	Text text;

	if (opts->subject.type == NULL)
		return true;
	value = ash_subject_value(cs, &opts->subject);
	if (value.isnull)
		return true;
	text = value_text(opts->subject.type, value.value);
	return ash_regex_matches(opts->regex, text.s, text.len);
}

/* The message shows the regular expression, quoted. */
static void
match_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	Match *opts = options;
	StringInfoData quoted;

	initStringInfo(&quoted);
	ash_write_json_string(&quoted, opts->match, strlen(opts->match));
	error->field = opts->attribute;
	error->message = "must match %{match}";
	ash_error_var_json(errors, error, "match", quoted.data);
}

const AshValidationDef ash_text_validations[] = {
	{ "string_length", "A field is null, or its text has so many characters.", &length_spec, NULL,
	  prepare_length, length_passes, length_describe, NULL, "exact min max" },
	{ "byte_size", "A field is null, or its text has so many bytes.", &length_spec, NULL,
	  prepare_byte_size, length_passes, length_describe, NULL, "exact min max" },
	{ "match", "A field is null, or its text matches the regular expression.", &match_spec, NULL,
	  prepare_match, match_passes, match_describe, NULL, "match" },
	{ NULL }
};
