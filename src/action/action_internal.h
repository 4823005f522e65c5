/*-------------------------------------------------------------------------
 *
 * src/action/action_internal.h
 *	  What the files of this room share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ACTION_INTERNAL_H
#define ASH_ACTION_INTERNAL_H

#include "action/action.h"
#include "call/app_function.h"
#include "model/action_def.h"

/* run_action.c */
extern AshAction *ash_action_of_type(const AshResource *res, const char *name, AshActionType type,
									 AshErrors *errors);

/* write_action.c: the life cycle of a write, and the parts that are of use alone */
extern bool ash_action_run_changeset(AshChangeset *cs);
extern void ash_action_build(AshChangeset *cs);
extern bool ash_action_authorize(AshChangeset *cs, AshExpr **condition);
extern bool ash_row_satisfies(AshCall *call, AshResource *res, const AshValue *row,
							  AshExpr *condition);
extern bool ash_changeset_meets_filters(AshChangeset *cs);
extern bool ash_changeset_stale(AshChangeset *cs); /* always false */

/* write_row.c: the row of a changeset, written or shown as a statement */
extern bool ash_row_write(AshChangeset *cs);
extern bool ash_row_write_sql(AshChangeset *cs, AshSql *sql, bool *direct);

/* generic_action.c: what comes before a generic action is authorized */
extern void ash_action_generic_prepare(AshCall *call, const Jsonb *input);
/* … its preparations and validations alone */
extern void ash_action_prepare(AshCall *call, const Jsonb *input);

/* generic_action.c: what it runs, prepared and authorized; false after adding errors */
extern bool ash_generic_statement(AshCall *call, const Jsonb *input, AshSql *sql);

/* stored_record.c: the row that options.record names; NULL after adding an error */
extern AshValue *ash_action_record(AshCall *call, const JsonbValue *record, AshRowHandle *handle);
/* its values by attribute index when record is exactly a primary key; else NULL, adding nothing */
extern AshValue *ash_action_primary_key(const AshResource *res, const JsonbValue *record);
extern const Jsonb *ash_action_loads(const AshChangeset *cs); /* of the action and the caller */
extern List *ash_action_select(AshCall *call, const AshChangeset *cs);
/* every value copied into the current context */
extern AshValue *ash_action_copy_row(const AshResource *res, const AshValue *row);

/* lazy_load.c */
extern const Jsonb *ash_action_lazy_load(AshCall *call, const Jsonb *load,
										 const JsonbValue *records, int n, List **extras);
/* manual_write.c: instead of insert, update or delete; the row goes to cs->result */
extern AshWriteStatus ash_manual_write(AshChangeset *cs);

/* upsert.c: the part of a create that overwrites a row in its way */
typedef struct AshUpsert
{
	AshChangeset *cs;
	const AshIdentity *identity; /* NULL: the primary key */
	Bitmapset *keys;			 /* attribute indexes of the conflict target */
	Bitmapset *fields;			 /* those that are overwritten */
	bool listed;				 /* … because a list names them */
	AshExpr *condition;			 /* on the row in the way, or NULL */
	const bool *given;
} AshUpsert;

extern bool ash_upsert_wanted(const AshChangeset *cs);
extern bool ash_upsert_describe(AshChangeset *cs, AshWrite *write, AshUpsert *upsert);
extern bool ash_upsert_not_written(AshUpsert *upsert);

/* identity_check.c: those with eager_check, or with pre_check; false after adding errors */
extern bool ash_identity_checks(AshChangeset *cs, bool eager);

/* notification.c */
extern void ash_notification_add(AshChangeset *cs);
/* ", "notifications": [...]" of the call and those nested in it */
extern void ash_notifications_write(AshCall *call, StringInfo out);

#endif /* ASH_ACTION_INTERNAL_H */
