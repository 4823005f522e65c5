/*-------------------------------------------------------------------------
 *
 * src/base/uuid_pool.h
 *	  New UUIDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_UUID_POOL_H
#define ASH_UUID_POOL_H

#include "compat.h"

/*
 * A new UUID of version 4 (random) or 7 (its order follows the time of its making, also
 * within a millisecond).  Raises an error when there are no strong random bytes.
 */
extern Datum ash_uuid_new(int version);

#endif /* ASH_UUID_POOL_H */
