/*-------------------------------------------------------------------------
 *
 * src/define/expand_policies.c
 *	  Policies in long form: no groups, conditions and checks as lists.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "miscadmin.h"

/* One flat policy and where it stands in the source. */
typedef struct FlatPolicy
{
	json_t *node;	   /* as written: {"policy"|"bypass", …}, or whatever it is */
	List *conditions;  /* of json_t *: the groups', outermost first */
	List *path;		   /* tail from the list of policies */
	List *group_paths; /* of List *: tail for each of conditions */
} FlatPolicy;

/* A copy of path with one more index. */
static List *
append_index(List *path, int index)
{
	return lappend(list_copy(path), makeInteger(index));
}

/*
 * Append the conditions of a group, a list or a single one, with their paths to copies of
 * the lists.
 */
static void
add_conditions(json_t *condition, List *path, List **conditions, List **paths)
{
	size_t i;
	json_t *item;

	if (!json_is_array(condition))
	{
		*conditions = lappend(list_copy(*conditions), condition);
		*paths = lappend(list_copy(*paths), path);
		return;
	}
	json_array_foreach (condition, i, item)
	{
		*conditions = lappend(list_copy(*conditions), item);
		*paths = lappend(list_copy(*paths), append_index(path, (int) i));
	}
}

/*
 * All policies of a list (FlatPolicy), those in groups too, in order. conditions and
 * group_paths are those of the groups around the list, path its tail.
 */
static List *
flatten_group(json_t *list, List *path, List *conditions, List *group_paths)
{
	List *flat = NIL;
	size_t i;
	json_t *node;

	check_stack_depth();
	json_array_foreach (list, i, node)
	{
		json_t *group = json_object_get(node, "policy_group");
		List *here = append_index(path, (int) i);
		FlatPolicy *policy;

		if (group != NULL)
		{
			List *inner = conditions;
			List *inner_paths = group_paths;

			add_conditions(group, ash_path_append(here, "policy_group", -1), &inner, &inner_paths);
			flat = list_concat(flat, flatten_group(json_object_get(node, "policies"),
												   ash_path_append(here, "policies", -1), inner,
												   inner_paths));
			continue;
		}
		policy = palloc0(sizeof(FlatPolicy));
		policy->node = node;
		policy->conditions = conditions;
		policy->path = here;
		policy->group_paths = group_paths;
		flat = lappend(flat, policy);
	}
	return flat;
}

/* The key that holds the conditions of a policy. */
static const char *
condition_key(json_t *node)
{
	return json_object_get(node, "bypass") != NULL ? "bypass" : "policy";
}

/*
 * The long form of a policy, new: the conditions of its groups, then its own, and its
 * checks as a list. What is no object is copied for the compiler to refuse.
 */
static json_t *
build_policy(const FlatPolicy *policy)
{
	const char *kind = condition_key(policy->node);
	json_t *conditions = json_array();
	json_t *own = ash_json_listed(json_object_get(policy->node, kind));
	json_t *out;
	const char *key;
	json_t *value;
	ListCell *lc;

	if (!json_is_object(policy->node))
		return json_deep_copy(policy->node);
	foreach (lc, policy->conditions)
		json_array_append_new(conditions, json_deep_copy(lfirst(lc)));
	json_array_extend(conditions, own);
	json_decref(own);
	out = ash_json_object();
	ash_json_set(out, kind, conditions);
	json_object_foreach (policy->node, key, value)
	{
		if (strcmp(key, "checks") == 0)
			ash_json_set(out, key, ash_json_listed(value));
		else if (strcmp(key, kind) != 0)
			ash_json_set(out, key, json_deep_copy(value));
	}
	return out;
}

static const AshOpt group_options[] = {
	ASH_OPTION_CHECKED("policy_group", JSON, .flags = ASH_OPT_REQUIRED),
	ASH_OPTION_CHECKED("policies", JSON),
	ASH_OPT_END,
};
static const AshSpec group_spec = ASH_SPEC_CHECKED("policy_group", group_options);

