/*-------------------------------------------------------------------------
 *
 * src/api/api.h
 *	  What the SQL-callable functions share: unpacking arguments, the one place
 *	  where a call begins and where its errors are raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_API_H
#define ASH_API_H

#include "action/action.h"

/* The work of one API function; appends the JSON result, or adds errors. */
typedef void (*AshApiBody)(AshCall *call, const Jsonb *input, void *arg, StringInfo out);

#define ASH_ANY_TYPE (-1)

/*
 * Run body in a call of resource and action (NULL: the primary action of type;
 * with ASH_ANY_TYPE there is none).  Errors are raised, all together.  The result
 * is a json Datum.
 */
extern Datum ash_api_call(const char *resource, const char *action, int type, Jsonb *input,
						  Jsonb *options, AshApiBody body, void *arg);

/* The same; a failure is an answer {"ok": false, …} and its work is undone. */
extern Datum ash_api_try(const char *resource, const char *action, int type, Jsonb *input,
						 Jsonb *options, AshApiBody body, void *arg);

/* Bodies for which arg is NULL: the action itself. */
extern void ash_api_run(AshCall *call, const Jsonb *input, void *arg, StringInfo out);

/* fmgr arguments: NULL when the argument is SQL NULL */
extern char *ash_arg_text(FunctionCallInfo fcinfo, int n);
extern Jsonb *ash_arg_jsonb(FunctionCallInfo fcinfo, int n);
/* the same, but an SQL NULL is an error that names the argument */
extern char *ash_arg_name(FunctionCallInfo fcinfo, int n, const char *what);

/* options with one more key, for the verbs that take the record beside them */
extern Jsonb *ash_options_with(Jsonb *options, const char *key, const Jsonb *value);

#endif /* ASH_API_H */
