/*-------------------------------------------------------------------------
 *
 * src/call/call_timeout.c
 *	  The timeout of a call: the option "timeout", else the action's own.
 *
 * A timer of this backend, set beside statement_timeout, cancels the statement when
 * it goes off; the call that set it turns that cancellation into its own error and
 * lets every other one pass.  Of calls inside each other the earliest deadline
 * counts, and belongs to the call that set it.  A timeout of 0 is none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/call.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/resource.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

/* A deadline that is being watched, and the one it took the place of. */
typedef struct Deadline
{
	struct Deadline *outer;
	TimestampTz at;
} Deadline;

static Deadline *watched = NULL;
static volatile sig_atomic_t expired = false;
static bool registered = false;
static TimeoutId timer;

/* The call whose timeout is the error on its way; only compared, never followed. */
static const AshCall *timed_out = NULL;

/* Runs in a signal handler. */
static void
cancel_statement(void)
{
	expired = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static int64
timeout_of(const AshCall *call)
{
	if (call->opts->timeout.set)
		return call->opts->timeout.value;
	return call->action != NULL && call->action->timeout.set ? call->action->timeout.value : 0;
}

static void
watch(Deadline *deadline, int64 ms)
{
	if (!registered)
		timer = RegisterTimeout(USER_TIMEOUT, cancel_statement);
	registered = true;
	deadline->outer = watched;
	deadline->at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), Min(ms, PG_INT32_MAX));
	if (watched != NULL)
		disable_timeout(timer, false);
	watched = deadline;
	expired = false;
	enable_timeout_at(timer, deadline->at);
}

/* Back to the outer deadline; true when this one had passed. */
static bool
unwatch(Deadline *deadline)
{
	bool passed;

	disable_timeout(timer, false);
	passed = expired;
	expired = false;
	watched = deadline->outer;
	if (watched != NULL)
		enable_timeout_at(timer, watched->at);
	return passed;
}

void
ash_timeout_add_error(const AshCall *call, AshErrors *errors)
{
	int64 ms = timeout_of(call);
	AshError *error =
		ash_error_add(errors, ASH_E_TIMEOUT, NULL, "%s%s%s timed out after " INT64_FORMAT "ms",
					  call->res->name, call->action ? "." : "",
					  call->action ? call->action->name : "", ms);

	ash_error_var_int(errors, error, "timeout", ms);
}

static void
throw_timeout(const AshCall *call)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);

	ash_timeout_add_error(call, errors);
	timed_out = call;
	ash_errors_throw(errors);
}

/* In a PG_CATCH outside of ash_call_timed: is the error the timeout of that call? */
bool
ash_timeout_caught(const AshCall *call)
{
	bool caught = timed_out == call;

	if (caught)
		timed_out = NULL;
	return caught;
}

/* Run body(call, arg) for as long as the call may take; raises the error of a timeout. */
void
ash_call_timed(AshCall *call, void (*body)(AshCall *call, void *arg), void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	int64 ms = timeout_of(call);
	Deadline deadline;

	timed_out = NULL;
	if (ms == 0)
	{
		body(call, arg);
		return;
	}
	watch(&deadline, ms);
	if (deadline.outer != NULL && deadline.outer->at <= deadline.at)
	{
		/* the outer call will be over first */
		unwatch(&deadline);
		body(call, arg);
		return;
	}
	PG_TRY();
	{
		body(call, arg);
	}
	PG_CATCH();
	{
		bool passed = unwatch(&deadline);

		if (!passed || geterrcode() != ERRCODE_QUERY_CANCELED)
			PG_RE_THROW();
		FlushErrorState();
		MemoryContextSwitchTo(cxt);
		throw_timeout(call);
	}
	PG_END_TRY();
	if (unwatch(&deadline))
	{
		/* too late, although nobody has looked for the interrupt since */
		QueryCancelPending = false;
		throw_timeout(call);
	}
}
