/*-------------------------------------------------------------------------
 *
 * src/define/define_work.h
 *	  What one call of ash_define works on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DEFINE_WORK_H
#define ASH_DEFINE_WORK_H

#include "define/define_internal.h"
#include "model/model.h"

/* One resource on its way into the catalog. */
typedef struct AshDefining
{
	AshOverlayEntry entry;	/* must be first: the list of these is the overlay */
	AshDomainDocument *doc; /* NULL: a stored one that refers to a changed one */
	List *path;				/* in the text */
} AshDefining;

typedef struct AshDefineWork
{
	AshDefinition def;
	const char *text;
	size_t len;
	MemoryContext cxt;
	bool migrate;
	List *items; /* of AshDefining *: the overlay */
} AshDefineWork;

/* define_document.c: the tree of a text of the catalog, owned by work->cxt */
extern json_t *ash_define_parse_stored(AshDefineWork *work, const char *text);

/* define_store.c */
extern json_t *ash_define_store(AshDefineWork *work);

#endif /* ASH_DEFINE_WORK_H */
