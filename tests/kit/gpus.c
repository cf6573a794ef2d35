/* gpus.c: GPUs that no test runs on: what their drivers report, for the planner; and what their vendors' compilers
 * need. SPDX-License-Identifier: Apache-2.0
 *
 * NVIDIA: compute units are multiprocessors, groups of 1024, 48 KiB of local memory and 28 KiB of "global memory cache"
 * a multiprocessor: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"; A100 as reported in
 * github.com/ProjectPhysX/FluidX3D issue 8 (108 units, 3024 KiB, 48 KiB); multiprocessors of the others from the
 * architecture papers that lib/decide/gpus.c names. AMD: groups of 256 without an attribute and 16 KiB of cache as in
 * github.com/ROCm/ROCR-Runtime issue 180 and github.com/todxx/teamredminer issue 416; gfx1030 counts its 80 units in
 * pairs, as gfx1031 does in github.com/todxx/teamredminer issue 312; MI250: 104 units a die (CDNA 2 Architecture), its
 * name as in github.com/openmm/openmm issue 3940. Intel: 512 and 96 execution units, groups of 1024 and 512, 64 KiB of
 * local memory (oneAPI GPU Optimization Guide, "Xe GPU Architecture"), 16 MiB of L3 of an Arc A770 as reported in
 * github.com/intel/compute-runtime issue 618; no double on either. Assumed: 3840 KiB of L3 of Xe-LP, and what memory
 * the system leaves. */
#include "tests/kit/gpus.h"

#include <stdio.h>

#include "device/device.h"

#define KB ((size_t)1 << 10)
#define GB ((size_t)1 << 30)
#define AMD "Advanced Micro Devices, Inc."

const struct gpu gpus[] = {
	{"H200", "NVIDIA Corporation", "NVIDIA H200", "sm_90", true, 132, 1024, 48 * KB, 132 * 28 * KB, 140 * GB},
	{"A100", "NVIDIA Corporation", "NVIDIA A100-SXM4-40GB", "sm_80", true, 108, 1024, 48 * KB, 3024 * KB, 39 * GB},
	{"RTX 3090", "NVIDIA Corporation", "NVIDIA GeForce RTX 3090", "sm_86", true, 82, 1024, 48 * KB, 82 * 28 * KB,
         24 * GB},
	{"RTX 4090", "NVIDIA Corporation", "NVIDIA GeForce RTX 4090", "sm_89", true, 128, 1024, 48 * KB, 128 * 28 * KB,
         24 * GB},
	{"MI250", AMD, "gfx90a:sramecc+:xnack-", "gfx90a", true, 104, 256, 64 * KB, 16 * KB, 64 * GB},
	{"RX 6900", AMD, "gfx1030", "gfx1030", true, 40, 256, 64 * KB, 16 * KB, 16 * GB},
	{"Arc A770", "Intel(R) Corporation", "Intel(R) Arc(TM) A770 Graphics", "dg2", false, 512, 1024, 64 * KB,
         16384 * KB, 15 * GB},
	{"Iris Xe", "Intel(R) Corporation", "Intel(R) Iris(R) Xe Graphics", "tgllp", false, 96, 512, 64 * KB, 3840 * KB,
         12 * GB},
};

_Static_assert(sizeof(gpus) / sizeof(gpus[0]) == GPU_COUNT, "a row without a count");

struct cln_caps gpu_caps(const struct gpu *gpu)
{
	clnorm_device_info info = {
		.compute_units = gpu->compute_units,
		.max_group = gpu->max_group,
		.local_bytes = gpu->local_bytes,
		.cache_bytes = gpu->cache_bytes,
		.global_bytes = gpu->global_bytes,
		.max_alloc_bytes = gpu->global_bytes / 4,
		.fp64 = gpu->fp64,
	};
	snprintf(info.type, sizeof(info.type), "gpu");
	snprintf(info.vendor, sizeof(info.vendor), "%s", gpu->vendor);
	snprintf(info.name, sizeof(info.name), "%s", gpu->model);
	return cln_device_caps(&info);
}
