/*-------------------------------------------------------------------------
 *
 * src/type/type_postgres.c
 *	  Any PostgreSQL type by name: text in through its input function, text out
 *	  through its output function.
 *
 * This is how every type works that is not in the registry: domains, enums, composites
 * and the types of other extensions.
 *
 * A name without schema means a type of pg_catalog or of an extension, so that a
 * definition means the same under every search_path; types that users have made
 * are written with their schema.
 *
 * An input function reports a bad value by raising an error.  It is called in a
 * subtransaction, which costs some microseconds; that is why the types that are used
 * most have parsers of their own.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/*-------------------------------------------------------------------------
 * Errors of server functions, caught
 *-------------------------------------------------------------------------
 */

/*
 * True for errors that say something about the value, not about the server: data exceptions,
 * violated constraints (of domains), features, schemas and names that are not there, limits,
 * and what a PL function raises.
 */
static bool
is_value_error(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case MAKE_SQLSTATE('2', '2', '0', '0', '0'):
		case MAKE_SQLSTATE('2', '3', '0', '0', '0'):
		case MAKE_SQLSTATE('0', 'A', '0', '0', '0'):
		case MAKE_SQLSTATE('3', 'F', '0', '0', '0'):
		case MAKE_SQLSTATE('4', '2', '0', '0', '0'):
		case MAKE_SQLSTATE('5', '4', '0', '0', '0'):
			return true;
		default:
			return sqlerrcode == ERRCODE_RAISE_EXCEPTION;
	}
}

typedef void (*Attempt)(void *arg);

/*
 * Calls attempt(arg) in a subtransaction; false when it raised an error about its value. Other
 * errors are raised again.
 */
static bool
attempt_safely(Attempt attempt, void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		attempt(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	if (error == NULL)
		return true;
	if (!is_value_error(error->sqlerrcode))
		ReThrowError(error);
	return false;
}

/*-------------------------------------------------------------------------
 * Input
 *-------------------------------------------------------------------------
 */
typedef struct InputCall
{
	const AshTypeInst *inst;
	char *str;
	Datum result;
} InputCall;

/* Attempt; arg is an InputCall. */
static void
call_input(void *arg)
{
	InputCall *call = arg;

	call->result =
		InputFunctionCall(call->inst->input, call->str, call->inst->typioparam, call->inst->typmod);
}

/* Lives as long as inst. */
static void
init_input(AshTypeInst *inst)
{
	MemoryContext cxt = GetMemoryChunkContext(inst);
	FmgrInfo *input = MemoryContextAllocZero(cxt, sizeof(FmgrInfo));
	Oid function;

	getTypeInputInfo(inst->oid, &function, &inst->typioparam);
	fmgr_info_cxt(function, input, cxt);
	inst->input = input;
}

/* Types whose input function takes any text: no subtransaction is needed. */
static bool
never_fails(const AshTypeInst *inst)
{
	return inst->typmod == -1 && (inst->oid == TEXTOID || inst->oid == VARCHAROID);
}

/* The input function is looked up at the first call. */
bool
ash_pg_input(const AshTypeInst *inst, char *str, Datum *value)
{
	InputCall call = { inst, str, (Datum) 0 };

	if (inst->input == NULL)
		init_input((AshTypeInst *) inst);
	if (never_fails(inst))
		call_input(&call);
	else if (!attempt_safely(call_input, &call))
		return false;
	*value = call.result;
	return true;
}

/*
 * What of in the type's input function gets; NULL: nothing. Numbers and booleans only go to
 * types of that category.
 */
static char *
input_text(const AshTypeInst *inst, const JsonbValue *in)
{
	Oid base = getBaseType(inst->oid);
	char category;
	bool preferred;

	if (base == JSONOID || base == JSONBOID)
		return ash_jsonb_value_json(in);
	if (in->type == jbvString)
		return ash_jsonb_value_text(in);
	get_type_category_preferred(base, &category, &preferred);
	if ((in->type == jbvNumeric && category == TYPCATEGORY_NUMERIC) ||
		(in->type == jbvBool && category == TYPCATEGORY_BOOLEAN))
		return ash_jsonb_value_text(in);
	return NULL;
}

/* Base64 in the notation of bytea's input function, or NULL. */
static char *
base64_as_hex(const JsonbValue *in, AshCast *cast)
{
	AshValue bytes;
	bool reported = false;

	if (!ash_type_binary.cast(ash_type_plain("binary"), in, cast, &bytes, &reported))
		return NULL;
	return psprintf("\\x%s", TextDatumGetCString(DirectFunctionCall2(binary_encode, bytes.value,
																	 CStringGetTextDatum("hex"))));
}

/* The type that casts a column; one with a typmod is made for the occasion. */
static const AshTypeInst *
column_type(Form_pg_attribute column)
{
	if (column->atttypmod != -1)
		return ash_pg_instance(column->atttypid, column->atttypmod);
	return ash_type_for_oid(column->atttypid);
}

/* A column of a row; *given counts the keys that were columns. */
static bool
cast_column(Form_pg_attribute column, JsonbContainer *object, AshCast *cast, AshValue *out,
			int *given)
{
	JsonbValue value;

	out->isnull = true;
	out->value = (Datum) 0;
	if (column->attisdropped ||
		getKeyJsonValueFromContainer(object, NameStr(column->attname),
									 strlen(NameStr(column->attname)), &value) == NULL)
		return true;
	(*given)++;
	return value.type == jbvNull || ash_cast_only(column_type(column), &value, cast, out);
}

/*
 * A row from an object: the keys are the columns. One that is absent is null, one that is no
 * column makes the value invalid. Each column is cast by the type of its PostgreSQL type,
 * without constraints. Errors of columns are dropped: the value as a whole is invalid.
 */
static bool
composite_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	JsonbContainer *object = in->val.binary.data;
	TupleDesc desc = lookup_rowtype_tupdesc_copy(inst->oid, inst->typmod);
	Datum *values = palloc(desc->natts * sizeof(Datum));
	bool *nulls = palloc(desc->natts * sizeof(bool));
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	AshCast column_cast = *cast;
	int given = 0;

	check_stack_depth();
	column_cast.errors = scratch; /* the value as a whole is invalid */
	for (int i = 0; i < desc->natts; i++)
	{
		AshValue value;

		if (!cast_column(TupleDescAttr(desc, i), object, &column_cast, &value, &given))
			return false;
		values[i] = value.value;
		nulls[i] = value.isnull;
	}
	if (given != JsonContainerSize(object))
		return false;
	out->value = HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
	return true;
}

