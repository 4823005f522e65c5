/*-------------------------------------------------------------------------
 *
 * src/call/call_workspace.c
 *	  Memory that outermost calls use one after the other.
 *
 * A call needs some tens of kilobytes for a few microseconds.  Allocated anew each
 * time they are given back to the operating system and taken again: that was a
 * tenth of the time of reading a page.  So the backend keeps one context with a
 * large first block, and one buffer for the result.  Calls that begin while the
 * workspace is taken get a context of their own.
 *
 * The workspace is given back by ash_call_end, or, when an error passes by, by the
 * end of the context in which the call began.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/call_internal.h"
#include "utils/memutils.h"

#define FIRST_BLOCK (64 * 1024)
#define BUFFER_KEPT (1024 * 1024)
#define LARGE_CHUNK (512 * 1024)

typedef struct Holder
{
	MemoryContextCallback callback;
	uint64 serial;
} Holder;

static MemoryContext workspace = NULL;
static StringInfoData buffer;
static bool taken = false;
static uint64 serial = 0;

/*
 * A call allocates and frees a few hundred kilobytes: plans, sorts, the result on its way
 * out.  Until something large has been freed once, the C library gives what exceeds
 * 128 kB back to the system each time and fetches it anew for the next call, page by
 * page; having seen a large chunk come and go it keeps twice as much.
 */
static void
settle_allocator(void)
{
	pfree(MemoryContextAlloc(TopMemoryContext, LARGE_CHUNK));
}

static void
create_workspace(void)
{
	MemoryContext old;

	workspace = AllocSetContextCreate(TopMemoryContext, "ash call", 0, FIRST_BLOCK,
									  ALLOCSET_DEFAULT_MAXSIZE);
	old = MemoryContextSwitchTo(TopMemoryContext);
	initStringInfo(&buffer);
	enlargeStringInfo(&buffer, FIRST_BLOCK);
	MemoryContextSwitchTo(old);
	settle_allocator();
}

static void
release(void)
{
	MemoryContextReset(workspace);
	taken = false;
	if (buffer.maxlen > BUFFER_KEPT)
	{
		pfree(buffer.data);
		MemoryContextDelete(workspace);
		create_workspace();
	}
}

/* The context in which the call began has ended: give back what an error left. */
static void
holder_ended(void *arg)
{
	const Holder *holder = arg;

	if (taken && holder->serial == serial)
		release();
}

/* The workspace for a call that begins in parent, and a buffer; NULL when it is taken. */
MemoryContext
ash_workspace_take(MemoryContext parent, StringInfo *out)
{
	Holder *holder;

	if (taken)
		return NULL;
	if (workspace == NULL)
		create_workspace();
	holder = MemoryContextAlloc(parent, sizeof(Holder));
	holder->serial = ++serial;
	holder->callback.func = holder_ended;
	holder->callback.arg = holder;
	MemoryContextRegisterResetCallback(parent, &holder->callback);
	taken = true;
	resetStringInfo(&buffer);
	*out = &buffer;
	return workspace;
}

/* Give cxt back if it is the workspace; false when it is not. */
bool
ash_workspace_give_back(MemoryContext cxt)
{
	if (cxt != workspace || !taken)
		return false;
	release();
	return true;
}
