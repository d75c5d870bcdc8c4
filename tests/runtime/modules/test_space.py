from __future__ import annotations

import builtins
import importlib
import importlib.util
import inspect
import os
import pickle
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pytest_lambda_env
from pytest_lambda_env import LambdaService
from pytest_lambda_env.runtime.modules.space import ModuleSpace


@pytest.fixture(autouse=True)
def everything_is_given_back() -> Iterator[None]:
    """After each test the import system is as the test found it, and stays so for the next one."""
    modules, path, finders = dict(sys.modules), list(sys.path), list(sys.meta_path)
    yield
    left = (sys.path == path, sys.meta_path == finders)
    for name in sys.modules.keys() - modules.keys():
        del sys.modules[name]
    sys.modules.update(modules)
    sys.path[:], sys.meta_path[:] = path, finders
    assert left == (True, True)


def write(root: Path, files: Mapping[str, str]) -> Path:
    """A directory with these files; source may be indented."""
    for name, source in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(source), encoding="utf-8")
    return root


@contextmanager
def inside(space: ModuleSpace) -> Iterator[ModuleSpace]:
    """The space entered, and left again whatever happens."""
    space.enter()
    try:
        yield space
    finally:
        space.leave()


def load(space: ModuleSpace, name: str) -> Any:
    """A module imported within a space."""
    with inside(space):
        return importlib.import_module(name)


def space_of(root: Path, files: Mapping[str, str] | None = None) -> ModuleSpace:
    """A new space whose task root has these files."""
    return ModuleSpace([write(root, files or {})])


# ------------------------------------------------------------------------------------------------- cold and warm


@pytest.mark.fidelity("I64", "V40")
def test_a_new_space_executes_every_module_again(tmp_path: Path) -> None:
    """A cold start runs the modules of the task root afresh: their globals are those of a new process."""
    files = {"app.py": "import state\nstate.count += 1", "state.py": "count = 0"}
    first = load(space_of(tmp_path, files), "app")
    first.state.count = 42
    second = load(space_of(tmp_path), "app")
    assert (first.state.count, second.state.count) == (42, 1)
    assert first is not second
    assert first.state is not second.state


@pytest.mark.fidelity("V21")
def test_a_warm_space_keeps_its_modules(tmp_path: Path) -> None:
    """Entered again, a space shows the very module objects it had."""
    space = space_of(tmp_path, {"app.py": "count = 0"})
    load(space, "app").count = 1
    assert load(space, "app").count == 1


def test_nothing_is_left_in_the_test_process(tmp_path: Path) -> None:
    """Enter and leave give back the same entries of sys.modules, the same sys.path and the same finders."""
    space = space_of(tmp_path, {"app.py": "import pkg.a, utils", "pkg/__init__.py": "", "pkg/a.py": "", "utils.py": ""})
    before, path, finders = dict(sys.modules), sys.path, list(sys.meta_path)
    for _ in range(3):
        load(space, "app")
        assert sys.modules == before
        assert sys.path is path
        assert sys.meta_path == finders
    assert sorted(space.modules) == ["app", "pkg", "pkg.a", "utils"]


def test_modules_is_up_to_date_inside_and_outside(tmp_path: Path) -> None:
    """The record of private modules includes one imported a moment ago."""
    space = space_of(tmp_path, {"app.py": "", "lazy.py": ""})
    with inside(space):
        app = importlib.import_module("app")
        assert space.modules == {"app": app}
        lazy = importlib.import_module("lazy")
        assert space.modules == {"app": app, "lazy": lazy}
    assert space.modules == {"app": app, "lazy": lazy}


def test_equal_names_of_two_functions_never_meet(tmp_path: Path) -> None:
    """Functions with app, handler and utils of their own each see their own, also when they take turns."""

    def files(name: str) -> dict[str, str]:
        return {
            "app.py": "from handler import handler",
            "handler.py": "import utils\ndef handler():\n    import late\n    return utils.name, late.name",
            "utils.py": f"name = {name!r}",
            "late.py": f"name = {name!r}",
        }

    orders, users = space_of(tmp_path / "orders", files("orders")), space_of(tmp_path / "users", files("users"))
    for _ in range(2):
        for space, name in ((orders, "orders"), (users, "users")):
            with inside(space):
                assert importlib.import_module("app").handler() == (name, name)


def test_a_space_left_and_entered_in_the_middle_of_a_cold_start(tmp_path: Path) -> None:
    """A function that invokes another at import: each finishes its own import."""
    orders = space_of(
        tmp_path / "orders", {"app.py": "import utils\nhook()\nimport late\nname = utils.name", "utils.py": "name = 1"}
    )
    write(tmp_path / "orders", {"late.py": ""})
    users = space_of(tmp_path / "users", {"app.py": "import utils\nname = utils.name", "utils.py": "name = 2"})
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtins, "hook", lambda: seen.append(load(users, "app").name), raising=False)
        assert load(orders, "app").name == 1
    assert seen == [2]
    assert (sorted(orders.modules), sorted(users.modules)) == (["app", "late", "utils"], ["app", "utils"])


