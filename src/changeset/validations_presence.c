/*-------------------------------------------------------------------------
 *
 * src/changeset/validations_presence.c
 *	  Validations about what is there: present, absent, changing, confirm,
 *	  action_is.
 *
 * absent is present with the numbers turned round, as the framework defines it:
 * "at least n absent" becomes "at most count - n present".  When one of the two
 * bounds is given the other one counts as given, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"

/*-------------------------------------------------------------------------
 * present, absent, attributes_present, attributes_absent
 *-------------------------------------------------------------------------
 */
typedef struct Presence
{
	List *attributes; /* of char * */
	AshOptInt at_least;
	AshOptInt at_most;
	AshOptInt exactly;

	/* prepared */
	int count;
	AshSubject *subjects;
} Presence;

static const AshOpt presence_options[] = {
	ASH_OPTION(Presence, "attributes", NAMES, attributes,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, .doc = "the fields to count"),
	ASH_OPTION(Presence, "at_least", INT, at_least, .doc = "at least so many of them"),
	ASH_OPTION(Presence, "at_most", INT, at_most, .doc = "at most so many of them"),
	ASH_OPTION(Presence, "exactly", INT, exactly,
			   .doc = "exactly so many of them; all when no number is given"),
	ASH_OPT_END
};

static const AshSpec presence_spec =
	ASH_SPEC("presence", Presence, presence_options, .shorthand = "attributes",
			 .doc = "fields and how many of them");

/*
 * Resolves the fields, which may be what allowed says; false after adding an error for each
 * that is unknown.
 */
static bool
resolve_fields(const AshBuiltinScope *scope, Presence *opts, int allowed, AshErrors *errors)
{
	bool ok = true;

	opts->count = list_length(opts->attributes);
	opts->subjects = palloc0(sizeof(AshSubject) * opts->count);
	for (int i = 0; i < opts->count; i++)
		ok &= ash_subject_resolve(scope, "attributes", list_nth(opts->attributes, i), allowed,
								  errors, &opts->subjects[i]);
	return ok;
}

/* Without a number all fields are meant. */
static void
default_to_all(Presence *opts)
{
	if (!opts->exactly.set && !opts->at_least.set && !opts->at_most.set)
		opts->exactly = (AshOptInt){ true, opts->count };
}

/*
 * For absent: "n absent" is "count - n present". A bound that is not given counts as 0 or
 * count.
 */
static void
turn_round(Presence *opts)
{
	int64 least = opts->at_least.set ? opts->at_least.value : opts->count;
	int64 most = opts->at_most.set ? opts->at_most.value : opts->count;

	if (opts->exactly.set)
		opts->exactly.value = opts->count - opts->exactly.value;
	if (opts->at_least.set || opts->at_most.set)
	{
		opts->at_least = (AshOptInt){ true, opts->count - most };
		opts->at_most = (AshOptInt){ true, opts->count - least };
	}
}

static bool
prepare_present(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	if (!resolve_fields(scope, options, ASH_SUBJECT_FIELD | ASH_SUBJECT_RELATIONSHIP, errors))
		return false;
	default_to_all(options);
	return true;
}

static bool
prepare_absent(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	if (!prepare_present(scope, options, errors))
		return false;
	turn_round(options);
	return true;
}

static bool
prepare_attributes_present(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	if (!resolve_fields(scope, options, ASH_SUBJECT_ATTRIBUTE, errors))
		return false;
	default_to_all(options);
	return true;
}

static bool
prepare_attributes_absent(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	if (!prepare_attributes_present(scope, options, errors))
		return false;
	turn_round(options);
	return true;
}

/* True if the input relates something: null and an empty list or object do not. */
static bool
managed_is_present(const AshManaged *managed)
{
	return managed->input != NULL && JB_ROOT_COUNT(managed->input) > 0 &&
		   !(JB_ROOT_IS_SCALAR(managed->input) &&
			 getIthJsonbValueFromContainer(&managed->input->root, 0)->type == jbvNull);
}

