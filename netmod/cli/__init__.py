"""The command line: parses words and hands over; rooms are imported when a command needs them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from typing import NoReturn

from netmod.cli.parser import make_parser
from netmod.errors import NetmodError

INTERRUPTED, TERMINATED = 130, 143


class _Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt no ``except Exception`` may swallow it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after the program's name; ``sys.argv[1:]`` when left out.

    Returns
    -------
    int
        0 done; 1 failed; 2 wrong usage or config; 3 finished, but cells failed; 4 integrity;
        130 or 143 stopped by a signal, resumable.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    try:
        with _terminable():
            args = make_parser().parse_args(words)
            code = int(args.command(args) or 0)
            sys.stdout.flush()
            return code
    except SystemExit as stop:  # --help, --version
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BrokenPipeError:
        return _close_quietly()
    except KeyboardInterrupt:
        print("\nnetmod: interrupted; the same command resumes", file=sys.stderr)
        return INTERRUPTED
    except _Terminated:
        print("\nnetmod: terminated; the same command resumes", file=sys.stderr)
        return TERMINATED
    except NetmodError as error:
        return _report(error, str(error), debug, error.exit_code)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return _report(error, f"{named}{error.strerror or error}", debug, 1)
    except Exception as error:
        what = f"unexpected {type(error).__name__}: {error}\n  hint: --debug shows where"
        return _report(error, what, debug, 1)


def _report(error: BaseException, text: str, debug: bool, code: int) -> int:
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    print(f"netmod: error: {text}", file=sys.stderr)
    return code


def _close_quietly() -> int:
    """Point stdout at nothing, so that the interpreter's last flush stays silent as well."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    return 0


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> NoReturn:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
