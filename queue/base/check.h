/* Checks that stay on in release builds. ASSERT is for programmer errors only; what the world can
 * do wrong is answered with an enum err (err.h). A failed ASSERT writes one log line to stderr and
 * aborts, so that the supervisor restarts the process: the store's leases and idempotency keys make
 * that safe, continuing would not be. */
#ifndef QUEUE_BASE_CHECK_H
#define QUEUE_BASE_CHECK_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define ASSERT(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, __func__, #cond))

_Noreturn void check_failed(const char *file, int line, const char *func, const char *what);

#endif
