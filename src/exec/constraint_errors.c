/*-------------------------------------------------------------------------
 *
 * src/exec/constraint_errors.c
 *	  Maps an integrity violation that PostgreSQL raised to the error of the definition
 *	  that owns the constraint.
 *
 * Called while an error is being handled: works on compiled resources, by the names that
 * the schema planner gave the constraints.  The catalog is read for one thing only, the
 * partitioned table that a partition belongs to: integrity violations are raised
 * between rows, by code that has just read the catalog itself to name the constraint.
 * No row value of PostgreSQL's DETAIL is passed on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "exec/exec.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "model/table_constraint.h"
#include "utils/errcodes.h"
#include "utils/lsyscache.h"

/*
 * The first of the resources whose table the error is about; the first of all when the error
 * names no table; NULL when it is the table of none.
 */
static const AshResource *
resource_of_error(const List *resources, const ErrorData *edata)
{
	ListCell *lc;

	if (edata->table_name == NULL || edata->schema_name == NULL)
		return linitial(resources);
	foreach (lc, resources)
	{
		const AshResource *res = lfirst(lc);

		if (res->table != NULL && strcmp(res->table, edata->table_name) == 0 &&
			strcmp(res->schema, edata->schema_name) == 0)
			return res;
	}
	return NULL;
}

/* The topmost partitioned table or index of which relid is a partition; or relid itself. */
static Oid
partition_root(Oid relid)
{
	while (OidIsValid(relid) && get_rel_relispartition(relid))
		relid = get_partition_parent(relid, true);
	return relid;
}

/*
 * A violation in a partition as one of the partitioned table, in *whole; edata itself when the
 * table is no partition.  Partitions share the names of the constraints of the partitioned
 * table, but not those of its unique indexes.
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

/* Adds an error with the SQLSTATE and constraint of edata; returns it. */
static AshError *
add_violation(AshErrors *errors, const ErrorData *edata, AshErrorCode code, const char *field,
			  const char *message)
{
	AshError *error = ash_error_add(errors, code, field, "%s", message);

	error->sqlstate = edata->sqlerrcode;
	error->constraint = edata->constraint_name ? pstrdup(edata->constraint_name) : NULL;
	return error;
}

/* Adds the same error for each field. */
static void
add_violations(AshErrors *errors, const ErrorData *edata, List *fields, const char *message)
{
	ListCell *lc;

	foreach (lc, fields)
		add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, lfirst(lc), message);
}

/* True if the constraint is in the list of AshNamedConstraint; its errors are added. */
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

/*
 * An identity, a unique index or the primary key.  As below: true, after adding the
 * errors, if the definition of res owns the constraint.
 */
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

/*
 * Add the error of an identity, or with NULL of the primary key, whose values another row
 * has: the same that its unique index would have given.
 */
void
ash_exec_add_taken(const AshResource *res, const AshIdentity *identity, AshErrors *errors)
{
	ErrorData edata = { .sqlerrcode = ERRCODE_UNIQUE_VIOLATION };
	const char *name = identity != NULL ? identity->index_name : res->primary_key_name;

	edata.constraint_name = unconstify(char *, name);
	if (!map_unique(res, &edata, errors))
		ash_error_add(errors, ASH_E_INVALID_CHANGES, NULL, "has already been taken");
}

/* The row references a row that does not exist. */
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

/* The row of res that is deleted, or whose key changes, is referenced by other rows. */
static bool
map_still_referenced(const AshResource *res, const ErrorData *edata, AshErrors *errors)
{
	if (res->nprimary_key == 0)
		return false;
	add_violation(errors, edata, ASH_E_INVALID_ATTRIBUTE, res->primary_key[0]->name,
				  "would leave records behind");
	return true;
}

/* A check constraint of the definition, or the one of an attribute's constraints. */
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

/* By the column, as PostgreSQL 15 to 17 name no constraint. */
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
 * Add the error that the violation edata is to the caller, and return true; false when no
 * definition owns what was violated.  resources are those of the running calls, innermost
 * first; the first is written by an action if runs_action is set.  Errors are allocated
 * in the context of errors.
 */
bool
ash_exec_map_error(const List *resources, bool runs_action, const ErrorData *edata,
				   AshErrors *errors)
{
	const AshResource *owner;
	ErrorData whole;

	if (resources == NIL ||
		ERRCODE_TO_CATEGORY(edata->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		return false;
	owner = resource_of_error(resources, edata);
	if (owner == NULL)
	{
		edata = as_partitioned(edata, &whole);
		owner = resource_of_error(resources, edata);
	}
	if (edata->sqlerrcode == ERRCODE_NOT_NULL_VIOLATION)
		return owner != NULL && map_not_null(owner, edata, errors);
	if (edata->constraint_name == NULL)
		return false;
	switch (edata->sqlerrcode)
	{
		case ERRCODE_UNIQUE_VIOLATION:
		case ERRCODE_EXCLUSION_VIOLATION:
			return owner != NULL && map_unique(owner, edata, errors);
		case ERRCODE_FOREIGN_KEY_VIOLATION:
			if (owner != NULL && map_missing_reference(owner, edata, errors))
				return true;
			return runs_action && map_still_referenced(linitial(resources), edata, errors);
		case ERRCODE_CHECK_VIOLATION:
			return owner != NULL && map_check(owner, edata, errors);
		default:
			return false;
	}
}
