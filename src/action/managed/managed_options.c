/*-------------------------------------------------------------------------
 *
 * src/action/managed/managed_options.c
 *	  The changes manage_relationship and relate_actor: options and request.
 *
 * A type is a set of rules; rules given beside it replace those of the type.
 * Actions are named here but looked up when they run: the destination is
 * another resource, which may not be compiled yet.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "utils/builtins.h"

static const char *const verbs[] = { "ignore",	 "create", "destroy",
									 "error",	 "match",  "missing",
									 "no_match", "relate", "relate_and_update",
									 "unrelate", "update", "update_join" };

#define VERB(v) (1 << ASH_MANAGE_##v)

/* What may be said when. */
static const struct
{
	const char *option;
	int allowed;
} whens[ASH_MANAGE_WHENS] = {
	{ "on_lookup", VERB(IGNORE) | VERB(RELATE) | VERB(RELATE_AND_UPDATE) },
	{ "on_no_match", VERB(IGNORE) | VERB(MATCH) | VERB(CREATE) | VERB(ERROR) },
	{ "on_match", VERB(IGNORE) | VERB(UPDATE) | VERB(UPDATE_JOIN) | VERB(DESTROY) | VERB(ERROR) |
					  VERB(NO_MATCH) | VERB(MISSING) | VERB(UNRELATE) },
	{ "on_missing", VERB(IGNORE) | VERB(DESTROY) | VERB(ERROR) | VERB(UNRELATE) },
};

static const char *const types[] = { "append_and_remove", "append", "remove",
									 "direct_control",	  "create", NULL };

static const AshManageVerb type_rules[][ASH_MANAGE_WHENS] = {
	{ ASH_MANAGE_RELATE, ASH_MANAGE_ERROR, ASH_MANAGE_IGNORE, ASH_MANAGE_UNRELATE },
	{ ASH_MANAGE_RELATE, ASH_MANAGE_ERROR, ASH_MANAGE_IGNORE, ASH_MANAGE_IGNORE },
	{ ASH_MANAGE_IGNORE, ASH_MANAGE_ERROR, ASH_MANAGE_UNRELATE, ASH_MANAGE_IGNORE },
	{ ASH_MANAGE_IGNORE, ASH_MANAGE_CREATE, ASH_MANAGE_UPDATE, ASH_MANAGE_DESTROY },
	{ ASH_MANAGE_IGNORE, ASH_MANAGE_CREATE, ASH_MANAGE_IGNORE, ASH_MANAGE_IGNORE },
};

static const AshOpt manage_options[] = {
	ASH_OPTION(AshManageOptions, "argument", NAME, argument, .flags = ASH_OPT_REQUIRED,
			   .doc = "argument with the input; nothing happens when it is not given"),
	ASH_OPTION(AshManageOptions, "relationship", NAME, relationship,
			   .doc = "relationship to manage; named like the argument by default"),
	ASH_OPTION(AshManageOptions, "type", ENUM, type, .choices = types,
			   .doc = "a set of rules, which the on_ options then change"),
	ASH_OPTION(AshManageOptions, "on_lookup", JSON, rules_json[ASH_ON_LOOKUP],
			   .doc = "input that is not related: \"ignore\", or look it up and \"relate\" or "
					  "\"relate_and_update\"; [rule, action, read action]"),
	ASH_OPTION(AshManageOptions, "on_no_match", JSON, rules_json[ASH_ON_NO_MATCH],
			   .doc =
				   "input for which there is no row: \"ignore\", \"create\", \"match\", \"error\"; "
				   "[rule, action, join action, join keys]"),
	ASH_OPTION(AshManageOptions, "on_match", JSON, rules_json[ASH_ON_MATCH],
			   .doc = "input whose row is related: \"ignore\", \"update\", \"update_join\", "
					  "\"destroy\", \"unrelate\", \"error\", \"no_match\", \"missing\""),
	ASH_OPTION(AshManageOptions, "on_missing", JSON, rules_json[ASH_ON_MISSING],
			   .doc =
				   "related rows without input: \"ignore\", \"destroy\", \"unrelate\", \"error\""),
	ASH_OPTION(AshManageOptions, "authorize", BOOL, authorize, .dflt = "true",
			   .doc = "false: the policies of the other resources are not asked"),
	ASH_OPTION(AshManageOptions, "value_is_key", NAME, value_is_key,
			   .doc = "attribute that a scalar input stands for; the primary key by default"),
	ASH_OPTION(AshManageOptions, "use_identities", NAMES, use_identities,
			   .doc = "identities that find a row, with _primary_key for the primary key"),
	ASH_OPTION(AshManageOptions, "identity_priority", NAMES, identity_priority,
			   .doc = "the order in which they are tried"),
	ASH_OPTION(AshManageOptions, "join_keys", NAMES, join_keys,
			   .doc = "input that goes to the join row"),
	ASH_OPTION(AshManageOptions, "error_path", JSON, error_path_json,
			   .doc = "name or list of names put before the path of inner errors"),
	ASH_OPTION(AshManageOptions, "ignore", BOOL, ignore, .dflt = "false",
			   .doc = "the input is dealt with elsewhere"),
	ASH_OPT_END
};

