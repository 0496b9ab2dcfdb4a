"""Completion scripts: what the registry knows, in the words of bash, zsh and fish.

The names that only the project knows, such as those of its remotes, a script asks of `completion --for WORD…`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from dvnb.commands.completion import Completed, CompletionResult
    from dvnb.commands.style import Style

# `key` is the verb, with the one below it in a group: what is completed depends on it and on the word before.
# `asks` is "names" where the project is to be asked, "both" where files may stand as well.
_BASH = """\
# bash completion of dvnb: source it, or save it where bash-completion looks.
_dvnb() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} key= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${{COMP_WORDS[i]}} in
            --cd) ((i++)) ;;
            -*) ;;
            *)
                key=${{key:+$key }}${{COMP_WORDS[i]}}
                case $key in {groups}) ;; *) break ;; esac
                ;;
        esac
    done
    local words= options= choices= asks=
    case $key in
{cases}
    esac
    case "$key $prev" in
{values}
    esac
    if [[ -n $choices ]]; then
        COMPREPLY=($(compgen -W "$choices" -- "$cur"))
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ -n $words && $prev != --cd ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        # readline breaks words at colons, which stages of other folders have: sub/dvc.yaml:train
        local whole=$cur name IFS=$'\\n'
        if [[ $cur == : ]]; then
            whole=$prev:
        elif [[ $prev == : ]]; then
            whole=${{COMP_WORDS[COMP_CWORD-2]}}:$cur
        fi
        if [[ -n $asks ]]; then
            while read -r name; do
                [[ $name == "$whole"* ]] && COMPREPLY+=("${{name#"${{whole%"${{whole##*:}}"}}"}}")
            done < <("${{COMP_WORDS[0]}}" completion --for "${{COMP_WORDS[@]:1:COMP_CWORD-1}}" 2>/dev/null)
        fi
        if [[ $asks != names ]]; then
            for name in $(compgen -f -- "$cur"); do
                [[ $IFS${{COMPREPLY[*]}}$IFS == *"$IFS$name$IFS"* ]] || COMPREPLY+=("$name")
            done
            compopt -o filenames 2>/dev/null
        fi
    fi
}}
complete -F _dvnb dvnb
"""

_ZSH = """\
#compdef dvnb
# zsh completion of dvnb: save it as _dvnb in a folder of $fpath, or source it after compinit.
_dvnb() {{
    local key= i prev=${{words[CURRENT-1]}} asks=
    local -a verbs options choices names
    for ((i = 2; i < CURRENT; i++)); do
        case ${{words[i]}} in
            --cd) ((i++)) ;;
            -*) ;;
            *)
                key=${{key:+$key }}${{words[i]}}
                case $key in {groups}) ;; *) break ;; esac
                ;;
        esac
    done
    case $key in
{cases}
    esac
    case "$key $prev" in
{values}
    esac
    if (( $#choices )); then
        compadd -a choices
    elif [[ ${{words[CURRENT]}} == -* ]]; then
        compadd -a options
    elif (( $#verbs )) && [[ $prev != --cd ]]; then
        compadd -a verbs
    else
        if [[ -n $asks ]]; then
            names=(${{(f)"$("${{(Q)words[1]}}" completion --for "${{(@Q)words[2,CURRENT-1]}}" 2>/dev/null)"}})
            compadd -a names
        fi
        [[ $asks == names ]] || _files
    fi
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _dvnb "$@"
else
    compdef _dvnb dvnb
fi
"""

_FISH = """\
# fish completion of dvnb: save it as ~/.config/fish/completions/dvnb.fish, or source it.
function __dvnb_is
    set -l key
    set -l skip no
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
        else if test $word = --cd
            set skip yes
        else if not string match -q -- '-*' $word
            set key (string trim -- "$key $word")
            contains -- $key {groups}; or break
        end
    end
    test "$key" = "$argv"
end
function __dvnb_names
    set -l words (commandline -opc)
    $words[1] completion --for $words[2..-1] 2>/dev/null
end
{cases}
"""


def script(result: CompletionResult, args: Namespace, style: Style) -> str:
    """The script of one shell; or the names that it asked for."""
    if args.words is not None:
        return "\n".join(result.names)
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[result.shell](result.commands).rstrip("\n")


def _groups(commands: list[Completed]) -> str:
    return "|".join(shlex.quote(command.name) for command in commands if command.name and command.words)


def _pattern(name: str) -> str:
    return f'"{name}"'


def _bash(commands: list[Completed]) -> str:
    return _cased(_BASH, commands, "words", lambda words: shlex.quote(" ".join(words)))


def _zsh(commands: list[Completed]) -> str:
    return _cased(_ZSH, commands, "verbs", lambda words: f"({' '.join(map(shlex.quote, words))})")


def _cased(template: str, commands: list[Completed], verbs: str, listed: Callable[[list[str]], str]) -> str:
    """A script with `case`s: by the command, and by the command and the option before."""
    cases = [
        f"        {_pattern(command.name)}) {verbs}={listed(command.words)} options={listed(command.options)}"
        f"{' ' + _asks(command.asks['']) if '' in command.asks else ''} ;;"
        for command in commands
    ]
    values = [
        f"        {_pattern(f'{command.name} {option}')}) choices={listed(choices)} ;;"
        for command in commands
        for option, choices in command.choices.items()
    ]
    values += [
        f"        {_pattern(f'{command.name} {option}')}) {_asks(with_files)} ;;"
        for command in commands
        for option, with_files in command.asks.items()
        if option
    ]
    return template.format(groups=_groups(commands), cases="\n".join(cases), values="\n".join(values))


def _asks(with_files: bool) -> str:
    return "asks=both" if with_files else "asks=names"


def _fish(commands: list[Completed]) -> str:
    lines: list[str] = []
    for command in commands:
        start = f"complete -c dvnb -n '__dvnb_is \"{command.name}\"'"
        if command.words:
            lines.append(f"{start} -f -a {shlex.quote(' '.join(command.words))}")
        if "" in command.asks:
            lines.append(f"{start}{'' if command.asks[''] else ' -f'} -a '(__dvnb_names)'")
        lines += [f"{start} {_fish_option(command, option)}" for option in command.options]
    groups = " ".join(shlex.quote(command.name) for command in commands if command.name and command.words)
    return _FISH.format(groups=groups, cases="\n".join(lines))


def _fish_option(command: Completed, option: str) -> str:
    named = f"{'-l' if option.startswith('--') else '-s'} {option.lstrip('-')}"
    if option in command.choices:
        return f"{named} -x -a {shlex.quote(' '.join(command.choices[option]))}"
    if option in command.asks:
        return f"{named} {'-r' if command.asks[option] else '-x'} -a '(__dvnb_names)'"
    return named
