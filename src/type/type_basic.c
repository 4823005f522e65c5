/*-------------------------------------------------------------------------
 *
 * src/type/type_basic.c
 *	  boolean, atom, enum, duration_name and term.
 *
 * Names (atom, enum, duration_name) are stored as text, so that a column of them can be
 * read by anything; their set is a CHECK constraint of the column.  atom and enum differ
 * in how they read their input: an atom as it is, an enum in any letter case.  A term is
 * any JSON, stored as jsonb.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

/* True when in is str, byte by byte. */
static bool
text_is(AshText in, const char *str)
{
	return in.len == strlen(str) && memcmp(in.s, str, in.len) == 0;
}

/* Also "true", "false", "1" and "0", as forms send them. */
static bool
boolean_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			 bool *reported)
{
	AshText str;

	if (in->type == jbvBool)
		out->value = BoolGetDatum(in->val.boolean);
	else if (in->type != jbvString)
		return false;
	else if ((str = jv_text(in), text_is(str, "true") || text_is(str, "1")))
		out->value = BoolGetDatum(true);
	else if (text_is(str, "false") || text_is(str, "0"))
		out->value = BoolGetDatum(false);
	else
		return false;
	return true;
}

static void
boolean_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	appendStringInfoString(out, DatumGetBool(value) ? "true" : "false");
}

/*-------------------------------------------------------------------------
 * atom
 *-------------------------------------------------------------------------
 */
typedef struct AtomConstraints
{
	List *one_of; /* of char * */
	char *list;	  /* the same for the message, as JSON */
} AtomConstraints;

static const AshOpt atom_options[] = {
	ASH_OPTION(AtomConstraints, "one_of", NAMES, one_of, .doc = "Names allowed."), ASH_OPT_END
};

static const AshSpec atom_spec =
	ASH_SPEC("atom", AtomConstraints, atom_options, .doc = "Constraints of an atom.");

/* The list of names for the message, as a JSON string. */
static bool
atom_prepare(AshTypeInst *inst, AshErrors *errors)
{
	AtomConstraints *c = inst->constraints;
	StringInfoData names;
	StringInfoData json;
	ListCell *lc;

	initStringInfo(&names);
	foreach (lc, c->one_of)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", (char *) lfirst(lc));
	initStringInfo(&json);
	ash_write_json_string(&json, names.data, names.len);
	c->list = json.data;
	return true;
}

/* A boolean is the atom of its name. */
static bool
atom_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	AshText str;

	if (in->type == jbvBool)
		out->value = PointerGetDatum(cstring_to_text(in->val.boolean ? "true" : "false"));
	else if (in->type != jbvString || in->val.string.len == 0)
		return false;
	else
	{
		str = jv_text(in);
		out->value = PointerGetDatum(cstring_to_text_with_len(str.s, str.len));
	}
	return true;
}

/* The one of names that equals name, or NULL. */
static const char *
find_name(List *names, AshText name)
{
	ListCell *lc;

	foreach (lc, names)
		if (text_is(name, lfirst(lc)))
			return lfirst(lc);
	return NULL;
}

/* The message shows the value unless it is sensitive. */
static bool
atom_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const AtomConstraints *c = inst->constraints;
	text *txt = DatumGetTextPP(value->value);
	AshText str = { VARDATA_ANY(txt), VARSIZE_ANY_EXHDR(txt) };
	AshError *error;

	if (c->one_of == NIL || find_name(c->one_of, str) != NULL)
		return true;
	error = ash_cast_fail(cast, "atom must be one of %{atom_list}, got: %{value}");
	ash_error_var_json(cast->errors, error, "atom_list", c->list);
	ash_error_var_text(cast->errors, error, "value",
					   cast->sensitive ? "**redacted**" : text_to_cstring(txt));
	ash_cast_interpolate(cast, error);
	return false;
}

/* "column = ANY (ARRAY['a', 'b'])"; NULL without names. */
static char *
names_check_sql(List *names, const char *column)
{
	StringInfoData buf;
	ListCell *lc;

	if (names == NIL)
		return NULL;
	initStringInfo(&buf);
	appendStringInfo(&buf, "%s OPERATOR(pg_catalog.=) ANY (ARRAY[", column);
	foreach (lc, names)
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_literal_cstr(lfirst(lc)));
	appendStringInfoString(&buf, "]::pg_catalog.text[])");
	return buf.data;
}

static char *
atom_check_sql(const AshTypeInst *inst, const char *column)
{
	return names_check_sql(((AtomConstraints *) inst->constraints)->one_of, column);
}

/*-------------------------------------------------------------------------
 * enum and duration_name
 *-------------------------------------------------------------------------
 */
typedef struct EnumConstraints
{
	json_t *values; /* list of names, or name → description */
	List *names;	/* of char * */
} EnumConstraints;

static const AshOpt enum_options[] = {
	ASH_OPTION(
		EnumConstraints, "values", JSON, values, .flags = ASH_OPT_REQUIRED,
		.doc =
			"The names, as a list or as an object of name and description (or description and label)."),
	ASH_OPT_END
};

static const AshSpec enum_spec =
	ASH_SPEC("enum", EnumConstraints, enum_options, .doc = "The values of an enum.");

/* What a name may be described by: nothing, a description, or an object of these. */
static const AshOpt enum_value_options[] = {
	ASH_OPTION_CHECKED("description", STRING, .doc = "What it means."),
	ASH_OPTION_CHECKED("label", STRING, .doc = "Name to show to users."), ASH_OPT_END
};

