# A value that begins with _conntrack_ names one of these functions, which put words into `found`.
_conntrack_addresses() {
    local number interface family address rest
    while read -r number interface family address rest; do
        found+=" ${address%%/*}"
    done < <(ip -o address 2>/dev/null)
}

_conntrack_namespaces() {
    local file
    for file in /run/netns/*; do
        [[ -e $file ]] && found+=" ${file##*/}"
    done
}

_conntrack_files() {
    compopt -o default
}

# Takes a word with a dash apart: the option (of a bundle, the last letter or the one that takes a value), and the value
# that is glued to it, with all that stands before that.
_conntrack_split() {
    name=$1 glued='' value=''
    case $1 in
        --*=*) name=${1%%=*} glued=$name= value=${1#*=} ;;
        --*) ;;
        -?*) _conntrack_split_letters "$1" ;;
    esac
}

_conntrack_split_letters() {
    local at
    name=-
    for ((at = 1; at < ${#1}; at++)); do
        _conntrack_note "$name"
        name=-${1:at:1}
        [[ -n ${_conntrack_valued[$name]} ]] && break
    done
    value=${1:at+1}
    glued=${value:+${1:0:at+1}}
}

# What an option says of the whole line.
_conntrack_note() {
    command=${_conntrack_commands[$1]:-$command}
    [[ $1 == -X || $1 == --expect ]] && table=' expect'
}

# Reads a word that is complete; `option` is what the next one may belong to.
_conntrack_read() {
    local name glued value
    case $option:$1 in
        *:-*)
            _conntrack_split "$1"
            _conntrack_note "$name"
            option=${_conntrack_valued[$name]:-${_conntrack_commands[$name]:-none}}
            [[ $option == --protonum && -n $value ]] && protocol=$value
            [[ -n $glued ]] && option=none
            ;;
        --*)
            [[ $option == --protonum ]] && protocol=${1:-any}
            option=none
            ;;
        *:expect)
            table=' expect'
            [[ $command == conntrack ]] && option=expect || option=none
            ;;
        *)
            option=none
            if [[ $command == conntrack && -n $1 && -n ${_conntrack_commands[$1]} ]]; then
                command=${_conntrack_commands[$1]} option=$command help=--help
            fi
            ;;
    esac
}

# The values of an option, or what stands behind a command; of a list, its last one.
_conntrack_complete_value() {
    local key found='' list=${2%"${2##*[,!]}"}
    for key in "$command$table $1" "$protocol $1" "$1"; do
        found=${_conntrack_values[$key]}
        [[ -n $found ]] && break
    done
    if [[ $found == _conntrack_* ]]; then
        local function=$found
        found=''
        "$function"
    fi
    mapfile -t COMPREPLY < <(compgen -P "$3$list" -W "$found" -- "${2#"$list"}")
    ((${#COMPREPLY[@]}))
}

_conntrack_complete_option() {
    local offered
    while read -r offered; do
        [[ " ${_conntrack_foreign[$protocol]} " == *" $offered "* ]] || COMPREPLY+=("$offered")
    done < <(compgen -W "${_conntrack_offered[$command$table]} $help" -- "$1")
}

# readline takes the part of a word behind `=` or `:` for a word of its own.
_conntrack_trim() {
    local breaks=${COMP_WORDBREAKS//[^=:]}
    [[ -n $breaks ]] || return
    local trimmed=${1%"${1##*[$breaks]}"}
    COMPREPLY=("${COMPREPLY[@]#"$trimmed"}")
}

_conntrack() {
    local line=${COMP_LINE:0:COMP_POINT} words word current name glued value
    local command=conntrack table='' protocol=any option=conntrack help=''
    COMPREPLY=()
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=('')
    for word in "${words[@]:1:${#words[@]}-2}"; do
        _conntrack_read "${word//[\'\"]}"
    done
    current=${words[-1]#[\'\"]}
    if ! _conntrack_complete_value "$option" "$current" '' && [[ $current == -* ]]; then
        _conntrack_split "$current"
        if [[ -n $glued ]]; then
            _conntrack_complete_value "${_conntrack_valued[$name]:-none}" "$value" "$glued"
        else
            _conntrack_complete_option "$current"
        fi
    fi
    _conntrack_trim "$current"
}

complete -F _conntrack conntrack
