/*-------------------------------------------------------------------------
 *
 * src/changeset/changes_atomic.c
 *	  Changes computed from the stored row by the UPDATE itself: increment,
 *	  atomic_update, atomic_set, optimistic_lock.
 *
 * What the statement computes cannot be overtaken by another transaction, so
 * none of these ever reads a value to write it back.  On create there is no
 * stored row: an upsert uses the expression when it updates, an insert does not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "changeset/changeset_internal.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "utils/builtins.h"

/* A call by name whose operands are known to fit; NULL after adding an error. */
static AshExpr *
call2(const char *func, AshExpr *a, AshExpr *b, AshErrors *errors)
{
	return a == NULL || b == NULL ? NULL : ash_expr_call(func, list_make2(a, b), errors);
}

/* A number as an expression of the type; NULL after adding an error. */
static AshExpr *
const_expr(const AshTypeInst *type, const char *number, AshErrors *errors)
{
	json_t *json = ash_json_parse(number, strlen(number), errors);
	AshCast cast = { errors, ASH_E_INVALID_DEFINITION, NULL, true };
	AshValue value;
	bool ok = json != NULL && ash_type_cast_json(type, json, &cast, &value);

	if (json != NULL)
		json_decref(json);
	return ok ? ash_expr_const(type, value) : NULL;
}

/*
 * The attribute is computed from the stored row by the UPDATE itself, which is free of races.
 * A later expression of the same attribute replaces an earlier one, and any plain value.
 */
static void
set_atomic(AshChangeset *cs, const AshAttribute *attr, AshExpr *expr)
{
	cs->flags[attr->index] &= ~(ASH_CHANGING | ASH_DEFAULTED);
	cs->flags[attr->index] |= ASH_ATOMIC | ASH_TOUCHED;
	cs->atomics[attr->index] = expr;
}

/* An insert keeps its plain value; the expression is for the row an upsert finds. */
static void
compute_in_statement(AshChangeset *cs, const AshAttribute *attr, AshExpr *expr)
{
	if (cs->type == ASH_ACTION_CREATE)
		cs->atomics[attr->index] = expr;
	else if (cs->type == ASH_ACTION_UPDATE)
		set_atomic(cs, attr, expr);
}

/*-------------------------------------------------------------------------
 * increment
 *-------------------------------------------------------------------------
 */
typedef struct Increment
{
	const char *attribute;
	const char *amount;
	const char *overflow_limit;

	/* prepared */
	const AshAttribute *target;
	AshExpr *expr;
} Increment;

static const AshOpt increment_options[] = {
	ASH_OPTION(Increment, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute of a number type"),
	ASH_OPTION(Increment, "amount", NUMBER, amount, .dflt = "1",
			   .doc = "added to the stored value"),
	ASH_OPTION(Increment, "overflow_limit", NUMBER, overflow_limit,
			   .doc = "a sum above it starts over with amount"),
	ASH_OPT_END
};

static const AshSpec increment_spec =
	ASH_SPEC("increment", Increment, increment_options, .shorthand = "attribute",
			 .doc = "an attribute and by how much");

/* case when sum > limit then amount else sum end */
static AshExpr *
limit_sum(AshExpr *sum, AshExpr *amount, AshExpr *limit, AshErrors *errors)
{
	AshExpr *over = call2(">", sum, limit, errors);
	AshExpr *choice;

	if (over == NULL)
		return NULL;
	choice = palloc0(sizeof(AshExpr));
	choice->kind = ASH_EXPR_CASE;
	choice->type = sum->type;
	choice->nargs = 3;
	choice->args = palloc(sizeof(AshExpr *) * 3);
	choice->args[0] = over;
	choice->args[1] = amount;
	choice->args[2] = sum;
	return choice;
}

/* Compiles attribute + amount, with its overflow; false after adding an error. */
static bool
prepare_increment(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Increment *opts = options;
	AshSubject subject;
	AshExpr *amount;
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);

	if (!ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_ATTRIBUTE, errors,
							 &subject))
		return false;
	opts->target = subject.attribute;
	amount = const_expr(subject.type, opts->amount, scratch);
	if (amount != NULL)
		opts->expr = call2("+", ash_expr_attribute(scope->res, opts->target), amount, scratch);
	if (opts->expr != NULL && opts->overflow_limit != NULL)
		opts->expr = limit_sum(opts->expr, amount,
							   const_expr(subject.type, opts->overflow_limit, scratch), scratch);
	if (opts->expr == NULL)
		ash_error_definition(errors, "attribute", "\"%s\" is not a number of that kind",
							 opts->attribute);
	return opts->expr != NULL;
}

