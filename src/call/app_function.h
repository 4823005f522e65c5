/*-------------------------------------------------------------------------
 *
 * src/call/app_function.h
 *	  SQL functions of the application, as a definition names them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALL_FUNCTION_H
#define ASH_CALL_FUNCTION_H

#include "call/call.h"

/* {"function": "schema.name", "options": {…}}; filled by ash_function_spec */
typedef struct AshFunction
{
	const char *name;
	json_t *options_json;

	/* prepared */
	List *qualified; /* of String */
	Jsonb *options;
} AshFunction;

extern const AshSpec ash_function_spec;

extern bool ash_function_prepare(AshFunction *function, AshErrors *errors);
/*
 * {"function", "options"} or a name, found on first use and kept in *cache (in cxt).  With
 * errors NULL, at run time, a fault is raised.
 */
extern AshFunction *ash_function_cached(AshFunction **cache, MemoryContext cxt, json_t *node,
										AshErrors *errors);
extern Jsonb *ash_function_call(const AshFunction *function, Jsonb *subject, Jsonb *options,
								Jsonb *context);
/* adds "function schema.name <why>"; always false */
extern bool ash_function_failed(AshCall *call, const AshFunction *function, const char *why);
/* the third argument: {"actor", "tenant", "authorize", "context"} */
extern Jsonb *ash_call_context(const AshCall *call);
/* {"name": value, …} of the arguments that are set; redact hides sensitive ones */
extern void ash_call_write_arguments(StringInfo out, const AshCall *call, bool redact);
/* an error, or a list of them, as a function returns it */
extern int ash_function_errors(AshErrors *errors, const JsonbValue *value);

/*
 * call_metadata.c: the declared metadata of call->action, for one record.  Values live in
 * CurrentMemoryContext; what it cannot be is an error of the function.
 */
extern bool ash_metadata_set(AshCall *call, AshMetadata *metadata, const AshFunction *function,
							 const JsonbValue *object);
extern bool ash_metadata_finish(AshCall *call, AshMetadata *metadata);
extern void ash_metadata_write(const AshAction *action, const AshMetadata *metadata,
							   StringInfo out);
extern StringInfo ash_metadata_text(AshCall *call, const AshFunction *function,
									const JsonbValue *object);

#endif /* ASH_CALL_FUNCTION_H */
