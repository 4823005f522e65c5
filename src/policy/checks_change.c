/*-------------------------------------------------------------------------
 *
 * src/policy/checks_change.c
 *	  Checks on what a changeset changes.
 *
 * Outside of a changeset nothing changes: false for reads and generic actions.
 * For ad-hoc UPDATE it is not known what will change: these checks, and their
 * negations, are then not satisfied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_template.h"
#include "policy/policy_internal.h"

/*
 * What a check says without a changeset: it is not known what ad-hoc SQL writes, and nothing
 * else changes anything.
 */
static AshTruth
no_changeset(const AshPolicySubject *subject)
{
	bool writes = subject->type == ASH_ACTION_CREATE || subject->type == ASH_ACTION_UPDATE;

	return subject->call == NULL && writes ? ASH_UNKNOWN : ASH_FALSE;
}

/*-------------------------------------------------------------------------
 * changing_attributes
 *-------------------------------------------------------------------------
 */

typedef struct Changing
{
	AshAttribute *attribute;
	AshTemplate *from; /* or NULL */
	AshTemplate *to;   /* or NULL */
} Changing;

typedef struct ChangingAttributes
{
	json_t *attributes;
	List *changing; /* of Changing * */
} ChangingAttributes;

typedef struct Transition
{
	json_t *from;
	json_t *to;
} Transition;

static const AshOpt changing_options[] = {
	ASH_OPTION(ChangingAttributes, "attributes", JSON, attributes, .flags = ASH_OPT_REQUIRED,
			   .doc = "names, or an object of names with {\"from\", \"to\"}"),
	ASH_OPT_END
};
static const AshSpec changing_spec =
	ASH_SPEC("changing_attributes", ChangingAttributes, changing_options);

static const AshOpt transition_options[] = {
	ASH_OPTION(Transition, "from", VALUE, from, .doc = "the stored value"),
	ASH_OPTION(Transition, "to", VALUE, to, .doc = "the new value"), ASH_OPT_END
};
static const AshSpec transition_spec = ASH_SPEC("transition", Transition, transition_options);

/* The attribute of that name; NULL after adding an error with a suggestion. */
static AshAttribute *
find_attribute(AshResource *res, const char *name, AshErrors *errors)
{
	AshAttribute *attribute = ash_find_attribute(res, name);

	if (attribute == NULL)
		(void) ash_error_unknown(errors, NULL, name, ash_attribute_names(res),
								 "no such attribute \"%s\" on %s", name, res->name);
	return attribute;
}

/* One attribute with its transition (NULL: any); false after adding an error. */
static bool
add_changing(AshResource *res, ChangingAttributes *opts, const char *name, json_t *transition,
			 AshErrors *errors)
{
	Changing *changing = palloc0(sizeof(Changing));
	Transition *given;

	changing->attribute = find_attribute(res, name, errors);
	if (changing->attribute == NULL)
		return false;
	opts->changing = lappend(opts->changing, changing);
	if (transition == NULL)
		return true;
	if (!ash_spec_check(&transition_spec, transition, NULL, errors))
		return false;
	given = ash_spec_fill(&transition_spec, transition);
	if (given->from != NULL &&
		(changing->from = ash_check_operand(res, "from", given->from, changing->attribute->type,
											errors)) == NULL)
		return false;
	return given->to == NULL ||
		   (changing->to =
				ash_check_operand(res, "to", given->to, changing->attribute->type, errors)) != NULL;
}

/* Attributes given as an object, {"name": {"from", "to"}}; false after adding errors. */
static bool
prepare_changing_object(AshResource *res, ChangingAttributes *opts, json_t *object,
						AshErrors *errors)
{
	const char *name;
	json_t *transition;
	bool ok = true;

	json_object_foreach (object, name, transition)
	{
		ash_errors_push_name(errors, name);
		ok &= add_changing(res, opts, name, transition, errors);
		ash_errors_pop(errors);
	}
	return ok;
}

/*
 * Compiles the attributes into opts->changing; they are a name, an object of transitions, or a
 * list of both. False after adding errors.
 */