/* True if the relationship is being given something, or its foreign key is not null. */
static bool
relationship_is_present(const AshChangeset *cs, const AshRelationship *rel)
{
	const AshAttribute *key;
	ListCell *lc;

	foreach (lc, cs->managed)
	{
		const AshManaged *managed = lfirst(lc);

		if (managed->relationship == rel && managed_is_present(managed))
			return true;
	}
	if (rel->kind != ASH_REL_BELONGS_TO)
		return false;
	key = ash_find_attribute(cs->res, rel->source_attribute);
	return key != NULL && !ash_changeset_attribute(cs, key).isnull;
}

/*
 * True if the argument is not null, or the attribute is not null, or the relationship is
 * being given something.
 */
static bool
is_present(const AshChangeset *cs, const AshSubject *subject)
{
	const AshArgument *arg = subject->argument;
	const AshAttribute *attr = subject->attribute;

	if (arg != NULL && cs->call->arg_set[arg->index] && !cs->call->args[arg->index].isnull)
		return true;
	if (attr != NULL)
		return (cs->flags[attr->index] & ASH_ATOMIC) || !ash_changeset_attribute(cs, attr).isnull;
	return subject->relationship != NULL && relationship_is_present(cs, subject->relationship);
}

/* True if as many of the fields are present as wanted. */
static bool
presence_passes(AshChangeset *cs, void *options)
{
	Presence *opts = options;
	int present = 0;

	for (int i = 0; i < opts->count; i++)
		present += is_present(cs, &opts->subjects[i]);
	return (!opts->exactly.set || present == opts->exactly.value) &&
		   (!opts->at_least.set || present >= opts->at_least.value) &&
		   (!opts->at_most.set || present <= opts->at_most.value);
}

/* The message for the number that is wanted. */
static const char *
presence_message(const Presence *opts)
{
	if (opts->exactly.set && opts->exactly.value == 0)
		return "must be absent";
	if (opts->count == 1)
		return opts->at_most.set ? "must not be present" : "must be present";
	if (opts->exactly.set)
		return "exactly %{exactly} of %{keys} must be present";
	if (opts->at_least.set)
		return "at least %{at_least} of %{keys} must be present";
	return "at most %{at_most} of %{keys} must be present";
}

/* The error is about the field when there is one, else about the changes, with all fields. */
static void
presence_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	Presence *opts = options;
	StringInfoData keys;
	ListCell *lc;

	error->message = presence_message(opts);
	if (opts->count == 1 && !(opts->exactly.set && opts->exactly.value == 0))
		error->field = linitial(opts->attributes);
	else
	{
		error->code = ASH_E_INVALID_CHANGES;
		error->fields = opts->attributes;
	}
	if (opts->exactly.set)
		ash_error_var_int(errors, error, "exactly", opts->exactly.value);
	if (opts->at_least.set)
		ash_error_var_int(errors, error, "at_least", opts->at_least.value);
	if (opts->at_most.set)
		ash_error_var_int(errors, error, "at_most", opts->at_most.value);
	if (opts->count == 1)
		return;
	initStringInfo(&keys);
	appendStringInfoChar(&keys, '"');
	foreach (lc, opts->attributes)
		appendStringInfo(&keys, keys.len > 1 ? ",%s" : "%s", (char *) lfirst(lc));
	appendStringInfoChar(&keys, '"');
	ash_error_var_json(errors, error, "keys", keys.data);
}

/*-------------------------------------------------------------------------
 * action_is
 *-------------------------------------------------------------------------
 */
typedef struct ActionIs
{
	List *action; /* of char * */
} ActionIs;

static const AshOpt action_is_options[] = { ASH_OPTION(ActionIs, "action", NAMES, action,
													   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
													   .doc = "one name or several"),
											ASH_OPT_END };

static const AshSpec action_is_spec = ASH_SPEC("action_is", ActionIs, action_is_options,
											   .shorthand = "action", .doc = "names of actions");

/* False after adding an error for each name that is no action. */
static bool
prepare_action_is(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	ActionIs *opts = options;
	ListCell *lc;
	bool ok = true;

	foreach (lc, opts->action)
	{
		if (ash_find_action(scope->res, lfirst(lc)) == NULL)
		{
			(void) ash_error_unknown(errors, "action", lfirst(lc),
									 ash_action_names(scope->res, ~0u),
									 "no such action \"%s\" on %s", (char *) lfirst(lc),
									 scope->res->name);
			ok = false;
		}
	}
	return ok;
}

