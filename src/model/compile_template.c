/*-------------------------------------------------------------------------
 *
 * src/model/compile_template.c
 *	  Values of built-in options: literals and templates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model.h"
#include "model/value_template.h"

typedef bool (*TemplateReader)(AshTemplate *tmpl, json_t *value, AshErrors *errors);

static bool
wrong(const char *expected, json_t *value, AshErrors *errors)
{
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expected %s, got %s", expected,
				  ash_json_kind(value));
	return false;
}

static bool
read_name(AshTemplate *tmpl, json_t *value, AshErrors *errors)
{
	if (!json_is_string(value) || json_string_length(value) == 0)
		return wrong("a name", value, errors);
	tmpl->path = list_make1(pstrdup(json_string_value(value)));
	return true;
}

/* "a.b" */
static List *
split_path(const char *text)
{
	List *path = NIL;
	const char *dot;

	while ((dot = strchr(text, '.')) != NULL)
	{
		path = lappend(path, pnstrdup(text, dot - text));
		text = dot + 1;
	}
	return lappend(path, pstrdup(text));
}

/* A key, keys joined by dots, or a list of keys. */
static bool
read_path(AshTemplate *tmpl, json_t *value, AshErrors *errors)
{
	size_t i;
	json_t *item;

	if (json_is_string(value) && json_string_length(value) > 0)
	{
		tmpl->path = split_path(json_string_value(value));
		return true;
	}
	if (!json_is_array(value) || json_array_size(value) == 0)
		return wrong("a name or a list of names", value, errors);
	json_array_foreach (value, i, item)
	{
		if (!json_is_string(item))
			return wrong("a name", item, errors);
	}
	tmpl->path = ash_json_names(value);
	return true;
}

static bool
read_tenant(AshTemplate *tmpl, json_t *value, AshErrors *errors)
{
	return json_is_true(value) || wrong("true", value, errors);
}

static bool
read_expr(AshTemplate *tmpl, json_t *value, AshErrors *errors)
{
	if (!json_is_string(value) || json_string_length(value) == 0)
		return wrong("an expression", value, errors);
	tmpl->expr_source = pstrdup(json_string_value(value));
	return true;
}

/* A number whose digits are kept: {"decimal": "1.50"}. */
static bool
read_decimal(AshTemplate *tmpl, json_t *value, AshErrors *errors)
{
	const char *text = json_string_value(value);
	json_t *number;

	number = text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
	if (!json_is_number(number))
	{
		json_decref(number);
		return wrong("a number in a string", value, errors);
	}
	tmpl->json = ash_json_own(CurrentMemoryContext, number);
	tmpl->literal = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	return true;
}

static const struct
{
	const char *key;
	AshTemplateKind kind;
	TemplateReader read;
} templates[] = {
	{ "arg", ASH_TEMPLATE_ARG, read_name },
	{ "argument", ASH_TEMPLATE_ARG, read_name },
	{ "attribute", ASH_TEMPLATE_ATTRIBUTE, read_name },
	{ "actor", ASH_TEMPLATE_ACTOR, read_path },
	{ "context", ASH_TEMPLATE_CONTEXT, read_path },
	{ "tenant", ASH_TEMPLATE_TENANT, read_tenant },
	{ "expr", ASH_TEMPLATE_EXPR, read_expr },
	{ "decimal", ASH_TEMPLATE_LITERAL, read_decimal },
};

/* The result lives in CurrentMemoryContext; NULL after adding an error. */
AshTemplate *
ash_template_compile(json_t *node, AshErrors *errors)
{
	AshTemplate *tmpl = palloc0(sizeof(AshTemplate));
	json_t *value;
	bool ok;
	int i;

	tmpl->json = node;
	for (i = 0; json_object_size(node) == 1 && i < lengthof(templates); i++)
	{
		value = json_object_get(node, templates[i].key);
		if (value == NULL)
			continue;
		tmpl->kind = templates[i].kind;
		ash_errors_push_name(errors, templates[i].key);
		ok = templates[i].read(tmpl, value, errors);
		ash_errors_pop(errors);
		return ok ? tmpl : NULL;
	}
	tmpl->kind = ASH_TEMPLATE_LITERAL;
	tmpl->literal = ash_jsonb_from_json(node);
	return tmpl;
}