static bool
prepare_changing_attributes(AshResource *res, void *options, AshErrors *errors)
{
	ChangingAttributes *opts = options;
	int before = list_length(errors->items);

	if (json_is_string(opts->attributes))
		return add_changing(res, opts, json_string_value(opts->attributes), NULL, errors);
	if (json_is_object(opts->attributes))
		(void) prepare_changing_object(res, opts, opts->attributes, errors);
	for (size_t i = 0; i < json_array_size(opts->attributes); i++)
	{
		json_t *entry = json_array_get(opts->attributes, i);

		ash_errors_push_index(errors, (int) i);
		if (json_is_string(entry))
			(void) add_changing(res, opts, json_string_value(entry), NULL, errors);
		else if (json_is_object(entry))
			(void) prepare_changing_object(res, opts, entry, errors);
		else
			ash_error_definition(errors, NULL, "must be the name of an attribute");
		ash_errors_pop(errors);
	}
	if (opts->changing == NIL && list_length(errors->items) == before)
		ash_error_definition(errors, NULL, "changing_attributes needs at least one attribute");
	return list_length(errors->items) == before;
}

/*
 * The value of an option, for the call, as the attribute's type; false when it is none of that
 * type's values.
 */
static bool
operand_for_attribute(AshCall *call, const AshTemplate *tmpl, const AshTypeInst *type,
					  AshValue *out)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	AshCast cast = { .errors = scratch, .code = ASH_E_INVALID_ATTRIBUTE, .no_constraints = true };

	return ash_template_value(&call->bindings, tmpl, type, &cast, out);
}

/* True if the value of an option equals value; null equals null here. */
static bool
operand_equals(AshCall *call, const AshTemplate *tmpl, const AshTypeInst *type,
			   const AshValue *value)
{
	AshValue wanted;

	if (!operand_for_attribute(call, tmpl, type, &wanted))
		return false;
	if (wanted.isnull || value->isnull)
		return wanted.isnull && value->isnull;
	return ash_type_equal(type, &wanted, value);
}

/*
 * The truth for one attribute. Unknown when the new value is computed by the UPDATE, or when
 * the old one is that of a row which was not read.
 */
static AshTruth
match_one(const AshPolicySubject *subject, const Changing *changing)
{
	AshChangeset *cs = subject->changeset;
	const AshAttribute *attribute = changing->attribute;
	int i = attribute->index;
	AshValue stored = { (Datum) 0, true };

	if (!ash_changeset_changing(cs, attribute))
		return ASH_FALSE;
	if (changing->to != NULL && (cs->flags[i] & ASH_ATOMIC))
		return ASH_UNKNOWN;
	if (changing->to != NULL &&
		!operand_equals(subject->call, changing->to, attribute->type, &cs->values[i]))
		return ASH_FALSE;
	if (changing->from == NULL)
		return ASH_TRUE;
	if (cs->data == NULL && subject->type != ASH_ACTION_CREATE)
		return ASH_UNKNOWN;
	if (cs->data != NULL)
		stored = cs->data[i];
	return ash_truth(operand_equals(subject->call, changing->from, attribute->type, &stored));
}

/* All of them must be changing; see filter_changing for what is unknown. */
static AshTruth
match_changing(const AshPolicySubject *subject, void *options)
{
	AshTruth result = ASH_TRUE;
	ListCell *lc;

	if (subject->changeset == NULL)
		return no_changeset(subject);
	foreach (lc, ((ChangingAttributes *) options)->changing)
	{
		AshTruth one = match_one(subject, lfirst(lc));

		if (one == ASH_FALSE)
			return ASH_FALSE;
		if (one == ASH_UNKNOWN)
			result = ASH_UNKNOWN;
	}
	return result;
}

/*
 * What match_changing left unknown, as a condition on the stored row: its values are those
 * that the transitions start from. NULL when the new value is not known.
 */
