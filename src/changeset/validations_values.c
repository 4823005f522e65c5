/*-------------------------------------------------------------------------
 *
 * src/changeset/validations_values.c
 *	  Validations that compare a field for equality: with one value or a list.
 *
 * All of them are one predicate with three questions answered by the registry
 * entry's prepare function: which field, whether a null passes, whether the
 * answer is turned round.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/attribute.h"
#include "model/value_template.h"

typedef struct Equality
{
	const char *attribute;
	const char *argument;
	json_t *value;
	json_t *values;

	/* prepared */
	AshSubject subject;
	List *operands; /* of AshTemplate * */
	bool negated;
	bool null_passes;
	bool stored; /* the stored value is meant, not the new one */
	AshErrorCode code;
	const char *message;
} Equality;

#define ATTRIBUTE_OPTION                                                          \
	ASH_OPTION(Equality, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED, \
			   .doc = "the field")
#define ARGUMENT_OPTION                                                         \
	ASH_OPTION(Equality, "argument", NAME, argument, .flags = ASH_OPT_REQUIRED, \
			   .doc = "the argument")
#define VALUE_OPTION                                                       \
	ASH_OPTION(Equality, "value", VALUE, value, .flags = ASH_OPT_REQUIRED, \
			   .doc = "literal or template")
#define VALUES_OPTION                                                       \
	ASH_OPTION(Equality, "values", JSON, values, .flags = ASH_OPT_REQUIRED, \
			   .doc = "list of literals or templates")

static const AshOpt attribute_value_options[] = { ATTRIBUTE_OPTION, VALUE_OPTION, ASH_OPT_END };
static const AshOpt attribute_values_options[] = { ATTRIBUTE_OPTION, VALUES_OPTION, ASH_OPT_END };
static const AshOpt argument_value_options[] = { ARGUMENT_OPTION, VALUE_OPTION, ASH_OPT_END };
static const AshOpt argument_values_options[] = { ARGUMENT_OPTION, VALUES_OPTION, ASH_OPT_END };

static const AshSpec attribute_value_spec =
	ASH_SPEC("attribute_value", Equality, attribute_value_options,
			 .doc = "an attribute and a value");
static const AshSpec attribute_values_spec =
	ASH_SPEC("attribute_values", Equality, attribute_values_options,
			 .doc = "an attribute and values");
static const AshSpec argument_value_spec =
	ASH_SPEC("argument_value", Equality, argument_value_options, .doc = "an argument and a value");
static const AshSpec argument_values_spec =
	ASH_SPEC("argument_values", Equality, argument_values_options, .doc = "an argument and values");

/*
 * Adds a value to opts->operands; false after adding an error, also for a literal that the
 * field can never have.
 */
static bool
compile_operand(const AshBuiltinScope *scope, Equality *opts, const char *option, json_t *node,
				AshErrors *errors)
{
	AshTemplate *tmpl = ash_option_compile(scope, option, node, opts->subject.type, false, errors);

	if (tmpl == NULL)
		return false;
	if (tmpl->kind == ASH_TEMPLATE_LITERAL && tmpl->type == NULL && opts->subject.type != NULL)
	{
		ash_error_definition(errors, option,
							 "%s can never be a value of \"%s\", which is of type %s",
							 ash_json_dump(node, false), opts->subject.name,
							 opts->subject.type->name);
		return false;
	}
	opts->operands = lappend(opts->operands, tmpl);
	return true;
}

/*
 * Resolves the field, which may be what allowed says, and compiles the values; false after
 * adding errors.
 */
static bool
prepare_equality(const AshBuiltinScope *scope, Equality *opts, int allowed, AshErrors *errors)
{
	const char *option = opts->argument != NULL ? "argument" : "attribute";
	const char *name = opts->argument != NULL ? opts->argument : opts->attribute;
	int n = json_is_array(opts->values) ? (int) json_array_size(opts->values) : 1;
	bool ok = true;

	opts->code = opts->argument != NULL ? ASH_E_INVALID_ARGUMENT : ASH_E_INVALID_ATTRIBUTE;
	if (!ash_subject_resolve(scope, option, name, allowed, errors, &opts->subject))
		return false;
	if (opts->values == NULL)
		return compile_operand(scope, opts, "value", opts->value, errors);
	for (int i = 0; i < n; i++)
		ok &= compile_operand(scope, opts, "values",
							  json_is_array(opts->values) ? json_array_get(opts->values, i) :
															opts->values,
							  errors);
	return ok;
}

static bool
prepare_equals(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Equality *opts = options;

	opts->message = "must equal %{value}";
	return prepare_equality(scope, opts,
							opts->argument ? ASH_SUBJECT_ARGUMENT : ASH_SUBJECT_ATTRIBUTE, errors);
}

/* As prepare_equals, with the answer turned round. */
static bool
prepare_does_not_equal(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Equality *opts = options;

	if (!prepare_equals(scope, options, errors))
		return false;
	opts->negated = true;
	opts->message = "must not equal %{value}";
	return true;
}

