/*-------------------------------------------------------------------------
 *
 * src/changeset/step_subject.c
 *	  The field a built-in is about.
 *
 * Names are resolved when a step is compiled.  A step that stands on the
 * resource runs in several actions, so it may name an argument that only some
 * of them have; in the others its value is null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"

/* True if some action of the resource has an argument of that name. */
static bool
is_argument_of_any(const AshResource *res, const char *name)
{
	for (int i = 0; i < res->nactions; i++)
	{
		if (ash_find_argument(res->actions[i], name) != NULL)
			return true;
	}
	return false;
}

/* What could have been named, for a suggestion. */
static List *
candidates(const AshBuiltinScope *scope, int allowed)
{
	List *names = NIL;

	if ((allowed & ASH_SUBJECT_ARGUMENT) && scope->action != NULL)
		for (int i = 0; i < scope->action->nargs; i++)
			names = lappend(names, unconstify(char *, scope->action->args[i]->name));
	if (allowed & ASH_SUBJECT_ATTRIBUTE)
		for (int i = 0; i < scope->res->nattributes; i++)
			names = lappend(names, unconstify(char *, scope->res->attributes[i]->name));
	if (allowed & ASH_SUBJECT_RELATIONSHIP)
		for (int i = 0; i < scope->res->nrelationships; i++)
			names = lappend(names, unconstify(char *, scope->res->relationships[i]->name));
	return names;
}

/* Adds the error of a name that is nothing of what is allowed. */
static void
no_such_subject(const AshBuiltinScope *scope, const char *option, const char *name, int allowed,
				AshErrors *errors)
{
	const char *what = "attribute or argument";

	if (allowed == ASH_SUBJECT_RELATIONSHIP)
		what = "relationship";
	else if (!(allowed & ASH_SUBJECT_ATTRIBUTE))
		what = "argument";
	else if (!(allowed & ASH_SUBJECT_ARGUMENT))
		what = "attribute";
	ash_errors_push_name(errors, option);
	ash_spec_unknown(what, name, candidates(scope, allowed), errors);
	ash_errors_pop(errors);
}

/*
 * Resolve name, given as the option of that name, into out.  allowed says what
 * it may be; an unknown name is a definition error and gives false.
 */
bool
ash_subject_resolve(const AshBuiltinScope *scope, const char *option, const char *name, int allowed,
					AshErrors *errors, AshSubject *out)
{
	memset(out, 0, sizeof(AshSubject));
	out->name = name;
	if ((allowed & ASH_SUBJECT_ARGUMENT) && scope->action != NULL)
		out->argument = ash_find_argument(scope->action, name);
	if (allowed & ASH_SUBJECT_ATTRIBUTE)
		out->attribute = ash_find_attribute(scope->res, name);
	if (allowed & ASH_SUBJECT_RELATIONSHIP)
		out->relationship = ash_find_relationship(scope->res, name);

	if (out->argument != NULL)
		out->type = out->argument->type;
	else if (out->attribute != NULL)
		out->type = out->attribute->type;
	else if (out->relationship == NULL && !((allowed & ASH_SUBJECT_ARGUMENT) && scope->shared &&
											is_argument_of_any(scope->res, name)))
	{
		no_such_subject(scope, option, name, allowed, errors);
		return false;
	}
	return true;
}

/*
 * The argument when it was given, else the attribute.  An attribute of another
 * type than the argument that hides it does not stand in for it.
 */
AshValue
ash_subject_value(const AshChangeset *cs, const AshSubject *subject)
{
	AshValue null = { 0, true };

	if (subject->argument != NULL && cs->call->arg_set[subject->argument->index])
		return cs->call->args[subject->argument->index];
	if (subject->attribute != NULL && subject->attribute->type->oid == subject->type->oid)
		return ash_changeset_attribute(cs, subject->attribute);
	return null;
}
