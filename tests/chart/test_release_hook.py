"""The application's release command: a Job that helm runs before it changes anything else."""

import re

import kubernetes_validate
import pytest

from . import test_network, test_pods
from .rendered import HOOK, RELEASE_COMMAND, with_command
from .test_network import let_out
from .test_schemas import VERSIONS

# Text that Kubernetes, systemd and Ansible would each expand differently.
PECULIAR = ("sh", "-c", """echo "$(id -un) ${HOME} $HOME $$ $$(HOME) 100% %n <&>" 'a "b" \\n'""", "$(HOME)", "$", "")


def as_kubernetes_reads(word: str, variables: dict[str, str]) -> str:
    """Kubernetes' expansion of a container's command and arguments (third_party/forked/golang/expansion).

    `$$` is a dollar, `$(NAME)` the value of a variable that the container has; everything else stays.
    """
    pattern = r"\$(?:(\$)|\(([^)]*)\))"
    return re.sub(pattern, lambda match: "$" if match[1] else variables.get(match[2], match[0]), word)


def test_it_runs_the_command_with_the_applications_variables_before_an_install_or_an_upgrade() -> None:
    (container,) = with_command().of("Job")["release"]["spec"]["template"]["spec"]["containers"]

    assert container["args"] == ["run", "--", *RELEASE_COMMAND]
    assert with_command().of("Job")["release"]["metadata"]["annotations"][HOOK] == "pre-install,pre-upgrade"


def test_the_command_means_what_it_means_in_a_shell() -> None:
    (container,) = with_command(PECULIAR).of("Job")["release"]["spec"]["template"]["spec"]["containers"]
    variables = {"HOME": "/put/in", "id -un": "put in"}

    read = [as_kubernetes_reads(word, variables) for word in container["args"]]

    assert read == ["run", "--", *PECULIAR]


def test_it_ends_after_few_tries_and_a_known_time() -> None:
    spec = with_command().of("Job")["release"]["spec"]

    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["backoffLimit"] <= 1
    assert 0 < spec["activeDeadlineSeconds"] <= 3600


def test_all_that_it_needs_is_there_before_it_and_is_made_anew_each_time() -> None:
    weights = {one["kind"]: int(one["metadata"]["annotations"]["helm.sh/hook-weight"]) for one in with_command().hooks}

    assert set(weights) == {"Job", "ServiceAccount", "ConfigMap", "NetworkPolicy"}
    assert all(weight < weights["Job"] for kind, weight in weights.items() if kind != "Job")
    policies = {one["metadata"]["annotations"]["helm.sh/hook-delete-policy"] for one in with_command().hooks}
    assert policies == {"before-hook-creation"}


def test_it_reads_the_new_configuration_under_an_account_of_its_own() -> None:
    spec = with_command().of("Job")["release"]["spec"]["template"]["spec"]
    (configuration,) = (volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume)

    assert configuration in {one["metadata"]["name"] for one in with_command().hooks if one["kind"] == "ConfigMap"}
    assert spec["serviceAccountName"] == "release"


def test_its_pod_is_as_restricted_as_the_others() -> None:
    test_pods.test_every_pod_keeps_the_restricted_profile(with_command())
    test_pods.test_no_pod_can_talk_to_kubernetes(with_command())
    test_pods.test_every_pod_runs_as_its_own_service_account(with_command())
    test_pods.test_secrets_that_are_files_have_a_folder_in_memory(with_command())
    test_network.test_every_pod_is_under_exactly_one_policy_that_closes_both_ways(with_command())


@pytest.mark.parametrize("version", VERSIONS)
def test_its_objects_pass_the_strict_schema(version: str) -> None:
    assert {kubernetes_validate.validate(one, version, strict=True) for one in with_command().hooks} == {version}


def test_its_role_may_read_what_the_application_keeps_secret() -> None:
    workload = with_command().resolved["workloads"]["release"]

    assert workload["service_account"] == "celery/release"
    assert {"broker_password", "results_password"} <= set(workload["secrets"])
    assert workload["sends"] == workload["receives"] == ()


def test_it_reaches_every_service_of_the_application() -> None:
    reached = let_out(with_command().of("NetworkPolicy")["release"])

    for service in with_command().resolved["egress"]["services"].values():
        assert {(service["cidr"], port) for port in service["ports"]} <= reached


def test_an_application_without_a_command_has_no_job() -> None:
    assert with_command(()).of("Job") == {}
