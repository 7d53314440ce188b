/* Reading the parts of a policy pack. Internal to workers/rules. All faults go into the json_check.
 */
#ifndef WORKERS_RULES_POLICY_READ_H
#define WORKERS_RULES_POLICY_READ_H

#include "queue/domain/json_check.h"
#include "workers/rules/policy.h"

#define POLICY_NOTE_SIZE 2001 /* "note" is for people; checked and then forgotten */

/* The object "rules", laid over *into. complete: every key must be there (the base); otherwise
 * every group that is there must at least bring its own legal basis (an overlay). The pointer
 * stands at the object. */
void policy_read_rules(struct json_check *c, const struct json *v, bool complete,
                       struct policy_rules *into);
/* Contradictions between keys of the finished rules. */
void policy_check_rules(struct json_check *c, const struct policy_rules *r);
/* {"causes": …, "all": …, "any": …, "none": …} out of object v, which may have other members too.
 */
void policy_read_condition(struct json_check *c, const struct json *v, struct condition *out);
void policy_read_triage(struct json_check *c, const struct json *list, struct policy_rules *into);
void policy_read_tier_rules(struct json_check *c, const struct json *list,
                            struct policy_rules *into);
void policy_read_pauses(struct json_check *c, const struct json *list, struct policy_rules *into);
void policy_read_triggers(struct json_check *c, const struct json *list, struct policy_rules *into);
void policy_read_debt_steps(struct json_check *c, const struct json *list,
                            struct policy_rules *into);
void policy_read_order(struct json_check *c, const struct json *v, struct standing_order *out);
/* A list of division prefixes: "" (everywhere), 2, 4, 6, 9 or 12 digits. Returns how many were
 * read, at most max. */
int policy_read_divisions(struct json_check *c, const struct json *v,
                          char (*out)[DIVISION_CODE_SIZE], int max);
/* "valid_from" style pair of dates: both days included, so *to_ms is the start of the day behind. A
 * missing end is INT64_MAX when open is allowed. */
void policy_read_period(struct json_check *c, const struct json *v, const char *from,
                        const char *to, bool open, int64_t *from_ms, int64_t *to_ms);
/* FNV-1a 64 over the canonical text (members sorted by name, no spaces). A name for a content, not
 * a proof against forgery. */
uint64_t policy_hash_json(const struct json *v);

/* Name and group of the i-th key of the rules, NULL behind the last one. */
const char *policy_field(size_t i, const char **group);
/* Its value as JSON, as it would stand in a pack. */
void policy_field_write(const struct policy_rules *r, size_t i, struct json_out *o);
void policy_write_tier_rules(const struct policy_rules *r, struct json_out *o);
void policy_write_triage(const struct policy_rules *r, struct json_out *o);
void policy_write_pauses(const struct policy_rules *r, struct json_out *o);
void policy_write_triggers(const struct policy_rules *r, struct json_out *o);
void policy_write_debt_steps(const struct policy_rules *r, struct json_out *o);

#endif
