"""The section of a scenario that says who takes part: virtual people, or a folder of real ones."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from netmod import cohort
from netmod.errors import NetmodError
from netmod.scenario.numbers import Numbers, Section, number
from netmod.scenario.problem import Problem, ProblemsError, shown

FEWEST = 2
"""Subjects of the smallest study."""

DRAWN = ("independent", "calibrated")
"""How virtual people's connectomes may vary; the first is the default."""


class CohortBase(Section):
    """Who takes part and how people differ.

    A folder of people is looked into as soon as it is named: their number and the digest of their
    files are part of the scenario.
    """

    subjects: int = number(
        16, "1", FEWEST, 10_000, "Number of subjects, the same in every arm; all people of a folder"
    )
    variability: Literal[DRAWN] = Field(  # type: ignore[valid-type]
        DRAWN[0],
        description="how connectomes of virtual people vary: every weight on its own, or as "
        "measured in real people",
    )
    folder: str | None = Field(
        None,
        max_length=4096,
        description="a folder of real people's connectomes; none for virtual people",
    )
    people_sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="digest of that folder's files; filled in when a scenario is read",
    )

    @model_validator(mode="before")
    @classmethod
    def _people(cls, value: Any) -> Any:
        """Fill in how many people the folder holds, and which."""
        folder = value.get("folder") if isinstance(value, dict) else None
        if not isinstance(folder, str):
            return value  # as it came: the fields' own checks say what is wrong
        from netmod.cohort.individuals import survey

        try:
            people = survey(folder)
        except NetmodError as error:
            what = f"{error.what} ({error.where})"
            problem = Problem(("folder",), what, error.expected, error.got, error.hint)
            raise ProblemsError([problem]) from None
        problems = _people_problems(value, len(people.label), people.sha256)
        if problems:
            raise ProblemsError(problems)
        return {"subjects": len(people.label), "people_sha256": people.sha256} | value

    @model_validator(mode="after")
    def _digest_has_a_folder(self) -> CohortBase:
        if self.people_sha256 is not None and self.folder is None:
            what, hint = "a digest without a folder", "name the folder, or remove this line"
            raise ProblemsError(
                [Problem(("people_sha256",), what, "a folder", self.people_sha256[:12] + "…", hint)]
            )
        return self

    def summary(self) -> str:
        """Return who takes part, in one line."""
        if self.folder is None:
            return f"{self.subjects} virtual people, {self.variability} variability"
        return f"{self.subjects} people of {self.folder} (sha256 {self.people_sha256[:12]}…)"

    @property
    def parameters(self) -> Numbers:
        """Every declared parameter of the cohort."""
        return Numbers({name: getattr(self, name) for name in cohort.PARAMETERS})


def _people_problems(given: dict[str, Any], found: int, sha256: str) -> list[Problem]:
    """Return what is wrong with the number or the digest of a folder's people."""
    problems = []
    if found < FEWEST:
        what, hint = "too few people in the folder", "differences are paired over people"
        problems.append(Problem(("folder",), what, f"{FEWEST} or more", str(found), hint))
    stated = given.get("subjects")
    if type(stated) is int and stated > found:
        what, hint = "more subjects than people in the folder", "leave it out for all of them"
        problems.append(Problem(("subjects",), what, f"at most {found}", str(stated), hint))
    if given.get("variability", DRAWN[0]) != DRAWN[0]:
        what, hint = "real people are not varied", "leave it out, or leave out 'folder'"
        got = shown(given["variability"])
        problems.append(Problem(("variability",), what, DRAWN[0], got, hint))
    digest = given.get("people_sha256")
    if digest is not None and digest != sha256:
        what = "the people's files are not those that this scenario was written for"
        hint = "restore the files, or remove this line"
        problems.append(Problem(("people_sha256",), what, sha256, shown(digest), hint))
    return problems