def test_nested_spaces_are_exact(tmp_path: Path) -> None:
    """Inside the inner space nothing of the outer one is visible; leaving it brings all of that back."""
    outer = space_of(tmp_path / "outer", {"app.py": "", "only_outer.py": ""})
    inner = space_of(tmp_path / "inner", {"app.py": "", "only_inner.py": ""})
    before = dict(sys.modules)
    with inside(outer):
        mine, path = [importlib.import_module(name) for name in ("app", "only_outer")], sys.path
        with inside(inner):
            assert importlib.import_module("app") is not mine[0]
            assert str(tmp_path / "outer") not in sys.path
            with pytest.raises(ModuleNotFoundError):
                importlib.import_module("only_outer")
            with inside(ModuleSpace([tmp_path / "innermost"])) as innermost:
                assert not {str(tmp_path / "outer"), str(tmp_path / "inner")} & set(sys.path)
                assert innermost.modules == {}
        assert [sys.modules["app"], sys.modules["only_outer"]] == mine
        assert sys.path is path
    assert sys.modules == before


def test_the_same_space_can_be_entered_inside_itself(tmp_path: Path) -> None:
    """A recursive entry sees the same modules."""
    space = space_of(tmp_path, {"app.py": ""})
    with inside(space):
        app = importlib.import_module("app")
        with inside(space):
            assert importlib.import_module("app") is app
        assert importlib.import_module("app") is app


def test_leaving_out_of_order_is_refused(tmp_path: Path) -> None:
    """Only the space entered last can be left; a refusal changes nothing."""
    outer, inner = space_of(tmp_path / "outer"), space_of(tmp_path / "inner")
    with inside(outer):
        with inside(inner), pytest.raises(RuntimeError, match="entered last"):
            outer.leave()
        assert sys.path[0] == str(tmp_path / "outer")
    with pytest.raises(RuntimeError):
        outer.leave()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.sampled_from(["enter 0", "enter 1", "enter 2", "leave", "lazy", "share", "test"]), max_size=25)
)
def test_any_nesting_comes_out_even(tmp_path: Path, steps: Sequence[str]) -> None:
    """Whatever the order of entering, importing and leaving, each space sees its own and the test process its own."""
    roots = [write(tmp_path / str(n), {"app.py": f"n = {n}", "lazy.py": f"n = {n}"}) for n in range(3)]
    write(tmp_path / "lib", {"lazy.py": "n = 'test'", "shared_by_all.py": ""})
    spaces = [ModuleSpace([root]) for root in roots]
    before, stack = dict(sys.modules), []
    sys.path.append(str(tmp_path / "lib"))
    try:
        for step in steps:
            if step.startswith("enter"):
                stack.append(int(step[-1]))
                spaces[stack[-1]].enter()
                assert importlib.import_module("app").n == stack[-1]
            elif step == "leave" and stack:
                spaces[stack.pop()].leave()
            elif step == "lazy" and stack:
                assert importlib.import_module("lazy").n == stack[-1]
            elif step == "share" and not stack:
                importlib.import_module("shared_by_all")
            elif step == "test" and not stack:
                assert importlib.import_module("lazy").n == "test"
        while stack:
            assert importlib.import_module("app").n == stack[-1]
            spaces[stack.pop()].leave()
        for name in ("lazy", "shared_by_all"):
            sys.modules.pop(name, None)
        assert sys.modules == before
    finally:
        while stack:
            spaces[stack.pop()].leave()
        sys.path.remove(str(tmp_path / "lib"))


# --------------------------------------------------------------------------------------------- the test's own imports


