# A value that begins with _conntrack_ names one of these functions, which write words.
function _conntrack_addresses
    for line in (ip -o address 2>/dev/null)
        set -l words (string split --no-empty ' ' -- $line)
        string replace --regex '/.*' '' -- $words[4]
    end
end

function _conntrack_namespaces
    for file in /run/netns/*
        string replace --regex '.*/' '' -- $file
    end
end

function _conntrack_files
    __fish_complete_path "$argv" | string replace --regex '\t.*' ''
end

# Takes a word with a dash apart: the option (of a bundle, the last letter or the one that takes a value), and the value
# that is glued to it, with all that stands before that.
function _conntrack_split --no-scope-shadowing
    set name $argv
    set glued ''
    set value ''
    switch $argv
        case '--*=*'
            set name (string replace --regex '=.*' '' -- $argv)
            set glued $name=
            set value (string replace --regex '^[^=]*=' '' -- $argv)
        case '--*'
        case '-*'
            _conntrack_split_letters $argv
    end
end

function _conntrack_split_letters --no-scope-shadowing
    set -l letters (string split '' -- $argv)
    set name -
    for at in (seq 2 (count $letters))
        _conntrack_note $name
        set name -$letters[$at]
        if test -n "$(_conntrack_valued $name)"
            set value (string join '' -- $letters[(math $at + 1)..])
            test -n "$value"
            and set glued (string join '' -- $letters[..$at])
            break
        end
    end
end

# What an option says of the whole line.
function _conntrack_note --no-scope-shadowing
    set command (_conntrack_commands $argv) $command
    set command $command[1]
    contains -- $argv -X --expect
    and set table ' expect'
end

# Reads a word that is complete; `option` is what the next one may belong to.
function _conntrack_read --no-scope-shadowing
    switch "$option:$argv"
        case '*:-*'
            _conntrack_split $argv
            _conntrack_note $name
            set option (_conntrack_valued $name) (_conntrack_commands $name) none
            set option $option[1]
            test $option = --protonum -a -n "$value"
            and set protocol $value
            test -n "$glued"
            and set option none
        case '--*'
            test $option = --protonum
            and set protocol "$argv"
            set option none
        case '*:expect'
            set table ' expect'
            test $command = conntrack
            and set option expect
            or set option none
        case '*'
            set option none
            set -l named (_conntrack_commands "$argv")
            if test $command = conntrack -a -n "$named"
                set command $named
                set option $named
                set help --help
            end
    end
end

# The values of an option, or what stands behind a command; of a list, its last one.
function _conntrack_complete_value --no-scope-shadowing --argument-names of text glued
    set -l words
    for key in "$command$table $of" "$protocol $of" $of
        set words (_conntrack_values $key | string split ' ')
        test -n "$words"
        and break
    end
    string match --quiet '_conntrack_*' -- "$words"
    and set words ($words $text)
    set -l list (string match --regex '^.*[,!]' -- $text)
    _conntrack_explain $glued$text $glued"$list"$words
end

function _conntrack_complete_option --no-scope-shadowing --argument-names text
    set -l foreign (_conntrack_foreign $protocol | string split ' ')
    set -l offered
    for word in (_conntrack_offered $command$table | string split ' ') $help
        contains -- $word $foreign
        or set --append offered $word
    end
    _conntrack_explain "$text" $offered
end

# Writes the words that begin so, each with what it does.
function _conntrack_explain --argument-names text
    set -l begun (string escape --style=regex -- $text)
    set -l words (string match --regex "^$begun.*" -- $argv[2..])
    for word in $words
        printf '%s\t%s\n' $word (_conntrack_helps $word)
    end
    test -n "$words"
end

function _conntrack_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l text (commandline --current-token --cut-at-cursor)
    set -l command conntrack
    set -l table ''
    set -l protocol any
    set -l option conntrack
    set -l help
    set -l name
    set -l glued
    set -l value
    for word in $words[2..]
        _conntrack_read $word
    end
    if not _conntrack_complete_value $option "$text" ''; and string match --quiet -- '-*' $text
        _conntrack_split $text
        if test -n "$glued"
            set -l of (_conntrack_valued $name) none
            _conntrack_complete_value $of[1] "$value" $glued
        else
            _conntrack_complete_option $text
        end
    end
end

complete --command conntrack --no-files --arguments '(_conntrack_complete)'
