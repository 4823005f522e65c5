/*-------------------------------------------------------------------------
 *
 * src/exec/constraint_errors.c
 *	  A violation that PostgreSQL found → the error of the definition that owns
 *	  the constraint.
 *
 * Called while an error is being handled: works on the compiled resources of the
 * running calls, by the names the planner gave the constraints.  The catalog is
 * read for one thing only, the partitioned table that a partition belongs to:
 * integrity violations are raised between rows, by code that has just read the
 * catalog itself to name the constraint.  No row value of PostgreSQL's DETAIL is
 * passed on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "exec/exec_internal.h"
#include "utils/errcodes.h"
#include "utils/lsyscache.h"

/* The running call whose table the error is about; the innermost one when none is. */
static const AshCall *
call_of_table(const AshCall *call, const ErrorData *edata)
{
	const AshCall *c;

	if (edata->table_name == NULL || edata->schema_name == NULL)
		return call;
	for (c = call; c != NULL; c = c->parent)
		if (c->res->table != NULL && strcmp(c->res->table, edata->table_name) == 0 &&
			strcmp(c->res->schema, edata->schema_name) == 0)
			return c;
	return NULL;
}

/* The relation that is partitioned, table or index, of which relid is a part. */
static Oid
partition_root(Oid relid)
{
	while (OidIsValid(relid) && get_rel_relispartition(relid))
		relid = get_partition_parent(relid, true);
	return relid;
}

/*
 * Of a violation in a partition: the same of the table that is partitioned, in *whole.
 * Partitions share the names of its constraints, but not those of its unique indexes.
 */
static const ErrorData *
as_partitioned(const ErrorData *edata, ErrorData *whole)
{
	Oid schema = get_namespace_oid(edata->schema_name, true);
	Oid leaf = OidIsValid(schema) ? get_relname_relid(edata->table_name, schema) : InvalidOid;
	Oid root = partition_root(leaf);
	Oid index = InvalidOid;

	if (root == leaf)
		return edata;
	*whole = *edata;
	whole->schema_name = get_namespace_name(get_rel_namespace(root));
	whole->table_name = get_rel_name(root);
	if (edata->sqlerrcode == ERRCODE_UNIQUE_VIOLATION && edata->constraint_name != NULL)
		index = get_relname_relid(edata->constraint_name, schema);
	if (OidIsValid(index))
		whole->constraint_name = get_rel_name(partition_root(index));
	return whole;
}

static AshError *
add_violation(AshErrors *errors, const ErrorData *edata, AshErrorCode code, const char *field,
			  const char *message)
{
	AshError *error = ash_error_add(errors, code, field, "%s", message);

	error->sqlstate = edata->sqlerrcode;
	error->constraint = edata->constraint_name ? pstrdup(edata->constraint_name) : NULL;
	return error;
}

/* The same error for each field. */
static void
add_violations(AshErrors *errors, const ErrorData *edata, List *fields, const char *message)
{
	ListCell *lc;

	foreach (lc, fields)
		add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, lfirst(lc), message);
}

static bool
map_named(List *constraints, const ErrorData *edata, AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, constraints)
	{
		const AshNamedConstraint *constraint = lfirst(lc);

		if (strcmp(constraint->name, edata->constraint_name) != 0)
			continue;
		if (constraint->fields == NIL)
			add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, NULL, constraint->message);
		add_violations(errors, edata, constraint->fields, constraint->message);
		return true;
	}
	return false;
}

static bool
map_unique(const AshResource *res, const ErrorData *edata, AshErrors *errors)
{
	for (int i = 0; i < res->nidentities; i++)
	{
		const AshIdentity *identity = res->identities[i];
		List *fields = identity->field_names ? identity->field_names : identity->keys;

		if (strcmp(identity->index_name, edata->constraint_name) != 0)
			continue;
		add_violations(errors, edata, fields, identity->message);
		return true;
	}
	if (map_named(res->unique_indexes, edata, errors))
		return true;
	if (res->nprimary_key == 0 || res->primary_key_name == NULL ||
		strcmp(res->primary_key_name, edata->constraint_name) != 0)
		return false;
	add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, res->primary_key[0]->name,
				  "has already been taken");
	return true;
}

