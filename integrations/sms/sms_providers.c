/* All operators in two tables: one line each is all that a new folder needs. */
#include "integrations/sms/aliyun/aliyun.h"
#include "integrations/sms/courier/courier.h"
#include "integrations/sms/kannel/kannel.h"
#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_incoming.h"
#include "integrations/sms/tencent/tencent.h"
#include "integrations/sms/twilio/twilio.h"

static const struct sms_provider *const PROVIDERS[] = {
    &KANNEL_PROVIDER, &ALIYUN_PROVIDER, &TWILIO_PROVIDER, &TENCENT_PROVIDER, &COURIER_PROVIDER,
};

static const struct sms_codec *const CODECS[] = {
    &KANNEL_CODEC, &ALIYUN_CODEC, &TWILIO_CODEC, &TENCENT_CODEC, &COURIER_CODEC,
};

const struct sms_provider *const *sms_providers(size_t *count)
{
    *count = COUNT_OF(PROVIDERS);
    return PROVIDERS;
}

const struct sms_provider *sms_provider_find(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(PROVIDERS); i++) {
        if (slice_is(name, PROVIDERS[i]->name)) {
            return PROVIDERS[i];
        }
    }
    return NULL;
}

const struct sms_codec *sms_codec_find(struct slice name)
{
    for (size_t i = 0; i < COUNT_OF(CODECS); i++) {
        if (slice_is(name, CODECS[i]->name)) {
            return CODECS[i];
        }
    }
    return NULL;
}
