/* types.cl: storage type T, accumulator ACC, vectors of V accumulators, LOAD/STORE, KERNEL.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Macros: one of CLN_F32 (default), CLN_F16, CLN_BF16, CLN_F64; V = 1, 2, 4, 8 or 16 elements a vector; GROUP, TEAM:
 * work-items of a group and of a team in it.
 * LOOSE = 1: the compiler takes a vector type of its element's alignment, where PoCL makes three stores of one
 * vstore16. f16 and bf16 are storage only: vload_half and vstore_half are core OpenCL C and need no extension.
 * RUNS: 0 (default): a set is one run; 1: a slab is a whole set of several runs; 2: a slab is made of runs that are one
 * of several of their sets, which the stages "join" and "back_join" bring together.
 * BY_UNIT = 1: of layer norm, each unit adds up what its slabs contribute to dbeta and dgamma.
 * VALID: 0 (default): all elements of x are; 1: those whose byte in a mask is not 0; 2: the first ones of each run.
 * MASK_LANES = 1: the mask has channels of its own, which lie side by side as those of x do; 0 (default).
 * OUTSIDE: what others become: 0 (default): normalized too; 1: left as they are; 2: zeros.
 * DEVIATION = 1: the variance has a divisor of its own (ddof), the deviation a least value; sets may be empty.
 * SKIP: x + skip is what is normalized, and is written to sum: 0 (default): there is no skip; 1: whoever takes the
 * statistics adds; 2: whoever normalizes, the statistics being given.
 * STRIDED = 1: tensors have the steps that the arguments name; 0 (default): they are packed. */
#ifndef V
#define V 4
#endif
#ifndef LOOSE
#define LOOSE 0
#endif
#ifndef RUNS
#define RUNS 0
#endif
#ifndef STRIDED
#define STRIDED 0
#endif
#ifndef MASK_LANES
#define MASK_LANES 0
#endif
#ifndef OUTSIDE
#define OUTSIDE 0
#endif
#ifndef DEVIATION
#define DEVIATION 0
#endif
#ifndef BY_UNIT
#define BY_UNIT 0
#endif

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

#ifdef CLN_F64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define ACC double
#define ACC_INT long
#define SCALAR(s) as_double((s).bits)
#else
#define ACC float
#define ACC_INT int
#define SCALAR(s) ((s).rounded)
#endif

/* The compiler may not contract on its own: what is fused is written so, and two_sum() stays what it says. */
#pragma OPENCL FP_CONTRACT OFF
#define FMA(a, b, c) fma(a, b, c)

#if V == 1
#define ACCV ACC
#define INTV ACC_INT
#define LANE_IDS 0
#define SUM_LANES(v) (v)
#else
#define ACCV CAT(ACC, V)
#define INTV CAT(ACC_INT, V)
#endif
/* Sums by halves, in components: oclgrind 21 takes what .lo and .hi give for uninitialized. */
#define SUM_FOUR(v, a, b, c, d) (((v).s##a + (v).s##c) + ((v).s##b + (v).s##d))
#if V == 2
#define LANE_IDS (INTV)(0, 1)
#define SUM_LANES(v) ((v).s0 + (v).s1)
#elif V == 4
#define LANE_IDS (INTV)(0, 1, 2, 3)
#define SUM_LANES(v) SUM_FOUR(v, 0, 1, 2, 3)
#elif V == 8
#define LANE_IDS (INTV)(0, 1, 2, 3, 4, 5, 6, 7)
#define SUM_LANES(v) (SUM_FOUR(v, 0, 1, 4, 5) + SUM_FOUR(v, 2, 3, 6, 7))
#elif V == 16
#define LANE_IDS (INTV)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define SUM_LANES(v) ((SUM_FOUR(v, 0, 4, 8, c) + SUM_FOUR(v, 2, 6, a, e)) + \
                      (SUM_FOUR(v, 1, 5, 9, d) + SUM_FOUR(v, 3, 7, b, f)))
#endif

/* A vector of GET(0), GET(1), ... GET(V-1); and PUT(k, lane k) for each. Lanes are named, not gathered in an array: an
 * array that a function fills through a pointer lands in memory on some GPUs. */
