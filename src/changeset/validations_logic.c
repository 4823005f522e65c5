/*-------------------------------------------------------------------------
 *
 * src/changeset/validations_logic.c
 *	  Validations made of validations: negate, any, all.
 *
 * Inner steps are compiled like guards.  Their messages become part of the outer
 * one; the values of "any" and "all" are not filled in, as in the framework.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"

typedef struct Logic
{
	json_t *validations;

	/* prepared */
	List *steps; /* of AshStep * */
} Logic;

static const AshOpt negate_options[] = { ASH_OPTION(Logic, "validation", JSON, validations,
													.flags = ASH_OPT_REQUIRED,
													.doc = "the validation that must fail"),
										 ASH_OPT_END };

static const AshOpt list_options[] = { ASH_OPTION(Logic, "validations", JSON, validations,
												  .flags = ASH_OPT_REQUIRED,
												  .doc = "list of validations"),
									   ASH_OPT_END };

static const AshSpec negate_spec = ASH_SPEC("negate", Logic, negate_options, .doc = "a validation");
static const AshSpec list_spec =
	ASH_SPEC("validation_list", Logic, list_options, .doc = "validations");

/* Compiles the list, which must not be empty; false after adding errors. */
static bool
prepare_logic(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Logic *opts = options;
	int before = list_length(errors->items);

	opts->steps = ash_steps_compile(scope, opts->validations, false, true, errors);
	if (list_length(errors->items) > before)
		return false;
	if (opts->steps != NIL)
		return true;
	ash_error_definition(errors, NULL, "needs at least one validation");
	return false;
}

/* Compiles the one validation; false after adding errors. */
static bool
prepare_negate(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	if (json_is_array(((Logic *) options)->validations))
	{
		ash_error_definition(errors, NULL, "takes one validation, not a list");
		return false;
	}
	return prepare_logic(scope, options, errors);
}

static bool
negate_passes(AshChangeset *cs, void *options)
{
	return !ash_validation_passes(cs, linitial(((Logic *) options)->steps));
}

/* The message of the validation that passed, and its vars. */
static void
negate_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	AshError *inner = ash_validation_describe(cs, linitial(((Logic *) options)->steps), errors);

	error->message = psprintf("must not pass validation: %s", inner->message);
	error->vars = inner->vars;
}

/* True if at least one of the validations passes. */
static bool
any_passes(AshChangeset *cs, void *options)
{
	ListCell *lc;

	foreach (lc, ((Logic *) options)->steps)
	{
		if (ash_validation_passes(cs, lfirst(lc)))
			return true;
	}
	return false;
}

static bool
all_passes(AshChangeset *cs, void *options)
{
	return ash_steps_pass(cs, ((Logic *) options)->steps);
}

/* The message is intro and the messages of all validations of the list. */
static void
describe_list(AshChangeset *cs, Logic *opts, const char *intro, AshErrors *errors, AshError *error)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, intro);
	foreach (lc, opts->steps)
	{
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 ash_validation_describe(cs, lfirst(lc), errors)->message);
	}
	error->message = buf.data;
}

static void
any_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	describe_list(cs, options, "must pass at least one of: ", errors, error);
}

static void
all_describe(AshChangeset *cs, void *options, AshErrors *errors, AshError *error)
{
	describe_list(cs, options, "must pass all of: ", errors, error);
}

const AshValidationDef ash_logic_validations[] = {
	{ "negate", "The validation fails.", &negate_spec, "validation", prepare_negate, negate_passes,
	  negate_describe },
	{ "any", "At least one of the validations passes.", &list_spec, "validations", prepare_logic,
	  any_passes, any_describe },
	{ "all", "All of the validations pass.", &list_spec, "validations", prepare_logic, all_passes,
	  all_describe },
	{ NULL }
};
