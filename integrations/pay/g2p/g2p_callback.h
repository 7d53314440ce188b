/* G2P Connect's on-disburse behind the common form of callbacks. Answered 200 with
 * {"message":{"ack_status":"ACK",…}}; refused with ERR, an err.* code of the specification and a
 * matching HTTP status. */
#ifndef INTEGRATIONS_PAY_G2P_G2P_CALLBACK_H
#define INTEGRATIONS_PAY_G2P_G2P_CALLBACK_H

#include "integrations/pay/g2p/g2p_sign.h"
#include "integrations/pay/pay_callback.h"

/* The rail "g2p"; borrows the bank's name and public key. bank->key NULL: signatures are not looked
 * at; the peer is then known by the secret in the path and by TLS alone. */
struct pay_callback_rail g2p_callback_rail(const struct g2p_signer *bank);

#endif
