/* Preloaded into an edge, puts its wall clock ahead by TURNPIKE_SKEW_SECONDS and leaves the monotonic clock alone, on which .NET waits.
   (libfaketime shifts timed waits too, and .NET then spins.) It needs no header and no library but the one it is loaded beside. */
struct moment { long seconds; long fraction; };

extern void *dlsym(void *handle, const char *name);
extern char *getenv(const char *name);
extern long atol(const char *text);

#define NEXT ((void *)-1L)
#define CLOCK_REALTIME 0
#define CLOCK_REALTIME_COARSE 5

static long skew(void)
{
    const char *text = getenv("TURNPIKE_SKEW_SECONDS");
    return text ? atol(text) : 0;
}

int clock_gettime(int clock, struct moment *now)
{
    static int (*next)(int, struct moment *);
    if (!next)
        next = (int (*)(int, struct moment *))dlsym(NEXT, "clock_gettime");
    int result = next(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->seconds += skew();
    return result;
}

int gettimeofday(struct moment *now, void *zone)
{
    static int (*next)(struct moment *, void *);
    if (!next)
        next = (int (*)(struct moment *, void *))dlsym(NEXT, "gettimeofday");
    int result = next(now, zone);
    if (result == 0)
        now->seconds += skew();
    return result;
}

long time(long *result)
{
    struct moment now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.seconds;
    return now.seconds;
}
