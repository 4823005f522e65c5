/*-------------------------------------------------------------------------
 *
 * src/type/type_postgres.c
 *	  Any PostgreSQL type by name: text in through its input function, text out
 *	  through its output function.
 *
 * A name without schema means a type of pg_catalog or of an extension, so that a
 * definition means the same under every search_path; types that users have made
 * are written with their schema.
 *
 * An input function reports a bad value by raising an error.  It is called in a
 * subtransaction, which costs some microseconds; that is why the types people use
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
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

/*-------------------------------------------------------------------------
 * Errors of server functions, caught
 *-------------------------------------------------------------------------
 */

/* Errors that say something about the value, not about the server. */
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

/* Call attempt(arg); false when it raised an error about its value, whose text is in *message. */
static bool
attempt_safely(Attempt attempt, void *arg, char **message)
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
	if (message != NULL)
		*message = error->message;
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

static void
call_input(void *arg)
{
	InputCall *call = arg;

	call->result =
		InputFunctionCall(call->inst->input, call->str, call->inst->typioparam, call->inst->typmod);
}

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

/* Types whose input function takes any text. */
static bool
never_fails(const AshTypeInst *inst)
{
	return inst->typmod == -1 && (inst->oid == TEXTOID || inst->oid == VARCHAROID);
}

bool
ash_pg_input(const AshTypeInst *inst, char *str, Datum *value, char **message)
{
	InputCall call = { inst, str, (Datum) 0 };

	if (inst->input == NULL)
		init_input((AshTypeInst *) inst);
	if (never_fails(inst))
		call_input(&call);
	else if (!attempt_safely(call_input, &call, message))
		return false;
	*value = call.result;
	return true;
}

/* What of in the type's input function gets; NULL: nothing. */
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

static bool
pg_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out, bool *reported)
{
	char *str;

	if (ash_is_object(in) && get_typtype(inst->oid) == TYPTYPE_COMPOSITE)
		return ash_composite_cast(inst, in, cast, out);
	/* written in base64; a backslash, which base64 does not have, means the server's own notation
	 */
	if (getBaseType(inst->oid) == BYTEAOID && in->type == jbvString &&
		memchr(in->val.string.val, '\\', in->val.string.len) == NULL)
		str = base64_as_hex(in, cast);
	else
		str = input_text(inst, in);
	return str != NULL && ash_pg_input(inst, str, &out->value, NULL);
}

/*-------------------------------------------------------------------------
 * Output
 *-------------------------------------------------------------------------
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

/* The output function's text under settings of our own choice. */
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

char *
ash_pg_output(const AshTypeInst *inst, Datum value)
{
	if (inst->output == NULL)
		init_output((AshTypeInst *) inst);
	if (inst->special_output)
		return output_with_settings(inst->output, value);
	return OutputFunctionCall(inst->output, value);
}

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

static void
call_parse(void *arg)
{
	ParseCall *call = arg;

	parseTypeStringCompat(call->name, &call->oid, &call->typmod);
}

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

static bool
parse_name(const char *name, ParseCall *call, char **message)
{
	call->name = name;
	if (attempt_safely(call_parse, call, message) &&
		(strchr(name, '.') != NULL || type_namespace(call->oid) == PG_CATALOG_NAMESPACE))
		return true;
	if (strchr(name, '.') != NULL || strchr(name, '"') != NULL)
		return false;
	call->name = qualify(name);
	return call->name != NULL && attempt_safely(call_parse, call, message);
}

/* Why a type cannot hold values of an attribute, or NULL. */
static const char *
unusable(Oid oid)
{
	switch (get_typtype(oid))
	{
		case TYPTYPE_PSEUDO:
			return "is a pseudo-type";
		default:
			return NULL;
	}
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

/* A name that is right but for its schema; false when it is not. */
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

static void
unknown_type(const char *name, AshErrors *errors)
{
	const AshType *const *types = ash_types();
	List *names = NIL;
	AshError *error;

	if (unqualified_type(name, errors))
		return;
	for (int i = 0; types[i] != NULL; i++)
		names = lappend(names, unconstify(char *, types[i]->name));
	error = ash_error_unknown(errors, NULL, name, names, "there is no type \"%s\"", ash_clip(name));
	if (error->did_you_mean == NIL && strchr(name, '.') == NULL)
		error->hint = "Types of your own are written with their schema, embedded resources with "
					  "their domain: \"domain.name\".";
}

AshTypeInst *
ash_pg_compile(const char *name, AshErrors *errors)
{
	ParseCall call = { NULL, InvalidOid, -1 };
	char *message = NULL;
	const char *reason;

	if (!parse_name(name, &call, &message))
	{
		unknown_type(name, errors);
		return NULL;
	}
	reason = unusable(call.oid);
	if (reason != NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "type \"%s\" %s", name, reason);
		return NULL;
	}
	return ash_pg_instance(call.oid, call.typmod);
}

/* An instance for a type of the server, in CurrentMemoryContext. */
AshTypeInst *
ash_pg_instance(Oid oid, int32 typmod)
{
	AshTypeInst *inst;
	Oid element = get_element_type(oid);

	if (OidIsValid(element))
		return ash_type_array_of(ash_pg_instance(element, typmod));
	inst = palloc0(sizeof(AshTypeInst));
	inst->type = &ash_type_pg;
	inst->name = format_type_be_qualified(oid);
	ash_storage_set(inst, oid, typmod);
	return inst;
}

const AshType ash_type_pg = {
	.name = "postgresql",
	.doc = "A PostgreSQL type, by its SQL name.",
	.cast = pg_cast,
	.write_json = pg_write_json,
};