/* True if the action is one of those named. */
static bool
action_is_passes(AshChangeset *cs, void *options)
{
	ListCell *lc;

	foreach (lc, ((ActionIs *) options)->action)
	{
		if (strcmp(lfirst(lc), cs->action->name) == 0)
			return true;
	}
	return false;
}

/* The message names the actions. */
static void
action_is_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	StringInfoData names;
	ListCell *lc;

	initStringInfo(&names);
	foreach (lc, ((ActionIs *) options)->action)
		appendStringInfo(&names, names.len > 0 ? ", %s" : "%s", (char *) lfirst(lc));
	error->code = ASH_E_INVALID_CHANGES;
	error->message = "must be %{action}";
	ash_error_var_text(errors, error, "action", names.data);
}

/*-------------------------------------------------------------------------
 * changing
 *-------------------------------------------------------------------------
 */
typedef struct Changing
{
	const char *field;
	json_t *from_json;
	json_t *to_json;
	bool touching;

	/* prepared */
	const AshAttribute *attribute; /* the field, or the foreign key of a belongs_to */
	const char *relationship;	   /* the field when it is a relationship */
	AshTemplate *from;
	AshTemplate *to;
} Changing;

static const AshOpt changing_options[] = {
	ASH_OPTION(Changing, "field", NAME, field, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute or relationship"),
	ASH_OPTION(Changing, "from", VALUE, from_json, .doc = "the stored value must be this one"),
	ASH_OPTION(Changing, "to", VALUE, to_json, .doc = "the new value must be this one"),
	ASH_OPTION(Changing, "touching", BOOL, touching, .dflt = "false",
			   .doc = "a value equal to the stored one counts, too"),
	ASH_OPT_END
};

static const AshSpec changing_spec =
	ASH_SPEC("changing", Changing, changing_options, .shorthand = "field",
			 .doc = "a field, and from which value to which");

/*
 * Resolves the field, and the foreign key of a belongs_to, and compiles from and to; false
 * after adding an error.
 */
static bool
prepare_changing(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Changing *opts = options;
	AshSubject subject;

	if (!ash_subject_resolve(scope, "field", opts->field,
							 ASH_SUBJECT_ATTRIBUTE | ASH_SUBJECT_RELATIONSHIP, errors, &subject))
		return false;
	opts->attribute = subject.attribute;
	if (opts->attribute == NULL)
	{
		opts->relationship = opts->field;
		if (subject.relationship->kind == ASH_REL_BELONGS_TO)
			opts->attribute =
				ash_find_attribute(scope->res, subject.relationship->source_attribute);
	}
	if ((opts->from_json != NULL || opts->to_json != NULL) && opts->attribute == NULL)
	{
		ash_error_definition(errors, "field", "\"%s\" has no value to go from or to", opts->field);
		return false;
	}
	if (opts->from_json != NULL)
		opts->from = ash_option_compile(scope, "from", opts->from_json, opts->attribute->type,
										false, errors);
	if (opts->to_json != NULL)
		opts->to =
			ash_option_compile(scope, "to", opts->to_json, opts->attribute->type, false, errors);
	return (opts->from_json == NULL || opts->from != NULL) &&
		   (opts->to_json == NULL || opts->to != NULL);
}

static bool
equals_operand(AshChangeset *cs, const AshAttribute *attr, const AshTemplate *tmpl, AshValue value)
{
	AshValue operand;

	return ash_option_operand(cs, tmpl, attr->type, &operand) &&
		   ash_type_equal(attr->type, &value, &operand);
}

/* True if the attribute changes, or is given (touching), from and to the values wanted. */
static bool
attribute_is_changing(AshChangeset *cs, const Changing *opts)
{
	const AshAttribute *attr = opts->attribute;
	int wanted = ASH_CHANGING | ASH_ATOMIC | (opts->touching ? ASH_TOUCHED : 0);

	if (!(cs->flags[attr->index] & wanted))
		return false;
	if (opts->from != NULL &&
		(cs->data == NULL || !equals_operand(cs, attr, opts->from, cs->data[attr->index])))
		return false;
	return opts->to == NULL ||
		   equals_operand(cs, attr, opts->to, ash_changeset_attribute(cs, attr));
}

/* True if the attribute, or the foreign key, changes as wanted, or the relationship is managed. */
static bool
changing_passes(AshChangeset *cs, void *options)
{
	Changing *opts = options;

	if (opts->attribute != NULL && attribute_is_changing(cs, opts))
		return true;
	return opts->relationship != NULL && opts->from == NULL && opts->to == NULL &&
		   ash_changeset_changing_relationship(cs, opts->relationship);
}

static void
changing_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	error->field = ((Changing *) options)->field;
	error->message = "must be changing";
}

