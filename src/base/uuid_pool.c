/*-------------------------------------------------------------------------
 *
 * src/base/uuid_pool.c
 *	  New UUIDs.
 *
 * Most of the cost of strong random bytes is per request, so bytes are drawn for
 * many UUIDs at once into a pool of random bytes, erased on use.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/uuid_pool.h"
#include "datatype/timestamp.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define POOL_UUIDS 32

static unsigned char pool[POOL_UUIDS][UUID_LEN];
static int pool_count = 0;

/* The next 16 random bytes, palloc'd; they are erased from the pool. */
static pg_uuid_t *
random_uuid(void)
{
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

	if (pool_count == 0)
	{
		if (!pg_strong_random(pool, sizeof(pool)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
		pool_count = POOL_UUIDS;
	}
	pool_count--;
	memcpy(uuid->data, pool[pool_count], UUID_LEN);
	memset(pool[pool_count], 0, UUID_LEN);
	return uuid;
}

/*
 * Version 7: 48 bits of Unix milliseconds, then 12 of a fraction of one, which never go
 * back within a backend.
 */
static void
set_time(pg_uuid_t *uuid)
{
	static int64 last = 0;
	int64 now =
		GetCurrentTimestamp() + ((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)) * USECS_PER_DAY;
	uint64 ms;
	uint32 fraction;

	if (now <= last)
		now = last + 1;
	last = now;
	ms = now / 1000;
	fraction = (uint32) (now % 1000) * 4096 / 1000;
	for (int i = 0; i < 6; i++)
		uuid->data[i] = (unsigned char) (ms >> (40 - 8 * i));
	uuid->data[6] = fraction >> 8;
	uuid->data[7] = fraction & 0xff;
}

/* version is 4 or 7. */
Datum
ash_uuid_new(int version)
{
	pg_uuid_t *uuid = random_uuid();

	if (version == 7)
		set_time(uuid);
	/* RFC 9562: the version, and the variant of all that are made here */
	uuid->data[6] = (uuid->data[6] & 0x0f) | (version << 4);
	uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
	return UUIDPGetDatum(uuid);
}
