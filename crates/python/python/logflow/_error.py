"""The exception of LogFlow: what went wrong, where, and what to do."""

from __future__ import annotations

from typing import Optional


class LogFlowError(Exception):
    """An error with the code that the command line prints too.

    ``code`` is stable (``"LF201"``); ``path``, ``byte``, ``line``, ``row`` (from 1) and ``column`` tell the place as
    far as it is known; ``help`` says what to try.
    """

    def __init__(
        self,
        message: str,
        code: str = "LF902",
        title: str = "",
        path: Optional[object] = None,
        byte: Optional[int] = None,
        line: Optional[int] = None,
        row: Optional[int] = None,
        column: Optional[str] = None,
        help: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.title = title
        self.path = None if path is None else str(path)
        self.byte = byte
        self.line = line
        self.row = row
        self.column = column
        self.help = help

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\nhelp: {self.help}" if self.help else message

    def __reduce__(self):
        fields = (self.code, self.title, self.path, self.byte, self.line, self.row, self.column, self.help)
        return (type(self), (self.args[0], *fields))