static AshExpr *
filter_changing(const AshPolicySubject *subject, void *options)
{
	AshExpr *all = NULL;
	ListCell *lc;

	if (subject->changeset == NULL)
		return NULL;
	foreach (lc, ((ChangingAttributes *) options)->changing)
	{
		Changing *changing = lfirst(lc);
		AshExpr *stored;
		AshValue from;

		if (changing->to != NULL &&
			(subject->changeset->flags[changing->attribute->index] & ASH_ATOMIC))
			return NULL;
		if (changing->from == NULL)
			continue;
		if (!operand_for_attribute(subject->call, changing->from, changing->attribute->type, &from))
			return ash_expr_bool(false);
		stored = ash_expr_attribute(subject->res, changing->attribute);
		all =
			ash_expr_and(all, from.isnull ?
								  ash_expr_is_null(stored, false) :
								  ash_expr_call("=",
												list_make2(stored,
														   ash_expr_const(changing->attribute->type,
																		  from)),
												subject->call->errors));
	}
	return all;
}

/*-------------------------------------------------------------------------
 * changing_relationship, changing_relationships
 *-------------------------------------------------------------------------
 */

typedef struct RelationshipNames
{
	List *names;
} RelationshipNames;

static const AshOpt relationship_options[] = {
	ASH_OPTION(RelationshipNames, "relationship", NAMES, names,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, .doc = "name of a relationship"),
	ASH_OPT_END
};
static const AshSpec relationship_spec =
	ASH_SPEC("changing_relationship", RelationshipNames, relationship_options,
			 .shorthand = "relationship");

static const AshOpt relationships_options[] = {
	ASH_OPTION(RelationshipNames, "relationships", NAMES, names,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, .doc = "names of relationships"),
	ASH_OPT_END
};
static const AshSpec relationships_spec =
	ASH_SPEC("changing_relationships", RelationshipNames, relationships_options,
			 .shorthand = "relationships");

/* The relationship of that name; NULL after adding an error with a suggestion. */
static AshRelationship *
find_relationship(AshResource *res, const char *name, AshErrors *errors)
{
	AshRelationship *relationship = ash_find_relationship(res, name);

	if (relationship == NULL)
		(void) ash_error_unknown(errors, NULL, name, ash_relationship_names(res),
								 "no such relationship \"%s\" on %s", name, res->name);
	return relationship;
}

/* False after adding an error for each name that is no relationship. */
static bool
prepare_relationships(AshResource *res, void *options, AshErrors *errors)
{
	bool ok = true;
	ListCell *lc;

	foreach (lc, ((RelationshipNames *) options)->names)
		ok &= find_relationship(res, lfirst(lc), errors) != NULL;
	return ok;
}

/* True if any of the relationships is managed, or its foreign key changes. */
static AshTruth
match_relationships(const AshPolicySubject *subject, void *options)
{
	ListCell *lc;

	if (subject->changeset == NULL)
		return no_changeset(subject);
	foreach (lc, ((RelationshipNames *) options)->names)
	{
		if (ash_changeset_changing_relationship(subject->changeset, lfirst(lc)))
			return ASH_TRUE;
	}
	return ASH_FALSE;
}

/*-------------------------------------------------------------------------
 * relating_to_actor
 *-------------------------------------------------------------------------
 */

typedef struct RelatingToActor
{
	const char *name;
	AshRelationship *relationship;
	AshAttribute *source;
	List *actor_key; /* path of the actor's side */
} RelatingToActor;

static const AshOpt relating_options[] = {
	ASH_OPTION(RelatingToActor, "relationship", NAME, name, .flags = ASH_OPT_REQUIRED,
			   .doc = "a belongs_to that leads to the actor"),
	ASH_OPT_END
};
static const AshSpec relating_spec =
	ASH_SPEC("relating_to_actor", RelatingToActor, relating_options, .shorthand = "relationship");

/* Resolves the belongs_to and its keys; false after adding an error. */
static bool
prepare_relating(AshResource *res, void *options, AshErrors *errors)
{
	RelatingToActor *opts = options;

	opts->relationship = find_relationship(res, opts->name, errors);
	if (opts->relationship == NULL)
		return false;
	if (opts->relationship->kind != ASH_REL_BELONGS_TO)
	{
		ash_error_definition(errors, NULL, "relationship \"%s\" is not a belongs_to", opts->name);
		return false;
	}
	opts->source = ash_find_attribute(res, opts->relationship->source_attribute);
	opts->actor_key = list_make1(pstrdup(opts->relationship->destination_attribute));
	return opts->source != NULL;
}

