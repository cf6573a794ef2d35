/* gpus.c: what GPUs do not report, or report of something else: known by vendor and name, from public documents.
 * SPDX-License-Identifier: Apache-2.0
 *
 * CL_DEVICE_GLOBAL_MEM_CACHE_SIZE is first-level cache on NVIDIA (28 KiB a multiprocessor: 3024 KiB on an A100, whose
 * second level is 40 MB; github.com/ProjectPhysX/FluidX3D issue 8) and on AMD (16 KiB in all; clinfo in
 * github.com/todxx/teamredminer issue 416). Waves sized by it would be of one instance each. Intel reports its L3
 * (16 MiB on an Arc A770; github.com/intel/compute-runtime issue 618), but calls execution units compute units.
 *
 * Sources, in the order of the rows: NVIDIA H100 Tensor Core GPU Architecture, V1.04, tables 3 and 4, and the H200 data
 * sheet; NVIDIA A100 Tensor Core GPU Architecture, V1.0, table 4; NVIDIA Ada GPU Architecture, V2.02, appendix A;
 * NVIDIA Ampere GA102 GPU Architecture, V2, appendix A; AMD CDNA 2 Architecture (8 MB of L2 and 1.6 TB/s a die); AMD
 * RDNA 2 and Radeon RX 6000 data sheets (128 MB of Infinity Cache behind 4 MB of L2, 512 GB/s; 96 MB and 384 GB/s of
 * gfx1031, 32 MB and 256 GB/s of gfx1032); Intel Arc A770 data sheet (560 GB/s) and the oneAPI GPU Optimization Guide,
 * "Xe GPU Architecture" (16 execution units share local memory). Memory's speed is the documents' peak: ratios matter
 * only. For others of NVIDIA and AMD 4 MB are assumed. */
#include "decide/gpus.h"

#include <string.h>

#define MB ((size_t)1 << 20)

static const struct cln_gpu_facts gpu_table[] = {
	{"NVIDIA", "H200", 1, 50 * MB, 4800},
	{"NVIDIA", "H100", 1, 50 * MB, 3350},
	{"NVIDIA", "A100", 1, 40 * MB, 1555},
	{"NVIDIA", "RTX 4090", 1, 72 * MB, 1008},
	{"NVIDIA", "RTX 3090", 1, 6 * MB, 936},
	{"NVIDIA", "", 1, 4 * MB, 0},
	{"Advanced Micro Devices", "gfx90a", 1, 8 * MB, 1600},
	{"Advanced Micro Devices", "gfx1030", 1, 128 * MB, 512},
	{"Advanced Micro Devices", "gfx1031", 1, 96 * MB, 384},
	{"Advanced Micro Devices", "gfx1032", 1, 32 * MB, 256},
	{"Advanced Micro Devices", "", 1, 4 * MB, 0},
	{"Intel", "A770", 16, 0, 560},
	{"Intel", "", 16, 0, 0},
	{"", "", 1, 0, 0},
};

const struct cln_gpu_facts *cln_gpu_facts_find(const char *vendor, const char *name)
{
	const struct cln_gpu_facts *row = gpu_table;
	while (!strstr(vendor, row->vendor) || !strstr(name, row->name)) {
		++row;
	}
	return row;
}
