# locals.awk: walks through the kernels of one preprocessed OpenCL program and says where they break a rule of cl/README.md:
# a value that was read from local memory is used after a barrier and after that memory was written again; or a function with
# a barrier in it, or that calls one, is not always inlined. SPDX-License-Identifier: Apache-2.0
#
# usage: awk -f locals.awk program.i     prints a line a finding, and in the end "checked N kernels, M reads"
#
# A place is a local array, or a member of a local struct. Each variable carries the reads that its value comes from: the
# place, how often it had been written and how many barriers had been passed. Arithmetic hands them on, memory does not: what is
# stored is a value. Functions that take a pointer to local memory are walked through where they are called, loops twice, both arms
# of a condition. A variable that is set under a condition keeps what it had.

{ text = text $0 "\n" }

function lexer(   m)
{
	while (length(text) > 0) {
		if (match(text, /^[ \t\n]+/) || match(text, /^#[^\n]*\n/)) {
			text = substr(text, RLENGTH + 1)
			continue
		}
		if (!match(text, /^[A-Za-z_][A-Za-z_0-9]*/) && !match(text, /^\.?[0-9]([eEpP][-+]|[A-Za-z_0-9.])*/) &&
		    !match(text, /^(<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*\/%&|^]=)/) && !match(text, /^"[^"]*"/))
			RLENGTH = 1
		token[++tokens] = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
	}
}

function is_name(t) { return t ~ /^[A-Za-z_]/ && t !~ /^(if|else|for|while|do|return|break|continue|sizeof|const|static)$/ }
function is_set(t) { return t ~ /^([-+*\/%&|^]|<<|>>)?=$/ }

# The bracket that closes the one at i.
function closing(i,   depth)
{
	for (depth = 0; i <= tokens; ++i) {
		if (token[i] ~ /^[(\[{]$/)
			++depth
		else if (token[i] ~ /^[)\]}]$/ && --depth == 0)
			return i
	}
	return tokens
}

# Functions with their heads: name, parameters, which of them point to local memory, where the body is.
function find_functions(   i, start, name, open, close_at, k, local, last)
{
	for (i = start = 1; i <= tokens; ++i) {
		if (token[i] == ";" ) {
			start = i + 1
		} else if (token[i] == "{") {
			if (token[i - 1] == ")" && name != "") {
				body_from[name] = i
				body_to[name] = closing(i)
				inlined[name] = kernel[name] = 0
				for (k = start; k < open; ++k) {
					inlined[name] += token[k] == "always_inline"
					kernel[name] += token[k] ~ /^(__)?kernel$/
				}
				params[name] = local = 0
				last = ""
				for (k = open + 1; k <= close_at; ++k) {
					local += token[k] ~ /^(__)?local$/
					if (token[k] == "," || k == close_at) {
						param[name, ++params[name]] = last
						param_local[name, params[name]] = local
						takes_local[name] += local
						local = 0
					} else if (is_name(token[k])) {
						last = token[k]
					}
				}
				order[++functions] = name
			}
			i = closing(i)
			start = i + 1
			name = ""
		} else if (token[i] == "(" && is_name(token[i - 1]) && token[i - 1] != "__attribute__") {
			name = token[i - 1]
			open = i
			close_at = i = closing(i)
		} else if (token[i] == "(") {
			i = closing(i)
		}
	}
}

# Functions that have a barrier in them, by themselves or by what they call.
function find_barriers(   changed, f, name, i)
{
	has_barrier["barrier"] = 1
	do {
		changed = 0
		for (f = 1; f <= functions; ++f) {
			name = order[f]
			for (i = body_from[name]; i < body_to[name] && !(name in has_barrier); ++i)
				if (token[i] in has_barrier && token[i + 1] == "(")
					changed = has_barrier[name] = 1
		}
	} while (changed)
	for (f = 1; f <= functions; ++f)
		if (order[f] in has_barrier && !inlined[order[f]] && !kernel[order[f]])
			finding(order[f] "() has a barrier and is not always inlined")
}

function finding(what)
{
	if (!(what in found)) {
		found[what] = 1
		print what
	}
}

# ---- Values: the reads that they come from, as " place@writes@barriers ..." --------------------------------------------

function joined(a, b,   n, parts, k)
{
	n = split(b, parts, " ")
	for (k = 1; k <= n; ++k)
		if (index(a, " " parts[k] " ") == 0)
			a = (a == "" ? " " : a) parts[k] " "
	return a
}

# The variable that a name stands for in call number `frame`, through pointers that were handed in.
function variable(name, frame) { return (frame, name) in stands_for ? stands_for[frame, name] : frame "." name }

function used(v, where,   n, parts, k, read)
{
	n = split(reads_of[v], parts, " ")
	for (k = 1; k <= n; ++k) {
		split(parts[k], read, "@")
		if (writes[read[1]] != read[2] && barriers != read[3])
			finding(where "(): " substr(v, index(v, ".") + 1) " comes from " read[1] ", which was written again past a barrier")
	}
	return reads_of[v]
}

# The local place that tokens i .. j name first; "" where they name none. Of a struct it is the member.
function place_of(i, j, frame,   v, k)
{
	for (; i <= j; ++i) {
		if (!is_name(token[i]) || token[i - 1] ~ /^(->|\.)$/)
			continue
		v = variable(token[i], frame)
		if (v in points_to) {
			for (k = i; k < j && token[k + 1] == ")"; ++k)
				;
			return k < j && token[k + 1] ~ /^(->|\.)$/ ? points_to[v] "." token[k + 2] : points_to[v]
		}
	}
	return ""
}

# The value of the expression in tokens i .. j.
function value(i, j, frame, where,   all, v, end, name, place, k)
{
	all = ""
	for (; i <= j; ++i) {
		name = token[i]
		if (!is_name(name) || token[i - 1] ~ /^(->|\.)$/)
			continue
		if (token[i + 1] == "(") {
			end = closing(i + 1)
			all = joined(all, called(name, i + 1, end, frame, where))
			i = end
			continue
		}
		v = variable(name, frame)
		if (!(v in points_to)) {
			all = joined(all, used(v, where))
			continue
		}
		place = place_of(i, j, frame)
		for (k = i; k < j && token[k + 1] ~ /^(->|\.|[A-Za-z_].*)$/; ++k)
			;
		if (token[k + 1] == "[" || token[i - 1] == "*") {
			++all_reads
			all = joined(all, " " place "@" writes[place] + 0 "@" barriers + 0 " ")
			if (token[k + 1] == "[") {
				end = closing(k + 1)
				all = joined(all, value(k + 2, end - 1, frame, where))
				k = end
			}
		}
		i = k
	}
	return all
}

# A call with its arguments in the brackets i .. j.
function called(name, i, j, frame, where,   from, k, n, all, depth, inner, args, arg_from, arg_to, v, pointed)
{
	if (name == "barrier") {
		++barriers
		return ""
	}
	for (k = from = i + 1; k <= j; ++k) {
		if (token[k] ~ /^[(\[{]$/)
			++depth
		else if (token[k] ~ /^[)\]}]$/ && k < j)
			--depth
		if (k == j && j > i + 1 || token[k] == "," && depth == 0) {
			arg_from[++n] = from
			arg_to[n] = k - 1
			from = k + 1
		}
	}
	inner = ++frames
	for (k = 1; k <= n; ++k) {
		v = inner "." param[name, k]
		args[k] = ""
		pointed[k] = ""
		if (param_local[name, k]) {
			points_to[v] = place_of(arg_from[k], arg_to[k], frame)
			continue
		}
		args[k] = value(arg_from[k], arg_to[k], frame, where)
		all = joined(all, args[k])
		if (token[arg_from[k]] == "&" && is_name(token[arg_from[k] + 1]))
			pointed[k] = variable(token[arg_from[k] + 1], frame)
		if (arg_from[k] == arg_to[k] && (frame, token[arg_from[k]]) in stands_for)
			pointed[k] = stands_for[frame, token[arg_from[k]]]
	}
	if (!takes_local[name]) {
		for (k = 1; k <= n; ++k)
			if (pointed[k] != "")
				reads_of[pointed[k]] = joined(reads_of[pointed[k]], all)
		return all
	}
	for (k = 1; k <= n; ++k) {
		if (pointed[k] != "")
			stands_for[inner, param[name, k]] = pointed[k]
		else
			reads_of[inner "." param[name, k]] = args[k]
	}
	result[inner] = ""
	walk(body_from[name] + 1, body_to[name] - 1, inner, name, 0)
	return result[inner]
}

# ---- Statements ---------------------------------------------------------------------------------------------------------

# The last token of the statement at i.
function statement_end(i)
{
	if (token[i] == "{")
		return closing(i)
	if (token[i] ~ /^(if|for|while)$/) {
		i = statement_end(closing(i + 1) + 1)
		return token[i + 1] == "else" ? statement_end(i + 2) : i
	}
	if (token[i] == "do")
		i = statement_end(i + 1) + 1
	while (token[i] != ";")
		i = token[i] ~ /^[(\[{]$/ ? closing(i) + 1 : i + 1
	return i
}

function walk(i, j, frame, where, condition,   end, close_at, k)
{
	for (; i <= j; i = end + 1) {
		end = statement_end(i)
		if (token[i] == "{") {
			walk(i + 1, end - 1, frame, where, condition)
		} else if (token[i] == "if") {
			close_at = closing(i + 1)
			value(i + 2, close_at - 1, frame, where)
			k = statement_end(close_at + 1)
			walk(close_at + 1, k, frame, where, 1)
			if (token[k + 1] == "else")
				walk(k + 2, end, frame, where, 1)
		} else if (token[i] ~ /^(for|while)$/) {
			close_at = closing(i + 1)
			k = i + 2
			if (token[i] == "for") {
				k = statement_end(k)
				simple(i + 2, k - 1, frame, where, condition)
				++k
			}
			while (token[k - 1] != ";" && token[k] != ";" && k < close_at)
				++k
			value(i + 2, close_at - 1, frame, where)
			walk(close_at + 1, end, frame, where, condition)
			walk(close_at + 1, end, frame, where, 1)
		} else if (token[i] == "do") {
			k = statement_end(i + 1)
			walk(i + 1, k, frame, where, condition)
			value(k + 2, end, frame, where)
			walk(i + 1, k, frame, where, 1)
		} else if (token[i] == "return") {
			result[frame] = joined(result[frame], value(i + 1, end - 1, frame, where))
		} else {
			simple(i, end - 1, frame, where, condition)
		}
	}
}

# A declaration, an assignment or a call; several of them with commas between.
function simple(i, j, frame, where, condition,   k, from, declares, local, global)
{
	for (k = i; k <= j && (token[k] ~ /^(const|struct|unsigned|volatile|__local|__global|local|global|static)$/ || \
	     is_name(token[k]) && (is_name(token[k + 1]) || token[k + 1] == "*")); ++k) {
		local += token[k] ~ /^(__)?local$/
		global += token[k] ~ /^(__)?global$/
		declares = 1
		while (token[k + 1] == "*")
			++k
	}
	if (declares && token[k - 1] == "=")
		--k
	for (from = k; k <= j + 1; ++k) {
		if (k > j || token[k] == ",") {
			part(from, k - 1, frame, where, declares ? 0 : condition, declares, local, global)
			for (from = k + 1; token[from] == "*"; ++from)
				;
		} else if (token[k] ~ /^[(\[{]$/) {
			k = closing(k)
		}
	}
}

function part(i, j, frame, where, condition, declares, local, global,   k, v, all, place, chained)
{
	for (k = i; k <= j && !is_set(token[k]); ++k)
		if (token[k] ~ /^[(\[]$/)
			k = closing(k)
	v = variable(token[i], frame)
	if (declares) {
		delete points_to[v]
		delete is_global[v]
		reads_of[v] = ""
		if (local)
			points_to[v] = k > j ? token[i] : place_of(k + 1, j, frame)
		if (global)
			is_global[v] = 1
		if (local || k > j)
			return
	}
	if (k > j) {
		value(i, j, frame, where)
		return
	}
	all = value(k + 1, j, frame, where)
	for (chained = k + 1; chained <= j && token[chained] != "("; ++chained)
		if (token[chained] == "=")
			reads_of[variable(token[chained - 1], frame)] = all
	place = place_of(i, k - 1, frame)
	if (place != "") {
		value(i, token[k] == "=" ? i - 1 : k - 1, frame, where)
		++writes[place]
	} else if (!(v in is_global) && token[i] != "*" && token[i] != "(") {
		if (token[k] != "=" || condition || i < k - 1 && !declares)
			all = joined(used(v, where), all)
		reads_of[v] = all
	}
}

END {
	lexer()
	find_functions()
	find_barriers()
	for (f = 1; f <= functions; ++f) {
		if (!kernel[order[f]])
			continue
		++kernels
		frame = ++frames
		for (k = 1; k <= params[order[f]]; ++k) {
			is_global[frame "." param[order[f], k]] = 1
			if (param_local[order[f], k])
				points_to[frame "." param[order[f], k]] = param[order[f], k]
		}
		walk(body_from[order[f]] + 1, body_to[order[f]] - 1, frame, order[f], 0)
	}
	print "checked " kernels + 0 " kernels, " all_reads + 0 " reads"
}
