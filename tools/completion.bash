# completion.bash: bash completion for clnorm's programs; options are read from --help, so none is kept here twice.
# SPDX-License-Identifier: Apache-2.0

_clnorm()
{
	local program=$1 word=$2 before=$3 words=
	COMPREPLY=()
	case $before in
	--dtype) words="f32 f16 bf16 f64" ;;
	--layout) words="nchw nhwc" ;;
	--op)
		words="forward backward"
		[ "${program##*/}" != clnorm-tune ] || words="$words both"
		;;
	--sweep) words="s n c" ;;
	--outside) words="normalize keep zero" ;;
	--ddof) words="0 1" ;;
	--activation) words="none relu leaky-relu: silu gelu" ;;
	--device) words="gpu cpu accelerator" ;;
	*)
		case $word in
		-*) words=$("$program" --help 2>/dev/null | grep -o -e '--[a-z][a-z0-9-]*' | sort -u) ;;
		esac
		;;
	esac
	if [ -n "$words" ]; then
		while read -r word; do
			COMPREPLY+=("$word")
		done < <(compgen -W "$words" -- "$word")
	fi
}

complete -o default -F _clnorm clnorm-info clnorm-selftest clnorm-apply clnorm-bench clnorm-tune
