/*-------------------------------------------------------------------------
 *
 * src/define/verify_policies.c
 *	  Names in policies that no check looks up when it is compiled.
 *
 * A check on the name of an action is false for every other name, so a misspelt one
 * would never let anybody in, or never keep anybody out.  The resource's own policies
 * name its own actions.  Policies of the domain may name actions that only some of
 * its resources have; those are not checked.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"

/* {"action": name or names}, {"action": {"name": …}} */
static void
verify_action_names(const AshResource *res, json_t *given, AshErrors *errors)
{
	json_t *names = json_is_object(given) ? json_object_get(given, "name") : given;
	ListCell *lc;

	foreach (lc, ash_json_names(names))
	{
		if (ash_find_action(res, lfirst(lc)) == NULL)
			(void) ash_error_unknown(errors, "action", lfirst(lc), ash_action_names(res, ~0u),
									 "%s has no action \"%s\"", res->name, ash_clip(lfirst(lc)));
	}
}

/*
 * An actor may be an object with keys that its resource does not have, so only what looks
 * like one of its attributes is refused.
 */
static void
verify_actor_field(const AshResource *res, json_t *given, AshErrors *errors)
{
	const char *name = json_string_value(json_object_get(given, "attribute"));
	const AshResource *actor =
		res->domain.actor_resource ? ash_resource_get(res->domain.actor_resource, NULL) : NULL;

	if (actor == NULL || name == NULL || ash_find_attribute(actor, name) != NULL ||
		ash_suggest_one(name, ash_attribute_names(actor)) == NULL)
		return;
	ash_errors_push_name(errors, "actor_attribute_equals");
	(void) ash_error_unknown(errors, "attribute", name, ash_attribute_names(actor),
							 "the actor's resource %s has no attribute \"%s\"", actor->name,
							 ash_clip(name));
	ash_errors_pop(errors);
}

/* One check, as an object with its name as a key; others are compiled elsewhere. */
static void
verify_check(const AshResource *res, json_t *check, AshErrors *errors)
{
	json_t *names = json_object_get(check, "action");
	json_t *actor = json_object_get(check, "actor_attribute_equals");

	if (names != NULL)
		verify_action_names(res, names, errors);
	if (actor != NULL)
		verify_actor_field(res, actor, errors);
}

/* The conditions of a policy: a list of checks in the long form. */
static void
verify_conditions(const AshResource *res, json_t *policy, const char *key, AshErrors *errors)
{
	size_t i;
	json_t *check;

	ash_errors_push_name(errors, key);
	json_array_foreach (json_object_get(policy, key), i, check)
	{
		ash_errors_push_index(errors, (int) i);
		verify_check(res, check, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* The list "checks" of a policy: {"authorize_if": check} and the like. */
static void
verify_checks(const AshResource *res, json_t *policy, AshErrors *errors)
{
	size_t i;
	json_t *entry;
	const char *effect;
	json_t *check;

	ash_errors_push_name(errors, "checks");
	json_array_foreach (json_object_get(policy, "checks"), i, entry)
	{
		ash_errors_push_index(errors, (int) i);
		json_object_foreach (entry, effect, check)
		{
			ash_errors_push_name(errors, effect);
			verify_check(res, check, errors);
			ash_errors_pop(errors);
		}
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/*
 * The resource's own policies; they stand behind those of the domain, which is why
 * their place in the compiled list, and so in paths, is shifted.
 */
void
ash_verify_policies(const AshResource *res, AshErrors *errors)
{
	json_t *own = json_object_get(res->document, "policies");
	int shared = (int) (json_array_size(res->policies_json) - json_array_size(own));
	size_t i;
	json_t *policy;

	ash_errors_push_name(errors, "policies");
	json_array_foreach (own, i, policy)
	{
		ash_errors_push_index(errors, shared + (int) i);
		verify_conditions(res, policy, "policy", errors);
		verify_conditions(res, policy, "bypass", errors);
		verify_checks(res, policy, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}
