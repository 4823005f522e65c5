/*-------------------------------------------------------------------------
 *
 * src/model/object_names.c
 *	  Names of the indexes and constraints that a definition makes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "model/model.h"

/* "_" and eight hexadecimal digits */
#define HASH_LEN 9

/*
 * table_label_suffix.  A name that does not fit is cut at a character boundary
 * and gets a hash of the whole, so that two long names stay different; its
 * suffix is kept.
 */
char *
ash_object_name(const char *table, const char *label, const char *suffix)
{
	char *stem = label ? psprintf("%s_%s", table, label) : pstrdup(table);
	char *full = psprintf("%s_%s", stem, suffix);
	int room = NAMEDATALEN - 1 - HASH_LEN - 1 - (int) strlen(suffix);
	uint32 hash;

	if (strlen(full) < NAMEDATALEN)
		return full;
	hash = DatumGetUInt32(hash_any((unsigned char *) full, (int) strlen(full)));
	stem[pg_mbcliplen(stem, (int) strlen(stem), room)] = '\0';
	return psprintf("%s_%08x_%s", stem, hash, suffix);
}
