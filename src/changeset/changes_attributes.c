/*-------------------------------------------------------------------------
 *
 * src/changeset/changes_attributes.c
 *	  Changes that set an attribute, or keep it from being set.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/attribute.h"

/*-------------------------------------------------------------------------
 * set_attribute, set_new_attribute
 *-------------------------------------------------------------------------
 */
typedef struct SetAttribute
{
	const char *attribute;
	json_t *value_json;
	bool set_when_nil;
	bool new_only;

	/* prepared */
	const AshAttribute *target;
	AshTemplate *value;
} SetAttribute;

static const AshOpt set_attribute_options[] = {
	ASH_OPTION(SetAttribute, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute to set, whether or not it is writable"),
	ASH_OPTION(SetAttribute, "value", VALUE, value_json, .flags = ASH_OPT_REQUIRED,
			   .doc = "literal or template"),
	ASH_OPTION(SetAttribute, "set_when_nil", BOOL, set_when_nil, .dflt = "true",
			   .doc = "false: a null value is not set"),
	ASH_OPTION(SetAttribute, "new", BOOL, new_only, .dflt = "false",
			   .doc = "only when the attribute is not being changed"),
	ASH_OPT_END
};

static const AshSpec set_attribute_spec =
	ASH_SPEC("set_attribute", SetAttribute, set_attribute_options,
			 .doc = "an attribute and a value");

static const AshOpt set_new_attribute_options[] = {
	ASH_OPTION(SetAttribute, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute to set unless it is being changed"),
	ASH_OPTION(SetAttribute, "value", VALUE, value_json, .flags = ASH_OPT_REQUIRED,
			   .doc = "literal or template"),
	ASH_OPTION(SetAttribute, "set_when_nil", BOOL, set_when_nil, .dflt = "true",
			   .doc = "false: a null value is not set"),
	ASH_OPT_END
};

static const AshSpec set_new_attribute_spec =
	ASH_SPEC("set_new_attribute", SetAttribute, set_new_attribute_options,
			 .doc = "an attribute and a value");

/* Resolves the attribute and compiles the value; false after adding an error. */
static bool
prepare_set_attribute(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	SetAttribute *opts = options;
	AshSubject subject;

	if (!ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_ATTRIBUTE, errors,
							 &subject))
		return false;
	opts->target = subject.attribute;
	opts->value =
		ash_option_compile(scope, "value", opts->value_json, opts->target->type, true, errors);
	return opts->value != NULL;
}

static bool
prepare_set_new_attribute(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	((SetAttribute *) options)->new_only = true;
	return prepare_set_attribute(scope, options, errors);
}

/*
 * Sets the value, resolved for the call; set_new_attribute only if the attribute is not
 * changing.
 */
static bool
run_set_attribute(AshChangeset *cs, void *options)
{
	SetAttribute *opts = options;
	AshValue value;

	if (opts->new_only && ash_changeset_changing(cs, opts->target))
		return true;
	if (!ash_option_value(cs, opts->value, opts->target, &value))
	{
		cs->flags[opts->target->index] |= ASH_INVALID;
		return false;
	}
	if (!value.isnull || opts->set_when_nil)
		ash_changeset_force_value(cs, opts->target, value);
	return true;
}

/*-------------------------------------------------------------------------
 * prevent_change
 *-------------------------------------------------------------------------
 */
typedef struct PreventChange
{
	const char *attribute;

	/* prepared */
	AshSubject subject;
} PreventChange;

static const AshOpt prevent_change_options[] = {
	ASH_OPTION(PreventChange, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute or relationship that stays as it is"),
	ASH_OPT_END
};

static const AshSpec prevent_change_spec =
	ASH_SPEC("prevent_change", PreventChange, prevent_change_options, .shorthand = "attribute",
			 .doc = "a field");

static bool
prepare_prevent_change(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	PreventChange *opts = options;

	return ash_subject_resolve(scope, "attribute", opts->attribute,
							   ASH_SUBJECT_ATTRIBUTE | ASH_SUBJECT_RELATIONSHIP, errors,
							   &opts->subject);
}

/* Forgets all changes of the attribute. */
static void
clear_attribute(AshChangeset *cs, const AshAttribute *attr)
{
	cs->flags[attr->index] = 0;
	cs->atomics[attr->index] = NULL;
}

/*
 * AshHookFn of prevent_change: forgets all changes of the attribute, or the managed input of
 * the relationship.
 */
static bool
clear_field(AshChangeset *cs, void *arg)
{
	const AshSubject *subject = arg;
	ListCell *lc;

	if (subject->attribute != NULL)
		clear_attribute(cs, subject->attribute);
	foreach (lc, cs->managed)
	{
		if (((AshManaged *) lfirst(lc))->relationship == subject->relationship)
			cs->managed = foreach_delete_current (cs->managed, lc);
	}
	return true;
}

/* Runs right before the write, so that changes made by other steps are undone, too. */
static bool
run_prevent_change(AshChangeset *cs, void *options)
{
	ash_changeset_add_hook(&cs->before_action, clear_field, &((PreventChange *) options)->subject,
						   false);
	return true;
}

const AshChangeDef ash_attribute_changes[] = {
	{ "set_attribute", "Sets an attribute to a value.", &set_attribute_spec, NULL,
	  prepare_set_attribute, run_set_attribute, run_set_attribute },
	{ "set_new_attribute", "Sets an attribute that is not being changed otherwise.",
	  &set_new_attribute_spec, NULL, prepare_set_new_attribute, run_set_attribute,
	  run_set_attribute },
	{ "prevent_change", "Drops any change of a field before the row is written.",
	  &prevent_change_spec, NULL, prepare_prevent_change, run_prevent_change, run_prevent_change },
	{ NULL }
};
