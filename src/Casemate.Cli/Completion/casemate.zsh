#compdef casemate
# zsh completion for casemate. Load it with:  source <(casemate completion zsh)
_casemate() {
    local -a offers
    offers=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${offers[1]}" ]]; then
        compadd -- "${offers[@]}"
    else
        _files
    fi
}

(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _casemate casemate
