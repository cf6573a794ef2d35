/* stream.cl: how the families for CPUs store, and what they ask memory for meanwhile.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Macros: NONTEMPORAL (1: y bypasses the caches where the compiler knows how), AHEAD (1: what is read next is asked for
 * while this is written, where the compiler knows how: stores past the caches leave the paths from memory idle). */
#ifndef NONTEMPORAL
#define NONTEMPORAL 0
#endif
#ifndef AHEAD
#define AHEAD 0
#endif

/* STREAM_PAIR(a, b, p, i): 2*V elements past the caches, where the compiler knows how. Two vectors of 16-bit elements
 * go as one of 32-bit words: LLVM makes an ordinary store of a single one that it narrows on the way. */
#if NONTEMPORAL && V >= 4 && defined(__has_builtin)
#if __has_builtin(__builtin_nontemporal_store)
#define STREAM_STORE 1
#endif
#endif
#ifdef STREAM_STORE
#if !defined(NARROW)
#define STREAM_PAIR(a, b, p, i)                                               \
	{                                                                     \
		__builtin_nontemporal_store(a, (__global ACCV *)((p) + (i))); \
		__builtin_nontemporal_store(b, (__global ACCV *)((p) + (i) + V)); \
	}
#define STREAM_BYTES (V * sizeof(ACC))
#else
#if V == 16
#define HALF_WORDS(value) as_uint8(NARROW(value))
#elif V == 8
#define HALF_WORDS(value) as_uint4(NARROW(value))
#else
#define HALF_WORDS(value) as_uint2(NARROW(value))
#endif
#define STREAM_PAIR(a, b, p, i) \
	__builtin_nontemporal_store((UINTV)(HALF_WORDS(a), HALF_WORDS(b)), (__global UINTV *)((p) + (i)))
#define STREAM_BYTES (V * sizeof(uint))
#endif
/* A non-temporal store must be aligned: how many of n elements, below 2*V, come before the first aligned one. */
static ulong stream_head(const __global T *y, ulong n)
{
	ulong past = (ulong)y % STREAM_BYTES;
	return min(n, (STREAM_BYTES - past) % STREAM_BYTES / STORED_BYTES);
}
#else
#define STREAM_PAIR(a, b, p, i)        \
	{                              \
		STOREV(a, p, i);       \
		STOREV(b, p, (i) + V); \
	}
#define stream_head(y, n) 0
#endif

/* FETCH_PAIR(p): asks for the cache lines of 2*V elements, 64 bytes each. */
#define FETCH_PAIR(p)
#if AHEAD && defined(__has_builtin)
#if __has_builtin(__builtin_prefetch)
#undef FETCH_PAIR
#define FETCH_PAIR(p)                                                \
	for (uint byte = 0; byte < 2 * V * STORED_BYTES; byte += 64) \
		__builtin_prefetch((const void *)((uintptr_t)(p) + byte))
#endif
#endif

/* What is stored in the place of n elements that are not valid: copies of those at p, or zeros, which compilers do not
 * see, as PoCL 3.1's memset(), which they would make of them, takes longer than all the rest. */
#if VALID && OUTSIDE > 0
#define NOTHING(a) ((ACC)((a).spatial >> 63))
static void stream_outside(const __global T *p, __global T *y, ulong n, ACC nothing)
{
	ulong i = 0, head = stream_head(y, n);
	for (; i < head; ++i)
		STORE(OUTSIDE == 1 ? LOAD(p, i) : nothing, y, i);
	for (; i + 2 * V <= n; i += 2 * V) {
		ACCV first = OUTSIDE == 1 ? LOADV(p, i) : (ACCV)(nothing);
		ACCV second = OUTSIDE == 1 ? LOADV(p, i + V) : (ACCV)(nothing);
		STREAM_PAIR(first, second, y, i);
	}
	for (; i < n; ++i)
		STORE(OUTSIDE == 1 ? LOAD(p, i) : nothing, y, i);
}
#else
#define stream_outside(p, y, n, nothing)
#endif