static const AshSpec manage_spec =
	ASH_SPEC("manage_relationship", AshManageOptions, manage_options, .shorthand = "argument",
			 .doc = "an argument, a relationship and rules");

/* Adds an error at the option; always false. */
static bool
option_error(AshErrors *errors, const char *option, const char *message)
{
	ash_errors_push_name(errors, option);
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", message);
	ash_errors_pop(errors);
	return false;
}

/* The rule's name, which must be allowed there; false after adding an error. */
static bool
parse_verb(AshManageWhen when, json_t *node, AshManageRule *rule, AshErrors *errors)
{
	const char *name = json_string_value(node);

	for (int i = 0; name != NULL && i < lengthof(verbs); i++)
	{
		if (strcmp(name, verbs[i]) == 0 && (whens[when].allowed & (1 << i)))
		{
			rule->verb = i;
			return true;
		}
	}
	return option_error(errors, whens[when].option,
						psprintf("no such rule %s", node ? ash_json_dump(node, false) : "null"));
}

/* The strings of a JSON list as List of char *; other items are ignored. */
static List *
string_list(json_t *list)
{
	List *names = NIL;

	for (size_t i = 0; i < json_array_size(list); i++)
	{
		if (json_is_string(json_array_get(list, i)))
			names = lappend(names, pstrdup(json_string_value(json_array_get(list, i))));
	}
	return names;
}

/*
 * A rule alone, or a list of it and its actions.  The one action of update_join
 * is that of the join row.
 */
static bool
parse_rule(AshManageOptions *opts, AshManageWhen when, AshErrors *errors)
{
	json_t *node = opts->rules_json[when];
	AshManageRule *rule = &opts->rules[when];
	const char *names[2] = { NULL, NULL };
	int n = 0;

	rule->join_keys = opts->join_keys;
	if (node == NULL)
		return true;
	if (!json_is_array(node))
		return parse_verb(when, node, rule, errors);
	if (!parse_verb(when, json_array_get(node, 0), rule, errors))
		return false;
	for (size_t i = 1; i < json_array_size(node); i++)
	{
		json_t *item = json_array_get(node, i);

		if (json_is_array(item))
			rule->join_keys = string_list(item);
		else if (json_is_string(item) && n < 2)
			names[n++] = pstrdup(json_string_value(item));
		else if (!json_is_null(item))
			return option_error(errors, whens[when].option,
								"a rule has the names of up to two actions and a list of keys");
	}
	rule->action = rule->verb == ASH_MANAGE_UPDATE_JOIN ? NULL : names[0];
	rule->second = rule->verb == ASH_MANAGE_UPDATE_JOIN ? names[0] : names[1];
	return true;
}