void
ash_exec_add_taken(const AshResource *res, const AshIdentity *identity, AshErrors *errors)
{
	ErrorData edata = { .sqlerrcode = ERRCODE_UNIQUE_VIOLATION };
	const char *name = identity != NULL ? identity->index_name : res->primary_key_name;

	edata.constraint_name = unconstify(char *, name);
	if (!map_unique(res, &edata, errors))
		ash_error_add(errors, ASH_E_INVALID_CHANGES, NULL, "has already been taken");
}

/* The row points to nothing. */
static bool
map_missing_reference(const AshResource *res, const ErrorData *edata, AshErrors *errors)
{
	for (int i = 0; i < res->nrelationships; i++)
	{
		const AshRelationship *rel = res->relationships[i];

		if (rel->kind != ASH_REL_BELONGS_TO || rel->constraint_name == NULL ||
			strcmp(rel->constraint_name, edata->constraint_name) != 0)
			continue;
		add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, rel->source_attribute,
					  rel->violation_message ? rel->violation_message : "does not exist");
		return true;
	}
	return map_named(res->foreign_keys, edata, errors);
}

/* Other rows still point to the one that goes, or changes its key. */
static bool
map_left_behind(const AshCall *call, const ErrorData *edata, AshErrors *errors)
{
	const AshResource *res = call->res;

	if (res->nprimary_key == 0)
		return false;
	add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, res->primary_key[0]->name,
				  "would leave records behind");
	return true;
}

static bool
map_check(const AshResource *res, const ErrorData *edata, AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, res->check_constraints)
	{
		const AshCheckConstraint *check = lfirst(lc);

		if (strcmp(check->name, edata->constraint_name) != 0)
			continue;
		add_violations(errors, edata, check->fields, check->message);
		return true;
	}
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];

		if (attr->check_name == NULL || strcmp(attr->check_name, edata->constraint_name) != 0)
			continue;
		add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, attr->name, "is invalid");
		return true;
	}
	return false;
}

static bool
map_not_null(const AshResource *res, const ErrorData *edata, AshErrors *errors)
{
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];

		if (edata->column_name == NULL || strcmp(attr->source, edata->column_name) != 0)
			continue;
		add_violation(errors, edata, ASH_E_REQUIRED, attr->name,
					  psprintf("attribute %s is required", attr->name));
		return true;
	}
	return false;
}

/*
 * Adds the framework's error for edata and returns true, or returns false when no
 * definition owns what was violated.  call is the innermost running call.
 */
bool
ash_exec_map_error(const AshCall *call, const ErrorData *edata, AshErrors *errors)
{
	const AshCall *owner;
	ErrorData whole;

	if (call == NULL ||
		ERRCODE_TO_CATEGORY(edata->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		return false;
	owner = call_of_table(call, edata);
	if (owner == NULL)
	{
		edata = as_partitioned(edata, &whole);
		owner = call_of_table(call, edata);
	}
	if (edata->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION)
		return owner != NULL && map_not_null(owner->res, edata, errors);
	if (edata->constraint_name == NULL)
		return false;
	switch (edata->sqlerrcode)
	{
		case ERRCODE_UNIQUE_VIOLATION:
		case ERRCODE_EXCLUSION_VIOLATION:
			return owner != NULL && map_unique(owner->res, edata, errors);
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			if (owner != NULL && map_missing_reference(owner->res, edata, errors))
				return true;
			return call->action != NULL && map_left_behind(call, edata, errors);
		case ERRCODE_CHECK_VIOLATION:
			return owner != NULL && map_check(owner->res, edata, errors);
		default:
			return false;
	}
}
