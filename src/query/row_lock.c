/*-------------------------------------------------------------------------
 *
 * src/query/row_lock.c
 *	  Row locks of reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "query/query.h"

/* An AshQuery.lock is a place in this table, from 1. */
static const struct
{
	const char *name;	  /* the option, in lower case and with spaces */
	const char *strength; /* stands before OF */
	const char *wait;	  /* stands after it */
} locks[] = {
	{ "for update", " FOR UPDATE", "" },
	{ "for update nowait", " FOR UPDATE", " NOWAIT" },
	{ "for update skip locked", " FOR UPDATE", " SKIP LOCKED" },
	{ "for no key update", " FOR NO KEY UPDATE", "" },
	{ "for no key update nowait", " FOR NO KEY UPDATE", " NOWAIT" },
	{ "for no key update skip locked", " FOR NO KEY UPDATE", " SKIP LOCKED" },
	{ "for share", " FOR SHARE", "" },
	{ "for share nowait", " FOR SHARE", " NOWAIT" },
	{ "for share skip locked", " FOR SHARE", " SKIP LOCKED" },
	{ "for key share", " FOR KEY SHARE", "" },
	{ "for key share nowait", " FOR KEY SHARE", " NOWAIT" },
	{ "for key share skip locked", " FOR KEY SHARE", " SKIP LOCKED" },
};

/* "for_update", "FOR UPDATE NOWAIT" …; 0 when unknown */
int
ash_lock_parse(const char *name)
{
	char *plain = pstrdup(name);

	for (char *c = plain; *c; c++)
		*c = *c == '_' ? ' ' : pg_tolower((unsigned char) *c);
	for (int i = 0; i < lengthof(locks); i++)
	{
		if (strcmp(locks[i].name, plain) == 0)
			return i + 1;
	}
	return 0;
}

/* The clause of a lock of the table: " FOR UPDATE"; *after is what stands behind OF. */
const char *
ash_lock_sql(int lock, const char **after)
{
	Assert(lock >= 1 && lock <= lengthof(locks));
	*after = locks[lock - 1].wait;
	return locks[lock - 1].strength;
}
