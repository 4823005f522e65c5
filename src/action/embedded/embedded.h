/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded.h
 *	  Embedded resources: values of attributes that have actions of their own.
 *
 * An embedded value is a jsonb object, its attributes under their column names,
 * nulls included.  It is made, changed and destroyed by actions of its resource;
 * they run as calls inside the call that casts the value and never reach a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ACTION_EMBEDDED_H
#define ASH_ACTION_EMBEDDED_H

#include "action/action.h"
#include "model/action_def.h"
#include "model/relationship.h"

/* Which of the two a new value is, when there is an old one. */
typedef enum AshEmbeddedOnUpdate
{
	ASH_EMBEDDED_UPDATE_ON_MATCH, /* an update when the primary key is the same or there is none */
	ASH_EMBEDDED_UPDATE,		  /* an update */
	ASH_EMBEDDED_REPLACE		  /* another value */
} AshEmbeddedOnUpdate;

/* Constraints of an embedded type; AshTypeInst.constraints. */
typedef struct AshEmbedded
{
	AshResourceRef ref;
	const char *create_action; /* NULL: the primary one */
	const char *update_action;
	const char *destroy_action;
	json_t *skip_unknown_inputs;
	AshEmbeddedOnUpdate on_update;
	bool include_source;
	json_t *sort; /* lists: order of the items, or NULL */
	List *load;	  /* of char *: calculations that are always written */

	Jsonb *skip;	   /* skip_unknown_inputs as a call's options have it */
	bool load_done;	   /* cache: ash_embedded_loads() */
	List *always_load; /* load as AshEmbeddedLoad * */

	/* of an instance that was made for the loads of one call */
	AshCall *call;
	List *loads; /* of AshEmbeddedLoad *: further keys of the JSON, or other types of attributes */
} AshEmbedded;

typedef struct AshEmbeddedLoad
{
	const char *name;
	AshExpr *expr;			 /* a calculation, over the value's attributes; or … */
	const AshTypeInst *type; /* … the type that writes the attribute of that name */
} AshEmbeddedLoad;

/* One value being cast. */
typedef struct AshEmbedding
{
	const AshEmbedded *type;
	AshResource *res;
	AshCast *cast;
	int index; /* of the item in its list, or -1 */
} AshEmbedding;

/* embedded.c */
extern void ash_embedded_init(void);
extern const AshSpec ash_embedded_spec;
extern const AshEmbedded *ash_embedded_constraints(const AshTypeInst *inst);
/* create, update or destroy and create, by what the old value and the input are */
extern bool ash_embedded_change(const AshEmbedding *e, const JsonbValue *in, const AshValue *old,
								AshValue *out);

/* embedded_run.c */
/* The action a value of this type is written by; NULL after adding an error. */
extern AshAction *ash_embedded_action(const AshEmbedded *type, AshResource *res,
									  AshActionType action_type, AshErrors *errors);
/*
 * Run it; false after adding errors under the field (and index).  old is NULL for a
 * create, in NULL for a destroy, which leaves *out alone.
 */
extern bool ash_embedded_run(const AshEmbedding *e, AshActionType action_type, const Jsonb *in,
							 const AshValue *old, AshValue *out);
/* The step of the life cycle that makes the value of cs. */
extern bool ash_embedded_make(AshChangeset *cs);
/* adds an error of the value as a whole */
extern bool ash_embedded_fail(const AshEmbedding *e, const char *message);

/* embedded_row.c: between the stored object and values by attribute */
/* NULL after adding an error; errors may be NULL: what cannot be read is null then */
extern AshValue *ash_embedded_read(AshResource *res, const AshValue *stored, AshErrors *errors);
extern bool ash_embedded_read_attribute(const AshAttribute *attr, const Jsonb *stored,
										AshValue *out);
extern Datum ash_embedded_store(const AshResource *res, const AshValue *row);
extern void ash_embedded_write_json(StringInfo out, const AshTypeInst *inst, Datum value);

/* embedded_load.c */
/* AshType.with_load */
extern AshTypeInst *ash_embedded_with_load(const AshTypeInst *inst, const JsonbValue *load,
										   AshCall *call, AshErrors *errors);
/* What is written besides the attributes: of AshEmbeddedLoad * */
extern List *ash_embedded_loads(AshEmbedded *type, AshResource *res);
/* adds errors for names that cannot always be loaded */
extern void ash_embedded_verify_load(AshResource *res, List *names, AshErrors *errors);
/* The calculation as an expression over the attributes of a value; NULL when it needs more. */
extern AshExpr *ash_embedded_calculation(AshResource *res, AshCalculation *calc, AshExpr **args);

/* embedded_list.c */
extern bool ash_embedded_cast_list(AshEmbedding *e, const AshTypeInst *inst, const JsonbValue *in,
								   AshValue *out);
/* Attributes that tell one item from another: of the primary key, those a caller can give. */
extern List *ash_embedded_key(const AshResource *res);
/* true if the input gives the key that is in row */
extern bool ash_embedded_key_matches(const AshResource *res, List *key, const Jsonb *in,
									 const AshValue *row);

#endif /* ASH_ACTION_EMBEDDED_H */
