/*-------------------------------------------------------------------------
 *
 * src/sql/keyset.c
 *	  Keysets: the place of a row in a sorted result, as an opaque text.
 *
 * A keyset is base64url of
 *
 *	 version (1) | signature (16) | scope (8) | values
 *
 * where each value is a length and what its type's functions write, and scope a hash
 * of what the values stand for.  Nothing in it depends on a setting of the session:
 * numbers, dates and times are in the binary form of their send functions, others in
 * text.  The signature is a truncated HMAC-SHA256 of scope and values under a key that
 * only this database has (ash.secret); these are then enciphered with a stream made from
 * the same key and the signature.  So a keyset cannot be made up or used with another
 * sort, tells nobody the value of a field they may not see, and its values go to input
 * functions only after they have proved to be our own.  It is bounded: a row whose sort
 * values are longer has no keyset.
 *
 * Who may use the keyset of somebody else could place rows of his own around it and so
 * learn its values.  Hence the scope: another tenant's keyset is not taken, nor that
 * of an actor for whom the sort means something else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_type.h"
#include "common/base64.h"
#include "common/cryptohash.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "model/resource.h"
#include "port/pg_bswap.h"
#include "sql/sql.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#define ASH_KEYSET_VERSION 3
#define ASH_KEYSET_SIGNATURE 16
#define ASH_KEYSET_SCOPE 8
#define ASH_KEYSET_HEADER (1 + ASH_KEYSET_SIGNATURE + ASH_KEYSET_SCOPE)
#define ASH_KEYSET_MAX 4096 /* characters */
#define ASH_KEYSET_NULL 0xFFFFFFFF
#define ASH_SECRET_SIZE 32

/* ash.secret's key for keysets; of the table with this oid. */
static uint8 secret[ASH_SECRET_SIZE];
static Oid secret_relid = InvalidOid;

struct AshKeysetWriter
{
	const uint8 *scope;
	pg_hmac_ctx *hmac;
	StringInfoData bytes;
	StringInfoData text;
	int nvalues;
	const AshTypeInst **types;
	FmgrInfo *send; /* fn_oid is invalid where text is written */
};

/*-------------------------------------------------------------------------
 * Secret
 *-------------------------------------------------------------------------
 */

/*
 * Read with the library's own eyes: nobody is granted the table.  Its only row is
 * written when the extension is created and never changes.
 */
static void
read_secret(void)
{
	Oid relid = ash_catalog_relid("secret");
	Relation rel;
	TableScanDesc scan;
	TupleTableSlot *slot;
	bool found = false;

	if (OidIsValid(relid) && relid == secret_relid)
		return;
	if (!OidIsValid(relid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table ash.secret does not exist"),
						errhint("Create the extension ash again.")));
	rel = table_open(relid, AccessShareLock);
	slot = table_slot_create(rel, NULL);
	scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	if (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bytea *value;

		slot_getallattrs(slot);
		value = DatumGetByteaPP(slot->tts_values[1]);
		found = VARSIZE_ANY_EXHDR(value) == ASH_SECRET_SIZE;
		if (found)
			memcpy(secret, VARDATA_ANY(value), ASH_SECRET_SIZE);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, AccessShareLock);
	if (!found)
		elog(ERROR, "ash.secret has no usable key");
	secret_relid = relid;
}

/*
 * One for the life of the session, under a resource owner of its own: that of a
 * transaction would free it when the transaction is rolled back, behind our back.
 * Every use starts it anew, so an error in the middle of one leaves nothing behind.
 */
