/* Sets the wall clock of a process for a test: preloaded, it adds the seconds that stand in a shared
 * file to what the kernel says. The file (8 bytes, int64 of the machine) is mapped, so that the test
 * moves the clocks of all processes of a site in one step while they run. The monotonic clock stays.
 *
 *     LD_PRELOAD=libclock_shim.so JIUJI_CLOCK_FILE=clock redis-server …
 *
 * The whole suite runs at another time in the same way, Node and all C tests included; a site that
 * sets its clock takes that into account (setClock() in site.js):
 *
 *     node -e "const s = Math.round((new Date('2026-12-31T23:58:00+08:00') - Date.now()) / 1000),
 *         b = Buffer.alloc(8); b.writeBigInt64LE(BigInt(s)); fs.writeFileSync('clock', b)"
 *     LD_PRELOAD=$PWD/bin/libclock_shim.so JIUJI_CLOCK_FILE=$PWD/clock ctest
 *
 * With the sanitizers also ASAN_OPTIONS=verify_asan_link_order=0.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_s;

/* No allocation: the allocator asks for the time while it starts. */
__attribute__((constructor)) static void open_file(void)
{
    const char *name = getenv("JIUJI_CLOCK_FILE");
    int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        void *map = mmap(NULL, sizeof(*offset_s), PROT_READ, MAP_SHARED, fd, 0);
        offset_s = map == MAP_FAILED ? NULL : map;
        close(fd);
    }
}

static int64_t offset(void)
{
    return offset_s == NULL ? 0 : *offset_s;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    long status = syscall(SYS_clock_gettime, id, out);
    if (status == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        out->tv_sec += offset();
    }
    return (int)status;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
