"""Writes manual pages: `man_pages.py HELP.json VERSION DATE FOLDER`, with the output of `srdist --experimental-dump-help`."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def roff(text: str) -> str:
    """The text as roff prints it literally, with line breaks as they are."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def paragraphs(text: str) -> list[str]:
    """A discussion as roff. Indented lines are examples, and lines before them a heading."""
    page = []
    for block in text.split("\n\n"):
        prose: list[str] = []
        examples: list[str] = []
        for line in block.split("\n"):
            (examples if line.startswith("  ") else prose).append(line)
        page.append(".PP")
        if prose:
            page.append(roff("\n".join(prose)))
        if examples:
            page += [".RS 4", ".nf", *(roff(line[2:]) for line in examples), ".fi", ".RE"]
    return page


def option_name(name: dict) -> str:
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def term(argument: dict) -> str:
    """The line that introduces an argument, in bold, with its value in italics."""
    value = f" \\fI{roff(argument['valueName'])}\\fR" if argument["kind"] == "option" else ""
    if argument["kind"] == "positional":
        return f"\\fI{roff(argument['valueName'])}\\fR" + (" ..." if argument["isRepeating"] else "")
    # Short names first.
    names = sorted(map(option_name, argument["names"]), key=lambda name: name.startswith("--"))
    return ", ".join(f"\\fB{roff(name)}\\fR" for name in names) + value


def synopsis(path: list[str], command: dict) -> str:
    parts = [f"\\fB{roff(' '.join(path))}\\fR"]
    if command.get("subcommands"):
        return parts[0] + " \\fIcommand\\fR [\\fIarguments\\fR]"
    shown = [a for a in command.get("arguments", []) if a["shouldDisplay"]]
    if any(a["kind"] != "positional" and a["isOptional"] for a in shown):
        parts.append("[\\fIoptions\\fR]")
    parts += [term(a) for a in shown if a["kind"] != "positional" and not a["isOptional"]]
    for argument in (a for a in shown if a["kind"] == "positional"):
        parts.append(f"[{term(argument)}]" if argument["isOptional"] else term(argument))
    return " ".join(parts)


def page(path: list[str], command: dict, version: str, date: str, others: list[str]) -> str:
    name = "-".join(path)
    lines = [
        f'.TH {roff(name).upper()} 1 "{date}" "srdist {version}" "User Commands"',
        *(".nh", ".ad l", ".SH NAME", f"{roff(name)} \\- {roff(command['abstract'].rstrip('.'))}"),
        *(".SH SYNOPSIS", synopsis(path, command)),
    ]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION", *paragraphs(command["discussion"])]
    subcommands = [c for c in command.get("subcommands", []) if c["shouldDisplay"] and c["commandName"] != "help"]
    if subcommands:
        lines.append(".SH COMMANDS")
        for subcommand in subcommands:
            lines += [".TP", f"\\fB{roff('-'.join(path + [subcommand['commandName']]))}\\fR(1)", roff(subcommand["abstract"])]
    sections: dict[str, list[dict]] = {}
    for argument in command.get("arguments", []):
        if argument["shouldDisplay"]:
            heading = "Arguments" if argument["kind"] == "positional" else "Options"
            sections.setdefault(argument.get("sectionTitle", heading), []).append(argument)
    for title, arguments in sections.items():
        lines.append(f'.SH "{roff(title).upper()}"')
        for argument in arguments:
            text = argument.get("abstract", "")
            if "defaultValue" in argument and "(default:" not in text:
                text += f" (default: {argument['defaultValue']})"
            lines += [".TP", term(argument), roff(" ".join(text.split()))]
    if others:
        lines += [".SH SEE ALSO", ", ".join(f"\\fB{roff(other)}\\fR(1)" for other in others)]
    return "\n".join(lines) + "\n"


def main() -> None:
    source, version, date, folder = sys.argv[1:]
    root = json.loads(Path(source).read_text())["command"]
    commands = [c for c in root["subcommands"] if c["shouldDisplay"] and c["commandName"] != "help"]
    pages = {root["commandName"]: page([root["commandName"]], root, version, date, ["mpirun"])}
    for command in commands:
        path = [root["commandName"], command["commandName"]]
        pages["-".join(path)] = page(path, command, version, date, [root["commandName"]])
    for name, text in pages.items():
        (Path(folder) / f"{name}.1").write_text(text)


if __name__ == "__main__":
    main()