static pg_hmac_ctx *
hmac_context(void)
{
	static ResourceOwner owner = NULL;
	static pg_hmac_ctx *hmac = NULL;
	ResourceOwner current = CurrentResourceOwner;

	read_secret();
	if (hmac != NULL)
		return hmac;
	if (owner == NULL)
		owner = ResourceOwnerCreate(NULL, "ash keyset");
	PG_TRY();
	{
		CurrentResourceOwner = owner;
		hmac = pg_hmac_create(PG_SHA256);
	}
	PG_FINALLY();
	{
		CurrentResourceOwner = current;
	}
	PG_END_TRY();
	if (hmac == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return hmac;
}

/* HMAC of purpose and data: signature, cipher and scope never see the same input. */
static void
keyed_hash(pg_hmac_ctx *hmac, uint8 purpose, const uint8 *data, size_t len, uint8 *digest)
{
	if (pg_hmac_init(hmac, secret, ASH_SECRET_SIZE) < 0 || pg_hmac_update(hmac, &purpose, 1) < 0 ||
		pg_hmac_update(hmac, data, len) < 0 ||
		pg_hmac_final(hmac, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not sign a keyset: %s", pg_hmac_error(hmac));
}

static void
sign(pg_hmac_ctx *hmac, const StringInfo bytes, uint8 *signature)
{
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	keyed_hash(hmac, 'S', (uint8 *) bytes->data + 1 + ASH_KEYSET_SIGNATURE,
			   bytes->len - 1 - ASH_KEYSET_SIGNATURE, digest);
	memcpy(signature, digest, ASH_KEYSET_SIGNATURE);
}

/* What follows the signature, xor-ed with a stream that the signature starts; its own inverse. */
static void
cipher(pg_hmac_ctx *hmac, StringInfo bytes)
{
	uint8 counter[ASH_KEYSET_SIGNATURE + 4];
	uint8 stream[PG_SHA256_DIGEST_LENGTH];
	uint32 block = 0;

	memcpy(counter, bytes->data + 1, ASH_KEYSET_SIGNATURE);
	for (int i = 1 + ASH_KEYSET_SIGNATURE; i < bytes->len; i++)
	{
		int offset = (i - 1 - ASH_KEYSET_SIGNATURE) % PG_SHA256_DIGEST_LENGTH;

		if (offset == 0)
		{
			uint32 network = pg_hton32(block++);

			memcpy(counter + ASH_KEYSET_SIGNATURE, &network, 4);
			keyed_hash(hmac, 'C', counter, sizeof(counter), stream);
		}
		bytes->data[i] ^= stream[offset];
	}
}

/*-------------------------------------------------------------------------
 * Values
 *-------------------------------------------------------------------------
 */

/* Types whose text depends on DateStyle, IntervalStyle, TimeZone or extra_float_digits. */
static bool
is_binary(const AshTypeInst *type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type->oid, &category, &preferred);
	return category == TYPCATEGORY_NUMERIC || category == TYPCATEGORY_DATETIME ||
		   category == TYPCATEGORY_TIMESPAN;
}

/* The send function of a type that is written by it; fn_oid is invalid for the others. */
static FmgrInfo
send_function(const AshTypeInst *type)
{
	FmgrInfo send = { .fn_oid = InvalidOid };
	Oid function;
	bool varlena;

	if (is_binary(type))
	{
		getTypeBinaryOutputInfo(type->oid, &function, &varlena);
		fmgr_info(function, &send);
	}
	return send;
}

static void
append_number(StringInfo bytes, uint32 number)
{
	uint32 network = pg_hton32(number);

	appendBinaryStringInfo(bytes, (char *) &network, 4);
}

static void
append_value(StringInfo bytes, const AshTypeInst *type, FmgrInfo *send, Datum value, bool isnull)
{
	if (isnull)
	{
		append_number(bytes, ASH_KEYSET_NULL);
		return;
	}
	if (OidIsValid(send->fn_oid))
	{
		bytea *sent = SendFunctionCall(send, value);

		append_number(bytes, VARSIZE(sent) - VARHDRSZ);
		appendBinaryStringInfo(bytes, VARDATA(sent), VARSIZE(sent) - VARHDRSZ);
	}
	else
	{
		char *text = ash_pg_output(type, value);

		append_number(bytes, strlen(text));
		appendStringInfoString(bytes, text);
	}
}

/*-------------------------------------------------------------------------
 * Scope
 *-------------------------------------------------------------------------
 */

static void
append_parameters(StringInfo bytes, const AshSql *sql)
{
	for (int i = 0; i < sql->nparams; i++)
	{
		const AshTypeInst *type = ash_type_for_oid(sql->param_types[i]);
		FmgrInfo send = send_function(type);

		append_value(bytes, type, &send, sql->param_values[i], sql->param_nulls[i] == 'n');
	}
}

/*
 * What a sort means for this call, as SQL with the values in it: the tenant's condition,
 * and every item but the plain attributes.  Values are arguments, the actor and what else
 * masks a field or hides the row behind a path.
 */
static void
append_meaning(StringInfo bytes, AshQuery *query)
{
	AshRowScope *row;
	AshSql sql;
	ListCell *lc;

	ash_query_sql_init(query, &sql);
	row = ash_row_create(&sql, query->call, query->res, ash_from_create(NULL), NULL);
	ash_row_table(row);
	if (query->tenant != NULL)
		ash_row_expr(row, query->tenant);
	foreach (lc, query->sort)
	{
		const AshSortItem *item = lfirst(lc);

		ash_sql_str(&sql, ",");
		if (!ash_sort_is_plain(query, item))
			ash_row_expr(row, item->expr);
	}
	ash_from_write(&sql, row->from);
	appendBinaryStringInfo(bytes, sql.text.data, sql.text.len);
	append_parameters(bytes, &sql);
}

/* Resource, tenant, fields, types, directions; the same for all pages of a read. */
static const uint8 *
keyset_scope(AshQuery *query)
{
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	StringInfoData bytes;
	ListCell *lc;

	if (query->keyset_scope != NULL)
		return query->keyset_scope;
	initStringInfo(&bytes);
	appendStringInfoString(&bytes, query->res->name);
	foreach (lc, query->sort)
	{
		const AshSortItem *item = lfirst(lc);

		append_number(&bytes, item->order);
		append_number(&bytes, item->expr->type->oid);
		appendStringInfoString(&bytes, ash_expr_describe(item->expr));
		appendStringInfoChar(&bytes, '\0');
	}
	append_meaning(&bytes, query);
	keyed_hash(hmac_context(), 'P', (const uint8 *) bytes.data, bytes.len, digest);
	query->keyset_scope = palloc(ASH_KEYSET_SCOPE);
	memcpy(query->keyset_scope, digest, ASH_KEYSET_SCOPE);
	return query->keyset_scope;
}

/*-------------------------------------------------------------------------
 * Writing
 *-------------------------------------------------------------------------
 */

AshKeysetWriter *
ash_keyset_writer(AshQuery *query)
{
	AshKeysetWriter *writer = palloc0(sizeof(AshKeysetWriter));
	int i = 0;
	ListCell *lc;

	writer->scope = keyset_scope(query);
	writer->hmac = hmac_context();
	writer->nvalues = list_length(query->sort);
	writer->types = palloc(sizeof(AshTypeInst *) * Max(writer->nvalues, 1));
	writer->send = palloc0(sizeof(FmgrInfo) * Max(writer->nvalues, 1));
	initStringInfo(&writer->bytes);
	initStringInfo(&writer->text);
	foreach (lc, query->sort)
	{
		writer->types[i] = ((AshSortItem *) lfirst(lc))->expr->type;
		writer->send[i] = send_function(writer->types[i]);
		i++;
	}
	return writer;
}

/* base64 with - and _ and without padding */
static void
append_base64url(StringInfo out, const StringInfo bytes)
{
	int size = pg_b64_enc_len(bytes->len);
	int len;

	enlargeStringInfo(out, size);
	len = pg_b64_encode((const void *) bytes->data, bytes->len, out->data + out->len, size);
	for (int i = 0; i < len; i++)
	{
		char *c = out->data + out->len + i;

		if (*c == '=')
		{
			len = i;
			break;
		}
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	}
	out->len += len;
	out->data[out->len] = '\0';
}

/* The row's keyset as a JSON string, or null when its values are too long. */
void
ash_keyset_write(AshKeysetWriter *writer, StringInfo out, Datum *values, bool *nulls)
{
	StringInfo bytes = &writer->bytes;

	resetStringInfo(bytes);
	appendStringInfoChar(bytes, ASH_KEYSET_VERSION);
	appendStringInfoSpaces(bytes, ASH_KEYSET_SIGNATURE);
	appendBinaryStringInfo(bytes, (const char *) writer->scope, ASH_KEYSET_SCOPE);
	for (int i = 0; i < writer->nvalues; i++)
		append_value(bytes, writer->types[i], &writer->send[i], values[i], nulls[i]);
	if (pg_b64_enc_len(bytes->len) > ASH_KEYSET_MAX)
	{
		appendStringInfoString(out, "null");
		return;
	}
	sign(writer->hmac, bytes, (uint8 *) bytes->data + 1);
	cipher(writer->hmac, bytes);
	appendStringInfoChar(out, '"');
	append_base64url(out, bytes);
	appendStringInfoChar(out, '"');
}

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

static bool
invalid_keyset(AshQuery *query, const char *text, bool out_of_scope)
{
	StringInfoData quoted;
	AshError *error;
	int len = strlen(text);

	initStringInfo(&quoted);
	ash_write_json_string(&quoted, text, pg_mbcliplen(text, len, Min(len, 200)));
	if (out_of_scope)
	{
		error = ash_error_add(query->call->errors, ASH_E_INVALID_KEYSET, NULL,
							  "Invalid value provided as a keyset: %s", quoted.data);
		error->hint =
			"It is a keyset of another read. Use it with the resource, sort and tenant that "
			"it was made with, and for an actor who sees the same fields.";
	}
	else
		ash_error_add(query->call->errors, ASH_E_INVALID_KEYSET, NULL,
					  "Invalid value provided as a keyset for %s: %s",
					  query->after != NULL ? "after" : "before", quoted.data);
	return false;
}

/* base64url → bytes; false when it is none. */
static bool
decode(const char *text, StringInfo bytes)
{
	int len = strlen(text);
	char *plain;
	int n;

	if (len > ASH_KEYSET_MAX)
		return false;
	plain = palloc(len + 4);
	memcpy(plain, text, len);
	for (int i = 0; i < len; i++)
		plain[i] = plain[i] == '-' ? '+' : plain[i] == '_' ? '/' : plain[i];
	while (len % 4 != 0)
		plain[len++] = '=';
	enlargeStringInfo(bytes, pg_b64_dec_len(len) + 1);
	n = pg_b64_decode(plain, len, (void *) bytes->data, pg_b64_dec_len(len) + 1);
	if (n < ASH_KEYSET_HEADER)
		return false;
	bytes->len = n;
	return bytes->data[0] == ASH_KEYSET_VERSION;
}

/* Make the values readable; false when we did not write them. */
static bool
open_values(StringInfo bytes)
{
	pg_hmac_ctx *hmac = hmac_context();
	uint8 signature[ASH_KEYSET_SIGNATURE];
	int difference = 0;

	cipher(hmac, bytes);
	sign(hmac, bytes, signature);
	for (int i = 0; i < ASH_KEYSET_SIGNATURE; i++)
		difference |= signature[i] ^ (uint8) bytes->data[1 + i];
	return difference == 0;
}

static bool
take_number(StringInfo bytes, uint32 *number)
{
	if (bytes->len - bytes->cursor < 4)
		return false;
	memcpy(number, bytes->data + bytes->cursor, 4);
	*number = pg_ntoh32(*number);
	bytes->cursor += 4;
	return true;
}

static bool
take_value(StringInfo bytes, const AshTypeInst *type, AshValue *value)
{
	uint32 len;
	Oid function;
	Oid ioparam;
	char *part;

	if (!take_number(bytes, &len))
		return false;
	value->value = (Datum) 0;
	value->isnull = len == ASH_KEYSET_NULL;
	if (value->isnull)
		return true;
	if (len > bytes->len - bytes->cursor)
		return false;
	part = palloc0(len + 1);
	memcpy(part, bytes->data + bytes->cursor, len);
	if (is_binary(type))
	{
		StringInfoData sent = { .data = part, .len = len, .maxlen = len + 1 };

		getTypeBinaryInputInfo(type->oid, &function, &ioparam);
		value->value = OidReceiveFunctionCall(function, &sent, ioparam, -1);
	}
	else
	{
		getTypeInputInfo(type->oid, &function, &ioparam);
		value->value = OidInputFunctionCall(function, part, ioparam, -1);
	}
	bytes->cursor += len;
	return true;
}

bool
ash_keyset_read(AshQuery *query)
{
	const char *text = query->after != NULL ? query->after : query->before;
	StringInfoData bytes;
	int i = 0;
	ListCell *lc;

	if (text == NULL)
		return true;
	initStringInfo(&bytes);
	if (!decode(text, &bytes) || !open_values(&bytes))
		return invalid_keyset(query, text, false);
	bytes.cursor = 1 + ASH_KEYSET_SIGNATURE;
	if (memcmp(bytes.data + bytes.cursor, keyset_scope(query), ASH_KEYSET_SCOPE) != 0)
		return invalid_keyset(query, text, true);
	bytes.cursor += ASH_KEYSET_SCOPE;
	query->cursor = palloc0(sizeof(AshValue) * Max(list_length(query->sort), 1));
	foreach (lc, query->sort)
	{
		AshSortItem *item = lfirst(lc);

		if (!take_value(&bytes, item->expr->type, &query->cursor[i++]))
			return invalid_keyset(query, text, false);
	}
	return bytes.cursor == bytes.len || invalid_keyset(query, text, false);
}
