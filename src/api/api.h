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

/*
 * The work of one API function; appends the JSON result, or adds errors.  input is the
 * function's argument, of a verb that reads the option of that name; NULL when not given.
 */
typedef void (*AshApiBody)(AshCall *call, const Jsonb *input, void *arg, StringInfo out);

#define ASH_ANY_TYPE (-1)

/* The arguments of an API function. */
typedef struct AshApiRequest
{
	AshCallShape shape;
	int type; /* AshActionType of the action, or ASH_ANY_TYPE */
	const char *resource;
	const char *action; /* ASH_CALL_BY_NAME only */
	Jsonb *input;		/* not of ASH_CALL_READ; NULL: SQL NULL */
	Jsonb *options;		/* NULL: SQL NULL */
} AshApiRequest;

/*
 * Run body in a call as request says.  The action is that of the argument or the option,
 * else the primary one of the type; with ASH_ANY_TYPE there may be none.  Errors are raised,
 * all together.  The result is a json Datum in CurrentMemoryContext.
 */
extern Datum ash_api_call(const AshApiRequest *request, AshApiBody body, void *arg);

/* The same; a failure is an answer {"ok": false, …} and its work is undone. */
extern Datum ash_api_try(const AshApiRequest *request, AshApiBody body, void *arg);

/* api_verbs.c: (resource text, …, options jsonb), where the options are argument n. */
extern AshApiRequest ash_read_request(FunctionCallInfo fcinfo, int n);

/* api_run.c: (resource text, action text, input jsonb, options jsonb). */
extern AshApiRequest ash_request_by_name(FunctionCallInfo fcinfo);

/* Bodies for which arg is NULL: the action itself. */
extern void ash_api_run(AshCall *call, const Jsonb *input, void *arg, StringInfo out);

/* fmgr arguments: NULL when the argument is SQL NULL */
extern char *ash_arg_text(FunctionCallInfo fcinfo, int n);
extern Jsonb *ash_arg_jsonb(FunctionCallInfo fcinfo, int n);
/* the same, but an SQL NULL is an error that names the argument */
extern char *ash_arg_name(FunctionCallInfo fcinfo, int n, const char *what);

/*
 * api_keys.c: the argument n that names one or several records, of type text, uuid, bigint or
 * jsonb, or an array of one of the first three.
 */
typedef struct AshKeyArgument
{
	Oid type; /* InvalidOid: SQL NULL */
	Datum value;
} AshKeyArgument;

extern AshKeyArgument ash_arg_key(FunctionCallInfo fcinfo, int n);

/*
 * The key as JSON, in call->cxt: what names one record is a scalar or an object, several
 * (allowed with many) are an array of these.  NULL for SQL NULL, or after adding an error.
 */
extern JsonbValue *ash_key_json(AshCall *call, const AshKeyArgument *key, bool many);

/*
 * Say in the errors about a record that is not there, if the key is a text that looks like
 * JSON but was not read as JSON, what could have been meant.
 */
extern void ash_key_hint(AshCall *call, const AshKeyArgument *key);

/* options with one more key */
extern Jsonb *ash_options_with(Jsonb *options, const char *key, const Jsonb *value);

#endif /* ASH_API_H */
