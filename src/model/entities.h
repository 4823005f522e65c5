/*-------------------------------------------------------------------------
 *
 * src/model/entities.h
 *	  Option schemas of the entities of a definition document.
 *
 * Where an entity has a compiled struct (resource.h), its schema fills that
 * struct.  Options marked ASH_OPT_UNFILLED are read from the document by the code
 * that needs them: the expander, the schema planner, or compile_*.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ENTITIES_H
#define ASH_ENTITIES_H

#include "model/domain.h"
#include "model/resource.h"

/* {"authorization": …} of a domain */
typedef struct AshAuthorization
{
	AshAuthorize authorize;
	bool require_actor;
	const char *actor;		  /* "helpdesk.representative", or NULL */
	const char *actor_source; /* "claims", "current_user" or NULL */
} AshAuthorization;

/* {"multitenancy": …} of a resource */
typedef struct AshMultitenancy
{
	AshTenancyStrategy strategy;
	const char *attribute;
	bool global;
	const char *parse_attribute;
} AshMultitenancy;

extern const AshSpec ash_domain_spec;
extern const AshSpec ash_authorization_spec;
extern const AshSpec ash_user_type_spec;
extern const AshSpec ash_user_function_spec;
extern const AshSpec ash_resource_spec;
extern const AshSpec ash_multitenancy_spec;
extern const AshSpec ash_attribute_spec;
extern const AshSpec ash_argument_spec;
extern const AshSpec ash_metadata_spec;
extern const AshSpec ash_relationship_spec;
extern const AshSpec ash_references_spec;
extern const AshSpec ash_identity_spec;
extern const AshSpec ash_calculation_spec;
extern const AshSpec ash_aggregate_spec;
extern const AshSpec ash_action_spec;
extern const AshSpec ash_pagination_spec;
extern const AshSpec ash_code_interface_spec;
extern const AshSpec ash_custom_input_spec;
extern const AshSpec ash_check_constraint_spec;
extern const AshSpec ash_custom_index_spec;
extern const AshSpec ash_custom_statement_spec;
/* entities_storage.c */
extern const AshSpec ash_named_constraint_spec;
extern const AshSpec ash_create_table_options_spec;
extern const AshSpec ash_partition_by_spec;

/* All of them, NULL-terminated; also read by the docs and the JSON Schema. */
extern const AshSpec *const *ash_entity_specs(void);
extern const AshSpec *ash_entity_spec(const char *name);

#endif /* ASH_ENTITIES_H */
