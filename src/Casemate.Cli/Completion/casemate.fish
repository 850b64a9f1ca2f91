# fish completion for casemate. Load it with:  casemate completion fish | source
function __casemate_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l offers ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test (count $offers) -gt 0
        printf '%s\n' $offers
    else
        __fish_complete_path (commandline -ct)
    end
end

complete -c casemate -f -a '(__casemate_complete)'
