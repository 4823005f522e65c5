/*-------------------------------------------------------------------------
 *
 * src/query/filter_parse.h
 *	  What filter_parse.c and filter_predicate.c share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_FILTER_H
#define ASH_FILTER_H

#include "query/query.h"

#define ASH_FILTER_MAX_DEPTH 64
#define ASH_FILTER_MAX_TERMS 10000
#define ASH_FILTER_MAX_PATH 16 /* relationships, one behind the other: each is a join */

typedef struct FilterParser
{
	AshQuery *query;
	AshErrors *errors;
	bool trusted; /* of a definition: private fields too, and no policies of related rows */
	int depth;
	int terms;
	int negations; /* around what is being parsed: false and null differ there */
} FilterParser;

/* Whose fields the keys name, and how it was reached. */
typedef struct FilterScope
{
	AshResource *res;
	List *path;	  /* of AshRelationship * */
	List *owners; /* of AshResource * */
} FilterScope;

/* An operator or predicate function as a key of filters (filter_predicate.c). */
typedef struct AshFilterPredicate AshFilterPredicate;

extern const AshFilterPredicate *ash_predicate_lookup(const char *name);
/* field op value; NULL after adding an error, as all of these */
extern AshExpr *ash_predicate_expr(FilterParser *parser, const AshFilterPredicate *predicate,
								   AshExpr *ref, const JsonbValue *in);
extern AshExpr *ash_predicate_equal(FilterParser *parser, AshExpr *ref, const JsonbValue *in);
extern AshExpr *ash_predicate_is_nil(FilterParser *parser, AshExpr *ref, const JsonbValue *in);
/* what stands under a field: a value, or an object of operators beside the key skip */
extern AshExpr *ash_predicate_field(FilterParser *parser, FilterScope *scope, AshExpr *ref,
									const JsonbValue *value, const char *skip);

extern AshExpr *ash_filter_invalid_value(FilterParser *parser, const AshExpr *ref,
										 const JsonbValue *value);
extern AshExpr *ash_filter_not_filterable(FilterParser *parser, const char *name, bool simple);
/* one flat node: building it term by term would copy the terms again and again */
extern AshExpr *ash_filter_join(List *terms, AshExprKind kind);

#endif /* ASH_FILTER_H */
