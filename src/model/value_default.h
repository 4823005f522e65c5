/*-------------------------------------------------------------------------
 *
 * src/model/value_default.h
 *	  The default of an attribute, an argument or an entry of metadata.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_VALUE_DEFAULT_H
#define ASH_VALUE_DEFAULT_H

#include "model/model_types.h"
#include "type/type.h"

typedef enum AshDefaultKind
{
	ASH_DEFAULT_NONE,
	ASH_DEFAULT_LITERAL,  /* cast when compiled */
	ASH_DEFAULT_EXPR,	  /* evaluated when the action runs */
	ASH_DEFAULT_FUNCTION, /* SQL function of no arguments */
	ASH_DEFAULT_UUID,	  /* gen_random_uuid() without a call */
	ASH_DEFAULT_UUID_V7,
	ASH_DEFAULT_NOW /* the action's timestamp */
} AshDefaultKind;

struct AshDefault
{
	AshDefaultKind kind;
	AshValue value;			 /* ASH_DEFAULT_LITERAL */
	json_t *again;			 /* the literal, when each record gets a value of its own, or NULL */
	const char *expr_source; /* ASH_DEFAULT_EXPR */
	AshExpr *expr;			 /* cache: ash_default_expr() */
	const char *function;	 /* ASH_DEFAULT_FUNCTION: as written, "schema.name" */
};

/*
 * compile_fields.c: cast a literal of a definition to the type it is for.  False after
 * adding what is wrong at the current path; field is a name for the type's messages.
 */
extern bool ash_literal_cast(const AshTypeInst *type, json_t *value, const char *field,
							 AshValue *out, AshErrors *errors);

#endif /* ASH_VALUE_DEFAULT_H */