/*
 * Errors about groups have to be found before these are dissolved; errors->path is that of
 * the list.
 */
static void
check_groups(AshErrors *errors, json_t *list, bool inside)
{
	size_t i;
	json_t *node;

	check_stack_depth();
	json_array_foreach (list, i, node)
	{
		ash_errors_push_index(errors, (int) i);
		if (inside && json_object_get(node, "bypass") != NULL)
			ash_error_definition(errors, NULL, "a policy group must not hold a bypass");
		if (json_object_get(node, "policy_group") != NULL)
		{
			ash_spec_check(&group_spec, node, NULL, errors);
			ash_errors_push_name(errors, "policies");
			if (!json_is_array(json_object_get(node, "policies")))
				ash_error_definition(errors, NULL, "a policy group needs a list of policies");
			check_groups(errors, json_object_get(node, "policies"), true);
			ash_errors_pop(errors);
		}
		ash_errors_pop(errors);
	}
}

/* The flat list of the policies that stand under "policies" of the node at base; new. */
json_t *
ash_expand_policies(AshDefinition *def, List *base, json_t *list)
{
	List *outer = def->errors->path;
	json_t *out = json_array();
	ListCell *lc;

	def->errors->path = ash_path_append(base, "policies", -1);
	check_groups(def->errors, list, false);
	def->errors->path = outer;
	foreach (lc, flatten_group(list, NIL, NIL, NIL))
		json_array_append_new(out, build_policy(lfirst(lc)));
	return out;
}

/*
 * Enter where the conditions of the policy at target came from: groups first. source is the
 * path of the list that was written.
 */
static void
map_conditions(AshDefinition *def, List *target, List *source, const FlatPolicy *policy)
{
	const char *kind = condition_key(policy->node);
	json_t *own = json_object_get(policy->node, kind);
	List *from = ash_path_append(target, kind, -1);
	int groups = list_length(policy->conditions);
	int i;

	for (i = 0; i < groups; i++)
		ash_path_map_add_absolute(&def->map, append_index(from, i),
								  list_concat_copy(source, list_nth(policy->group_paths, i)));
	source = list_concat_copy(source, ash_path_append(policy->path, kind, -1));
	if (!json_is_array(own))
		ash_path_map_add_absolute(&def->map, append_index(from, groups), source);
	for (i = 0; groups > 0 && i < (int) json_array_size(own); i++)
		ash_path_map_add_absolute(&def->map, append_index(from, groups + i),
								  append_index(source, i));
}

/*
 * Enter in the path map that the policies of target, from number offset on, are those of
 * list, which stands under "policies" of base.
 */
void
ash_expand_policy_paths(AshDefinition *def, List *target, List *base, int offset, json_t *list)
{
	List *source = ash_path_append(base, "policies", -1);
	int index = offset;
	ListCell *lc;

	foreach (lc, flatten_group(list, NIL, NIL, NIL))
	{
		FlatPolicy *policy = lfirst(lc);
		List *from = ash_path_append(target, "policies", index++);

		ash_path_map_add_absolute(&def->map, from, list_concat_copy(source, policy->path));
		map_conditions(def, from, source, policy);
	}
}

/* The list with names, conditions and checks as lists; new. */
json_t *
ash_expand_field_policies(json_t *list)
{
	static const char *const listed[] = { "fields", "bypass_fields", "condition", "checks" };
	json_t *out = json_deep_copy(list);
	size_t i;
	json_t *policy;
	int k;

	json_array_foreach (out, i, policy)
	{
		for (k = 0; k < lengthof(listed); k++)
		{
			json_t *value = json_object_get(policy, listed[k]);

			if (value != NULL)
				ash_json_set(policy, listed[k], ash_json_listed(value));
		}
	}
	return out;
}