/* Fills opts->rules: those of the type, overridden by those given. False after adding errors. */
static bool
parse_rules(AshManageOptions *opts, AshErrors *errors)
{
	bool ok = true;

	for (int when = 0; when < ASH_MANAGE_WHENS; when++)
	{
		opts->rules[when].verb = opts->type >= 0 ? type_rules[opts->type][when] : ASH_MANAGE_IGNORE;
		ok &= parse_rule(opts, when, errors);
	}
	return ok;
}

/*
 * True if attributes tie the rows of the relationship together, so that writing them relates
 * rows; false after adding an error.
 */
bool
ash_managing_check(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	if (rel->manual != NULL)
		return option_error(errors, "relationship", "cannot manage a manual relationship");
	if (rel->path != NIL)
		return option_error(errors, "relationship",
							"a relationship through others is managed where its rows are tied: "
							"manage the relationships of its path");
	if (ash_related_has_row_arguments(res, rel))
		return option_error(errors, "relationship",
							"its read action has arguments that depend on the record, which is not "
							"there while it is written");
	return true;
}

/* The same for a relationship that the definition lets be written. */
static bool
can_be_managed(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	if (!rel->writable)
		return option_error(errors, "relationship", "the relationship is not editable");
	return ash_managing_check(res, rel, errors);
}

/* Resolves relationship and argument; false after adding an error. */
static bool
resolve_names(const AshBuiltinScope *scope, AshManageOptions *opts, AshErrors *errors)
{
	const char *name = opts->relationship ? opts->relationship : opts->argument;

	opts->rel = ash_find_relationship(scope->res, name);
	if (opts->rel == NULL)
	{
		(void) ash_error_unknown(errors, opts->relationship ? "relationship" : "argument", name,
								 ash_relationship_names(scope->res),
								 "no such relationship \"%s\" on %s", name, scope->res->name);
		return false;
	}
	if (!can_be_managed(scope->res, opts->rel, errors))
		return false;
	opts->arg = scope->action ? ash_find_argument(scope->action, opts->argument) : NULL;
	if (opts->arg != NULL || scope->shared)
		return true;
	(void) ash_error_unknown(errors, "argument", opts->argument, ash_argument_names(scope->action),
							 "no such argument \"%s\"", opts->argument);
	return false;
}

/* Resolves the names and parses the rules; false after adding errors. */
static bool
prepare_manage(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	AshManageOptions *opts = options;

	if (!resolve_names(scope, opts, errors))
		return false;
	if (opts->error_path_json != NULL)
		opts->error_path = json_is_array(opts->error_path_json) ?
							   string_list(opts->error_path_json) :
							   list_make1(pstrdup(json_string_value(opts->error_path_json) ?
													  json_string_value(opts->error_path_json) :
													  opts->argument));
	return parse_rules(opts, errors);
}

/* Adds a request to cs->managed, which ash_managed_before and ash_managed_after work off. */
static void
record_request(AshChangeset *cs, const AshManageOptions *opts, Jsonb *input)
{
	AshManaged *managed = palloc0(sizeof(AshManaged));

	managed->relationship = opts->rel;
	managed->options = opts;
	managed->argument = opts->argument;
	managed->input = input;
	cs->managed = lappend(cs->managed, managed);
}