#if V == 2
#define FROM_LANES(GET) (ACCV)(GET(0), GET(1))
#define EACH_LANE(v, PUT) PUT(0, (v).s0) PUT(1, (v).s1)
#elif V == 4
#define FROM_LANES(GET) (ACCV)(GET(0), GET(1), GET(2), GET(3))
#define EACH_LANE(v, PUT) PUT(0, (v).s0) PUT(1, (v).s1) PUT(2, (v).s2) PUT(3, (v).s3)
#elif V == 8
#define FROM_LANES(GET) (ACCV)(GET(0), GET(1), GET(2), GET(3), GET(4), GET(5), GET(6), GET(7))
#define EACH_LANE(v, PUT)                                                               \
	PUT(0, (v).s0) PUT(1, (v).s1) PUT(2, (v).s2) PUT(3, (v).s3) PUT(4, (v).s4)      \
	PUT(5, (v).s5) PUT(6, (v).s6) PUT(7, (v).s7)
#elif V == 16
#define FROM_LANES(GET)                                                                 \
	(ACCV)(GET(0), GET(1), GET(2), GET(3), GET(4), GET(5), GET(6), GET(7), GET(8), GET(9), GET(10), GET(11), \
	       GET(12), GET(13), GET(14), GET(15))
#define EACH_LANE(v, PUT)                                                               \
	PUT(0, (v).s0) PUT(1, (v).s1) PUT(2, (v).s2) PUT(3, (v).s3) PUT(4, (v).s4)      \
	PUT(5, (v).s5) PUT(6, (v).s6) PUT(7, (v).s7) PUT(8, (v).s8) PUT(9, (v).s9)      \
	PUT(10, (v).sa) PUT(11, (v).sb) PUT(12, (v).sc) PUT(13, (v).sd)                 \
	PUT(14, (v).se) PUT(15, (v).sf)
#endif

/* v, elements i .. i+V-1 of n, with those past the end set to 0; i + V below 2^31. */
static ACCV keep_below(ACCV v, uint i, uint n)
{
#if V == 1
	return i < n ? v : (ACC)0;
#else
	return (LANE_IDS + (ACC_INT)i < (ACC_INT)n) ? v : (ACCV)(0);
#endif
}

#if V == 1
#define UINTV uint
#else
#define UINTV CAT(uint, V)
#define USHORTV CAT(ushort, V)
/* A vector in memory, of the type that its elements have there; any alignment. */
#if LOOSE
#if defined(CLN_F16) || defined(CLN_BF16)
typedef USHORTV loose_vector __attribute__((aligned(sizeof(ushort))));
#else
typedef ACCV loose_vector __attribute__((aligned(sizeof(ACC))));
#endif
#define GETV(p) (*(const __global loose_vector *)(p))
#define PUTV(value, p) *(__global loose_vector *)(p) = (value)
#else
#define GETV(p) CAT(vload, V)(0, p)
#define PUTV(value, p) CAT(vstore, V)(value, 0, p)
#endif
#endif

/* LOAD(p, i): element i; LOADV(p, i): elements i .. i+V-1, any alignment; STORE, STOREV: round to nearest even.
 * STORED_BYTES: of an element. NARROW(value), of f16 and bf16: a vector as it lies in memory. */
#if defined(CLN_F16) || defined(CLN_BF16)
#define STORED_BYTES 2
#else
#define STORED_BYTES sizeof(ACC)
#endif
#if defined(CLN_F16)
#define T half
/* A compiler that says its target has instructions for halves makes them of its builtins, one a vector; PoCL's library
 * takes some twenty. Without the instructions the builtins would be calls. */