static bool
run_increment(AshChangeset *cs, void *options)
{
	Increment *opts = options;

	compute_in_statement(cs, opts->target, opts->expr);
	return true;
}

/*-------------------------------------------------------------------------
 * atomic_update, atomic_set
 *-------------------------------------------------------------------------
 */
typedef struct AtomicUpdate
{
	const char *attribute;
	const char *source;
	bool cast_atomic;

	/* prepared */
	const AshAttribute *target;
	AshExpr *expr;
} AtomicUpdate;

static const AshOpt atomic_update_options[] = {
	ASH_OPTION(AtomicUpdate, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "attribute to set"),
	ASH_OPTION(AtomicUpdate, "expr", EXPR, source, .flags = ASH_OPT_REQUIRED,
			   .doc = "expression; names mean the stored row"),
	ASH_OPTION(AtomicUpdate, "cast_atomic", BOOL, cast_atomic, .dflt = "true",
			   .doc = "convert the result to the type of the attribute"),
	ASH_OPT_END
};

static const AshSpec atomic_update_spec =
	ASH_SPEC("atomic_update", AtomicUpdate, atomic_update_options,
			 .doc = "an attribute and an expression");

/*
 * The expression converted to the type. An assignment converts by itself, but only where
 * PostgreSQL has an assignment cast.
 */
static AshExpr *
convert_to(AshExpr *expr, const AshTypeInst *type)
{
	AshExpr *cast;

	if (expr->type != NULL && expr->type->oid == type->oid)
		return expr;
	cast = palloc0(sizeof(AshExpr));
	cast->kind = ASH_EXPR_CAST;
	cast->type = type;
	cast->nargs = 1;
	cast->args = palloc(sizeof(AshExpr *));
	cast->args[0] = expr;
	return cast;
}

/*
 * Resolves the attribute and parses the expression, converted to the attribute's type unless
 * cast_atomic is off; false after adding an error.
 */
static bool
prepare_atomic_update(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	AtomicUpdate *opts = options;
	AshSubject subject;
	AshScope names = ash_scope_for(scope->res, scope->action);

	if (!ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_ATTRIBUTE, errors,
							 &subject))
		return false;
	opts->target = subject.attribute;
	ash_errors_push_name(errors, "expr");
	opts->expr = ash_expr_parse(opts->source, &names, errors);
	ash_errors_pop(errors);
	if (opts->expr != NULL && opts->cast_atomic)
		opts->expr = convert_to(opts->expr, opts->target->type);
	return opts->expr != NULL;
}

static bool
run_atomic_update(AshChangeset *cs, void *options)
{
	AtomicUpdate *opts = options;

	compute_in_statement(cs, opts->target, opts->expr);
	return true;
}

/* The same for a new row, which has no stored values to refer to; false after adding an error. */
static bool
prepare_atomic_set(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	AtomicUpdate *opts = options;

	if (!prepare_atomic_update(scope, options, errors))
		return false;
	if (!ash_expr_has_refs(opts->expr))
		return true;
	ash_error_definition(errors, "expr", "a new row has no stored values to refer to");
	return false;
}

/* Without a row to refer to the expression is a value like any other. */
static bool
run_atomic_set(AshChangeset *cs, void *options)
{
	AtomicUpdate *opts = options;
	AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, opts->attribute };
	AshValue value;

	if (!ash_expr_eval(opts->expr, &cs->call->bindings, NULL, NULL, &value) ||
		!ash_type_constrain(opts->target->type, &cast, &value))
		return false;
	ash_changeset_force_value(cs, opts->target, value);
	return true;
}

