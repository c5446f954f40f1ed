"""deploy/systemd and deploy/kubernetes: what they start exists, with these options, and has few rights."""

import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.entry.command_table import LISTED
from worker.entry.lazy_commands import command_of
from worker.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
KUBERNETES = ROOT / "deploy/kubernetes"
ELSEWHERE = {"FORWARDED_ALLOW_IPS"}
"""Variables that uvicorn reads."""
KNOWN = ELSEWHERE | {f"{PREFIX}{one.name.upper()}" for one in fields(Settings)}
KINDS = ("clock", "web", "worker")

Unit = dict[str, dict[str, list[str]]]


def unit(path: Path) -> Unit:
    """Section → key → values."""
    found: Unit = defaultdict(lambda: defaultdict(list))
    section = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, line
            found[section][key].append(value)
    return found


def refuse_unknown(words: list[str]) -> None:
    """Of a command line: the command exists, and so does each of its options."""
    command, *rest = words
    assert command in LISTED
    known = {name for option in command_of(command).params for name in option.opts}
    assert {word for word in rest if word.startswith("--")} <= known, words


def test_there_is_a_unit_for_each_process() -> None:
    assert [path.stem for path in UNITS] == [f"funnelbeat-{kind}" for kind in KINDS]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_starts_a_command_that_there_is_and_again_when_it_ends(path: Path) -> None:
    service = unit(path)["Service"]
    program, *words = service["ExecStart"][0].split()
    assert Path(program).name == "funnelbeat"
    refuse_unknown(words)
    assert words[0] == path.stem.removeprefix("funnelbeat-")
    assert service["Restart"] == ["always"]
    assert unit(path)["Unit"]["StartLimitIntervalSec"] == ["0"], "an outage of Redis may last"
    assert service["EnvironmentFile"][0] == "/etc/funnelbeat/funnelbeat.env"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_has_no_rights_that_it_does_not_need(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["DynamicUser"] == ["yes"]
    assert "User" not in service
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"]) == (["strict"], [""])
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["RestrictAddressFamilies"] == ["AF_INET AF_INET6 AF_UNIX"]
    assert not {"ReadWritePaths", "StateDirectory"} & set(service)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_reads_a_unit_without_a_word(path: Path, tmp_path: Path) -> None:
    """With a program that is there, since systemd looks for it."""
    copy = tmp_path / path.name
    copy.write_text(path.read_text("utf-8").replace("/opt/funnelbeat/bin/funnelbeat", "/bin/true"), encoding="utf-8")
    words = ["systemd-analyze", "verify", "--man=no", str(copy)]
    seen = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (seen.returncode, seen.stderr.strip()) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_finds_a_unit_little_exposed(path: Path) -> None:
    """Of 10. What is left is the network, which each process needs."""
    words = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=20", str(path)]
    seen = subprocess.run(words, capture_output=True, text=True, check=False)
    if "unrecognized option" in seen.stderr:
        pytest.skip("this systemd-analyze looks at units of a running system alone")
    assert (seen.returncode, seen.stderr.strip()) == (0, ""), seen.stdout


def test_the_environment_of_the_units_names_settings() -> None:
    text = (ROOT / "deploy/systemd/funnelbeat.env").read_text("utf-8")
    names = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
    assert set(names) == {"FUNNELBEAT_REDIS_URL", "FUNNELBEAT_BROKER_URL", "FUNNELBEAT_PROJECT"} <= KNOWN


KUSTOMIZE = next((words for words in (("kustomize", "build"), ("kubectl", "kustomize")) if shutil.which(words[0])), ())
"""The command that puts a base together; none where it is not installed."""


def put_together(place: Path) -> tuple[dict[str, Any], ...]:
    """Without a word of Kustomize, which warns of what it will drop."""
    seen = subprocess.run([*KUSTOMIZE, str(place)], capture_output=True, text=True, check=False)
    assert (seen.returncode, seen.stderr.strip()) == (0, "")
    return tuple(yaml.safe_load_all(seen.stdout))


@cache
def objects() -> tuple[dict[str, Any], ...]:
    """As Kustomize puts them together, or as they are written where it is not installed."""
    if KUSTOMIZE:
        return put_together(KUBERNETES)
    base = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    texts = [(KUBERNETES / name).read_text("utf-8") for name in base["resources"]]
    return tuple(one for text in texts for one in yaml.safe_load_all(text))


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in objects() if one["kind"] == kind]