/*
 * bytea is written in base64; a backslash, which base64 does not have, means the server's own
 * notation.
 */
static bool
pg_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out, bool *reported)
{
	char *str;

	if (ash_is_object(in) && get_typtype(inst->oid) == TYPTYPE_COMPOSITE)
		return composite_cast(inst, in, cast, out);
	/* written in base64; a backslash, which base64 does not have, means the server's own notation
	 */
	if (getBaseType(inst->oid) == BYTEAOID && in->type == jbvString &&
		memchr(in->val.string.val, '\\', in->val.string.len) == NULL)
		str = base64_as_hex(in, cast);
	else
		str = input_text(inst, in);
	return str != NULL && ash_pg_input(inst, str, &out->value);
}

/*
 * Lives as long as inst. Types of the categories below and those of users may show settings in
 * their text.
 */
static void
init_output(AshTypeInst *inst)
{
	MemoryContext cxt = GetMemoryChunkContext(inst);
	FmgrInfo *output = MemoryContextAllocZero(cxt, sizeof(FmgrInfo));
	Oid function;
	bool varlena;
	char category;
	bool preferred;

	getTypeOutputInfo(inst->oid, &function, &varlena);
	fmgr_info_cxt(function, output, cxt);
	get_type_category_preferred(inst->oid, &category, &preferred);
	inst->special_output = category == TYPCATEGORY_GEOMETRIC || category == TYPCATEGORY_RANGE ||
						   category == TYPCATEGORY_ARRAY || category == TYPCATEGORY_COMPOSITE ||
						   inst->oid >= FirstNormalObjectId;
	inst->output = output;
}

/* The output function's text under fixed settings, so that it is the same in every session. */
static char *
output_with_settings(FmgrInfo *output, Datum value)
{
	static const char *const settings[][2] = { { "DateStyle", "ISO, YMD" },
											   { "IntervalStyle", "iso_8601" },
											   { "TimeZone", "UTC" },
											   { "extra_float_digits", "1" } };
	int level = NewGUCNestLevel();
	char *result;
	int i;

	for (i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	result = OutputFunctionCall(output, value);
	AtEOXact_GUC(true, level);
	return result;
}

/* The output function is looked up at the first call. */
char *
ash_pg_output(const AshTypeInst *inst, Datum value)
{
	if (inst->output == NULL)
		init_output((AshTypeInst *) inst);
	if (inst->special_output)
		return output_with_settings(inst->output, value);
	return OutputFunctionCall(inst->output, value);
}

/* By the type's Oid, as for columns without an instance. */
static void
pg_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	ash_write_json_datum(out, inst->oid, value, false);
}

/*-------------------------------------------------------------------------
 * Names
 *-------------------------------------------------------------------------
 */
typedef struct ParseCall
{
	const char *name;
	Oid oid;
	int32 typmod;
} ParseCall;

/* Attempt; arg is a ParseCall. */
static void
call_parse(void *arg)
{
	ParseCall *call = arg;

	parseTypeStringCompat(call->name, &call->oid, &call->typmod);
}