def test_the_tests_own_import_is_hidden_and_comes_back(tmp_path: Path) -> None:
    """A package the test imported itself, with its submodules, is out of sight inside and back as it was after."""
    root = write(tmp_path, {"app/__init__.py": "", "app/db.py": "", "app/api/__init__.py": "", "utils.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        mine = {name: importlib.import_module(name) for name in ("app", "app.db", "app.api", "utils")}
        space = ModuleSpace([root])
        for _ in range(2):
            with inside(space):
                assert not mine.keys() & (sys.modules.keys() - space.modules.keys())
                assert importlib.import_module("app.db") is not mine["app.db"]
            assert {name: sys.modules[name] for name in mine} == mine
        assert sys.modules["app"].db is mine["app.db"]


def test_a_module_the_test_imports_between_two_invokes_is_hidden_too(tmp_path: Path) -> None:
    """A warm environment is not fooled by what the test has imported, or put in place of something else, meanwhile."""
    root = write(tmp_path, {"app/__init__.py": "", "app/db.py": "", "app/mail.py": "", "utils.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        importlib.import_module("app.db")
        space = ModuleSpace([root])
        load(space, "app")
        del sys.modules["app.db"]
        mine = importlib.import_module("app.mail")
        assert load(space, "app.mail") is not mine
        mine = importlib.import_module("utils")
        assert load(space, "utils") is not mine
        assert sys.modules["utils"] is mine


def test_a_source_layout_is_hidden_too(tmp_path: Path) -> None:
    """A package below the root that the test reaches through another entry of sys.path is the function's own."""
    root = write(tmp_path, {"src/mypkg/__init__.py": "", "src/mypkg/app.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "src")
        mine = importlib.import_module("mypkg.app")
        space = ModuleSpace([root])
        assert load(space, "mypkg.app") is not mine
        assert sys.modules["mypkg.app"] is mine
        assert sorted(space.modules) == ["mypkg", "mypkg.app"]


def test_a_source_layout_hides_what_came_from_elsewhere(tmp_path: Path) -> None:
    """A module found through an entry of sys.path below the root hides one imported from another place before."""
    write(tmp_path / "elsewhere", {"config.py": "mine = False"})
    root = write(tmp_path / "root", {"src/config.py": "mine = True"})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "elsewhere")
        theirs = importlib.import_module("config")
        patch.syspath_prepend(root / "src")
        assert load(ModuleSpace([root]), "config").mine
        assert sys.modules["config"] is theirs


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_root_reached_through_a_symbolic_link(tmp_path: Path) -> None:
    """A root given by one path and reached by the test through another is the same root."""
    real = write(tmp_path / "real", {"src/mypkg.py": ""})
    (tmp_path / "link").symlink_to(real, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(real / "src")
        mine = importlib.import_module("mypkg")
        assert load(ModuleSpace([tmp_path / "link"]), "mypkg") is not mine


def test_an_editable_install_is_the_functions_own(tmp_path: Path) -> None:
    """A finder that maps a package to a directory below the root, as editable installs do, finds private modules."""
    root = write(tmp_path, {"lib/mypkg/__init__.py": "", "lib/mypkg/app.py": ""})

    class Editable:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> Any:
            file = root / "lib/mypkg/__init__.py"
            return importlib.util.spec_from_file_location(name, file) if name == "mypkg" else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "meta_path", [*sys.meta_path, Editable])
        mine = importlib.import_module("mypkg.app")
        space = ModuleSpace([root])
        assert load(space, "mypkg.app") is not mine
        assert sys.modules["mypkg.app"] is mine


def test_a_repository_whose_test_imports_the_handler(pytester: pytest.Pytester) -> None:
    """With the root in the repository, the test module stays itself and the handler gets a copy of what it imports."""
    pytester.makepyfile(
        app="import utils\ncount = utils.count",
        utils="count = 0",
        conftest="",
        **{
            "tests/test_app": """
            import dataclasses, importlib, pathlib, pickle, sys
            import app, conftest, utils
            from pytest_lambda_env.runtime.modules.space import ModuleSpace

            @dataclasses.dataclass
            class Order:
                number: int

            def test_isolated():
                app.count = utils.count = 99
                mine, test_module = sys.modules["utils"], sys.modules[__name__]
                space = ModuleSpace([pathlib.Path(__file__).parent.parent])
                space.enter()
                try:
                    assert importlib.import_module("app").count == 0
                    assert sys.modules["utils"] is not mine
                    assert sys.modules[__name__] is test_module
                    assert sys.modules["conftest"] is conftest
                    assert pickle.loads(pickle.dumps(Order(7))) == Order(7)
                finally:
                    space.leave()
                assert sys.modules["utils"] is mine and app.count == 99
            """
        },
    )
    for mode in ("prepend", "importlib"):
        pytester.makefile(".ini", pytest=f"[pytest]\npythonpath = .\naddopts = --import-mode={mode}")
        pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_pytest_and_this_package_are_never_private(tmp_path: Path) -> None:
    """A root that contains pytest or this very package neither hides nor copies them."""
    roots = [Path(pytest_lambda_env.__path__[0]).parent, write(tmp_path, {"pytest.py": "", "conftest.py": ""})]
    mine = {name: sys.modules[name] for name in ("pytest", "pytest_lambda_env.errors", "_pytest.assertion.rewrite")}
    space = ModuleSpace(roots)
    with inside(space):
        assert {name: importlib.import_module(name) for name in mine} == mine
        importlib.import_module("pytest_lambda_env.model.arn")
    assert space.modules == {}


def test_a_loaded_standard_library_module_is_not_hidden(tmp_path: Path) -> None:
    """A file named like a standard-library module that is in use does not take its place."""
    space = space_of(tmp_path, {"json.py": "", "app.py": "import json, sys\nused = json"})
    import json

    assert load(space, "app").used is json


def test_the_standard_library_below_a_root_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root as wide as the directory that Python itself lives in does not make Python's modules the function's own."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    space = ModuleSpace([Path(os.__file__).parents[1]])
    load(space, "colorsys")
    assert "colorsys" in sys.modules
    assert space.modules == {}


def test_a_folder_of_data_does_not_shadow_a_module(tmp_path: Path) -> None:
    """A plain directory gives way to a regular module found anywhere, loaded already or not."""
    root = write(tmp_path / "root", {"installed/data.json": "", "later/data.json": "", "platform/x.json": ""})
    write(tmp_path / "site-packages", {"installed/__init__.py": "", "installed/sub.py": "", "later/__init__.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "site-packages")
        mine = importlib.import_module("installed.sub")
        space = ModuleSpace([root])
        with inside(space):
            assert importlib.import_module("installed.sub") is mine
            assert importlib.import_module("later").__file__ is not None
            assert importlib.import_module("platform").__file__ is not None
        assert space.modules == {}
        assert "later" in sys.modules


def test_a_module_of_the_root_comes_before_an_installed_one(tmp_path: Path) -> None:
    """A task root's config.py wins over an installed config, which is back for the test after."""
    root = write(tmp_path / "root", {"config.py": "mine = True"})
    write(tmp_path / "site-packages", {"config/__init__.py": "mine = False", "config/sub.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "site-packages")
        theirs = importlib.import_module("config.sub")
        space = ModuleSpace([root])
        with inside(space):
            assert importlib.import_module("config").mine
            with pytest.raises(ModuleNotFoundError):
                importlib.import_module("config.sub")
        assert importlib.import_module("config.sub") is theirs


# -------------------------------------------------------------------------------------------------- shared or private


def test_an_installed_module_imported_inside_stays(tmp_path: Path) -> None:
    """A shared module that an environment was the first to import is there for everyone after."""
    write(tmp_path / "site-packages", {"library/__init__.py": "", "library/part.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "site-packages")
        first = space_of(tmp_path / "root", {"app.py": "import library.part"})
        app = load(first, "app")
        assert sys.modules["library.part"] is app.library.part
        assert load(ModuleSpace([tmp_path / "root"]), "app").library is app.library
        assert sorted(first.modules) == ["app"]


@pytest.mark.parametrize("metadata", ["top_level.txt", "RECORD"])
def test_a_dependency_installed_into_the_root_is_shared(tmp_path: Path, metadata: str) -> None:
    """What a dist-info in the root names was put there by pip or sam build, and is loaded once per process."""
    text = {
        "top_level.txt": "vendored\nvendored_file\n",
        "RECORD": "vendored/__init__.py,sha256=x,1\nvendored_file.py,,\n../../bin/app,,\nvendored-1.dist-info/X,,\n",
    }
    root = write(
        tmp_path,
        {
            "vendored/__init__.py": "",
            "vendored/part.py": "",
            "vendored_file.py": "",
            f"vendored-1.dist-info/{metadata}": text[metadata],
            "app.py": "import vendored.part, vendored_file",
        },
    )
    first, second = load(ModuleSpace([root]), "app"), load(ModuleSpace([root]), "app")
    assert first is not second
    assert first.vendored.part is second.vendored.part
    assert first.vendored_file is second.vendored_file is sys.modules["vendored_file"]


def test_the_authors_own_package_installed_into_the_root_is_private(tmp_path: Path) -> None:
    """A distribution installed from a directory (PEP 610), or one the caller calls its own, is not a dependency."""
    files = {"mine/__init__.py": "", "mine-1.dist-info/top_level.txt": "mine"}
    recorded = write(
        tmp_path / "a", files | {"mine-1.dist-info/direct_url.json": '{"url": "file:///x", "dir_info": {}}'}
    )
    assert load(ModuleSpace([recorded]), "mine") is not load(ModuleSpace([recorded]), "mine")
    named = write(tmp_path / "b", files)
    assert load(ModuleSpace([named], own=["mine"]), "mine") is not load(ModuleSpace([named], own=["mine"]), "mine")
    assert load(ModuleSpace([named]), "mine") is load(ModuleSpace([named]), "mine")


def test_a_virtual_environment_in_the_project_is_shared(tmp_path: Path) -> None:
    """Modules in site-packages below the root are installed ones."""
    root = write(tmp_path, {".venv/lib/site-packages/library.py": "", "app.py": "import library"})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / ".venv/lib/site-packages")
        mine = importlib.import_module("library")
        space = ModuleSpace([root])
        assert load(space, "app").library is mine
        assert sorted(space.modules) == ["app"]


@pytest.mark.fidelity("V46")
def test_a_layer_is_a_root_even_where_it_is_called_site_packages(tmp_path: Path) -> None:
    """Layers follow the task root on sys.path, and their modules are the function's own."""
    task, layer = tmp_path / "task", tmp_path / "opt/python/lib/python3.12/site-packages"
    write(task, {"app.py": "import common_code, both"})
    write(task, {"both.py": "place = 'task'"})
    write(layer, {"common_code.py": "", "both.py": "place = 'layer'"})
    space = ModuleSpace([task, layer])
    with inside(space):
        assert sys.path[:2] == [str(task), str(layer)]
        assert importlib.import_module("app").both.place == "task"
    assert sorted(space.modules) == ["app", "both", "common_code"]


def test_directories_the_code_adds_to_the_path_are_its_own(tmp_path: Path) -> None:
    """A vendor directory that a handler appends to sys.path holds private modules, in and outside of the root."""
    source = """
        import os, sys
        sys.path.append(os.path.join(os.path.dirname(__file__), "vendor"))
        sys.path.append({outside!r})
        import tool, outside
    """
    outside = write(tmp_path / "outside", {"outside.py": "", "later.py": ""})
    root = write(tmp_path / "root", {"app.py": source.format(outside=str(outside)), "vendor/tool.py": ""})
    first, second = ModuleSpace([root]), ModuleSpace([root])
    path = list(sys.path)
    one, other = load(first, "app"), load(second, "app")
    assert one.tool is not other.tool
    assert one.outside is not other.outside
    assert sys.path == path
    with inside(first):
        assert sys.path[-1] == str(outside)
        importlib.import_module("later")
    assert sorted(first.modules) == ["app", "later", "outside", "tool"]


def test_an_added_directory_hides_what_the_test_imported_from_it(tmp_path: Path) -> None:
    """A handler that imports lazily from a directory it added gets its own copy, whatever the test has imported."""
    outside = write(tmp_path / "outside", {"tool.py": ""})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(outside)
        mine = importlib.import_module("tool")
    space = space_of(tmp_path / "root", {"app.py": f"import sys\nsys.path.append({str(outside)!r})"})
    load(space, "app")
    assert load(space, "tool") is not mine
    assert sys.modules["tool"] is mine


def test_a_replaced_path_is_kept_for_the_environment(tmp_path: Path) -> None:
    """Handler code may bind sys.path anew; the test's own list is back after, the environment's on the next entry."""
    space, mine = space_of(tmp_path), sys.path
    with inside(space):
        replaced = sys.path = [str(tmp_path / "new"), *sys.path]
    assert sys.path is mine
    with inside(space):
        assert sys.path is replaced


def _extension() -> str:
    for name in ("_queue", "_heapq", "_bisect", "_csv", "_zoneinfo", "_elementtree"):
        spec = importlib.util.find_spec(name)
        if spec and isinstance(spec.loader, ExtensionFileLoader):
            return str(spec.origin)
    pytest.skip("every extension module of this interpreter is built in")


def test_an_extension_module_is_loaded_once_per_process(tmp_path: Path) -> None:
    """Each environment has its own handler's package; the extension module in it is one object for one file."""
    file = Path(_extension())
    root = write(tmp_path, {"fast/__init__.py": "", "other/app.py": ""})
    shutil.copy(file, root / "fast" / file.name)
    shutil.copy(file, root / "other" / file.name)
    stem = file.name.partition(".")[0]
    first, second = ModuleSpace([root], own=["fast", "other"]), ModuleSpace([root], own=["fast"])
    one, other = load(first, f"fast.{stem}"), load(second, f"fast.{stem}")
    assert one is other
    assert load(first, "fast") is not load(second, "fast")
    assert getattr(load(second, "fast"), stem) is one
    assert isinstance(one.__spec__.loader, ExtensionFileLoader)
    assert load(first, f"other.{stem}") is not one
    assert f"fast.{stem}" not in sys.modules


def test_an_extension_module_that_the_test_has_loaded_is_used(tmp_path: Path) -> None:
    """An environment does not load an extension a second time that the test process loaded from the same file."""
    file = Path(_extension())
    root = write(tmp_path, {"fast/__init__.py": ""})
    shutil.copy(file, root / "fast" / file.name)
    name = f"fast.{file.name.partition('.')[0]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        mine = importlib.import_module(name)
        assert load(ModuleSpace([root], own=["fast"]), name) is mine


def test_a_dependency_with_an_extension_module_is_shared_without_metadata(tmp_path: Path) -> None:
    """A package such as numpy, stripped of its dist-info, is loaded once per process like the extension in it."""
    file = Path(_extension())
    root = write(tmp_path, {"stripped/__init__.py": "", "stripped/core/__init__.py": "", "app.py": "import stripped"})
    shutil.copy(file, root / "stripped/core" / file.name)
    first, second = load(ModuleSpace([root]), "app"), load(ModuleSpace([root]), "app")
    assert first is not second
    assert first.stripped is second.stripped is sys.modules["stripped"]
    write(root, {"functions/vendor.py": "", "functions/stripped/__init__.py": ""})
    shutil.copy(file, root / "functions/stripped" / file.name)
    assert load(ModuleSpace([root]), "functions.vendor") is not load(ModuleSpace([root]), "functions.vendor")


def test_a_namespace_package_shared_with_an_installed_portion(tmp_path: Path) -> None:
    """In a namespace package each portion's place decides: the root's is private, the installed one shared."""
    root = write(tmp_path / "root", {"company/app.py": "import company.lib.core\nused = company.lib.core"})
    write(
        tmp_path / "site-packages",
        {"company/lib/__init__.py": "import company.lib.deep", "company/lib/core.py": "", "company/lib/deep.py": ""},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "site-packages")
        first, second = ModuleSpace([root]), ModuleSpace([root])
        one = load(first, "company.app")
        namespace: dict[str, Any] = {}
        exec("import company.lib.core\nused = company.lib.core", namespace)  # noqa: S102
        assert namespace["used"] is one.used
        assert "company.app" not in sys.modules
        before = dict(sys.modules)
        other = load(second, "company.app")
        assert other is not one
        assert other.used is one.used
        with inside(second):
            assert "company.lib.deep" in sys.modules
            assert one.used.__spec__.origin == one.used.__file__
        assert sys.modules == before


# ------------------------------------------------------------------------------- everything keeps working for modules


def test_packages_relative_lazy_and_circular_imports(tmp_path: Path) -> None:
    """The ordinary forms of import work, also for the first time in a warm invoke."""
    space = space_of(
        tmp_path,
        {
            "app/__init__.py": "from . import views\nfrom .views import handler",
            "app/views.py": """
                import app
                from .models import Model
                from .. import_me import nothing
            """.replace("from .. import_me import nothing", "from app import models as again"),
            "app/models.py": "from . import views\nclass Model: pass",
            "app/lazy/__init__.py": "from ..models import Model",
        },
    )
    write(
        tmp_path,
        {
            "app/views.py": """
                from . import models
                def handler():
                    from .lazy import Model
                    import importlib
                    return Model is models.Model, importlib.import_module(".deep", "app.lazy").name
            """,
            "app/lazy/deep.py": "name = __name__",
        },
    )
    app = load(space, "app")
    with inside(space):
        assert app.handler() == (True, "app.lazy.deep")
    assert "app.lazy" not in sys.modules
    assert sorted(space.modules) == ["app", "app.lazy", "app.lazy.deep", "app.models", "app.views"]


def test_a_namespace_package_of_the_root(tmp_path: Path) -> None:
    """Directories without __init__.py are packages, and each environment has its own."""
    root = write(tmp_path, {"functions/orders/app.py": "from ..common import name", "functions/common.py": "name = 1"})
    first, second = ModuleSpace([root]), ModuleSpace([root])
    one, other = load(first, "functions.orders.app"), load(second, "functions.orders.app")
    assert one is not other
    assert first.modules["functions"] is not second.modules["functions"]
    assert first.modules["functions"].__spec__.loader.__class__.__name__.endswith("NamespaceLoader")  # type: ignore[union-attr]
    assert "functions" not in sys.modules


def test_a_module_extended_beyond_the_root_stays_whole(tmp_path: Path) -> None:
    """A private package that adds a directory to its __path__ has private modules there too."""
    plugins = write(tmp_path / "plugins", {"extra.py": ""})
    root = write(tmp_path / "root", {"app/__init__.py": f"__path__.append({str(plugins)!r})"})
    space = ModuleSpace([root])
    load(space, "app.extra")
    assert sorted(space.modules) == ["app", "app.extra"]
    assert "app.extra" not in sys.modules


INTROSPECTION = """
    from __future__ import annotations
    import dataclasses, enum, importlib.resources, inspect, pickle, sys, typing
    from dataclasses import dataclass

    class Colour(enum.Enum):
        RED = 1

    @dataclass
    class Order:
        number: int
        colour: Colour
        parent: typing.Optional[Order] = None

    def check():
        order = Order(1, Colour.RED, Order(2, Colour.RED))
        return {
            "pickle": pickle.loads(pickle.dumps(order)) == order,
            "enum": pickle.loads(pickle.dumps(Colour.RED)) is Colour.RED,
            "dataclass": dataclasses.asdict(order)["parent"]["number"] == 2,
            "hints": typing.get_type_hints(Order)["colour"] is Colour,
            "source": inspect.getsource(Order).startswith("@dataclass"),
            "getmodule": inspect.getmodule(Order) is sys.modules[__name__],
            "resources": importlib.resources.files("pkg").joinpath("data.txt").read_text() == "data",
            "module": sys.modules[__name__].check is check,
        }
"""


@pytest.mark.parametrize("rule", ["pickle", "enum", "dataclass", "hints", "source", "getmodule", "resources", "module"])
def test_introspection_works_inside(tmp_path: Path, rule: str) -> None:
    """What looks modules up by name finds the environment's own: cold, warm, and in a second environment."""
    root = write(tmp_path, {"pkg/__init__.py": "", "pkg/app.py": INTROSPECTION, "pkg/data.txt": "data"})
    for _ in range(2):
        space = ModuleSpace([root])
        for _ in range(2):
            app = load(space, "pkg.app")
            with inside(space):
                assert app.check()[rule]


def test_classes_of_an_environment_do_not_leak_into_pickles_of_the_test(tmp_path: Path) -> None:
    """Outside, an environment's class is not importable: the documented limit, and proof that nothing leaked."""
    app = load(space_of(tmp_path, {"app.py": "class Order: pass"}), "app")
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(app.Order())


def test_reload_runs_the_new_source_in_the_same_module(tmp_path: Path) -> None:
    """importlib.reload works as ever, even for a file rewritten with as many characters in the same second."""
    space = space_of(tmp_path, {"app.py": "value = 1"})
    app = load(space, "app")
    status = (tmp_path / "app.py").stat()
    write(tmp_path, {"app.py": "value = 2"})
    os.utime(tmp_path / "app.py", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with inside(space):
        assert importlib.reload(app) is app
        assert app.value == 2
    assert load(space, "app") is app
    assert load(ModuleSpace([tmp_path]), "app").value == 2


def test_a_new_file_is_found_by_the_next_cold_start(tmp_path: Path) -> None:
    """A cold start looks at the directories again, however little time has passed since the last look."""
    status = tmp_path.stat()
    load(space_of(tmp_path, {"app.py": ""}), "app")
    os.utime(tmp_path, ns=(status.st_atime_ns, status.st_mtime_ns))
    load(ModuleSpace([tmp_path]), "app")
    write(tmp_path, {"added.py": "value = 1"})
    os.utime(tmp_path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert load(ModuleSpace([tmp_path]), "added").value == 1


def test_a_module_that_replaces_itself(tmp_path: Path) -> None:
    """sys.modules[__name__] = object: the object is what the environment imports, and nobody else."""
    space = space_of(tmp_path, {"app.py": "import sys\nclass Lazy: pass\nsys.modules[__name__] = Lazy()"})
    lazy = load(space, "app")
    assert type(lazy).__name__ == "Lazy"
    assert load(space, "app") is lazy
    assert "app" not in sys.modules
    other = load(ModuleSpace([tmp_path]), "app")
    assert type(other).__name__ == "Lazy"
    assert type(other) is not type(lazy)


def test_a_module_that_deletes_itself(tmp_path: Path) -> None:
    """A module removed from sys.modules in one stay is imported afresh in the next."""
    space = space_of(tmp_path, {"app.py": "import once", "once.py": ""})
    first = load(space, "app").once
    with inside(space):
        del sys.modules["once"]
    assert sorted(space.modules) == ["app"]
    assert load(space, "once") is not first


def test_a_package_whose_import_fails_half_way(tmp_path: Path) -> None:
    """As in any process the package is gone and may be tried again; nothing is left in the test process."""
    root = write(
        tmp_path, {"pkg/__init__.py": "from . import good\nfrom . import bad", "pkg/good.py": "", "pkg/bad.py": "1/0"}
    )
    before = dict(sys.modules)
    space = ModuleSpace([root])
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            load(space, "pkg")
        assert sorted(space.modules) == ["pkg.good"]
        assert sys.modules == before
    write(root, {"pkg/bad.py": "fixed = True"})
    assert load(space, "pkg").bad.fixed


def test_modules_made_by_hand_are_private(tmp_path: Path) -> None:
    """Entries that handler code puts into sys.modules itself belong to its environment."""
    source = """
        import json, sys, types
        sys.modules["made_by_hand"] = types.ModuleType("made_by_hand")
        sys.modules["an_object"] = object()
        sys.modules["not_available"] = None
        sys.modules["an_alias"] = json
        sys.modules["app.part"] = json
    """
    space = space_of(tmp_path, {"app.py": source})
    before = dict(sys.modules)
    load(space, "app")
    assert sys.modules == before
    with inside(space):
        assert importlib.import_module("made_by_hand").__name__ == "made_by_hand"
        assert importlib.import_module("an_alias").__name__ == "json"
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("not_available")
    assert sys.modules == before


def test_a_module_made_by_hand_by_a_shared_library_stays(tmp_path: Path) -> None:
    """A library's own trick with sys.modules (six.moves) lasts as long as the library."""
    write(tmp_path / "site-packages", {"lib.py": "import sys, types\nsys.modules['lib.moves'] = types.ModuleType('m')"})
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path / "site-packages")
        load(space_of(tmp_path / "root", {"app.py": "import lib"}), "app")
        assert "lib.moves" in sys.modules


def test_a_replaced_shared_module_is_replaced_for_its_environment_only(tmp_path: Path) -> None:
    """sys.modules["sqlite3"] = another, a common idiom: the environment keeps it, the test gets the real one back."""
    import colorsys

    space = space_of(tmp_path, {"app.py": "import sys, other\nsys.modules['colorsys'] = other", "other.py": ""})
    other = load(space, "app").other
    for _ in range(2):
        assert sys.modules["colorsys"] is colorsys
        assert load(space, "colorsys") is other
    assert load(ModuleSpace([tmp_path]), "colorsys") is colorsys
    with pytest.MonkeyPatch.context() as patch:
        stand_in = ModuleType("colorsys")
        patch.setitem(sys.modules, "colorsys", stand_in)
        assert load(space, "colorsys") is other
        assert sys.modules["colorsys"] is stand_in


@pytest.mark.parametrize("warm", [False, True])
def test_vandalism_is_survived(tmp_path: Path, warm: bool) -> None:
    """Handler code that empties sys.modules, sys.path and the finders harms only its own environment."""
    space = space_of(tmp_path, {"app.py": "import part", "part.py": ""})
    if warm:
        load(space, "app")
    before, path, finders, containers = (
        dict(sys.modules),
        list(sys.path),
        list(sys.meta_path),
        (sys.path, sys.meta_path),
    )
    with inside(space):
        importlib.import_module("app")
        sys.modules.clear()
        sys.meta_path.clear()
        sys.path = []
    assert (sys.modules, sys.path, sys.meta_path) == (before, path, finders)
    assert (sys.path, sys.meta_path) == containers
    table = sys.modules
    with inside(space):
        sys.modules = {}
        sys.meta_path = []
    assert sys.modules is table == before
    assert sys.meta_path is containers[1]
    assert load(ModuleSpace([tmp_path]), "app").part


def test_import_hooks_stay_with_whom_they_belong_to(tmp_path: Path) -> None:
    """A finder of the function's own code is there only inside; one that a shared library brought stays."""
    hook = """
        import sys
        class Finder:
            def find_spec(self, name, path=None, target=None):
                return None
        sys.meta_path.{}
    """
    write(
        tmp_path / "site-packages",
        {"library.py": hook.format("append(Finder())"), "apm.py": hook.format("insert(0, Finder())")},
    )
    root = write(tmp_path / "root", {"app.py": "import library, apm" + dedent(hook.format("append(Finder())"))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "meta_path", list(sys.meta_path))
        patch.syspath_prepend(tmp_path / "site-packages")
        before, space = list(sys.meta_path), ModuleSpace([root])
        for _ in range(2):
            load(space, "app")
            assert sys.meta_path[1:-1] == before
            assert [type(finder).__module__ for finder in (sys.meta_path[0], sys.meta_path[-1])] == ["apm", "library"]
            with inside(space):
                assert "app" in [type(finder).__module__ for finder in sys.meta_path]


# ----------------------------------------------------------------------------------------------- tracebacks, coverage


@pytest.mark.fidelity("H25")
@pytest.mark.parametrize("starts", [1, 2])
def test_the_frames_of_a_failing_import_are_the_interpreters_own(tmp_path: Path, starts: int) -> None:
    """import_module, six frozen frames, the module: no frame of ours, whether its code was cached or not."""
    root = write(tmp_path, {"app.py": "\nraise Exception('Runtime startup fails')"})
    for _ in range(starts - 1):
        with pytest.raises(Exception, match="startup"):
            load(ModuleSpace([root]), "app")
    with pytest.raises(Exception, match="startup") as failure:
        load(ModuleSpace([root]), "app")
    entries = [(frame.filename, frame.name) for frame in traceback.extract_tb(failure.value.__traceback__)]
    start = next(place for place, (_, name) in enumerate(entries) if name == "import_module")
    assert entries[start][0] == importlib.__file__
    assert [name for _, name in entries[start + 1 :]] == [
        "_gcd_import",
        "_find_and_load",
        "_find_and_load_unlocked",
        "_load_unlocked",
        "exec_module",
        "_call_with_frames_removed",
        "<module>",
    ]
    assert all(filename.startswith("<frozen importlib._bootstrap") for filename, _ in entries[start + 1 : -1])
    assert entries[-1][0] == str(root / "app.py")


@pytest.mark.fidelity("H20", "H21", "E09")
def test_no_frame_of_ours_where_source_does_not_compile(tmp_path: Path) -> None:
    """A syntax error comes out of the standard loader, each time."""
    space = space_of(tmp_path, {"app.py": "import bad", "bad.py": "def handler(e, c)"})
    for _ in range(2):
        with pytest.raises(SyntaxError) as failure:
            load(space, "app")
        files = [frame.filename for frame in traceback.extract_tb(failure.value.__traceback__)]
        assert not [file for file in files if "pytest_lambda_env" in file and "test_modules" not in file]
        assert failure.value.filename == str(tmp_path / "bad.py")


def test_code_is_compiled_once_and_keeps_its_real_file(tmp_path: Path) -> None:
    """Environments share code objects, with the file names that tracebacks, coverage and inspect need."""
    root = write(tmp_path, {"app.py": "def handler():\n    return 1"})
    os.utime(root / "app.py", (0, 1_700_000_000))  # not written just now
    one, other = load(ModuleSpace([root]), "app"), load(ModuleSpace([root]), "app")
    assert one.handler is not other.handler
    assert one.handler.__code__ is other.handler.__code__
    assert one.handler.__code__.co_filename == one.__file__ == str(root / "app.py")
    assert inspect.getsource(one.handler).splitlines() == ["def handler():", "    return 1"]


def test_changed_code_is_compiled_again(tmp_path: Path) -> None:
    """The next cold start runs what the file holds now, though its .pyc can't tell the difference."""
    load(space_of(tmp_path, {"app.py": "value = 1"}), "app")
    status = (tmp_path / "app.py").stat()
    write(tmp_path, {"app.py": "value = 2"})
    os.utime(tmp_path / "app.py", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert load(ModuleSpace([tmp_path]), "app").value == 2


def test_code_that_changes_within_a_tick_is_compiled_again(tmp_path: Path) -> None:
    """Also where the file system's clock is too coarse to tell: the same size, the same time."""
    tick = time.time_ns() + 3_600_000_000_000  # one that won't have passed, however slow the machine is
    for number in (1, 2):
        write(tmp_path, {"app.py": f"value = {number}"})
        os.utime(tmp_path / "app.py", ns=(tick, tick))
        assert load(ModuleSpace([tmp_path]), "app").value == number


def test_a_module_without_source(tmp_path: Path) -> None:
    """A root may hold compiled modules only."""
    import py_compile

    write(tmp_path, {"app.py": "value = 1"})
    py_compile.compile(str(tmp_path / "app.py"), cfile=str(tmp_path / "app.pyc"))
    (tmp_path / "app.py").unlink()
    assert load(ModuleSpace([tmp_path]), "app") is not load(ModuleSpace([tmp_path]), "app")


def test_handler_modules_are_not_rewritten_by_pytest(tmp_path: Path) -> None:
    """An assert in handler code fails with no message of pytest's, even in a file named like a test."""
    space = space_of(tmp_path, {"test_app.py": "def handler(value):\n    assert value == 2"})
    app = load(space, "test_app")
    with pytest.raises(AssertionError) as failure:
        app.handler(1)
    assert str(failure.value) == ""
    assert not [name for name in vars(app) if name.startswith("@")]


# -------------------------------------------------------------------------------------------------------- threads


def test_a_thread_of_the_environment_imports_its_modules(tmp_path: Path) -> None:
    """A thread that a handler starts and joins finds what the handler itself would find."""
    space = space_of(tmp_path, {"app.py": "", "late.py": ""})
    found: list[ModuleType] = []
    with inside(space):
        thread = threading.Thread(target=lambda: found.append(importlib.import_module("late")))
        thread.start()
        thread.join()
    assert found == [space.modules["late"]]
    assert "late" not in sys.modules


# --------------------------------------------------------------------------------------------------- below /tmp


def test_modules_unpacked_into_tmp_can_be_imported(tmp_path: Path) -> None:
    """A handler that writes a package below its own /tmp and puts that on sys.path imports it from there."""
    write(
        tmp_path,
        {
            "unpacks.py": """
                import pathlib, sys
                package = pathlib.Path("/tmp/deps/late")
                package.mkdir(parents=True)
                (package / "__init__.py").write_text("from . import part; value = part.value")
                (package / "part.py").write_text("value = 42")
                sys.path.append("/tmp/deps")

                def handler(event, context):
                    import late
                    return late.value
            """
        },
    )
    with LambdaService() as service:
        function = service.create_function("unpacks.handler", code=tmp_path)
        assert function.invoke().payload == 42
        assert function.invoke().payload == 42
        function.recycle_environments()
        assert function.invoke().payload == 42
    assert "late" not in sys.modules


# ------------------------------------------------------------------------------------------------- fresh packages


def test_powertools_starts_afresh_with_each_environment(tmp_path: Path) -> None:
    """What Powertools keeps for a process (a cold-start flag, a cache) is each environment's own, not the test's."""
    import aws_lambda_powertools.logging.logger as of_the_test

    write(
        tmp_path,
        {
            "uses_powertools.py": """
                from aws_lambda_powertools import Logger
                from aws_lambda_powertools.logging import logger as module

                logger = Logger(service="orders")

                @logger.inject_lambda_context
                def handler(event, context):
                    logger.info("hello")
                    return [id(module), logger.get_current_keys()["cold_start"]]
            """
        },
    )
    with LambdaService() as service:
        function = service.create_function("uses_powertools.handler", code=tmp_path)
        first, warm = function.invoke().payload, function.invoke().payload
        function.recycle_environments()
        second = function.invoke().payload
    assert [first[1], warm[1], second[1]] == [True, False, True]
    assert len({first[0], second[0], id(of_the_test)}) == 3
    assert first[0] == warm[0]
    assert sys.modules["aws_lambda_powertools.logging.logger"] is of_the_test


def test_which_packages_are_fresh_is_a_choice(tmp_path: Path) -> None:
    """``fresh_packages=()`` shares every installed package."""
    import aws_lambda_powertools

    write(
        tmp_path,
        {"shares.py": "import aws_lambda_powertools\ndef handler(event, context): return id(aws_lambda_powertools)\n"},
    )
    with LambdaService(fresh_packages=()) as service:
        assert service.create_function("shares.handler", code=tmp_path).invoke().payload == id(aws_lambda_powertools)
