/*
 * Mapped files, and what happens when one of them becomes shorter, or its disk fails, while it is read. The
 * system then sends SIGBUS. The handler puts zeros in the place of the rest of the file and notes the loss;
 * work goes on, on nonsense, and whoever would rely on it asks fy_files_check first. Files that were written
 * to are found by their time. Must not know what is in a file.
 */
#include "core/core_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fy_mapping {
	fy_hold hold;
	fy_guard *guard;   /* whose work reads it; NULL: none */
	fy_mapping *next;  /* in `mapped`, or among the lost ones of the guard */
	const char *path;  /* as the caller gave it: lives as long as the diagnostics */
	uint8_t *data;     /* NULL: not mapped */
	struct stat state; /* when it was opened */
	atomic_int lost;   /* set by the handler */
};

/* All that are mapped in this process. Whoever holds the lock touches no mapped file, so that the handler may
 * wait for it. */
static fy_mapping *mapped;
static atomic_flag mapped_lock = ATOMIC_FLAG_INIT;

static void lock_mapped(void)
{
	while (atomic_flag_test_and_set(&mapped_lock))
		;
}

static void unlock_mapped(void)
{
	atomic_flag_clear(&mapped_lock);
}

/* ---- the signal ---- */

static struct sigaction action_before;
static pthread_once_t handler_once = PTHREAD_ONCE_INIT;

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* From the page of `address` to the end of the map. */
static bool put_zeros(fy_mapping *m, const uint8_t *address)
{
	size_t page = page_size(), at = (size_t)(address - m->data) / page * page;
	size_t size = ((size_t)m->state.st_size + page - 1) / page * page;

	if (mmap(m->data + at, size - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		return false;
	atomic_store(&m->lost, 1);
	return true;
}

static bool replace_lost(const uint8_t *address)
{
	bool replaced = false;

	lock_mapped();
	for (fy_mapping *m = mapped; m && !replaced; m = m->next) {
		uintptr_t start = (uintptr_t)m->data, at = (uintptr_t)address;
		if (m->guard && at >= start && at - start < (size_t)m->state.st_size)
			replaced = put_zeros(m, address);
	}
	unlock_mapped();
	return replaced;
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	if (info->si_code > 0 && replace_lost(info->si_addr)) {
		errno = saved;
		return; /* the access is repeated */
	}
	if (action_before.sa_flags & SA_SIGINFO) {
		action_before.sa_sigaction(number, info, context);
	} else if (action_before.sa_handler != SIG_DFL && action_before.sa_handler != SIG_IGN) {
		action_before.sa_handler(number);
	} else {
		signal(number, SIG_DFL);
		raise(number);
	}
}

static void install_handler(void)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &action_before);
}

/* ---- mapping ---- */

static void release(void *what)
{
	fy_mapping *m = what;

	if (!m->data)
		return;
	lock_mapped();
	fy_mapping **link = &mapped;
	while (*link != m)
		link = &(*link)->next;
	*link = m->next;
	unlock_mapped();
	munmap(m->data, (size_t)m->state.st_size);
	m->data = NULL;
}

fy_mapping *fy_mapping_new(const char *path)
{
	pthread_once(&handler_once, install_handler);
	fy_mapping *m = fy_zalloc(sizeof(*m));
	m->path = path;
	m->guard = fy_guard_current();
	fy_hold_add(&m->hold, release, m);
	return m;
}

static int map_descriptor(fy_mapping *m, int fd)
{
	if (fstat(fd, &m->state) != 0)
		return errno;
	if (!S_ISREG(m->state.st_mode) || m->state.st_size == 0)
		return 0;
	if (m->state.st_size < 0 || (uintmax_t)m->state.st_size > SIZE_MAX)
		return EFBIG;
	void *data = mmap(NULL, (size_t)m->state.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return errno;
	m->data = data;
	lock_mapped();
	m->next = mapped;
	mapped = m;
	unlock_mapped();
	return 0;
}

int fy_mapping_open(fy_mapping *mapping, struct stat *info)
{
	int fd;

	do /* opening a pipe without O_NONBLOCK would wait for a writer */
		fd = open(mapping->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return errno;
	int error = map_descriptor(mapping, fd);
	close(fd);
	*info = mapping->state;
	return error;
}

const uint8_t *fy_mapping_data(const fy_mapping *mapping)
{
	return mapping->data ? mapping->data : (const uint8_t *)"";
}

/* ---- trust ---- */

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The same file, shorter, longer or written to. When another one has its name by now, this one is as it was.
 */
static bool was_changed(const fy_mapping *m)
{
	struct stat now;

	if (atomic_load(&m->lost))
		return true;
	return m->data && stat(m->path, &now) == 0 && now.st_dev == m->state.st_dev &&
	       now.st_ino == m->state.st_ino &&
	       (now.st_size != m->state.st_size || !same_time(now.st_mtim, m->state.st_mtim));
}

void fy_mapping_close(fy_mapping *mapping)
{
	if (!mapping)
		return;
	fy_guard *guard = fy_guard_current();
	bool told = guard && guard == mapping->guard && was_changed(mapping);
	fy_hold_drop(&mapping->hold);
	release(mapping);
	if (!told) {
		fy_free(mapping);
		return;
	}
	mapping->next = guard->lost;
	guard->lost = mapping;
}

static fy_status say_changed(const fy_mapping *m, fy_diags *diags)
{
	return fy_error(diags, FY_IO, "file-changed", &(fy_place){ .file = m->path },
			"the file changed, or could not be read any more, while it was in use");
}

static bool is_changed_one(const fy_ring *link, fy_mapping **out)
{
	const fy_hold *hold = (const fy_hold *)link;

	*out = hold->release == release ? hold->what : NULL;
	return *out && was_changed(*out);
}

fy_status fy_files_check(fy_diags *diags)
{
	fy_guard *guard = fy_guard_current();
	fy_status status = FY_OK;
	fy_mapping *m;

	if (!guard)
		return FY_OK;
	while ((m = guard->lost) != NULL) {
		guard->lost = m->next;
		status = say_changed(m, diags);
		fy_free(m);
	}
	for (fy_ring *link = guard->holds.next; link != &guard->holds; link = link->next)
		if (is_changed_one(link, &m))
			status = say_changed(m, diags);
	return status;
}
