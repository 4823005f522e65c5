/*-------------------------------------------------------------------------
 *
 * src/base/uuid_pool.c
 *	  New UUIDs.
 *
 * The source of strong random bytes takes far longer to start than to go on, so
 * bytes are drawn for many UUIDs at once.  They leave the stock as they are used.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/uuid_pool.h"
#include "datatype/timestamp.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define STOCK_UUIDS 32

static unsigned char stock[STOCK_UUIDS][UUID_LEN];
static int stocked = 0;

static pg_uuid_t *
random_uuid(void)
{
	pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

	if (stocked == 0)
	{
		if (!pg_strong_random(stock, sizeof(stock)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
		stocked = STOCK_UUIDS;
	}
	stocked--;
	memcpy(uuid->data, stock[stocked], UUID_LEN);
	memset(stock[stocked], 0, UUID_LEN);
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
