/*-------------------------------------------------------------------------
 *
 * src/type/type_binary.c
 *	  binary and url_encoded_binary: bytes, as base64 in JSON.
 *
 * Both are read in the form in which they are written: binary in base64 (RFC 4648,
 * section 4, with padding), url_encoded_binary in base64url (section 5, without).
 * A url_encoded_binary that does not decode is taken as the bytes of its text.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "common/base64.h"

/* Bytes of base64 text, palloc'd; NULL when it is none, or has white space in it. */
static bytea *
decode_base64(const char *s, int len)
{
	int size = pg_b64_dec_len(len);
	bytea *result;

	if (len % 4 != 0)
		return NULL;
	result = palloc(VARHDRSZ + size);
	size = pg_b64_decode(s, len, (void *) VARDATA(result), size);
	if (size < 0)
		return NULL;
	SET_VARSIZE(result, VARHDRSZ + size);
	return result;
}

/* The same for base64url, padded or not. */
static bytea *
decode_base64url(const char *s, int len)
{
	char *copy = palloc(len + 4);
	int n;

	for (n = 0; n < len; n++)
	{
		if (s[n] == '+' || s[n] == '/')
			return NULL;
		copy[n] = s[n] == '-' ? '+' : s[n] == '_' ? '/' : s[n];
	}
	while (n % 4 != 0)
		copy[n++] = '=';
	return decode_base64(copy, n);
}

/* The bytes of a text, palloc'd. */
static bytea *
raw_bytes(AshText in)
{
	bytea *result = palloc(VARHDRSZ + in.len);

	SET_VARSIZE(result, VARHDRSZ + in.len);
	memcpy(VARDATA(result), in.s, in.len);
	return result;
}

/* Without padding it is invalid. */
static bool
binary_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			bool *reported)
{
	bytea *bytes;

	if (in->type != jbvString)
		return false;
	bytes = decode_base64(in->val.string.val, in->val.string.len);
	if (bytes == NULL)
		return false;
	out->value = PointerGetDatum(bytes);
	return true;
}

/* Never fails for a string. */
static bool
url_encoded_binary_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
						bool *reported)
{
	bytea *bytes;

	if (in->type != jbvString)
		return false;
	bytes = decode_base64url(in->val.string.val, in->val.string.len);
	out->value = PointerGetDatum(bytes ? bytes : raw_bytes(jv_text(in)));
	return true;
}

/* Encodes into the buffer directly; url replaces two characters and drops the padding. */
static void
write_base64(StringInfo out, Datum value, bool url)
{
	bytea *bytes = DatumGetByteaPP(value);
	int size = pg_b64_enc_len(VARSIZE_ANY_EXHDR(bytes));
	int len;
	char *p;
	int i;

	enlargeStringInfo(out, size + 3);
	out->data[out->len++] = '"';
	p = out->data + out->len;
	len = pg_b64_encode((const void *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), p, size);
	for (i = 0; url && i < len; i++)
	{
		if (p[i] == '+')
			p[i] = '-';
		else if (p[i] == '/')
			p[i] = '_';
		else if (p[i] == '=')
			len = i;
	}
	out->len += len;
	appendStringInfoChar(out, '"');
	if ((Pointer) bytes != DatumGetPointer(value))
		pfree(bytes);
}

static void
binary_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	write_base64(out, value, false);
}

static void
url_encoded_binary_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	write_base64(out, value, true);
}

const AshType ash_type_binary = {
	.name = "binary",
	.doc = "Bytes; base64 in JSON.",
	.storage = "bytea",
	.cast = binary_cast,
	.write_json = binary_write_json,
};

const AshType ash_type_url_encoded_binary = {
	.name = "url_encoded_binary",
	.doc = "Bytes; base64url without padding in JSON. Input that does not decode is taken as is.",
	.storage = "bytea",
	.cast = url_encoded_binary_cast,
	.write_json = url_encoded_binary_write_json,
};
