/*-------------------------------------------------------------------------
 *
 * src/expr/domain_functions.c
 *	  SQL functions that a domain registers for its expressions:
 *	  {"functions": {"slug": {"function": "app.slug", "arguments": ["string"],
 *	  "returns": "string"}}}.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"
#include "model/resource.h"
#include "utils/memutils.h"

/* "schema.name" */
static bool
split_name(const char *written, AshUserFunction *out)
{
	const char *dot = written ? strchr(written, '.') : NULL;

	if (dot == NULL)
		return false;
	out->schema = pnstrdup(written, dot - written);
	out->name = pstrdup(dot + 1);
	return true;
}

static const AshTypeInst *
type_named(json_t *name)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);

	return json_is_string(name) ? ash_type_compile(json_string_value(name), NULL, errors) : NULL;
}

/* False when a type is unknown. */
static bool
fill_signature(json_t *node, AshUserFunction *out)
{
	json_t *arguments = json_object_get(node, "arguments");
	size_t i;
	json_t *item;

	out->nargs = (int) json_array_size(arguments);
	out->args = palloc0(sizeof(AshTypeInst *) * (out->nargs + 1));
	json_array_foreach (arguments, i, item)
	{
		out->args[i] = type_named(item);
		if (out->args[i] == NULL)
			return false;
	}
	out->returns = type_named(json_object_get(node, "returns"));
	return out->returns != NULL;
}

/*
 * Fills out and returns true when the domain of res registers a function of that name
 * whose types exist.  What out points to lives as long as res.
 */
bool
ash_user_function_find(const AshResource *res, const char *name, AshUserFunction *out)
{
	json_t *node = json_object_get(res->domain.functions, name);
	MemoryContext old;
	bool found;

	if (node == NULL)
		return false;
	old = MemoryContextSwitchTo(res->cxt);
	found = split_name(json_string_value(json_object_get(node, "function")), out) &&
			fill_signature(node, out);
	MemoryContextSwitchTo(old);
	return found;
}
