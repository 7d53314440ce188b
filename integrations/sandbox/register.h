/* Low-income register and household check (核对), from the authority's side. There is no public
 * protocol; this one is ours, in the shape that such services have: asked now, answered later.
 *
 *   ask       POST /register/checks, Authorization: Bearer register-token
 *             {"check_id": 1..64 of [A-Za-z0-9._-], "id_hash": SHA-256 of the resident ID in
 * lower-case hex, "callback_url": http(s)://…}
 *             -> 202 {"check_id", "status": "accepted"}; the same check_id again: the same, and the
 *             answer again; with another id_hash: 409 {"code": "check_id.reused"}
 *             -> 400 {"code": "request.bad"}, 401 {"code": "unauthorized"}
 *   answer    POST callback_url {"check_id", "id_hash", "answer": "recognised" | "not" | "unknown",
 *              "kind": "dibao" | "tekun" | "edge" | "", "checked_at"}, header X-Register-Signature:
 *             base64 HMAC-SHA256 of the body with register-token; repeated until 2xx
 *   look      GET /register/checks/{check_id}, same token: 200 with the answer, signed as above;
 *             202 {"check_id", "status": "accepted"}: not yet; 404 {"code": "check_id.unknown"}
 *   seed      POST /sandbox/register {"id_hash", "answer", "kind"}: what the register holds; a hash
 *             that was not seeded is answered "unknown"
 *
 * The fault menu strikes with "on": "check", for looking with "on": "query"; match is a prefix of
 * check_id. reject = 400; late_callback: until then looking tells nothing; no_callback: only
 * looking tells; not_found_in_flight: nobody is ever told. Nothing of it is kept over a restart: no
 * money hangs on it. */
#ifndef INTEGRATIONS_SANDBOX_REGISTER_H
#define INTEGRATIONS_SANDBOX_REGISTER_H

#include "integrations/sandbox/sandbox.h"

MUST_CHECK enum err checks_new(struct checks **out); /* ERR_NO_MEMORY */
void checks_free(struct checks *checks);             /* NULL is allowed */

#endif
