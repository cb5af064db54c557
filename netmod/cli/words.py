"""What every command's words share: the parser, its errors, kinds of numbers."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any, NoReturn

from netmod.errors import ConfigError, did_you_mean

EPILOG = "netmod is a research simulator, not medical advice."


class Parser(argparse.ArgumentParser):
    """A parser whose errors are netmod's, with the nearest word as a hint."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # argparse takes "-38" for a number but "-38,44,26" for an unknown option.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        """Refuse the words, with the nearest known one as a hint."""
        hint = None
        choice = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
        unknown = re.search(r"unrecognized arguments: (\S+)", message)
        if choice:
            hint = did_you_mean(choice.group(1), re.findall(r"[\w-]+", choice.group(2)))
        elif unknown:
            hint = did_you_mean(unknown.group(1), self._option_string_actions)
        elif "required: CONFIG" in message:
            hint = "name the YAML file first, before --set"
        raise ConfigError(message, where=self.prog, hint=hint or f"see '{self.prog} --help'")


def add_command(
    commands: Any, name: str, call: Callable[[argparse.Namespace], Any], doc: str
) -> Parser:
    """Add a command that calls a function with what was parsed."""
    command = commands.add_parser(
        name, help=doc, description=doc, epilog=EPILOG, allow_abbrev=False
    )
    command.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks"
    )
    command.set_defaults(command=call)
    return command


def positive(text: str) -> int:
    """Return a whole number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of 1 or more")
    return int(text)


def seed(text: str) -> int:
    """Return a whole number below 2**32."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number below 2**32")
    return int(text)
