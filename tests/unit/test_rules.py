"""The rules of the code, held by reading its code."""

from __future__ import annotations

import ast
import re

import pytest

from tests.unit.code import OURS, Module, layers, modules, operation_calls
from tests.unit.doubles import CHECKOUT

# Who may import whom: one way through the code.
MAY_IMPORT = {
    "config": {"connection", "plan", "shortcuts"},
    "askpass": set(),
    "connection": {"askpass", "facts", "host_keys", "spec"},
    "deploy": {"tasks"},
    "facts": {"facts"},
    "gates": {"facts", "gates", "spec"},
    "group_data": set(),
    "host_keys": set(),
    "inventory": set(),
    "operate": {
        "connection",
        "facts",
        "gates",
        "host_keys",
        "operate",
        "operations",
        "spec",
        "tasks",
    },
    "operations": {"facts", "operations", "spec"},
    "plan": set(),
    "shortcuts": set(),
    "spec": {"spec"},
    "tasks": {"facts", "gates", "operations", "spec", "tasks"},
}
NAMES = {"Ensure", "Make sure", "Handle", "Run command", "Execute"}


def by_name(module: Module) -> str:
    return module.name


@pytest.mark.parametrize("module", modules(), ids=by_name)
def test_imports_go_one_way(module: Module) -> None:
    ours = {name.partition(".")[0] for name in module.imports()} & set(OURS)
    assert ours - MAY_IMPORT[module.part] == set()


def test_every_part_of_the_house_has_its_rule() -> None:
    tops = {path.stem for path in CHECKOUT.glob("*.py")}
    tops |= {path.parent.name for path in CHECKOUT.glob("*/*.py")}
    assert {top for top in tops if not top.startswith(".")} == set(OURS)
    assert set(OURS) - set(MAY_IMPORT) == {"lab", "tests"}
    assert len(modules()) > 30


def test_nothing_imports_deploy() -> None:
    everything = modules(*OURS)
    imports = re.compile(r"^\s*(?:from\s+deploy\b|import\s+(?:[^#\n]*,\s*)?deploy\b)", re.MULTILINE)
    for line in ("    from deploy import platform", "import ast, deploy", "import deploy as it"):
        assert imports.search(line)
    assert [module.name for module in everything if imports.search(module.text)] == []


def test_deploy_is_a_table_of_contents() -> None:
    (module,) = modules("deploy")
    docstring, *lines = module.tree.body
    assert isinstance(docstring, ast.Expr)
    imports = [line for line in lines if isinstance(line, ast.ImportFrom)]
    calls = [ast.unparse(line) for line in lines if not isinstance(line, ast.ImportFrom)]
    assert lines[: len(imports)] == imports
    assert calls.pop(0) == "platform = preflight.apply()"
    applied = [re.fullmatch(r"(\w+)\.apply\(platform\)", call) for call in calls[::2]]
    waited = [re.fullmatch(r"wait_at\('(\w+)', platform\)", call) for call in calls[1::2]]
    assert all(applied)
    assert [m and m[1] for m in applied] == [m and m[1] for m in waited]
    assert calls


def test_every_layer_of_deploy_has_gates() -> None:
    from gates import LAYERS

    (module,) = modules("deploy")
    assert re.findall(r'wait_at\("(\w+)", platform\)', module.text) == list(LAYERS)


@pytest.mark.parametrize("module", layers(), ids=by_name)
def test_a_task_module_tells_its_story_in_apply(module: Module) -> None:
    first = module.functions()[0]
    assert first.name == "apply", "helpers stand below it"
    assert [argument.arg for argument in first.args.args] == ["platform"]
    assert [function.name for function in module.functions()].count("apply") == 1
    told = [type(line) for line in first.body]
    assert set(told) <= {ast.Expr, ast.Assign}, "a sequence of steps, without branches or loops"


def test_tasks_are_used_by_their_apply_only() -> None:
    shared = {
        "tasks.certificates.certify",
        "tasks.certificates.renew",
        "tasks.common.UPDATERS",
        "tasks.docker_host.gitlab.KEY",
        "tasks.kubeadm.join_configuration",
        "tasks.kubeadm.kubelet",
        "tasks.kubeadm.words",
        "tasks.gate.passed",
        "tasks.gate.wait_at",
        "tasks.layer.layer",
        "tasks.preflight.alone.alone",
        "tasks.preflight.OF_AN_UPGRADE",
        "tasks.preflight.asked",
        "tasks.preflight.lock.Lock",
        "tasks.repositories.docker_repository",
        "tasks.repositories.docker_versions",
        "tasks.repositories.kubernetes_repository",
    }
    for module in modules():
        for name in module.imports():
            own = module.name.startswith("tasks.preflight") or name == "tasks.preflight.look.look"
            if name.startswith("tasks.") and name not in shared and not own:
                used = name.rpartition(".")[2]
                rest = set(re.findall(rf"(?<![\w.]){used}\.(\w+)", module.text))
                assert rest == {"apply"}, f"{module.name} uses {used}"


def test_every_operation_call_has_a_name_that_says_what_it_does() -> None:
    calls = list(operation_calls())
    assert len(calls) > 20
    for where, called, call in calls:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert "name" in given, f"{where} {called} has no name"
        name = given["name"]
        lead = name.values[0] if isinstance(name, ast.JoinedStr) else name
        assert isinstance(lead, ast.Constant), f"{where} starts with a value"
        words = str(lead.value)
        assert re.match(r"[A-Z][a-z]+ \S", words), f"{where}: {words}"
        assert not words.startswith(tuple(NAMES)), f"{where}: {words}"
        verb = words.split()[0]
        assert verb == "Bring" or not verb.endswith(("ing", "s", "ed")), f"{where}: {words}"
        assert not words.endswith("."), f"{where}: {words}"


def test_no_two_operations_have_the_same_name() -> None:
    names = [
        ast.unparse(k.value) for _, _, c in operation_calls() for k in c.keywords if k.arg == "name"
    ]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("module", modules("tasks"), ids=by_name)
def test_tasks_own_files_and_run_no_free_shell(module: Module) -> None:
    assert not any(name.startswith("pyinfra.operations") for name in module.imports())
    for line, value in module.literals():
        assert not re.search(r"\bsed\b.*\s-i|--in-place", str(value)), f"line {line}"


@pytest.mark.parametrize("module", modules("tasks", "operations"), ids=by_name)
def test_modes_are_strings(module: Module) -> None:
    assert not re.search(r"\b0o[0-7]+", module.text)
    for node in module.nodes:
        if isinstance(node, ast.keyword) and node.arg == "mode":
            if isinstance(node.value, ast.Constant):
                assert re.fullmatch(r"[02][0-7]{3}", str(node.value.value)), node.value.lineno
            else:
                assert isinstance(node.value, ast.Name)


@pytest.mark.parametrize("module", modules(), ids=by_name)
def test_everything_public_says_what_it_promises(module: Module) -> None:
    assert ast.get_docstring(module.tree), "the module"
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} in line {node.lineno}"


@pytest.mark.parametrize("module", modules(*OURS), ids=by_name)
def test_a_module_has_one_subject(module: Module) -> None:
    assert len(module.text.splitlines()) < 250


# Words that read as a sentence where they stand, and say nothing to who looks for them.
VAGUE = {"more", "of", "said", "there"}


@pytest.mark.parametrize("module", modules(*OURS), ids=by_name)
def test_a_variable_is_named_after_what_it_holds(module: Module) -> None:
    named = {
        node.arg if isinstance(node, ast.arg) else node.id
        for node in module.nodes
        if isinstance(node, ast.arg)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }
    assert named & VAGUE == set()
