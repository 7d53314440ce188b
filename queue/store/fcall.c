#include "queue/store/fcall.h"

void fcall_init(struct fcall *f)
{
    buf_init(&f->body, FCALL_BYTES_MAX);
    buf_init(&f->wire, FCALL_BYTES_MAX + 64);
    f->argc = 0;
}

void fcall_release(struct fcall *f)
{
    buf_release(&f->body);
    buf_release(&f->wire);
}

void fcall_slice(struct fcall *f, struct slice arg)
{
    buf_put_char(&f->body, '$');
    buf_put_int(&f->body, (int64_t)arg.len);
    buf_put(&f->body, "\r\n", 2);
    buf_put_slice(&f->body, arg);
    buf_put(&f->body, "\r\n", 2);
    f->argc++;
}

void fcall_text(struct fcall *f, const char *arg)
{
    fcall_slice(f, slice_of(arg));
}

void fcall_int(struct fcall *f, int64_t arg)
{
    char digits[24];
    struct buf text = {.ptr = digits, .cap = sizeof(digits), .max = sizeof(digits) - 1};
    buf_put_int(&text, arg);
    fcall_slice(f, buf_slice(&text));
}

void fcall_begin_plain(struct fcall *f)
{
    buf_clear(&f->body);
    buf_clear(&f->wire);
    f->argc = 0;
}

void fcall_begin(struct fcall *f, const char *name, const char *region)
{
    char text[64];
    struct buf b = {.ptr = text, .cap = sizeof(text), .max = sizeof(text) - 1};
    fcall_begin_plain(f);
    fcall_text(f, "FCALL");
    buf_put_text(&b, "jiuji_");
    buf_put_text(&b, name);
    fcall_slice(f, buf_slice(&b));
    fcall_text(f, "1");
    buf_clear(&b);
    buf_put_char(&b, '{');
    buf_put_text(&b, region);
    buf_put_char(&b, '}');
    fcall_slice(f, buf_slice(&b));
}

enum err fcall_finish(struct fcall *f, struct slice *wire)
{
    buf_clear(&f->wire);
    buf_put_char(&f->wire, '*');
    buf_put_int(&f->wire, (int64_t)f->argc);
    buf_put(&f->wire, "\r\n", 2);
    buf_put_slice(&f->wire, buf_slice(&f->body));
    enum err err = buf_err(&f->body);
    if (err == ERR_OK) {
        err = buf_err(&f->wire);
    }
    if (err == ERR_OK) {
        *wire = buf_slice(&f->wire);
    }
    return err;
}
