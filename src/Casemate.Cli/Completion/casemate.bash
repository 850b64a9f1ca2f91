# bash completion for casemate. Load it with:  source <(casemate completion bash)
_casemate() {
    local line IFS=$'\n'
    COMPREPLY=()
    while read -r line; do
        COMPREPLY+=("$line")
    done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

# Nothing to offer means a file name is wanted.
complete -o default -F _casemate casemate ./casemate