def test_the_base_names_each_of_its_files() -> None:
    base = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
    files = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(base["resources"]) == files
    [made] = base["configMapGenerator"]
    assert {literal.partition("=")[0] for literal in made["literals"]} <= KNOWN


@pytest.mark.skipif(not KUSTOMIZE, reason="neither kustomize nor kubectl is installed")
def test_kustomize_puts_the_base_and_the_overlay_of_the_page_together(tmp_path: Path) -> None:
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    page = (ROOT / "docs/operations/deploying.md").read_text("utf-8")
    [overlay] = re.findall(r"```yaml\n(# kustomization.yaml of an overlay\n.*?)```", page, re.DOTALL)
    place = tmp_path / "mine"
    place.mkdir()
    (place / "kustomization.yaml").write_text(overlay, encoding="utf-8")
    for name in ("worker", "web"):
        (place / f"{name}.env").write_text("CLOSE_API_KEY=api_1\n", encoding="utf-8")
    made = put_together(place)
    assert {one["metadata"]["namespace"] for one in made} == {"funnelbeat"}
    [settings] = [one for one in made if one["kind"] == "ConfigMap"]
    assert settings["data"].keys() == {*(KNOWN & settings["data"].keys())} >= {"FUNNELBEAT_REDIS_URL"}
    assert settings["data"]["FUNNELBEAT_PROJECT"] == "acme-sales"
    named = {one["metadata"]["name"] for one in made if one["kind"] in {"ConfigMap", "Secret"}}
    pods = {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in made if one["kind"] == "Deployment"}
    assert set(pods) == {f"funnelbeat-{kind}" for kind in KINDS}
    for name, pod in pods.items():
        [container] = pod["containers"]
        assert container["image"] == "ghcr.io/acme/funnelbeat:1.0"
        read = {ref["name"]: ref.get("optional", False) for one in container["envFrom"] for ref in one.values()}
        assert all(one in named or optional for one, optional in read.items()), name
        assert settings["metadata"]["name"] in read
    assert len(named) == 3, "the settings, and the secrets of worker and web"


def test_each_pod_runs_a_command_that_there_is_without_rights() -> None:
    found = of_kind("Deployment")
    assert sorted(one["metadata"]["name"] for one in found) == [f"funnelbeat-{kind}" for kind in KINDS]
    for one in found:
        pod = one["spec"]["template"]["spec"]
        [container] = pod["containers"]
        refuse_unknown(container["args"])
        assert one["metadata"]["name"] == f"funnelbeat-{container['args'][0]}"
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        assert pod["automountServiceAccountToken"] is False
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_selectors_find_the_pods_and_services_their_ports() -> None:
    pods = {one["metadata"]["name"]: one["spec"]["template"] for one in of_kind("Deployment")}
    for one in of_kind("Deployment"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"]["matchLabels"].items() <= labels.items()
    [service] = of_kind("Service")
    web = pods[service["metadata"]["name"]]
    assert service["spec"]["selector"].items() <= web["metadata"]["labels"].items()
    [container] = web["spec"]["containers"]
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [one["name"] for one in container["ports"]]
    assert str(container["ports"][0]["containerPort"]) in container["args"]


def test_a_probe_asks_what_the_process_answers() -> None:
    for one in of_kind("Deployment"):
        [container] = one["spec"]["template"]["spec"]["containers"]
        kind, probe = container["args"][0], container["livenessProbe"]
        if kind == "web":
            assert probe["httpGet"]["path"] == container["readinessProbe"]["httpGet"]["path"] == "/health"
        else:
            assert probe["exec"]["command"] == ["python", "-m", "worker.entry.health", kind]


def test_only_web_is_reached_from_elsewhere() -> None:
    closed, open_ = sorted(of_kind("NetworkPolicy"), key=lambda one: "ingress" in one["spec"])
    [rule] = closed["spec"]["podSelector"]["matchExpressions"]
    assert sorted(rule["values"]) == ["clock", "worker"]
    assert "ingress" not in closed["spec"]
    assert open_["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "web"


def test_the_page_names_each_unit_and_each_secret_of_the_base() -> None:
    page = (ROOT / "docs/operations/deploying.md").read_text("utf-8")
    assert all(path.stem in page for path in UNITS)
    for one in of_kind("Deployment"):
        for source in one["spec"]["template"]["spec"]["containers"][0]["envFrom"]:
            assert source.get("secretRef", {"name": "funnelbeat"})["name"] in page
