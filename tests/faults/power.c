/* A disk without a battery: what was not synced is gone when the power is.
 *
 * Preloaded into a process, this keeps a second copy of every file under $AISLE_DISK in the folder $AISLE_PLATTER: the bytes
 * that would be left after a power cut. Writes are noted and reach the copy at the file's next fsync or fdatasync; a
 * deletion reaches it when the folder is synced. Whoever wants a power cut kills the process and takes the copies.
 *
 * It watches the calls that SQLite makes (pwrite, write, ftruncate, fsync, fdatasync, unlink), for files in one flat folder.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 16, RANGES = 1 << 16 };

struct range { off_t start, end; };

static struct watched {
    char path[PATH_MAX];
    struct range dirty[RANGES]; /* written and not yet synced */
    int count;
    int deleted; /* unlinked, and the folder not yet synced */
} files[FILES];

static int used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void die(const char *why) {
    fprintf(stderr, "power shim: %s: %s\n", why, strerror(errno));
    abort();
}

static const char *disk(void) { return getenv("AISLE_DISK"); }

/* The file's name within the disk's folder, "" for the folder itself, NULL for anything else. */
static const char *within(const char *path) {
    size_t length = disk() ? strlen(disk()) : 0;
    if (!length || strncmp(path, disk(), length)) return NULL;
    return path[length] == '/' ? path + length + 1 : path[length] ? NULL : path + length;
}

static const char *path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return within(path);
}

static struct watched *watch(const char *path) {
    for (int i = 0; i < used; i++)
        if (!strcmp(files[i].path, path)) return &files[i];
    if (used == FILES) die("too many files");
    strcpy(files[used].path, path);
    return &files[used++];
}

static const char *platter(const char *name, char *path) {
    snprintf(path, PATH_MAX, "%s/%s", getenv("AISLE_PLATTER"), name);
    return path;
}

static void note(int fd, off_t start, ssize_t length) {
    char path[PATH_MAX];
    if (length <= 0 || !path_of(fd, path)) return;
    pthread_mutex_lock(&lock);
    struct watched *file = watch(path);
    struct range *last = file->count ? &file->dirty[file->count - 1] : NULL;
    if (last && last->end == start) {
        last->end = start + length;
    } else {
        if (file->count == RANGES) die("too many writes without a sync");
        file->dirty[file->count++] = (struct range){start, start + length};
    }
    pthread_mutex_unlock(&lock);
}

static void copy(int from, int to, struct range range) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    char buffer[1 << 16];
    while (range.start < range.end) {
        size_t want = range.end - range.start < (off_t)sizeof buffer ? range.end - range.start : (off_t)sizeof buffer;
        ssize_t got = pread(from, buffer, want, range.start);
        if (got <= 0) return; /* truncated since */
        if (real(to, buffer, got, range.start) != got) die("cannot write the platter");
        range.start += got;
    }
}

static void keep_file(int fd, const char *path, const char *name) {
    REAL(int, "ftruncate64", int, off_t);
    char kept[PATH_MAX];
    struct stat state;
    int to = open(platter(name, kept), O_WRONLY | O_CREAT, 0600);
    int from = open(path, O_RDONLY); /* the caller's may be open for writing only */
    if (to < 0 || fstat(fd, &state)) die(kept);
    struct watched *file = watch(path);
    for (int i = 0; from >= 0 && i < file->count; i++) copy(from, to, file->dirty[i]);
    if (real(to, state.st_size)) die(kept);
    file->count = 0;
    if (from >= 0) close(from);
    close(to);
}

static void keep_deletions(void) {
    REAL(int, "unlink", const char *);
    char kept[PATH_MAX];
    for (int i = 0; i < used; i++)
        if (files[i].deleted && access(files[i].path, F_OK)) real(platter(within(files[i].path), kept));
    for (int i = 0; i < used; i++) files[i].deleted = 0;
}

static void keep(int fd) {
    char path[PATH_MAX];
    const char *name = path_of(fd, path);
    if (!name) return;
    pthread_mutex_lock(&lock);
    if (*name) keep_file(fd, path, name);
    else keep_deletions();
    pthread_mutex_unlock(&lock);
}

static ssize_t pwrite_and_note(int fd, const void *bytes, size_t count, off_t offset) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    ssize_t written = real(fd, bytes, count, offset);
    note(fd, offset, written);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite_and_note(fd, bytes, count, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite_and_note(fd, bytes, count, offset); }

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(ssize_t, "write", int, const void *, size_t);
    ssize_t written = real(fd, bytes, count);
    char path[PATH_MAX];
    if (written > 0 && path_of(fd, path)) note(fd, lseek(fd, 0, SEEK_CUR) - written, written);
    return written;
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    int result = real(fd);
    if (!result) keep(fd);
    return result;
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    int result = real(fd);
    if (!result) keep(fd);
    return result;
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    int result = real(path);
    if (!result && within(path)) {
        pthread_mutex_lock(&lock);
        struct watched *file = watch(path);
        file->count = 0;
        file->deleted = 1;
        pthread_mutex_unlock(&lock);
    }
    return result;
}