/*-------------------------------------------------------------------------
 * confirm
 *-------------------------------------------------------------------------
 */
typedef struct Confirm
{
	const char *field;
	const char *confirmation;

	/* prepared */
	AshSubject value;
	AshSubject confirmed;
} Confirm;

static const AshOpt confirm_options[] = {
	ASH_OPTION(Confirm, "field", NAME, field, .flags = ASH_OPT_REQUIRED,
			   .doc = "the field to confirm"),
	ASH_OPTION(Confirm, "confirmation", NAME, confirmation, .flags = ASH_OPT_REQUIRED,
			   .doc = "the field that repeats it"),
	ASH_OPT_END
};

static const AshSpec confirm_spec =
	ASH_SPEC("confirm", Confirm, confirm_options, .doc = "two fields");

/* Resolves both fields; false after adding errors. */
static bool
prepare_confirm(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Confirm *opts = options;
	bool ok =
		ash_subject_resolve(scope, "field", opts->field, ASH_SUBJECT_FIELD, errors, &opts->value);

	return ash_subject_resolve(scope, "confirmation", opts->confirmation, ASH_SUBJECT_FIELD, errors,
							   &opts->confirmed) &&
		   ok;
}

/* True if both are null or equal. Values of different types are compared as JSON text. */
static bool
confirm_passes(AshChangeset *cs, void *options)
{
	Confirm *opts = options;
	AshValue value = ash_subject_value(cs, &opts->value);
	AshValue confirmed = ash_subject_value(cs, &opts->confirmed);
	StringInfoData a;
	StringInfoData b;

	if (value.isnull || confirmed.isnull)
		return value.isnull && confirmed.isnull;
	if (opts->value.type->oid == opts->confirmed.type->oid)
		return ash_type_equal(opts->value.type, &value, &confirmed);
	initStringInfo(&a);
	initStringInfo(&b);
	ash_type_write_json(&a, opts->value.type, &value);
	ash_type_write_json(&b, opts->confirmed.type, &confirmed);
	return strcmp(a.data, b.data) == 0;
}

static void
confirm_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	error->field = ((Confirm *) options)->confirmation;
	error->message = "confirmation did not match value";
}

const AshValidationDef ash_presence_validations[] = {
	{ "present", "Fields are not null: all of them, or as many as said.", &presence_spec, NULL,
	  prepare_present, presence_passes, presence_describe, NULL, "exactly at_least at_most keys" },
	{ "absent", "Fields are null: all of them, or as many as said.", &presence_spec, NULL,
	  prepare_absent, presence_passes, presence_describe, NULL, "exactly at_least at_most keys" },
	{ "attributes_present", "Like present, but arguments of the same name do not count.",
	  &presence_spec, NULL, prepare_attributes_present, presence_passes, presence_describe, NULL,
	  "exactly at_least at_most keys" },
	{ "attributes_absent", "Like absent, but arguments of the same name do not count.",
	  &presence_spec, NULL, prepare_attributes_absent, presence_passes, presence_describe, NULL,
	  "exactly at_least at_most keys" },
	{ "changing", "An attribute or relationship is being changed.", &changing_spec, NULL,
	  prepare_changing, changing_passes, changing_describe, NULL, "" },
	{ "confirm", "Two fields have the same value.", &confirm_spec, NULL, prepare_confirm,
	  confirm_passes, confirm_describe, NULL, "" },
	{ "action_is", "The action is one of those named; meant for where.", &action_is_spec, NULL,
	  prepare_action_is, action_is_passes, action_is_describe, NULL, "action" },
	{ NULL }
};
