/*-------------------------------------------------------------------------
 *
 * src/type/type_uuid.c
 *	  uuid and uuid_v7.
 *
 * Only the form with four hyphens is read, as in the framework; PostgreSQL's input
 * function accepts others, and raises errors.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "utils/uuid.h"

#define UUID_TEXT_LEN 36

/*
 * The value of a hexadecimal digit, or -1. Digits of a uuid are random: two conditions that
 * need no jump.
 */
static inline int
hex_value(char c)
{
	unsigned int digit = (unsigned char) c - '0';
	unsigned int letter = ((unsigned char) c | 0x20) - 'a';

	return digit < 10 ? (int) digit : letter < 6 ? (int) letter + 10 : -1;
}

/* palloc'd; NULL when in is not of the form with four hyphens. */
static pg_uuid_t *
parse_uuid(AshText in)
{
	pg_uuid_t *uuid;
	const char *p = in.s;
	int i;

	if (in.len != UUID_TEXT_LEN)
		return NULL;
	uuid = palloc(sizeof(pg_uuid_t));
	for (i = 0; i < UUID_LEN; i++)
	{
		int high;
		int low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
			return NULL;
		high = hex_value(*p++);
		low = hex_value(*p++);
		if (high < 0 || low < 0)
			return NULL;
		uuid->data[i] = (high << 4) | low;
	}
	return uuid;
}

/* White space around it is ignored. */
static bool
uuid_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		  bool *reported)
{
	pg_uuid_t *uuid;

	if (in->type != jbvString)
		return false;
	uuid = parse_uuid(ash_trim(jv_text(in)));
	if (uuid == NULL)
		return false;
	out->value = UUIDPGetDatum(uuid);
	return true;
}

/* Written into the buffer directly: it is the most frequent type of keys. */
static void
uuid_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	static const char hex[] = "0123456789abcdef";
	pg_uuid_t *uuid = DatumGetUUIDP(value);
	char *p;
	int i;

	enlargeStringInfo(out, UUID_TEXT_LEN + 3);
	p = out->data + out->len;
	*p++ = '"';
	for (i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[uuid->data[i] >> 4];
		*p++ = hex[uuid->data[i] & 0xF];
	}
	*p++ = '"';
	*p = '\0';
	out->len = p - out->data;
}

typedef struct UuidV7Constraints
{
	bool match_v4_uuids;
} UuidV7Constraints;

static const AshOpt uuid_v7_options[] = { ASH_OPTION(UuidV7Constraints, "match_v4_uuids", BOOL,
													 match_v4_uuids, .dflt = "false",
													 .doc = "Accept UUIDs of version 4 as well."),
										  ASH_OPT_END };

static const AshSpec uuid_v7_spec = ASH_SPEC("uuid_v7", UuidV7Constraints, uuid_v7_options,
											 .doc = "Constraints of a UUID of version 7.");

/* White space around it is not ignored here. */
static bool
uuid_v7_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			 bool *reported)
{
	const UuidV7Constraints *c = inst->constraints;
	pg_uuid_t *uuid;
	int version;

	if (in->type != jbvString || (uuid = parse_uuid(jv_text(in))) == NULL)
		return false;
	version = uuid->data[6] >> 4;
	if (version != 7 && !(version == 4 && c->match_v4_uuids))
		return false;
	out->value = UUIDPGetDatum(uuid);
	return true;
}

const AshType ash_type_uuid = {
	.name = "uuid",
	.doc = "A UUID in its hyphenated form.",
	.storage = "uuid",
	.cast = uuid_cast,
	.write_json = uuid_write_json,
};

const AshType ash_type_uuid_v7 = {
	.name = "uuid_v7",
	.doc = "A UUID of version 7, which sorts by the time of its making.",
	.storage = "uuid",
	.constraints = &uuid_v7_spec,
	.cast = uuid_v7_cast,
	.write_json = uuid_write_json,
};