/* The schema of a type, or InvalidOid. */
static Oid
type_namespace(Oid oid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
	Oid result = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
		ReleaseSysCache(tuple);
	}
	return result;
}

/* Schema of the one type of that name that belongs to an extension, or NULL. */
static char *
extension_schema(const char *name)
{
	CatCList *list = SearchSysCacheList1(TYPENAMENSP, CStringGetDatum(name));
	Oid namespace = InvalidOid;
	int found = 0;
	int i;

	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(&list->members[i]->tuple);

		if (!OidIsValid(getExtensionOfObject(TypeRelationId, form->oid)))
			continue;
		namespace = form->typnamespace;
		found++;
	}
	ReleaseSysCacheList(list);
	return found == 1 ? get_namespace_name(namespace) : NULL;
}

/* "geometry(Point,4326)" → "postgis.geometry(Point,4326)"; NULL: no such type. */
static char *
qualify(const char *name)
{
	int len = strcspn(name, "( ");
	char *base = pnstrdup(name, len);
	char *schema = extension_schema(base);

	if (schema == NULL)
		return NULL;
	return psprintf("%s%s", quote_qualified_identifier(schema, base), name + len);
}

/*
 * A bare name must not depend on the search_path: it is a type of pg_catalog or of an
 * extension. False when there is no such type.
 */
static bool
parse_name(const char *name, ParseCall *call)
{
	call->name = name;
	if (attempt_safely(call_parse, call) &&
		(strchr(name, '.') != NULL || type_namespace(call->oid) == PG_CATALOG_NAMESPACE))
		return true;
	if (strchr(name, '.') != NULL || strchr(name, '"') != NULL)
		return false;
	call->name = qualify(name);
	return call->name != NULL && attempt_safely(call_parse, call);
}

/* Types of that name in schemas that a bare name does not mean, as "schema.name". */
static List *
qualified_names(const char *name)
{
	bool quoted = name[0] == '"' && strlen(name) > 2 && name[strlen(name) - 1] == '"';
	char *bare =
		quoted ? pnstrdup(name + 1, strlen(name) - 2) : pnstrdup(name, strcspn(name, "( "));
	CatCList *list = SearchSysCacheList1(TYPENAMENSP, CStringGetDatum(bare));
	List *result = NIL;
	int i;

	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(&list->members[i]->tuple);
		char *schema = get_namespace_name(form->typnamespace);

		if (schema != NULL && get_typtype(form->oid) != TYPTYPE_PSEUDO)
			result = lappend(result,
							 psprintf("%s.%s", quote_identifier(schema), quote_identifier(bare)));
	}
	ReleaseSysCacheList(list);
	return result;
}

/* Adds an error for a name that only lacks its schema; false when it is not such a name. */
static bool
unqualified_type(const char *name, AshErrors *errors)
{
	List *names = strchr(name, '.') == NULL ? qualified_names(name) : NIL;
	MemoryContext old;
	AshError *error;
	ListCell *lc;

	if (names == NIL)
		return false;
	error = ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "the type \"%s\" needs its schema", ash_clip(name));
	old = MemoryContextSwitchTo(errors->cxt);
	foreach (lc, names)
		error->did_you_mean = lappend(error->did_you_mean, pstrdup(lfirst(lc)));
	MemoryContextSwitchTo(old);
	error->hint = "Types of your own are written with their schema.";
	return true;
}

/* Adds the error, with suggestions from the registry. */
static void
unknown_type(const char *name, AshErrors *errors)
{
	List *names = NIL;
	AshError *error;

	if (unqualified_type(name, errors))
		return;
	for (int i = 0; ash_types[i] != NULL; i++)
		names = lappend(names, unconstify(char *, ash_types[i]->name));
	error = ash_error_unknown(errors, NULL, name, names, "there is no type \"%s\"", ash_clip(name));
	if (error->did_you_mean == NIL && strchr(name, '.') == NULL)
		error->hint = "Types of your own are written with their schema, embedded resources with "
					  "their domain: \"domain.name\".";
}

/* Pseudo-types are refused: no value can be stored of them. */
AshTypeInst *
ash_pg_compile(const char *name, AshErrors *errors)
{
	ParseCall call = { NULL, InvalidOid, -1 };

	if (!parse_name(name, &call))
	{
		unknown_type(name, errors);
		return NULL;
	}
	if (get_typtype(call.oid) == TYPTYPE_PSEUDO)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "type \"%s\" is a pseudo-type", name);
		return NULL;
	}
	return ash_pg_instance(call.oid, call.typmod);
}

const AshType ash_type_pg = {
	.name = "postgresql",
	.doc = "A PostgreSQL type, by its SQL name.",
	.cast = pg_cast,
	.write_json = pg_write_json,
};
