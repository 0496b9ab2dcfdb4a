"""Completion scripts: what the registry knows, in the words of bash, zsh and fish."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.completion import Completed, CompletionResult
    from dvnb.commands.style import Style

# `key` is the verb, with the one below it in a group: what is completed depends on it and on the word before.
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
    local words= options= choices=
    case $key in
{cases}
    esac
    case "$key $prev" in
{choices}
    esac
    if [[ -n $choices ]]; then
        COMPREPLY=($(compgen -W "$choices" -- "$cur"))
    elif [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ -n $words && $prev != --cd ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        local IFS=$'\\n'
        COMPREPLY=($(compgen -f -- "$cur"))
        compopt -o filenames 2>/dev/null
    fi
}}
complete -F _dvnb dvnb
"""

_ZSH = """\
#compdef dvnb
# zsh completion of dvnb: save it as _dvnb in a folder of $fpath, or source it after compinit.
_dvnb() {{
    local key= i prev=${{words[CURRENT-1]}}
    local -a verbs options choices
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
{choices}
    esac
    if (( $#choices )); then
        compadd -a choices
    elif [[ ${{words[CURRENT]}} == -* ]]; then
        compadd -a options
    elif (( $#verbs )) && [[ $prev != --cd ]]; then
        compadd -a verbs
    else
        _files
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
{cases}
"""


def script(result: CompletionResult, args: Namespace, style: Style) -> str:
    """The script of one shell."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[result.shell](result.commands).rstrip("\n")


def _groups(commands: list[Completed]) -> str:
    return "|".join(shlex.quote(command.name) for command in commands if command.name and command.words)


def _pattern(name: str) -> str:
    return f'"{name}"'


def _bash(commands: list[Completed]) -> str:
    cases = [
        f"        {_pattern(command.name)}) words={shlex.quote(' '.join(command.words))}"
        f" options={shlex.quote(' '.join(command.options))} ;;"
        for command in commands
    ]
    choices = [
        f"        {_pattern(f'{command.name} {option}')}) choices={shlex.quote(' '.join(values))} ;;"
        for command in commands
        for option, values in command.choices.items()
    ]
    return _BASH.format(groups=_groups(commands), cases="\n".join(cases), choices="\n".join(choices))


def _zsh(commands: list[Completed]) -> str:
    cases = [
        f"        {_pattern(command.name)}) verbs=({_listed(command.words)}) options=({_listed(command.options)}) ;;"
        for command in commands
    ]
    choices = [
        f"        {_pattern(f'{command.name} {option}')}) choices=({_listed(values)}) ;;"
        for command in commands
        for option, values in command.choices.items()
    ]
    return _ZSH.format(groups=_groups(commands), cases="\n".join(cases), choices="\n".join(choices))


def _listed(words: list[str]) -> str:
    return " ".join(map(shlex.quote, words))


def _fish(commands: list[Completed]) -> str:
    lines: list[str] = []
    for command in commands:
        start = f"complete -c dvnb -n '__dvnb_is \"{command.name}\"'"
        if command.words:
            lines.append(f"{start} -f -a {shlex.quote(' '.join(command.words))}")
        for option in command.options:
            kind = "-l" if option.startswith("--") else "-s"
            values = command.choices.get(option)
            ending = f" -x -a {shlex.quote(' '.join(values))}" if values else ""
            lines.append(f"{start} {kind} {option.lstrip('-')}{ending}")
    groups = " ".join(shlex.quote(command.name) for command in commands if command.name and command.words)
    return _FISH.format(groups=groups, cases="\n".join(lines))