/*-------------------------------------------------------------------------
 * optimistic_lock
 *-------------------------------------------------------------------------
 */
typedef struct OptimisticLock
{
	const char *attribute;

	/* prepared */
	const AshAttribute *target;
	AshExpr *next;	  /* attribute + 1 */
	AshExpr *current; /* attribute */
} OptimisticLock;

static const AshOpt optimistic_lock_options[] = {
	ASH_OPTION(OptimisticLock, "attribute", NAME, attribute, .flags = ASH_OPT_REQUIRED,
			   .doc = "integer attribute that counts the versions"),
	ASH_OPT_END
};

static const AshSpec optimistic_lock_spec =
	ASH_SPEC("optimistic_lock", OptimisticLock, optimistic_lock_options, .shorthand = "attribute",
			 .doc = "the version attribute");

/* Resolves the version attribute and compiles its successor; false after adding an error. */
static bool
prepare_optimistic_lock(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	OptimisticLock *opts = options;
	AshSubject subject;

	if (!ash_subject_resolve(scope, "attribute", opts->attribute, ASH_SUBJECT_ATTRIBUTE, errors,
							 &subject))
		return false;
	opts->target = subject.attribute;
	if (opts->target->type->oid != INT8OID)
	{
		ash_error_definition(errors, "attribute", "a version must be an integer");
		return false;
	}
	opts->current = ash_expr_attribute(scope->res, opts->target);
	opts->next = call2("+", opts->current, const_expr(opts->target->type, "1", errors), errors);
	return opts->next != NULL;
}

/*
 * The version the caller saw: the one in options.record when that is a whole
 * record, else the stored one, which then guards against later writers only.
 */
static bool
version_seen(AshChangeset *cs, const AshAttribute *attr, AshValue *out)
{
	AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
					 .sensitive = attr->sensitive };
	const JsonbValue *record = cs->call->opts->record;
	JsonbValue given;

	*out = cs->data[attr->index];
	if (record == NULL || record->type != jbvBinary ||
		!ash_jsonb_get(ash_jsonb_from_value(record), attr->name, strlen(attr->name), &given))
		return true;
	return ash_type_cast(attr->type, &given, &cast, out);
}

/* The version that was seen must still be the stored one, and moves on by one. */
static bool
run_optimistic_lock(AshChangeset *cs, void *options)
{
	OptimisticLock *opts = options;
	AshExpr *unchanged;
	AshValue seen;

	if (cs->data == NULL)
		return true;
	if (!version_seen(cs, opts->target, &seen))
		return false;
	if (seen.isnull)
		unchanged = ash_expr_is_null(opts->current, false);
	else
		unchanged =
			call2("=", opts->current, ash_expr_const(opts->target->type, seen), cs->call->errors);
	if (unchanged == NULL)
		return false;
	cs->filters = lappend(cs->filters, unchanged);
	if (cs->type == ASH_ACTION_UPDATE)
		set_atomic(cs, opts->target, opts->next);
	return true;
}

const AshChangeDef ash_atomic_changes[] = {
	{ "increment", "Adds to a number in the database.", &increment_spec, NULL, prepare_increment,
	  run_increment, run_increment },
	{ "atomic_update", "Sets an attribute to an expression over the stored row.",
	  &atomic_update_spec, NULL, prepare_atomic_update, run_atomic_update, run_atomic_update },
	{ "atomic_set", "Sets an attribute of a new row to an expression.", &atomic_update_spec, NULL,
	  prepare_atomic_set, run_atomic_set, run_atomic_set },
	{ "optimistic_lock", "Refuses the write when the row has a newer version than the caller saw.",
	  &optimistic_lock_spec, NULL, prepare_optimistic_lock, run_optimistic_lock, NULL },
	{ NULL }
};
