/*-------------------------------------------------------------------------
 *
 * src/define/expand_actions.c
 *	  Actions in long form: default actions, arguments and accepted attributes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "model/action_def.h"

/* Every action of the source is copied without these, which are built anew. */
static const char *const rebuilt[] = { "type", "transaction", "arguments", "accept",
									   "run",  "metadata",	  NULL };

/* True if the action says that type. */
static bool
is_type(json_t *action, const char *type)
{
	const char *written = json_string_value(json_object_get(action, "type"));

	return written != NULL && strcmp(written, type) == 0;
}

/* True for actions that change a record and so take "accept". */
static bool
writes(json_t *action)
{
	return is_type(action, "create") || is_type(action, "update") || is_type(action, "destroy");
}

/*-------------------------------------------------------------------------
 * Inputs
 *-------------------------------------------------------------------------
 */

/*
 * Append name to the accepted names, unless it is there already or an argument of the
 * action has it: an input is the argument then.
 */
static void
accept_one(json_t *accept, json_t *arguments, const char *name)
{
	size_t i;
	json_t *item;

	if (json_object_get(arguments, name) != NULL)
		return;
	json_array_foreach (accept, i, item)
	{
		if (strcmp(json_string_value(item), name) == 0)
			return;
	}
	json_array_append_new(accept, json_string_nocheck(name));
}

/*
 * The names that are accepted, a new list: "*" stands for all attributes that are public
 * and writable. Names that do not exist are kept for the compiler to refuse.
 */
static json_t *
expand_accept(AshExpansion *exp, json_t *written, json_t *arguments)
{
	json_t *attributes = json_object_get(exp->out, "attributes");
	json_t *names = ash_json_listed(written);
	json_t *accept = json_array();
	const char *name;
	json_t *attr;
	size_t i;
	json_t *item;

	json_array_foreach (names, i, item)
	{
		if (strcmp(json_string_value(item), "*") != 0)
		{
			accept_one(accept, arguments, json_string_value(item));
			continue;
		}
		json_object_foreach (attributes, name, attr)
		{
			if (ash_json_flag(attr, "public", false) && ash_json_flag(attr, "writable", true))
				accept_one(accept, arguments, name);
		}
	}
	json_decref(names);
	return accept;
}

/*
 * The action's own "accept", else the resource's "default_accept"; all public attributes
 * for an embedded resource that says neither. A destroy accepts nothing unless it is soft.
 * When "*" or arguments have changed the positions, the path map gets the written ones.
 */
static void
set_accept(AshExpansion *exp, json_t *node, json_t *out)
{
	json_t *written = json_object_get(node, "accept");
	json_t *accept;
	size_t i;
	size_t j;
	json_t *item;
	json_t *other;

	if (is_type(node, "destroy") && !ash_json_flag(node, "soft", false))
	{
		ash_json_set(out, "accept", json_array());
		return;
	}
	if (written == NULL)
		written = json_object_get(exp->source, "default_accept");
	if (written == NULL && exp->embedded)
		accept = expand_accept(exp, json_string("*"), json_object_get(out, "arguments"));
	else
		accept = expand_accept(exp, written, json_object_get(out, "arguments"));
	ash_json_set(out, "accept", accept);
	json_array_foreach (accept, i, item)
	{
		json_array_foreach (written, j, other)
		{
			if (i != j && json_equal(item, other))
				ash_path_map_add(&exp->def->map, exp->errors,
								 ash_path_append(NIL, "accept", (int) i),
								 ash_path_append(NIL, "accept", (int) j));
		}
	}
}

/*
 * "get_by": a required argument of the attribute's type for each name, and "get". Faults of
 * these arguments are those of the attributes, so the path map knows them as copies.
 */
static void
add_get_by(AshExpansion *exp, json_t *out)
{
	json_t *attributes = json_object_get(exp->out, "attributes");
	json_t *names = json_object_get(out, "get_by");
	size_t i;
	json_t *item;

	if (names == NULL)
		return;
	names = ash_json_listed(names);
	ash_json_set(out, "get_by", names);
	ash_json_set(out, "get", json_true());
	json_array_foreach (names, i, item)
	{
		const char *name = json_string_value(item);
		json_t *attr = json_object_get(attributes, name);
		json_t *arg;

		if (json_object_get(json_object_get(out, "arguments"), name) != NULL)
			continue;
		arg = ash_json_object();
		ash_json_set(arg, "type",
					 attr ? json_deep_copy(json_object_get(attr, "type")) : json_string("string"));
		if (json_object_get(attr, "constraints") != NULL)
			ash_json_set(arg, "constraints", json_deep_copy(json_object_get(attr, "constraints")));
		ash_json_set(arg, "allow_nil", json_false());
		ash_json_set(json_object_get(out, "arguments"), name, arg);
		ash_path_map_add_copy(&exp->def->map,
							  ash_path_append(ash_path_append(exp->errors->path, "arguments", -1),
											  name, -1),
							  ash_expand_attribute_path(exp->def,
														psprintf("%s.%s", exp->doc->name,
																 exp->short_name),
														name));
	}
}

/* "run" or "manual" as {"function", "options"}; new. */
static json_t *
expand_run(json_t *run)
{
	json_t *out = ash_json_object();

	ash_json_set(out, "function",
				 json_deep_copy(json_is_string(run) ? run : json_object_get(run, "function")));
	if (json_object_get(run, "options") != NULL)
		ash_json_set(out, "options", json_deep_copy(json_object_get(run, "options")));
	else
		ash_json_set(out, "options", ash_json_object());
	return out;
}

/*-------------------------------------------------------------------------
 * Actions
 *-------------------------------------------------------------------------
 */

/*
 * The long form of an action, new; errors->path is that of the action. The attributes of
 * the resource are expanded already.
 */
