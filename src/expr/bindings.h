/*-------------------------------------------------------------------------
 *
 * src/expr/bindings.h
 *	  What the templates of a definition take their values from.
 *
 * Each call has one AshBindings; it is plain data, so that expressions are
 * written and evaluated without knowing calls.  All that it points to lives at
 * least as long as the statement or evaluation that it is handed to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_BINDINGS_H
#define ASH_BINDINGS_H

#include "model/model_types.h"
#include "model/value_template.h"
#include "type/type.h"

typedef struct AshBindings
{
	AshErrors *errors;			/* where a value that does not fit its type is reported */
	const AshAction *action;	/* whose arguments arg.x names, or NULL */
	const AshValue *args;		/* of action, by argument index */
	bool has_actor;				/* an actor that is not null */
	Jsonb *actor;				/* object; NULL without one */
	const char *actor_resource; /* resource the actor is a record of, or NULL */
	bool has_tenant;
	JsonbValue tenant; /* scalar, when has_tenant */
	Jsonb *context;	   /* object; NULL only where no template names it */
	bool redact;	   /* the statement is shown: mark parameters of sensitive values */
} AshBindings;

/*
 * The value of arg.x, actor.x, context.x or tenant as a value of type (NULL: string);
 * null when there is none.  Constraints of the type are not checked.  The result lives
 * in CurrentMemoryContext or in the bindings.  False after adding an error.
 */
extern bool ash_binding_value(const AshBindings *bindings, AshTemplateKind kind, List *path,
							  const AshTypeInst *type, AshValue *out);

/* True if that value comes from a sensitive argument, or attribute of the actor. */
extern bool ash_binding_is_sensitive(const AshBindings *bindings, AshTemplateKind kind, List *path);

/* A value of the actor; false, and null, when there is no actor or no such key. */
extern bool ash_binding_actor(const AshBindings *bindings, List *path, JsonbValue *out);

/*
 * An option of a built-in as JSON, null when there is no value.  The expression of one
 * that has an expression was compiled before (ash_template_expr).  In
 * CurrentMemoryContext.
 */
extern void ash_template_json(const AshBindings *bindings, const AshTemplate *tmpl,
							  JsonbValue *out);

/*
 * The same as a value of type, whose constraints are checked unless the cast says
 * otherwise.  False after adding an error to those of the cast.
 */
extern bool ash_template_value(const AshBindings *bindings, const AshTemplate *tmpl,
							   const AshTypeInst *type, AshCast *cast, AshValue *out);

/* A value of type as JSON, through the JSON writer of the type. */
extern void ash_value_to_json(const AshTypeInst *type, const AshValue *value, JsonbValue *out);

#endif /* ASH_BINDINGS_H */
