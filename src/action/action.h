/*-------------------------------------------------------------------------
 *
 * src/action/action.h
 *	  Runs actions: one record, many, or without effects.
 *
 * Each function takes a begun call whose errors may already be there, adds
 * to them, and appends the JSON of the result to out when there are none.
 * Nothing is raised here except what PostgreSQL raises itself; the API function
 * decides between raising and returning errors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ACTION_H
#define ASH_ACTION_H

#include "result/result.h"

/* actor_fetch.c: the record of an actor that the call names by key */
extern void ash_action_fetch_actor(AshCall *call);
/* managed.c: registers the changes that run other actions */
extern void ash_managed_init(void);

/* dispatch on action->type */
extern void ash_action_run(AshCall *call, const Jsonb *input, StringInfo out);

extern void ash_action_read(AshCall *call, const Jsonb *input, StringInfo out);
extern void ash_action_generic(AshCall *call, const Jsonb *input, StringInfo out);

/* write_action.c: a create, update or destroy; the row as written is in cs->result */
extern AshChangeset *ash_action_write(AshCall *call, const Jsonb *input, AshValue *data,
									  const AshRowHandle *handle);

/* read_action.c: at most one record */
extern AshQuery *ash_action_query(AshCall *call, const Jsonb *input);
extern void ash_action_read_one(AshCall *call, const Jsonb *input, bool not_found_error,
								StringInfo out);

/* read_action.c: the record of options.record; the action's arguments are options.input */
extern void ash_action_get(AshCall *call, bool not_found_error, StringInfo out);

/* stored_record.c: how the caller named a record, for messages */
extern char *ash_action_describe_record(const AshResource *res, const JsonbValue *record);

/*
 * load_records.c: records is the key of one record, an array of keys, or NULL, which gives
 * null; the action's arguments are options.input
 */
extern void ash_action_load(AshCall *call, const JsonbValue *records, const Jsonb *load,
							StringInfo out);

/* calculate.c */
extern void ash_action_calculate(AshCall *call, const char *name, const Jsonb *arguments,
								 StringInfo out);

/* bulk.c: the same for many records; input is an array of inputs for a create */
extern void ash_bulk_run(AshCall *call, const Jsonb *input, StringInfo out);

/* can.c: "yes", "no", "maybe" */
extern const char *ash_action_can(AshCall *call, const Jsonb *input);
/* what every policy says, as JSON */
extern void ash_action_explain_policies(AshCall *call, const Jsonb *input, StringInfo out);

/* action_statement.c: what the call would run */
typedef struct AshStatement
{
	bool present; /* false: no statement runs, the notes say why */
	AshSql sql;
	List *notes; /* of char *: what the statement does not show */
} AshStatement;

extern void ash_action_statement(AshCall *call, const Jsonb *input, AshStatement *statement);

/* validate_action.c: adds the errors of the input; writes nothing */
extern void ash_action_validate(AshCall *call, const Jsonb *input);

/* subtransaction.c */
extern bool ash_action_isolated(AshCall *call, void (*body)(AshCall *call, void *arg), void *arg);

extern AshErrors *ash_action_errors_of(const AshCall *outer, const ErrorData *edata);

/* managed.c: steps of the life cycle: relationships that an action manages */
extern bool ash_managed_before(AshChangeset *cs); /* belongs_to, before the row is written */
extern bool ash_managed_after(AshChangeset *cs);  /* the others */

#endif /* ASH_ACTION_H */
