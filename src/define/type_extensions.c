/*-------------------------------------------------------------------------
 *
 * src/define/type_extensions.c
 *	  Extensions whose types a definition uses.
 *
 * ci_string is stored as citext and vector as pgvector's type; the operators of
 * those types must exist before an expression about them can be checked.  With
 * migrate set ash_define creates what is missing, as the caller and where our own
 * functions are; otherwise it says what to create.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "define/define_internal.h"
#include "executor/spi.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "schema/schema.h"
#include "utils/builtins.h"

/* As the current user, into the schema of our own functions. */
static void
create_extension(const char *name)
{
	char *sql = psprintf("CREATE EXTENSION IF NOT EXISTS %s WITH SCHEMA %s", ash_quote_ident(name),
						 ash_quote_ident(ash_extension_schema()));

	SPI_connect();
	if (SPI_execute(sql, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not create extension \"%s\"", name);
	SPI_finish();
	CommandCounterIncrement();
}

/* True if the files of the extension are installed on the server. */
static bool
is_available(const char *name)
{
	Oid argtype = TEXTOID;
	Datum arg = CStringGetTextDatum(name);
	bool found;

	SPI_connect();
	if (SPI_execute_with_args("SELECT FROM pg_catalog.pg_available_extensions WHERE "
							  "name OPERATOR(pg_catalog.=) $1::pg_catalog.name",
							  1, &argtype, &arg, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up extension \"%s\"", name);
	found = SPI_processed > 0;
	SPI_finish();
	return found;
}

/* Makes sure that the type's storage exists; false after adding an error. */
static bool
provide(const AshTypeInst *type, bool migrate, AshErrors *errors)
{
	const char *extension = ash_type_extension(type);
	AshError *error;
	bool available;

	if (extension == NULL || ash_type_resolve_storage(type))
		return true;
	available = is_available(extension);
	if (available && migrate)
	{
		create_extension(extension);
		return ash_type_resolve_storage(type);
	}
	error =
		ash_error_definition(errors, NULL, "the type %s needs the extension \"%s\"%s", type->name,
							 extension, available ? "" : ", which is not installed on this server");
	error->hint = available ?
					  psprintf("Run CREATE EXTENSION %s first, or define with migrate => true.",
							   ash_quote_ident(extension)) :
					  "Install its package on the server first.";
	return false;
}

/* The type of a member of a section, with errors at that member. */
static bool
provide_at(const char *section, const char *name, const AshTypeInst *type, bool migrate,
		   AshErrors *errors)
{
	bool ok;

	ash_errors_push_name(errors, section);
	ash_errors_push_name(errors, name);
	ok = provide(type, migrate, errors);
	ash_errors_pop(errors);
	ash_errors_pop(errors);
	return ok;
}

/*
 * Provide for every type of the resource.  One missing extension is reported
 * once: the rest of the resource cannot be checked without it.
 */
bool
ash_define_provide_types(AshResource *res, bool migrate, AshErrors *errors)
{
	for (int i = 0; i < res->nattributes; i++)
		if (!provide_at("attributes", res->attributes[i]->name, res->attributes[i]->type, migrate,
						errors))
			return false;
	for (int i = 0; i < res->ncalculations; i++)
		if (!provide_at("calculations", res->calculations[i]->name, res->calculations[i]->type,
						migrate, errors))
			return false;
	for (int i = 0; i < res->nactions; i++)
		for (int j = 0; j < res->actions[i]->nargs; j++)
			if (!provide(res->actions[i]->args[j]->type, migrate, errors))
				return false;
	return true;
}
