# fish probe.fish SCRIPT LINE: what fish completes LINE with, a word a line. A SCRIPT below a directory `installed` is left to
# fish, and another is sourced.
if string match --quiet '*/installed/*' $argv[1]
    set --prepend fish_complete_path (string replace --regex '/[^/]*$' '' $argv[1])
else
    source $argv[1]
end
complete --do-complete=$argv[2] | cut --fields=1