static bool
prepare_one_of(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Equality *opts = options;

	opts->null_passes = true;
	opts->message = "expected one of %{values}";
	return prepare_equality(scope, opts, ASH_SUBJECT_FIELD, errors);
}

static bool
prepare_attribute_in(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Equality *opts = options;

	opts->null_passes = true;
	opts->message = "expected one of %{values}";
	return prepare_equality(scope, opts, ASH_SUBJECT_ATTRIBUTE, errors);
}

static bool
prepare_data_one_of(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Equality *opts = options;

	opts->stored = true;
	opts->message = "expected one of %{values}";
	return prepare_equality(scope, opts, ASH_SUBJECT_ATTRIBUTE, errors);
}

/* The value that is compared: of the field, or the stored one. */
static AshValue
subject_value(const AshChangeset *cs, const Equality *opts)
{
	AshValue null = { 0, true };

	if (!opts->stored)
		return ash_subject_value(cs, &opts->subject);
	return cs->data != NULL ? cs->data[opts->subject.attribute->index] : null;
}

/* True if the value equals one of the operands; null equals null. */
static bool
equals_any(AshChangeset *cs, const Equality *opts, const AshValue *value)
{
	ListCell *lc;

	foreach (lc, opts->operands)
	{
		AshValue operand;

		if (ash_option_operand(cs, lfirst(lc), opts->subject.type, &operand) &&
			(value->isnull ?
				 operand.isnull :
				 !operand.isnull && ash_type_equal(opts->subject.type, value, &operand)))
			return true;
	}
	return false;
}

/* A field that the action does not have passes unless it would have to have a value. */
static bool
equality_passes(AshChangeset *cs, void *options)
{
	Equality *opts = options;
	AshValue value;

	if (opts->subject.type == NULL)
		return opts->null_passes || opts->negated;
	value = subject_value(cs, opts);
	if (value.isnull && opts->null_passes)
		return true;
	return equals_any(cs, opts, &value) != opts->negated;
}

/* The value of an option as plain text, for lists in messages. */
static const char *
option_text(AshChangeset *cs, const AshTemplate *tmpl)
{
	JsonbValue value;
	const char *text;

	if (tmpl->kind == ASH_TEMPLATE_LITERAL && json_is_string(tmpl->json))
		return json_string_value(tmpl->json);
	if (tmpl->kind == ASH_TEMPLATE_LITERAL || tmpl->kind == ASH_TEMPLATE_EXPR ||
		tmpl->kind == ASH_TEMPLATE_ATTRIBUTE)
		return ash_option_json(cs, tmpl);
	ash_template_json(&cs->call->bindings, tmpl, &value);
	text = ash_jsonb_value_text(&value);
	return text != NULL ? text : "";
}

/* "a, b" */
static const char *
join_operands(AshChangeset *cs, const Equality *opts)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, opts->operands)
	{
		if (buf.len > 0)
			appendStringInfoString(&buf, ", ");
		appendStringInfoString(&buf, option_text(cs, lfirst(lc)));
	}
	return buf.data;
}

/* The message shows the value, or the values joined by ", ". */
static void
equality_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	Equality *opts = options;
	StringInfoData values;

	error->code = opts->code;
	error->field = opts->subject.name;
	error->message = opts->message;
	if (opts->values == NULL)
		ash_error_var_json(errors, error, "value", ash_option_json(cs, linitial(opts->operands)));
	else if (opts->argument != NULL)
		ash_error_var_json(errors, error, "value", "null");
	else
	{
		const char *text = join_operands(cs, opts);

		initStringInfo(&values);
		ash_write_json_string(&values, text, strlen(text));
		ash_error_var_json(errors, error, "values", values.data);
	}
}

#define EQUALITY equality_passes, equality_describe, NULL, "value values"

const AshValidationDef ash_value_validations[] = {
	{ "attribute_equals", "An attribute has the value, null included.", &attribute_value_spec, NULL,
	  prepare_equals, EQUALITY },
	{ "attribute_does_not_equal", "An attribute has another value.", &attribute_value_spec, NULL,
	  prepare_does_not_equal, EQUALITY },
	{ "attribute_in", "An attribute is null or has one of the values.", &attribute_values_spec,
	  NULL, prepare_attribute_in, EQUALITY },
	{ "argument_equals", "An argument has the value, null included.", &argument_value_spec, NULL,
	  prepare_equals, EQUALITY },
	{ "argument_does_not_equal", "An argument has another value.", &argument_value_spec, NULL,
	  prepare_does_not_equal, EQUALITY },
	{ "argument_in", "An argument has one of the values.", &argument_values_spec, NULL,
	  prepare_equals, EQUALITY },
	{ "one_of", "A field is null or has one of the values.", &attribute_values_spec, NULL,
	  prepare_one_of, EQUALITY },
	{ "data_one_of", "The stored value of an attribute is one of the values.",
	  &attribute_values_spec, NULL, prepare_data_one_of, EQUALITY },
	{ NULL }
};
