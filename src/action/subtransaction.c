/*-------------------------------------------------------------------------
 *
 * src/action/subtransaction.c
 *	  Work that fails without failing the transaction.
 *
 * The body runs in a subtransaction, which is rolled back when it added errors
 * or when PostgreSQL raised one.  A violation of a constraint becomes the error
 * of the definition that owns it; other errors of the data become class
 * "unknown", unless they were raised with our own JSON DETAIL.  Cancellation (other
 * than by the call's timeout), serialization failures, deadlocks, resource exhaustion
 * and failed assertions are always raised again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "action/action_internal.h"
#include "nodes/value.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/*
 * True if an error of this SQLSTATE may become part of a result. Cancellation, serialization
 * failures, resource exhaustion and internal errors may not.
 */
static bool
can_be_caught(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INVALID_TRANSACTION_STATE:
		case ERRCODE_INTERNAL_ERROR:
		case ERRCODE_SYSTEM_ERROR:
			return false;
		default:
			return sqlstate != ERRCODE_ASSERT_FAILURE;
	}
}

/* The path of the innermost call's errors: where in the outermost input the error is. */
static List *
path_of_calls(const AshCall *inner, const AshCall *outer)
{
	List *path = NIL;

	for (const AshCall *call = inner; call != NULL; call = call->parent)
	{
		path = list_concat_copy(call->errors->path, path);
		if (call == outer)
			break;
	}
	return path;
}

/* A constraint of the database that no definition owns: PostgreSQL's message without the row. */
static void
add_unowned_violation(AshErrors *errors, const ErrorData *edata)
{
	AshError *error = ash_error_add(errors, ASH_E_CONSTRAINT, NULL, "%s", edata->message);

	error->sqlstate = edata->sqlerrcode;
	error->constraint = edata->constraint_name;
}

/* An error of PostgreSQL or of a function, with its SQLSTATE. */
static void
add_foreign_error(AshErrors *errors, const ErrorData *edata)
{
	AshError *error =
		ash_error_add(errors,
					  edata->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE ? ASH_E_FORBIDDEN :
																			ASH_E_UNKNOWN,
					  NULL, "%s", edata->message);

	error->sqlstate = edata->sqlerrcode;
	error->hint = edata->hint;
	ash_error_var_text(errors, error, "sqlstate", unpack_sql_state(edata->sqlerrcode));
}

/* Adds an error of a JSON DETAIL, in errors->cxt. */
static void
add_detailed_error(AshErrors *errors, int code, json_t *item)
{
	const char *field = json_string_value(json_object_get(item, "field"));
	const char *message = json_string_value(json_object_get(item, "message"));
	AshError *error = ash_error_add(errors, code, field, "%s", message ? message : "");
	size_t i;
	json_t *step;
	const char *name;
	json_t *value;

	json_array_foreach (json_object_get(item, "path"), i, step)
		error->path =
			lappend(error->path, json_is_integer(step) ?
									 (void *) makeInteger(json_integer_value(step)) :
									 (void *) makeString(pstrdup(
										 json_is_string(step) ? json_string_value(step) : "")));
	json_object_foreach (json_object_get(item, "vars"), name, value)
		ash_error_var_json(errors, error, pstrdup(name), ash_json_dump(value, false));
}

/*
 * Adds the errors of a raised error whose DETAIL is ours, {"errors": […]}: those of error()
 * and required(), and of calls inside. False, adding nothing, when it is not.
 */
static bool
add_detailed_errors(AshErrors *errors, const ErrorData *edata)
{
	json_t *document = edata->detail ? json_loads(edata->detail, 0, NULL) : NULL;
	json_t *list = json_object_get(document, "errors");
	int before = list_length(errors->items);
	size_t i;
	json_t *item;

	json_array_foreach (list, i, item)
	{
		const char *code = json_string_value(json_object_get(item, "code"));

		if (code != NULL && ash_error_code(code) >= 0)
			add_detailed_error(errors, ash_error_code(code), item);
	}
	json_decref(document);
	return list_length(errors->items) > before;
}

/*
 * The errors that a PostgreSQL error means for outer, in CurrentMemoryContext; NULL when it is
 * to be passed on as it is. Must be called in a PG_CATCH, before the calls are unwound.
 */
AshErrors *
ash_action_errors_of(const AshCall *outer, const ErrorData *edata)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	const AshCall *inner = ash_call_current();
	List *resources = NIL;

	if (inner == NULL)
		return NULL;
	errors->path = path_of_calls(inner, outer);
	for (const AshCall *call = inner; call != NULL; call = call->parent)
		resources = lappend(resources, call->res);
	if (ash_exec_map_error(resources, inner->action != NULL, edata, errors))
		return errors;

	/* what is left of these two categories may show values of rows: say it without them */
	if (ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		add_unowned_violation(errors, edata);
	else if (ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_DATA_EXCEPTION &&
			 edata->detail == NULL)
		add_foreign_error(errors, edata);
	return ash_errors_any(errors) ? errors : NULL;
}

/*
 * Runs body(call, arg) in a subtransaction; true when it added no error. Otherwise, also when
 * PostgreSQL raised an error, which becomes one of the call's, the subtransaction is rolled
 * back. Errors that can_be_caught refuses are raised again. What body allocates in call->cxt
 * stays.
 */
bool
ash_action_isolated(AshCall *call, void (*body)(AshCall *call, void *arg), void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		body(call, arg);
		if (ash_errors_any(call->errors))
			RollbackAndReleaseCurrentSubTransaction();
		else
			ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(cxt);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData *edata;
		AshErrors *late;
		AshErrors *mapped;

		MemoryContextSwitchTo(call->cxt);
		edata = CopyErrorData();
		FlushErrorState();
		late = ash_timeout_errors(call);
		mapped = late;
		if (can_be_caught(edata->sqlerrcode))
			mapped = ash_action_errors_of(call, edata);
		RollbackAndReleaseCurrentSubTransaction();
		CurrentResourceOwner = owner;
		if (late == NULL && !can_be_caught(edata->sqlerrcode))
			ReThrowError(edata);
		MemoryContextSwitchTo(call->cxt);
		ash_call_unwind(call);
		if (mapped != NULL)
			ash_errors_append_all(call->errors, mapped);
		else if (!add_detailed_errors(call->errors, edata))
			add_foreign_error(call->errors, edata);
		MemoryContextSwitchTo(cxt);
	}
	PG_END_TRY();
	return !ash_errors_any(call->errors);
}
