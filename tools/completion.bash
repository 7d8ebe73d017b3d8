# bash completion for ferry. Commands and options are asked of the program itself, so they are always its own.
_ferry() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "$(ferry help 2>/dev/null | sed -n 's/^  ferry \([a-z]*\).*/\1/p')" -- "$word"))
		return
	fi
	case $before in
	--opset) COMPREPLY=($(compgen -W "auto $(seq 9 28)" -- "$word")) ;;
	--runtime) COMPREPLY=($(compgen -W "ferry onnxruntime" -- "$word")) ;;
	--weights) COMPREPLY=($(compgen -W "inline external link auto" -- "$word")) ;;
	--golden | --output-dir) COMPREPLY=($(compgen -d -- "$word")) ;;
	*)
		if [[ $word == -* ]]; then
			COMPREPLY=($(compgen -W "$(ferry "$command" --help 2>/dev/null |
				sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p')" -- "$word"))
		elif [ "$command" = help ]; then
			COMPREPLY=($(compgen -W "$(ferry help 2>/dev/null | sed -n 's/^  ferry \([a-z]*\).*/\1/p')" -- "$word"))
		elif [[ $word == @* ]]; then
			COMPREPLY=($(compgen -f -P @ -X '!*.npy' -- "${word#@}"))
		else
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -f -- "$word"))
		fi
		;;
	esac
}
complete -F _ferry ferry
