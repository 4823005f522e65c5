/*-------------------------------------------------------------------------
 *
 * src/api/api_aggregates.c
 *	  ash_count, ash_exists, ash_first, ash_list, ash_sum, ash_min, ash_max,
 *	  ash_avg: one value over a read; ash_aggregate: several.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "model/action_def.h"
#include "model/aggregate.h"
#include "utils/builtins.h"

ASH_FUNCTION(ash_count);
ASH_FUNCTION(ash_exists);
ASH_FUNCTION(ash_first);
ASH_FUNCTION(ash_list);
ASH_FUNCTION(ash_sum);
ASH_FUNCTION(ash_min);
ASH_FUNCTION(ash_max);
ASH_FUNCTION(ash_avg);
ASH_FUNCTION(ash_aggregate);

typedef struct Wanted
{
	AshAggregateKind kind;
	const char *field;
} Wanted;

static void
aggregate_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	const Wanted *wanted = arg;
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshQuery *query = ash_action_query(call, input);

	if (query != NULL)
		ash_query_aggregate(query, wanted->kind, wanted->field, out);
	MemoryContextSwitchTo(old);
}

/* The shape of these: (resource text, [field text,] options jsonb). */
static Datum
aggregate(FunctionCallInfo fcinfo, AshAggregateKind kind, bool has_field)
{
	AshApiRequest request = ash_read_request(fcinfo, has_field ? 2 : 1);
	Wanted wanted = { .kind = kind };

	if (has_field)
		wanted.field = ash_arg_name(fcinfo, 1, "field");
	return ash_api_call(&request, aggregate_body, &wanted);
}

/* ash_count(resource text, options jsonb) returns bigint */
Datum
ash_count(PG_FUNCTION_ARGS)
{
	char *json = TextDatumGetCString(aggregate(fcinfo, ASH_AGG_COUNT, false));

	return DirectFunctionCall1(int8in, CStringGetDatum(json));
}

/* ash_exists(resource text, options jsonb) returns boolean */
Datum
ash_exists(PG_FUNCTION_ARGS)
{
	char *json = TextDatumGetCString(aggregate(fcinfo, ASH_AGG_EXISTS, false));

	return DirectFunctionCall1(boolin, CStringGetDatum(json));
}

Datum
ash_first(PG_FUNCTION_ARGS)
{
	return aggregate(fcinfo, ASH_AGG_FIRST, true);
}

Datum
ash_list(PG_FUNCTION_ARGS)
{
	return aggregate(fcinfo, ASH_AGG_LIST, true);
}

Datum
ash_sum(PG_FUNCTION_ARGS)
{
	return aggregate(fcinfo, ASH_AGG_SUM, true);
}

Datum
ash_min(PG_FUNCTION_ARGS)
{
	return aggregate(fcinfo, ASH_AGG_MIN, true);
}

Datum
ash_max(PG_FUNCTION_ARGS)
{
	return aggregate(fcinfo, ASH_AGG_MAX, true);
}

Datum
ash_avg(PG_FUNCTION_ARGS)
{
	return aggregate(fcinfo, ASH_AGG_AVG, true);
}

/* arg is the Jsonb of the aggregates */
static void
aggregates_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshQuery *query = ash_action_query(call, input);

	if (query != NULL)
		ash_query_aggregates(query, arg, out);
	MemoryContextSwitchTo(old);
}

/* ash_aggregate(resource text, aggregates jsonb, options jsonb) returns json */
Datum
ash_aggregate(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_read_request(fcinfo, 2);
	Jsonb *wanted = ash_arg_jsonb(fcinfo, 1);

	if (wanted == NULL)
		wanted = ash_jsonb_empty();
	return ash_api_call(&request, aggregates_body, wanted);
}
