# zsh -f probe.zsh SCRIPT LINE DIRECTORY: what zsh completes LINE with, a word a line. A SCRIPT below a directory
# `installed` is left to zsh, and another is sourced. DIRECTORY is for files that nobody else needs.
#
# Completion works only where a line is edited, so a second zsh edits one on a terminal of its own. There compadd, through
# which every match goes, notes the matches in a file as well.
zmodload zsh/zpty
directory=$3
mkfifo $directory/said
await() {
    local said
    until [[ $said == $1 ]]; do
        read -r said <$directory/said
    done
}
cat >$directory/setup <<'END'
PROMPT= RPROMPT=
fpath=($PROBED_SCRIPT:h $fpath)
autoload -Uz compinit && compinit -D -u
[[ $PROBED_SCRIPT == */installed/* ]] || source $PROBED_SCRIPT
compadd() {
    # These matches are only counted, or go into an array.
    if [[ " ${@[1,(i)(-|--)]} " == *' '-(O|A|D)' '* ]]; then
        builtin compadd "$@"
        return
    fi
    local -a matches
    builtin compadd -O matches "$@"
    (($#matches)) && print -rl -- $IPREFIX$^matches >>$PROBED_DIRECTORY/matches
    builtin compadd "$@"
}
probe() {
    _main_complete
    print done >$PROBED_DIRECTORY/said
    compstate[list]= compstate[insert]=
}
zle -C probe complete-word probe
bindkey '^I' probe
zle-line-init() {
    print ready >$PROBED_DIRECTORY/said
}
zle -N zle-line-init
END
export PROBED_SCRIPT=$1 PROBED_DIRECTORY=$directory TERM=dumb
zpty edited zsh -f -i
zpty -w edited "source $directory/setup"
await ready
zpty -wn edited $2$'\t'
await done
zpty -d edited
[[ ! -e $directory/matches ]] || sort -u $directory/matches
