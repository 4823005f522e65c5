/*-------------------------------------------------------------------------
 *
 * src/call/call_timeout.c
 *	  The timeout of a call: the option "timeout", else the action's own.
 *
 * A timer of this backend, independent of statement_timeout, cancels the statement when it
 * fires.  The call that set it turns that cancellation into its own error; every other
 * cancellation passes.  Of nested calls the earliest deadline counts, and belongs to the
 * call that set it.  A timeout of 0 is none.
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

/* A deadline, and the one that applies again after it. */
typedef struct Deadline
{
	struct Deadline *outer;
	TimestampTz at;
} Deadline;

static Deadline *watched = NULL;			  /* the timer is set for this one */
static volatile sig_atomic_t expired = false; /* the timer has fired since it was set */
static bool registered = false;
static TimeoutId timer;

/* The call whose timeout error is being raised; compared, never dereferenced. */
static const AshCall *timed_out = NULL;

/* Timeout handler: runs in a signal handler. */
static void
cancel_statement(void)
{
	expired = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* The timeout of the call in milliseconds; 0 for none. */
static int64
timeout_of(const AshCall *call)
{
	if (call->opts->timeout.set)
		return call->opts->timeout.value;
	return call->action != NULL && call->action->timeout.set ? call->action->timeout.value : 0;
}

/* Set the timer for a deadline in ms milliseconds. */
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

/* Set the timer for the outer deadline again; true when this one had passed. */
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

/* The error of the call's timeout, in a list in CurrentMemoryContext. */
static AshErrors *
timeout_errors(const AshCall *call)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	int64 ms = timeout_of(call);
	AshError *error;

	errors->path = call->errors->path;
	error = ash_error_add(errors, ASH_E_TIMEOUT, NULL, "%s%s%s timed out after " INT64_FORMAT "ms",
						  call->res->name, call->action ? "." : "",
						  call->action ? call->action->name : "", ms);
	ash_error_var_int(errors, error, "timeout", ms);
	return errors;
}

/* Raises the error. */
static void
throw_timeout(const AshCall *call)
{
	timed_out = call;
	ash_errors_throw(timeout_errors(call));
}

/*
 * For a PG_CATCH inside of which ash_call_timed() ran: the error of the timeout of call in a
 * list, if that is the error that was raised; NULL otherwise.  It is returned once.
 */
AshErrors *
ash_timeout_errors(const AshCall *call)
{
	if (timed_out != call)
		return NULL;
	timed_out = NULL;
	return timeout_errors(call);
}

/*
 * Run body(call, arg), which is cancelled when the timeout of the call has passed: then an error
 * of ASH_E_TIMEOUT is raised, also when body returned too late.  Other errors pass.
 */
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
		/* the outer deadline is earlier */
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
		/* too late, although no interrupt was processed since */
		QueryCancelPending = false;
		throw_timeout(call);
	}
}