/* The argument as JSON; NULL for null. */
static Jsonb *
argument_json(const AshChangeset *cs, const AshArgument *arg)
{
	const AshValue *value = &cs->call->args[arg->index];
	StringInfoData buf;

	if (value->isnull)
		return NULL;
	initStringInfo(&buf);
	ash_type_write_json(&buf, arg->type, value);
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/* Records the request if the argument was given; null counts as given. */
static bool
run_manage(AshChangeset *cs, void *options)
{
	AshManageOptions *opts = options;

	if (opts->arg != NULL && !opts->ignore && cs->call->arg_set[opts->arg->index])
		record_request(cs, opts, argument_json(cs, opts->arg));
	return true;
}

/*-------------------------------------------------------------------------
 * relate_actor
 *-------------------------------------------------------------------------
 */
typedef struct RelateActor
{
	const char *relationship;
	bool allow_nil;
	const char *field;

	/* prepared */
	AshManageOptions manage;
} RelateActor;

static const AshOpt relate_actor_options[] = {
	ASH_OPTION(RelateActor, "relationship", NAME, relationship, .flags = ASH_OPT_REQUIRED,
			   .doc = "a belongs_to or has_one"),
	ASH_OPTION(RelateActor, "allow_nil", BOOL, allow_nil, .dflt = "false",
			   .doc = "do nothing when there is no actor"),
	ASH_OPTION(RelateActor, "field", NAME, field,
			   .doc = "field of the actor that is the record to relate"),
	ASH_OPT_END
};

static const AshSpec relate_actor_spec =
	ASH_SPEC("relate_actor", RelateActor, relate_actor_options, .shorthand = "relationship",
			 .doc = "a relationship");

/* Resolves the relationship, a belongs_to or has_one; false after adding an error. */
static bool
prepare_relate_actor(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	RelateActor *opts = options;
	AshRelationship *rel = ash_find_relationship(scope->res, opts->relationship);

	if (rel == NULL)
	{
		(void) ash_error_unknown(errors, "relationship", opts->relationship,
								 ash_relationship_names(scope->res),
								 "no such relationship \"%s\" on %s", opts->relationship,
								 scope->res->name);
		return false;
	}
	if (rel->kind != ASH_REL_BELONGS_TO && rel->kind != ASH_REL_HAS_ONE)
		return option_error(errors, "relationship", "must be a belongs_to or a has_one");
	if (!can_be_managed(scope->res, rel, errors))
		return false;
	opts->manage.rel = rel;
	opts->manage.argument = opts->manage.relationship = opts->relationship;
	opts->manage.type = 0;
	return parse_rules(&opts->manage, errors);
}

/* The key of the record to relate; false when there is none. */
static bool
actor_key(const AshChangeset *cs, const RelateActor *opts, JsonbValue *out)
{
	const char *key = opts->manage.rel->destination_attribute;
	AshResource *dest;

	if (opts->manage.rel->kind == ASH_REL_HAS_ONE)
	{
		dest = ash_ref_resource(&opts->manage.rel->destination);
		key = dest->nprimary_key == 1 ? dest->primary_key[0]->name : NULL;
	}
	if (key == NULL ||
		!ash_binding_actor(&cs->call->bindings,
						   list_make1(unconstify(char *, opts->field ? opts->field : key)), out))
		return false;
	if (opts->field != NULL && out->type == jbvBinary)
	{
		Jsonb *record = ash_jsonb_from_value(out);

		if (!ash_jsonb_get(record, key, strlen(key), out))
			return false;
	}
	return out->type != jbvNull;
}

/*
 * Sets the foreign key, or records the request for a has_one. False after adding an error:
 * there is no actor.
 */
static bool
run_relate_actor(AshChangeset *cs, void *options)
{
	RelateActor *opts = options;
	const AshRelationship *rel = opts->manage.rel;
	JsonbValue key;

	if (!actor_key(cs, opts, &key))
	{
		if (opts->allow_nil)
			return true;
		ash_error_add(cs->call->errors, ASH_E_INVALID_RELATIONSHIP, rel->name,
					  "Invalid value provided for %s: could not relate to actor, as no actor was "
					  "found (and :allow_nil? is false).",
					  rel->name);
		return false;
	}
	if (rel->kind == ASH_REL_BELONGS_TO)
		return ash_changeset_force(cs, ash_find_attribute(cs->res, rel->source_attribute), &key);
	record_request(cs, &opts->manage, ash_jsonb_from_value(&key));
	return true;
}

const AshChangeDef ash_relationship_changes[] = {
	{ "manage_relationship", "Makes related records what an argument says.", &manage_spec, NULL,
	  prepare_manage, run_manage, NULL },
	{ "relate_actor", "Relates the record to the actor.", &relate_actor_spec, NULL,
	  prepare_relate_actor, run_relate_actor, NULL },
	{ NULL }
};
