"""Our own code, read and not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.unit.doubles import CHECKOUT

OURS = [
    "askpass",
    "config",
    "connection",
    "deploy",
    "facts",
    "gates",
    "group_data",
    "host_keys",
    "inventory",
    "lab",
    "operate",
    "operations",
    "plan",
    "shortcuts",
    "spec",
    "tasks",
    "tests",
]
NO_LAYER = {
    "tasks",
    "tasks.certificates",
    "tasks.gate",
    "tasks.kubeadm",
    "tasks.layer",
    "tasks.preflight",
    "tasks.preflight.alone",
    "tasks.preflight.beginning",
    "tasks.preflight.clusters",
    "tasks.preflight.finding",
    "tasks.preflight.fleet",
    "tasks.preflight.folders",
    "tasks.preflight.invented",
    "tasks.preflight.kept",
    "tasks.preflight.lock",
    "tasks.preflight.kernel",
    "tasks.preflight.look",
    "tasks.preflight.names",
    "tasks.preflight.others",
    "tasks.preflight.overrides",
    "tasks.preflight.packages",
    "tasks.preflight.programs",
    "tasks.preflight.system",
    "tasks.preflight.upgrading",
    "tasks.preflight.version",
    "tasks.preflight.walk",
    "tasks.preflight.ways_in",
    "tasks.repositories",
}


@dataclass(frozen=True)
class Module:
    """A Python file of ours."""

    path: Path

    @property
    def name(self) -> str:
        """Its dotted name, as imported."""
        return ".".join(self.path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(
            ".__init__"
        )

    @property
    def part(self) -> str:
        """The part of the code that it is in."""
        return self.name.partition(".")[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All of its tree, as `ast.walk` goes."""
        return list(ast.walk(self.tree))

    def imports(self) -> set[str]:
        """Every module that it imports, by full name."""
        found = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def functions(self) -> list[ast.FunctionDef]:
        """Its functions, in their order."""
        return [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]

    def docstrings(self) -> set[int]:
        """The identities of the constants that are docstrings."""
        return {
            id(node.body[0].value)
            for node in self.nodes
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }

    def literals(self) -> Iterator[tuple[int, object]]:
        """Each constant with its line; docstrings are no code."""
        skip = self.docstrings()
        for node in self.nodes:
            if isinstance(node, ast.Constant) and id(node) not in skip:
                yield node.lineno, node.value


def modules(*parts: str) -> list[Module]:
    """Every module of these parts of the code; of all parts but lab and tests by default."""
    wanted = parts or tuple(part for part in OURS if part not in ("lab", "tests"))
    paths: list[Path] = []
    for part in wanted:
        single = CHECKOUT / f"{part}.py"
        paths += [single] if single.is_file() else sorted((CHECKOUT / part).rglob("*.py"))
    return [_module(path) for path in paths]


@cache
def _module(path: Path) -> Module:
    """Read once, however many ask."""
    return Module(path)


def layers() -> list[Module]:
    """The task modules: those with an apply()."""
    return [module for module in modules("tasks") if module.name not in NO_LAYER]


def decorated(function: ast.FunctionDef, decorator: str) -> bool:
    """Whether a function carries that decorator."""
    return any(ast.unparse(line).startswith(f"{decorator}(") for line in function.decorator_list)


def operations() -> set[str]:
    """Every operation of ours as tasks write it: `apt.packages`."""
    found = set()
    for module in modules("operations", "tasks"):
        for function in module.functions():
            if decorated(function, "operation"):
                found.add(f"{module.name.rpartition('.')[2]}.{function.name}")
    return found


def operation_calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call of an operation in tasks/: where it stands, which operation, the call."""
    known = operations()
    for module in modules("tasks"):
        for node in module.nodes:
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called in known:
                yield f"{module.name}:{node.lineno}", called, node
