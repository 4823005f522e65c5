/*-------------------------------------------------------------------------
 *
 * src/call/app_function.h
 *	  SQL functions of the application, as definitions name them, and what they get and return.
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

/* app_function.c */
extern bool ash_function_prepare(AshFunction *function, AshErrors *errors);
extern AshFunction *ash_function_cached(AshFunction **cache, MemoryContext cxt, json_t *node,
										AshErrors *errors);
extern Jsonb *ash_function_call(const AshFunction *function, Jsonb *subject, Jsonb *options,
								Jsonb *context);
extern bool ash_function_failed(AshCall *call, const AshFunction *function, const char *why);
extern int ash_function_errors(AshErrors *errors, const JsonbValue *value);
extern Jsonb *ash_call_context(const AshCall *call);
extern void ash_call_write_arguments(StringInfo out, const AshCall *call, bool redact);

/* call_metadata.c */
extern bool ash_metadata_set(AshCall *call, AshMetadata *metadata, const AshFunction *function,
							 const JsonbValue *object);
extern bool ash_metadata_finish(AshCall *call, AshMetadata *metadata);
extern void ash_metadata_write(const AshAction *action, const AshMetadata *metadata,
							   StringInfo out);
extern StringInfo ash_metadata_text(AshCall *call, const AshFunction *function,
									const JsonbValue *object);

#endif /* ASH_CALL_FUNCTION_H */
