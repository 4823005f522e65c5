/*-------------------------------------------------------------------------
 *
 * src/model/value_template.h
 *	  A value of an option of a built-in: a literal, or where the value comes from.
 *
 * {"arg"|"argument"}, {"actor"}, {"context"}, {"tenant"}, {"expr"}, {"attribute"} and
 * {"decimal"} with no key beside them are templates; everything else is a literal.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_VALUE_TEMPLATE_H
#define ASH_VALUE_TEMPLATE_H

#include "model/model_types.h"
#include "type/type.h"

typedef enum AshTemplateKind
{
	ASH_TEMPLATE_LITERAL,
	ASH_TEMPLATE_ARG,
	ASH_TEMPLATE_ACTOR,
	ASH_TEMPLATE_CONTEXT,
	ASH_TEMPLATE_TENANT,
	ASH_TEMPLATE_EXPR,
	ASH_TEMPLATE_ATTRIBUTE /* compare operands: another field of the subject */
} AshTemplateKind;

struct AshTemplate
{
	AshTemplateKind kind;
	List *path;				 /* of char *: arg name, actor path, context path */
	json_t *json;			 /* ASH_TEMPLATE_LITERAL */
	Jsonb *literal;			 /* the same, for casting at run time */
	const AshTypeInst *type; /* when the owner cast the literal: its type … */
	AshValue value;			 /* … and value */
	const char *expr_source; /* ASH_TEMPLATE_EXPR: as written … */
	AshExpr *expr;			 /* … cache: ash_template_expr() */
};

/*
 * compile_template.c: the template that node is, in CurrentMemoryContext; NULL after
 * adding an error.  node is borrowed: it must live as long as the result.
 */
extern AshTemplate *ash_template_compile(json_t *node, AshErrors *errors);

#endif /* ASH_VALUE_TEMPLATE_H */
