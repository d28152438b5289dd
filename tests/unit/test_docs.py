"""The pages that people read: what they point to is there, what is made of the code is as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyinfra.connectors.ssh import connector_data_meta as ssh_keys

from gates import LAYERS
from spec.inventory import HostData
from spec.renamed import RENAMED
from spec.secrets import Secrets
from spec.settings import GROUPS
from tests.gate_hints import BEGIN, END, PAGE, TOKENS, with_everything, written
from tests.unit.doubles import CHECKOUT

# A job of the pipeline and a folder, which are called like settings.
OTHERS = {"monitoring_install", "node_modules"}
PAGES = [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").glob("*.md")]


def by_name(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text("utf-8")):
        present = page.parent / target if target else page
        assert present.is_file(), target
        if heading:
            assert heading in anchors(present), f"{present.name} has no heading {heading}"


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_what_a_page_says_to_make_can_be_made(page: Path) -> None:
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile)) | {"lab-%"}
    output = set(re.findall(r"(?m)(?:`|^)make ([a-z-]+)", page.read_text("utf-8")))
    assert {name for name in output if not name.startswith("lab-")} <= targets


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_setting_or_secret_that_a_page_names_is_one(page: Path) -> None:
    names = {name for model in GROUPS for name in model.model_fields} | set(Secrets.model_fields)
    known = names | set(ssh_keys) | set(LAYERS) | {model.group for model in GROUPS}
    if page.name == "CHANGELOG.md":
        known |= set(RENAMED)
    subjects = "|".join({name.partition("_")[0] for name in names})
    output = set(re.findall(rf"`((?:{subjects})_\w+)\b", page.read_text("utf-8")))
    assert output - known - OTHERS == set()


def test_what_gates_say_to_look_at_is_as_in_the_gates(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    page = PAGE.read_text("utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert page == written(page, with_everything(hosts)), "stale: make docs writes it anew"


def test_the_glossary_is_in_order_and_names_each_term_once() -> None:
    lines = (CHECKOUT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    terms = [line.split("|")[1].strip() for line in lines if line.startswith("| ")][1:]
    assert len(terms) > 100
    assert terms == sorted(set(terms), key=spoken)


def spoken(term: str) -> str:
    """How a term is looked up: without what stands around its letters."""
    return re.sub(r"[^a-z0-9 ]", "", term.lower()).strip()


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
