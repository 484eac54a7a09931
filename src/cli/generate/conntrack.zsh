# A value that begins with _conntrack_ names one of these functions, which put words into `found`, or offer them.
_conntrack_addresses() {
    local line
    for line in ${(f)"$(ip -o address 2>/dev/null)"}; do
        found+=(${${=line}[4]%%/*})
    done
}

_conntrack_namespaces() {
    found=(/run/netns/*(N:t))
}

_conntrack_files() {
    _files
}

# Takes a word with a dash apart: the option (of a bundle, the last letter or the one that takes a value), and the value
# that is glued to it, with all that stands before that.
_conntrack_split() {
    name=$1 glued= value=
    case $1 in
        (--*=*) name=${1%%=*} glued=$name= value=${1#*=} ;;
        (--*) ;;
        (-?*) _conntrack_split_letters $1 ;;
    esac
}

_conntrack_split_letters() {
    local at
    name=-
    for ((at = 2; at <= $#1; at++)); do
        _conntrack_note $name
        name=-${1[at]}
        [[ -n $_conntrack_valued[$name] ]] && break
    done
    value=${1[at+1,-1]}
    glued=${value:+${1[1,at]}}
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
        (*:-*)
            _conntrack_split $1
            _conntrack_note $name
            option=${_conntrack_valued[$name]:-${_conntrack_commands[$name]:-none}}
            [[ $option == --protonum && -n $value ]] && protocol=$value
            [[ -n $glued ]] && option=none
            ;;
        (--*)
            [[ $option == --protonum ]] && protocol=$1
            option=none
            ;;
        (*:expect)
            table=' expect'
            [[ $command == conntrack ]] && option=expect || option=none
            ;;
        (*)
            option=none
            if [[ $command == conntrack && -n $_conntrack_commands[$1] ]]; then
                command=$_conntrack_commands[$1] option=$_conntrack_commands[$1] help=--help
            fi
            ;;
    esac
}

# The values of an option, or what stands behind a command; of a list, its last one.
_conntrack_complete_value() {
    local key
    local -a found
    for key in "$command$table $1" "$protocol $1" $1; do
        found=(${=_conntrack_values[$key]})
        (($#found)) && break
    done
    if [[ $found == _conntrack_* ]]; then
        local function=$found
        found=()
        $function && (($#found == 0)) && return
    fi
    compset -P '*[,!]'
    if [[ $1 == --* ]]; then
        compadd -a found
    else
        local -a explained
        _conntrack_explain $found
        _describe conntrack explained
    fi
}

_conntrack_complete_option() {
    local -a offered foreign explained
    offered=(${=_conntrack_offered[$command$table]} $help)
    foreign=(${=_conntrack_foreign[$protocol]})
    _conntrack_explain ${offered:|foreign}
    _describe -o conntrack explained
}

# Puts words into `explained`, each with what it does.
_conntrack_explain() {
    local word
    for word; do
        explained+=($word${_conntrack_helps[$word]:+:$_conntrack_helps[$word]})
    done
}

_conntrack() {
    local word name glued value
    local command=conntrack table= protocol=any option=conntrack help=
    for word in "${(@Q)words[2,CURRENT-1]}"; do
        _conntrack_read "$word"
    done
    local current=$PREFIX
    _conntrack_complete_value $option && return
    if [[ $current == -* ]]; then
        _conntrack_split $current
        if [[ -n $glued ]]; then
            compset -p $#glued
            _conntrack_complete_value ${_conntrack_valued[$name]:-none}
        else
            _conntrack_complete_option
        fi
    fi
}

# A file of $fpath is the function itself the first time; one that is sourced only makes it known.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _conntrack "$@"
else
    compdef _conntrack conntrack
fi