#if defined(__F16C__) && defined(__has_builtin)
#if __has_builtin(__builtin_load_halff) && __has_builtin(__builtin_store_halff)
#define NATIVE_HALF 1
#endif
#endif
#ifdef NATIVE_HALF
#define LOAD(p, i) __builtin_load_halff((p) + (i))
#define STORE(value, p, i) __builtin_store_halff(value, (p) + (i))
#if V > 1
#define LOADV(p, i) widen_half((p) + (i))
#define STOREV(value, p, i) PUTV(NARROW(value), (__global ushort *)(p) + (i))
#define GET_HALF(k) LOAD(p, k)
static ACCV widen_half(const __global half *p)
{
	return FROM_LANES(GET_HALF);
}
#define PUT_HALF(k, lane) STORE(lane, (half *)each, k);
#define PUT_HALVES(value, each) EACH_LANE(value, PUT_HALF)
#endif
#else
#define LOAD(p, i) vload_half(i, p)
#define STORE(value, p, i) vstore_half_rte(value, i, p)
#if V > 1
#define LOADV(p, i) CAT(vload_half, V)(0, (p) + (i))
#define STOREV(value, p, i) CAT(CAT(vstore_half, V), _rte)(value, 0, (p) + (i))
#define PUT_HALVES(value, each) CAT(CAT(vstore_half, V), _rte)(value, 0, (half *)(each));
#endif
#endif
#if V > 1
#define NARROW(value) narrow_half(value)
static USHORTV narrow_half(ACCV value)
{
	union {
		USHORTV all;
		ushort each[V];
	} stored;
	ushort *each = stored.each;
	PUT_HALVES(value, each)
	return stored.all;
}
#endif
#elif defined(CLN_BF16)
#define T ushort
#define LOAD(p, i) as_float((uint)(p)[i] << 16)
#define STORE(value, p, i) (p)[i] = round_bf16(value)
static ushort round_bf16(float value)
{
	uint bits = as_uint(value);
	uint even = 0x7fffu + ((bits >> 16) & 1u);
	return (ushort)(isnan(value) ? (bits >> 16) | 0x40u : (bits + even) >> 16);
}
#if V > 1
#define LOADV(p, i) CAT(as_float, V)(CAT(convert_uint, V)(GETV((p) + (i))) << 16)
#define STOREV(value, p, i) PUTV(NARROW(value), (p) + (i))
#define NARROW(value) round_bf16_lanes(value)
/* NaN is found in integers: PoCL's isnan() of a vector is more than a comparison. */
static USHORTV round_bf16_lanes(ACCV value)
{
	UINTV bits = CAT(as_uint, V)(value);
	UINTV rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
	UINTV quiet = (bits >> 16) | 0x40u;
	return CAT(convert_ushort, V)((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
}
#endif
#else
#define T ACC
#define LOAD(p, i) ((p)[i])
#define STORE(value, p, i) (p)[i] = (value)
#if V > 1
#define LOADV(p, i) GETV((p) + (i))
#define STOREV(value, p, i) PUTV(value, (p) + (i))
#endif
#endif
#if V == 1
#define LOADV(p, i) LOAD(p, i)
#define STOREV(value, p, i) STORE(value, p, i)
#endif

#if VALID == 2
#define VALID_TYPE uint
#else
#define VALID_TYPE uchar
#endif

/* A kernel's arguments after its scalars, and each pointer moved to where its operand begins; whether one is there. */
#define ARGUMENT(NAME, name, type) , __global type *name
#define BEGIN(NAME, name, type) name += a.offsets[CLN_ROLE_##NAME];
#define HAS(NAME) ((a.flags & CLN_HAS(NAME)) != 0)

/* What compilers are told of a launch. Teams: registers are shared out by the group's size, and 1024 work-items have
 * 64 each, where compilers may think of 256. Other groups: NVIDIA's driver runs no more than 256 work-items otherwise;
 * below, knowing makes compilers spill for the sake of one more group a unit. Work-items alone: they are vectors
 * already; Intel's CPU compiler puts them side by side otherwise, lane by lane (scan: 8 s for a program, with it 1). */
#if defined(TEAM) || defined(GROUP) && GROUP > 256
#define KERNEL __kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
#elif defined(GROUP) && GROUP > 1
#define KERNEL __kernel
#else
#define KERNEL __kernel __attribute__((vec_type_hint(ACCV)))
#endif
/* Numbers of parameters, ACC in memory: V neighbouring ones, any alignment. */
#if V == 1
#define NUMBERS(p) (*(p))
#define PUT_NUMBERS(value, p) *(p) = (value)
#elif LOOSE
typedef ACCV loose_numbers __attribute__((aligned(sizeof(ACC))));
#define NUMBERS(p) (*(const __global loose_numbers *)(p))
#define PUT_NUMBERS(value, p) *(__global loose_numbers *)(p) = (value)
#else
#define NUMBERS(p) CAT(vload, V)(0, p)
#define PUT_NUMBERS(value, p) CAT(vstore, V)(value, 0, p)
#endif

/* For functions that are called twice with different constants, which is the point of them, or in the innermost loop
 * alone, where PoCL calls them otherwise. */
#ifndef INLINE
#define INLINE static __attribute__((always_inline))
#endif