/*
 * True if input, which is a key, an object with the key, or a list of those, gives the actor's
 * key. depth is 0 at the outermost level: lists are not nested.
 */
static bool
input_names(const JsonbValue *input, const char *key, const JsonbValue *actor, int depth)
{
	JsonbValue member;
	Jsonb *container;

	if (input->type != jbvBinary)
		return ash_jsonb_value_equal(input, actor);
	container = ash_jsonb_from_value(input);
	if (JB_ROOT_IS_OBJECT(container))
		return ash_jsonb_get(container, key, strlen(key), &member) && member.type != jbvBinary &&
			   input_names(&member, key, actor, depth + 1);
	for (uint32 i = 0; depth == 0 && i < JB_ROOT_COUNT(container); i++)
	{
		if (input_names(getIthJsonbValueFromContainer(&container->root, i), key, actor, depth + 1))
			return true;
	}
	return false;
}

/* True if the relationship is managed with an input that names the actor. */
static bool
managed_names_actor(const AshChangeset *cs, const RelatingToActor *opts, const JsonbValue *actor)
{
	ListCell *lc;

	foreach (lc, cs->managed)
	{
		AshManaged *managed = lfirst(lc);
		JsonbValue input;

		if (managed->relationship != opts->relationship || managed->input == NULL)
			continue;
		ash_jsonb_value_from_jsonb(managed->input, &input);
		if (input_names(&input, linitial(opts->actor_key), actor, 0))
			return true;
	}
	return false;
}

/*
 * True if the relationship is managed with the actor, or the foreign key is set to the actor's
 * key. Unknown when the UPDATE computes the foreign key.
 */
static AshTruth
match_relating(const AshPolicySubject *subject, void *options)
{
	RelatingToActor *opts = options;
	AshChangeset *cs = subject->changeset;
	AshErrors *scratch;
	AshCast cast = { .code = ASH_E_INVALID_ATTRIBUTE, .no_constraints = true };
	JsonbValue actor;
	AshValue key;

	if (cs == NULL)
		return no_changeset(subject);
	if (!ash_binding_actor(&subject->call->bindings, opts->actor_key, &actor) ||
		actor.type == jbvNull)
		return ASH_FALSE;
	if (managed_names_actor(cs, opts, &actor))
		return ASH_TRUE;
	if (cs->flags[opts->source->index] & ASH_ATOMIC)
		return ASH_UNKNOWN;
	if (!ash_changeset_changing(cs, opts->source) || cs->values[opts->source->index].isnull)
		return ASH_FALSE;
	scratch = ash_errors_create(CurrentMemoryContext);
	cast.errors = scratch;
	return ash_truth(ash_type_cast(opts->source->type, &actor, &cast, &key) && !key.isnull &&
					 ash_type_equal(opts->source->type, &key, &cs->values[opts->source->index]));
}

/* For an ad-hoc INSERT: the foreign key of the new row is the actor's key. */
static AshExpr *
filter_relating(const AshPolicySubject *subject, void *options)
{
	RelatingToActor *opts = options;
	AshExpr *actor;
	AshErrors *scratch;

	if (subject->call != NULL || subject->type != ASH_ACTION_CREATE)
		return NULL;
	scratch = ash_errors_create(CurrentMemoryContext);
	actor = ash_expr_template(ASH_TEMPLATE_ACTOR, opts->actor_key, opts->source->type);
	return ash_expr_call("=", list_make2(ash_expr_attribute(subject->res, opts->source), actor),
						 scratch);
}

const AshCheckDef ash_change_checks[] = {
	{ "changing_attributes", "All of the attributes are changing, from and to the values given.",
	  &changing_spec, "attributes", prepare_changing_attributes, match_changing, filter_changing },
	{ "changing_relationship", "The relationship is managed, or its foreign key is changing.",
	  &relationship_spec, NULL, prepare_relationships, match_relationships, NULL },
	{ "changing_relationships", "Any of the relationships is changing.", &relationships_spec, NULL,
	  prepare_relationships, match_relationships, NULL },
	{ "relating_to_actor", "The belongs_to is being set to the actor.", &relating_spec, NULL,
	  prepare_relating, match_relating, filter_relating },
	{ NULL }
};