static json_t *
expand_action(AshExpansion *exp, json_t *node)
{
	json_t *out = ash_json_object();
	const char *key;
	json_t *value;

	ash_json_set(out, "type", json_deep_copy(json_object_get(node, "type")));
	ash_json_set(out, "transaction",
				 json_boolean(ash_json_flag(node, "transaction", writes(node))));
	json_object_foreach (node, key, value)
	{
		if (ash_name_index(rebuilt, key) >= 0)
			continue;
		ash_errors_push_name(exp->errors, key);
		if (strcmp(key, "prepare") == 0 || strcmp(key, "preparations") == 0)
			ash_json_set(out, key, ash_expand_preparations(exp, value));
		else
			ash_json_set(out, key, json_deep_copy(value));
		ash_errors_pop(exp->errors);
	}
	ash_json_set(out, "arguments", ash_expand_arguments(exp, json_object_get(node, "arguments")));
	if (json_object_get(node, "metadata") != NULL)
		ash_json_set(out, "metadata", ash_expand_arguments(exp, json_object_get(node, "metadata")));
	add_get_by(exp, out);
	if (writes(node))
		set_accept(exp, node, out);
	if (json_object_get(node, "run") != NULL)
		ash_json_set(out, "run", expand_run(json_object_get(node, "run")));
	if (json_object_get(node, "manual") != NULL)
		ash_json_set(out, "manual", expand_run(json_object_get(node, "manual")));
	if (json_object_get(node, "returns") != NULL)
	{
		json_t *type = ash_json_object();

		ash_json_set(type, "type", json_deep_copy(json_object_get(node, "returns")));
		if (json_object_get(node, "constraints") != NULL)
			ash_json_set(type, "constraints", json_deep_copy(json_object_get(node, "constraints")));
		ash_expand_type(exp, type);
		ash_json_set(out, "returns", json_deep_copy(json_object_get(type, "type")));
		if (json_object_get(type, "constraints") != NULL)
			ash_json_set(out, "constraints", json_deep_copy(json_object_get(type, "constraints")));
		json_decref(type);
	}
	return out;
}

/*
 * True if actions, in either form, has one of that type; with primary, one that says it is
 * primary.
 */
static bool
has_action(json_t *actions, const char *type, bool primary)
{
	const char *name;
	json_t *node;

	json_object_foreach (actions, name, node)
	{
		if (is_type(node, type) && (!primary || ash_json_flag(node, "primary", false)))
			return true;
	}
	return false;
}

/*
 * The action a default stands for, new. It is primary unless another one of its type is; a
 * read can be paginated in both ways. accept NULL: as the resource says.
 */
static json_t *
default_action(AshExpansion *exp, const char *type, json_t *accept)
{
	json_t *node = ash_json_object();
	json_t *actions = json_object_get(exp->source, "actions");

	ash_json_set(node, "type", json_string(type));
	if (!has_action(actions, type, true))
		ash_json_set(node, "primary", json_true());
	if (strcmp(type, "read") == 0)
		ash_json_set(node, "pagination",
					 json_pack("{s:b, s:b, s:b, s:b}", "offset", 1, "keyset", 1, "required", 0,
							   "countable", 1));
	if (accept != NULL)
		ash_json_set(node, "accept", json_deep_copy(accept));
	return node;
}

/*
 * Expand node under that name into out, or add an error when the name is taken. node is
 * released.
 */
static void
add_action(AshExpansion *exp, json_t *out, const char *name, json_t *node)
{
	ash_errors_push_name(exp->errors, name);
	if (json_object_get(out, name) != NULL)
		ash_error_definition(exp->errors, NULL, "Multiple actions (2) with the name `%s` defined",
							 name);
	else
		ash_json_set(out, name, expand_action(exp, node));
	ash_errors_pop(exp->errors);
	json_decref(node);
}

/*
 * The actions of the list "defaults". Their faults stand at the list's item, unless the
 * document has an action of the same name.
 */
static void
add_defaults(AshExpansion *exp, json_t *out, json_t *defaults)
{
	size_t i;
	json_t *item;

	json_array_foreach (defaults, i, item)
	{
		const char *name = json_string_value(item);
		json_t *accept = NULL;

		if (name == NULL)
		{
			name = json_object_iter_key(json_object_iter(item));
			accept = json_object_get(item, name);
		}
		if (json_object_get(json_object_get(exp->source, "actions"), name) == NULL)
			ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, name, -1),
							 ash_path_append(NIL, "defaults", (int) i));
		add_action(exp, out, name, default_action(exp, name, accept));
	}
}

/*
 * An embedded resource gets a default action for each type that it has none of: its values
 * are created, updated and destroyed with their record.
 */
static void
add_missing(AshExpansion *exp, json_t *out)
{
	int i;

	for (i = ASH_ACTION_CREATE; i <= ASH_ACTION_DESTROY; i++)
	{
		const char *type = ash_action_types[i];

		if (!has_action(out, type, false) && json_object_get(out, type) == NULL)
			add_action(exp, out, type, default_action(exp, type, NULL));
	}
}

/* Put the section "actions" into exp->out, the defaults first. */
void
ash_expand_actions(AshExpansion *exp)
{
	json_t *out = ash_json_object();
	const char *name;
	json_t *node;

	ash_errors_push_name(exp->errors, "actions");
	json_object_foreach (json_object_get(exp->source, "actions"), name, node)
	{
		if (strcmp(name, "defaults") == 0)
			add_defaults(exp, out, node);
		else
			add_action(exp, out, name, json_incref(node));
	}
	if (exp->embedded)
		add_missing(exp, out);
	ash_errors_pop(exp->errors);
	ash_json_set(exp->out, "actions", out);
}
