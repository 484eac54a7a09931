# bash probe.bash SCRIPT LINE: what bash completes LINE with, a word a line. A SCRIPT below a directory `installed` is left to
# bash-completion, and another is sourced.
COMP_LINE=$2
COMP_POINT=${#2}

# The function that completes what an argument of `complete` names.
function_of() {
    local registered
    read -ra registered < <(complete -p "$1")
    echo "${registered[2]}"
}

# There is no readline that could complete the names of files by itself where it is told to.
compopt() {
    [[ $* == '-o default' ]] && found=$(compgen -f -- "${COMP_LINE##* }")
}

if [[ $1 == */installed/* ]]; then
    BASH_COMPLETION_USER_DIR=${1%/completions/*}
    source /usr/share/bash-completion/bash_completion
    "$(function_of -D)" conntrack
else
    source "$1"
fi
"$(function_of conntrack)" conntrack
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
