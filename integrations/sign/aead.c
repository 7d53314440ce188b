#include "integrations/sign/aead.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

static enum err begin(struct slice key, struct slice nonce, struct slice aad, bool seal,
                      EVP_CIPHER_CTX **out)
{
    if ((key.len != 16 && key.len != 32) || nonce.len != AEAD_NONCE_LEN ||
        aad.len > AEAD_TEXT_MAX) {
        return ERR_INPUT;
    }
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return ERR_NO_MEMORY;
    }
    const EVP_CIPHER *cipher = key.len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    int len = 0;
    if (EVP_CipherInit_ex(ctx, cipher, NULL, (const unsigned char *)key.ptr,
                          (const unsigned char *)nonce.ptr, seal ? 1 : 0) != 1 ||
        (aad.len > 0 &&
         EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)aad.ptr, (int)aad.len) != 1)) {
        EVP_CIPHER_CTX_free(ctx);
        return ERR_INTERNAL;
    }
    *out = ctx;
    return ERR_OK;
}

enum err aead_open(struct slice key, struct slice nonce, struct slice aad, struct slice sealed,
                   struct buf *out)
{
    if (sealed.len < AEAD_TAG_LEN || sealed.len > AEAD_TEXT_MAX) {
        return sealed.len < AEAD_TAG_LEN ? ERR_INPUT : ERR_TOO_LARGE;
    }
    EVP_CIPHER_CTX *ctx = NULL;
    enum err err = begin(key, nonce, aad, false, &ctx);
    if (err != ERR_OK) {
        return err;
    }
    size_t text_len = sealed.len - AEAD_TAG_LEN;
    unsigned char tag[AEAD_TAG_LEN];
    memcpy(tag, sealed.ptr + text_len, sizeof(tag));
    char *room = buf_room(out, text_len + 1); /* + 1: never a room of nothing */
    if (room == NULL) {
        err = buf_err(out);
        goto out;
    }
    int len = 0;
    int rest = 0;
    bool ok = (text_len == 0 ||
               EVP_CipherUpdate(ctx, (unsigned char *)room, &len, (const unsigned char *)sealed.ptr,
                                (int)text_len) == 1) &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, tag) == 1 &&
              EVP_CipherFinal_ex(ctx, (unsigned char *)room + len, &rest) == 1;
    if (!ok) {
        OPENSSL_cleanse(room, text_len); /* what nobody vouches for is not looked at */
        room[0] = '\0';
        err = ERR_AUTH;
        goto out;
    }
    out->len += text_len;
    out->ptr[out->len] = '\0';
out:
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    return err;
}

enum err aead_seal(struct slice key, struct slice nonce, struct slice aad, struct slice text,
                   struct buf *out)
{
    if (text.len > AEAD_TEXT_MAX - AEAD_TAG_LEN) {
        return ERR_TOO_LARGE;
    }
    EVP_CIPHER_CTX *ctx = NULL;
    enum err err = begin(key, nonce, aad, true, &ctx);
    if (err != ERR_OK) {
        return err;
    }
    char *room = buf_room(out, text.len + AEAD_TAG_LEN);
    if (room == NULL) {
        err = buf_err(out);
        goto out;
    }
    int len = 0;
    int rest = 0;
    bool ok =
        (text.len == 0 || EVP_CipherUpdate(ctx, (unsigned char *)room, &len,
                                           (const unsigned char *)text.ptr, (int)text.len) == 1) &&
        EVP_CipherFinal_ex(ctx, (unsigned char *)room + len, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, room + text.len) == 1;
    if (!ok) {
        err = ERR_INTERNAL;
        goto out;
    }
    out->len += text.len + AEAD_TAG_LEN;
    out->ptr[out->len] = '\0';
out:
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    return err;
}
