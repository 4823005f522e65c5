/*-------------------------------------------------------------------------
 *
 * src/api/api_define.c
 *	  ash_define and its neighbours: documents in, documents and schema out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "define/define.h"
#include "describe/describe.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "schema/schema.h"
#include "utils/builtins.h"

ASH_FUNCTION(ash_define);
ASH_FUNCTION(ash_define_jsonb);
ASH_FUNCTION(ash_undefine);
ASH_FUNCTION(ash_definition);
ASH_FUNCTION(ash_definition_schema);
ASH_FUNCTION(ash_builtins);
ASH_FUNCTION(ash_plan);
ASH_FUNCTION(ash_migrate);
ASH_FUNCTION(ash_introspect);

/* ash_define(document json, migrate bool), and with document text, returns json */
Datum
ash_define(PG_FUNCTION_ARGS)
{
	text *document = PG_GETARG_TEXT_PP(0);
	bool migrate = PG_GETARG_BOOL(1);
	char *result;

	PreventCommandIfReadOnly("ash_define()");
	ash_calls_enter();
	result = ash_define_document(VARDATA_ANY(document), VARSIZE_ANY_EXHDR(document), migrate);
	ash_calls_leave();
	return PointerGetDatum(cstring_to_text(result));
}

/*
 * ash_define(document jsonb, migrate bool): always an error.  It is there to say why, since a
 * driver or jsonb_set() easily gives a document of this type.
 */
Datum
ash_define_jsonb(PG_FUNCTION_ARGS)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("ash_define takes a document of type json or text, not jsonb"),
					errdetail("A value of type jsonb does not keep the order of keys, and changes "
							  "and validations run in the order of the document."),
					errhint("Give the text of the document, or cast that text to json.")));
}

/* ash_undefine(name text, drop_table bool) returns json */
Datum
ash_undefine(PG_FUNCTION_ARGS)
{
	char *name = ash_arg_name(fcinfo, 0, "name");

	PreventCommandIfReadOnly("ash_undefine()");
	return PointerGetDatum(cstring_to_text(ash_undefine_name(name, PG_GETARG_BOOL(1))));
}

/* ash_definition(name text) returns json */
Datum
ash_definition(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(cstring_to_text(ash_definition_text(ash_arg_name(fcinfo, 0, "name"))));
}

/* ash_definition_schema() returns json */
Datum
ash_definition_schema(PG_FUNCTION_ARGS)
{
	return PointerGetDatum(cstring_to_text(ash_definition_schema_text()));
}

/* ash_builtins() returns table(kind text, name text, options json, description text) */
Datum
ash_builtins(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, ash_builtin_list())
	{
		const AshBuiltin *builtin = lfirst(lc);
		Datum values[4];
		bool nulls[4] = { false };

		values[0] = CStringGetTextDatum(builtin->kind);
		values[1] = CStringGetTextDatum(builtin->name);
		nulls[2] = builtin->options == NULL;
		values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(builtin->options);
		nulls[3] = builtin->doc == NULL;
		values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(builtin->doc);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* (step int, resource text, operation text, sql text, destructive bool, blocking bool) */
static Datum
return_steps(FunctionCallInfo fcinfo, List *steps)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach (lc, steps)
	{
		const AshPlanStep *step = lfirst(lc);
		Datum values[6];
		bool nulls[6] = { false };

		values[0] = Int32GetDatum(step->step);
		nulls[1] = step->resource == NULL;
		values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(step->resource);
		values[2] = CStringGetTextDatum(step->operation);
		values[3] = CStringGetTextDatum(step->sql);
		values[4] = BoolGetDatum(step->destructive);
		values[5] = BoolGetDatum(step->blocking);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ash_plan(domain text, concurrently bool) */
Datum
ash_plan(PG_FUNCTION_ARGS)
{
	return return_steps(fcinfo, ash_plan_steps(ash_arg_text(fcinfo, 0), PG_GETARG_BOOL(1)));
}

/* ash_migrate(domain text, allow_destructive bool, concurrently bool) */
Datum
ash_migrate(PG_FUNCTION_ARGS)
{
	PreventCommandIfReadOnly("ash_migrate()");
	return return_steps(fcinfo, ash_plan_apply(ash_arg_text(fcinfo, 0), PG_GETARG_BOOL(1),
											   PG_GETARG_BOOL(2)));
}

/* ash_introspect(schema text) returns json */
Datum
ash_introspect(PG_FUNCTION_ARGS)
{
	char *schema = text_to_cstring(PG_GETARG_TEXT_PP(0));

	return PointerGetDatum(cstring_to_text(ash_introspect_schema(schema)));
}
