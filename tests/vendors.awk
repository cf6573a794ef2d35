# vendors.awk: what a GPU's compiler said of a program, to rows of tests/vendors.tsv.
# SPDX-License-Identifier: Apache-2.0
#
# Variables: vendor, target, variant, operation, options. Rows: those, kernel, registers of 32 bits a work-item, bytes of
# spills and of stack a work-item, bytes of local memory a group, and the occupancy: the share of the work-items that a unit can
# hold, as registers, local memory and the group's size allow.
#
# NVIDIA (CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"): 65536 registers a multiprocessor,
# dealt out 8 a thread at a time; 2048 threads, of 8.6 and 8.9 1536; 32, 16 or 24 groups; 164, 100 or 228 KB of shared memory,
# 1 KB a group being the system's. AMD: as the compiler says, waves a SIMD unit of 8 (gfx90a) or 16 (gfx1030). Intel (oneAPI
# GPU Optimization Guide): 16 execution units share local memory, 8 threads each on Xe-HPG, 7 on Xe-LP; a thread has 128
# registers of 32 bytes, so 4096 / (4 SIMD) words a work-item.

function row(kernel, registers, spill, stack, local, occupancy) {
	printf "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d%%\n", target, variant, operation, short, kernel, registers, spill, stack,
		local, 100 * occupancy
}

function least(a, b) {
	return a < b ? a : b
}

function number(name, fallback) {
	return match(options, "-D" name "=[0-9]+") ? substr(options, RSTART + length(name) + 3) + 0 : fallback
}

function nvidia_occupancy(registers, local,    threads, groups, shared, fit) {
	threads = target ~ /sm_8[69]/ ? 1536 : 2048
	groups = target == "sm_86" ? 16 : target == "sm_89" ? 24 : 32
	shared = (target ~ /sm_8[69]/ ? 100 : target == "sm_90" ? 228 : 164) * 1024
	registers = int((registers + 7) / 8) * 8
	fit = least(groups, int(threads / group))
	fit = least(fit, int(65536 / (registers * int((group + 31) / 32) * 32)))
	fit = least(fit, int(shared / (local + 1024)))
	return fit * group / threads
}

# Of a core, `threads` of them, `simd` work-items each, in whole groups.
function intel_occupancy(simd, local,    threads, a_group, fit) {
	threads = target == "dg2" ? 128 : 112
	a_group = int((group + simd - 1) / simd)
	fit = int(threads / a_group)
	if (local > 0)
		fit = least(fit, int(65536 / local))
	return fit * a_group / threads
}

BEGIN {
	group = number("GROUP", 1)
	short = options
	gsub(/-cl-std=CL1\.2 |-D(CLN_)?/, "", short)
}

# ptxas: one block of lines a kernel.
vendor == "nvidia" && /Compiling entry function/ {
	split($0, quoted, "'")
	kernel = quoted[2]
	spill = stack = 0
}
vendor == "nvidia" && /bytes stack frame/ && kernel != "" {
	stack += $1
	spill += $5 + $9
}
vendor == "nvidia" && /Used [0-9]+ registers/ {
	match($0, /Used [0-9]+/)
	registers = substr($0, RSTART + 5, RLENGTH - 5) + 0
	local = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART) + 0 : 0
	row(kernel, registers, spill, stack, local, nvidia_occupancy(registers, local))
	kernel = ""
}

# clang: comments after each kernel's code, then the metadata of all. Scalar registers spill to lanes of vector registers, which
# are counted, or to the stack, which is too.
vendor == "amd" && /^; Occupancy:/ { waves[++kernels] = $3 }
vendor == "amd" && /^    \.group_segment_fixed_size:/ { local = $2 }
vendor == "amd" && /^    \.name:/ { kernel = $2 }
vendor == "amd" && /^    \.private_segment_fixed_size:/ { stack = $2 }
vendor == "amd" && /^    \.vgpr_count:/ { registers = $2 }
vendor == "amd" && /^    \.vgpr_spill_count:/ {
	row(kernel, registers, 4 * $2, stack, local, waves[++printed] / (target == "gfx90a" ? 8 : 16))
}

# ocloc's list of tokens, numbers being bytes in hexadecimal, least first: 15 local memory, 18 and 55 scratch of a thread, 23 the
# kernel, 38 private memory of a work-item (on dg2; tgllp has it in scratch).
function hex(text,    i, value) {
	for (i = 1; i <= length(text); i++)
		value = 16 * value + index("0123456789abcdef", substr(text, i, 1)) - 1
	return value
}
function word(i) {
	return hex($(4 * i + 2)) + 256 * (hex($(4 * i + 3)) + 256 * (hex($(4 * i + 4)) + 256 * hex($(4 * i + 5))))
}
function intel_row() {
	if (kernel != "" && simd > 0)
		row(kernel, 4096 * (grf > 0 ? grf / 128 : 1) / (4 * simd), scratch / simd, private, local, intel_occupancy(simd, local))
	kernel = ""
	simd = grf = scratch = private = local = token = 0
}
vendor == "intel" && $1 == "KernelName" { intel_row(); kernel = $2 }
vendor == "intel" && $2 == "Token" { token = $3 }
vendor == "intel" && $1 == "Hex" {
	if (token == 15)
		local = word(1)
	else if (token == 18 || token == 55)
		scratch += word(1)
	else if (token == 38)
		private = word(3)
	else if (token == 23) {
		simd = word(3)
		grf = word(20)
	}
	token = 0
}
END {
	if (vendor == "intel")
		intel_row()
}
