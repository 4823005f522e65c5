/*-------------------------------------------------------------------------
 *
 * src/model/model_lookup.c
 *	  Lookups by name in a compiled resource.
 *
 * Most lists are short and searched from the front.  Behind the members of a long one
 * stand the same again, sorted by name, to be bisected; so are inputs, which are
 * looked up once for each key of each call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/aggregate.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/identity.h"
#include "model/model_internal.h"
#include "model/relationship.h"

/* Every entity struct begins with its name. */
typedef struct Named
{
	const char *name;
} Named;

StaticAssertDecl(offsetof(AshAttribute, name) == 0, "name comes first");
StaticAssertDecl(offsetof(AshRelationship, name) == 0, "name comes first");
StaticAssertDecl(offsetof(AshCalculation, name) == 0, "name comes first");
StaticAssertDecl(offsetof(AshAggregate, name) == 0, "name comes first");
StaticAssertDecl(offsetof(AshIdentity, name) == 0, "name comes first");
StaticAssertDecl(offsetof(AshAction, name) == 0, "name comes first");
StaticAssertDecl(offsetof(AshArgument, name) == 0, "name comes first");

/* Lists of no more are searched from the front. */
#define FEW 32

static int
compare_names(const void *a, const void *b)
{
	return strcmp((*(Named *const *) a)->name, (*(Named *const *) b)->name);
}

void
ash_find_prepare(void **members, int count)
{
	if (count <= FEW)
		return;
	memcpy(members + count, members, sizeof(void *) * count);
	qsort(members + count, count, sizeof(void *), compare_names);
}

static void *
find(void *members, int count, const char *name)
{
	Named **named = members;
	Named wanted = { name };
	Named *key = &wanted;
	Named **found;

	if (count > FEW)
	{
		found = bsearch(&key, named + count, count, sizeof(Named *), compare_names);
		return found != NULL ? *found : NULL;
	}
	for (int i = 0; i < count; i++)
	{
		if (strcmp(named[i]->name, name) == 0)
			return named[i];
	}
	return NULL;
}

AshAttribute *
ash_find_attribute(const AshResource *res, const char *name)
{
	return find(res->attributes, res->nattributes, name);
}

AshRelationship *
ash_find_relationship(const AshResource *res, const char *name)
{
	return find(res->relationships, res->nrelationships, name);
}

AshCalculation *
ash_find_calculation(const AshResource *res, const char *name)
{
	return find(res->calculations, res->ncalculations, name);
}

AshAggregate *
ash_find_aggregate(const AshResource *res, const char *name)
{
	return find(res->aggregates, res->naggregates, name);
}

AshIdentity *
ash_find_identity(const AshResource *res, const char *name)
{
	return find(res->identities, res->nidentities, name);
}

AshAction *
ash_find_action(const AshResource *res, const char *name)
{
	return find(res->actions, res->nactions, name);
}

AshArgument *
ash_find_argument(const AshAction *action, const char *name)
{
	return find(action->args, action->nargs, name);
}

const AshInput *
ash_find_input(const AshAction *action, const char *name, int len)
{
	int low = 0;
	int high = action->ninputs - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		const AshInput *input = &action->inputs[middle];
		int order = len - input->namelen;

		if (order == 0)
			order = memcmp(name, input->name, len);
		if (order == 0)
			return input;
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
ash_names_contain(List *names, const char *name)
{
	ListCell *lc;

	foreach (lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

int
ash_name_index(const char *const *names, const char *name)
{
	for (int i = 0; names[i] != NULL; i++)
	{
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

List *
ash_attribute_names(const AshResource *res)
{
	List *names = NIL;

	for (int i = 0; i < res->nattributes; i++)
		names = lappend(names, unconstify(char *, res->attributes[i]->name));
	return names;
}

List *
ash_field_names(const AshResource *res)
{
	List *names = list_concat(ash_attribute_names(res), ash_calculation_names(res));

	for (int i = 0; i < res->naggregates; i++)
		names = lappend(names, unconstify(char *, res->aggregates[i]->name));
	return names;
}

List *
ash_identity_names(const AshResource *res)
{
	List *names = NIL;

	for (int i = 0; i < res->nidentities; i++)
		names = lappend(names, unconstify(char *, res->identities[i]->name));
	return names;
}

List *
ash_relationship_names(const AshResource *res)
{
	List *names = NIL;

	for (int i = 0; i < res->nrelationships; i++)
		names = lappend(names, unconstify(char *, res->relationships[i]->name));
	return names;
}

List *
ash_action_names(const AshResource *res, uint32 types)
{
	List *names = NIL;

	for (int i = 0; i < res->nactions; i++)
	{
		if (types & ASH_ON(res->actions[i]->type))
			names = lappend(names, unconstify(char *, res->actions[i]->name));
	}
	return names;
}

List *
ash_calculation_names(const AshResource *res)
{
	List *names = NIL;

	for (int i = 0; i < res->ncalculations; i++)
		names = lappend(names, unconstify(char *, res->calculations[i]->name));
	return names;
}

List *
ash_argument_names(const AshAction *action)
{
	List *names = NIL;

	for (int i = 0; i < action->nargs; i++)
		names = lappend(names, unconstify(char *, action->args[i]->name));
	return names;
}
