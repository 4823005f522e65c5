/*-------------------------------------------------------------------------
 *
 * src/define/define.h
 *	  Documents → catalog rows, and back.
 *
 * parse (jansson) → check against the specs → expand shorthands → compile and
 * verify → store.  All errors of a document are reported together, each with
 * line, column and JSON Pointer.  The document is stored twice: as it came (for
 * ash_definition and ash.revision) and expanded (what everything else reads).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DEFINE_H
#define ASH_DEFINE_H

#include "compat.h"

/*
 * ash_define: stores the document and, with migrate, applies the schema plan of its
 * domains.  Returns a JSON summary; raises one error with all that is wrong.
 */
extern char *ash_define_document(const char *text, int len, bool migrate);

/* ash_undefine, with or without the tables: returns a JSON summary */
extern char *ash_undefine_name(const char *name, bool drop_table);

/* ash_definition: the document of a domain, or of one resource in its domain, as written */
extern char *ash_definition_text(const char *name);

#endif /* ASH_DEFINE_H */