static const AshSpec enum_value_spec =
	ASH_SPEC_CHECKED("enum value", enum_value_options, .shorthand = "description",
					 .doc = "A name of an enum.");

/* False after adding an error: the name is there already. */
static bool
add_enum_name(EnumConstraints *c, const char *name, AshErrors *errors)
{
	AshText text = { name, strlen(name) };

	if (find_name(c->names, text) != NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is listed twice",
					  ash_clip(name));
		return false;
	}
	c->names = lappend(c->names, pstrdup(name));
	return true;
}

/* {"name": description or {"description", "label"}}; an item of a list may be such an object. */
static bool
add_described_names(EnumConstraints *c, json_t *object, AshErrors *errors)
{
	const char *name;
	json_t *value;
	bool ok = true;

	json_object_foreach (object, name, value)
	{
		ash_errors_push_name(errors, name);
		ok &= (json_is_null(value) || ash_spec_check(&enum_value_spec, value, NULL, errors)) &&
			  add_enum_name(c, name, errors);
		ash_errors_pop(errors);
	}
	return ok;
}

/* A name, or an object of a name and its description. */
static bool
add_enum_item(EnumConstraints *c, json_t *item, AshErrors *errors)
{
	if (json_is_string(item))
		return add_enum_name(c, json_string_value(item), errors);
	if (json_is_object(item))
		return add_described_names(c, item, errors);
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
				  "expected a name, or an object of a name and its description");
	return false;
}

/* All items of the list, also after a fault. */
static bool
add_enum_list(EnumConstraints *c, json_t *list, AshErrors *errors)
{
	json_t *item;
	size_t i;
	bool ok = true;

	json_array_foreach (list, i, item)
	{
		ash_errors_push_index(errors, (int) i);
		ok &= add_enum_item(c, item, errors);
		ash_errors_pop(errors);
	}
	return ok;
}

/* Collects the names from either form of "values". */
static bool
enum_prepare(AshTypeInst *inst, AshErrors *errors)
{
	EnumConstraints *c = inst->constraints;
	bool ok;

	ash_errors_push_name(errors, "values");
	ok = json_is_object(c->values) ? add_described_names(c, c->values, errors) :
									 add_enum_list(c, c->values, errors);
	if (ok && c->names == NIL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "an enum needs a list of names or an object of names and descriptions");
		ok = false;
	}
	ash_errors_pop(errors);
	return ok;
}

/* Exactly, or else without regard to letter case. */
static const char *
match_name(List *names, AshText str)
{
	const char *exact = find_name(names, str);
	char *lower;
	ListCell *lc;

	if (exact != NULL)
		return exact;
	lower = text_to_cstring(ash_change_case(str, false));
	foreach (lc, names)
	{
		AshText name = { lfirst(lc), strlen(lfirst(lc)) };

		if (strcmp(lower, text_to_cstring(ash_change_case(name, false))) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* Stores the name as it is spelled in the definition. */
static bool
cast_name(List *names, const JsonbValue *in, AshValue *out)
{
	const char *name;

	if (in->type != jbvString)
		return false;
	name = match_name(names, jv_text(in));
	if (name == NULL)
		return false;
	out->value = PointerGetDatum(cstring_to_text(name));
	return true;
}

/* One of the names, in any letter case. */
static bool
enum_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	return cast_name(((EnumConstraints *) inst->constraints)->names, in, out);
}

static char *
enum_check_sql(const AshTypeInst *inst, const char *column)
{
	return names_check_sql(((EnumConstraints *) inst->constraints)->names, column);
}

/* A new list of static strings. */
static List *
duration_names(void)
{
	static const char *const names[] = { "year",   "month",	 "week",		"day",		  "hour",
										 "minute", "second", "millisecond", "microsecond" };
	List *list = NIL;
	int i;

	for (i = 0; i < lengthof(names); i++)
		list = lappend(list, (char *) names[i]);
	return list;
}

/* As an enum of the fixed list. */
static bool
duration_name_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
				   bool *reported)
{
	return cast_name(duration_names(), in, out);
}

static char *
duration_name_check_sql(const AshTypeInst *inst, const char *column)
{
	return names_check_sql(duration_names(), column);
}

/*-------------------------------------------------------------------------
 * term: any JSON
 *-------------------------------------------------------------------------
 */
static bool
term_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	out->value = JsonbPGetDatum(ash_jsonb_from_value(in));
	return true;
}

const AshType ash_type_boolean = {
	.name = "boolean",
	.doc = "true or false.",
	.storage = "bool",
	.cast = boolean_cast,
	.write_json = boolean_write_json,
};

const AshType ash_type_atom = {
	.name = "atom",
	.doc = "A name, usually one of a fixed set.",
	.storage = "text",
	.constraints = &atom_spec,
	.prepare = atom_prepare,
	.cast = atom_cast,
	.constrain = atom_constrain,
	.check_sql = atom_check_sql,
};

const AshType ash_type_enum = {
	.name = "enum",
	.doc = "One of a fixed set of names, accepted in any letter case.",
	.storage = "text",
	.constraints = &enum_spec,
	.prepare = enum_prepare,
	.cast = enum_cast,
	.check_sql = enum_check_sql,
};

const AshType ash_type_duration_name = {
	.name = "duration_name",
	.doc =
		"A unit of time: year, month, week, day, hour, minute, second, millisecond, microsecond.",
	.storage = "text",
	.cast = duration_name_cast,
	.check_sql = duration_name_check_sql,
};

const AshType ash_type_term = {
	.name = "term",
	.doc = "Any JSON value.",
	.storage = "jsonb",
	.cast = term_cast,
};
