"""What was changed after its push is refused before anything uses it."""

import json

import boto3
import pytest
from celery_platform.errors import ReleaseError
from celery_platform.release.records import registry
from celery_platform.release.records.fetch import for_hosts, for_pods
from celery_platform.release.records.manifest import CHART, CONFIGURATION, SBOM, WHEELHOUSE, Image
from celery_platform.release.records.signature import Key, key_alias

from .conftest import BUCKET, REPOSITORY_OF_IMAGES, Person, overwrite, stored

RECORD = "releases/{}/record.json"


def test_a_release_is_fetched_as_it_was_pushed(person: Person) -> None:
    made = person.pushes()

    hosts, pods = for_hosts(person.store, made.id), for_pods(person.store, made.id)

    assert (hosts.wheelhouse / "celery_platform-0.1.0-py3-none-any.whl").read_text() == "wheel"
    assert (pods.chart / "Chart.yaml").read_text() == (person.tree.root / "app/chart/Chart.yaml").read_text()
    assert pods.resolved["name"] == "prod"


def test_the_beginning_of_an_id_is_enough(person: Person) -> None:
    made = person.pushes()

    assert for_pods(person.store, made.id[:6]).manifest == made
    with pytest.raises(ReleaseError, match=r"whose id begins with ffffffffffffffff; found none\. .*make releases"):
        for_pods(person.store, "ffffffffffffffff")


def test_an_experiment_is_deployed_by_its_whole_id_only(person: Person) -> None:
    (person.tree.root / "new.py").write_text("")
    experiment = person.pushes(allow_dirty=True)

    with pytest.raises(ReleaseError, match=rf"found {experiment.id}\. .*-dirty by its whole id"):
        for_pods(person.store, experiment.sources)
    assert for_pods(person.store, experiment.id).manifest == experiment

    (person.tree.root / "new.py").unlink()
    committed = person.pushes()
    assert for_pods(person.store, committed.sources).manifest == committed


def test_a_manifest_that_was_changed_is_refused(person: Person) -> None:
    made = person.pushes()
    envelope = json.loads(stored(RECORD.format(made.id)))
    changed = made.model_copy(update={"commit": "0" * 40})
    overwrite(RECORD.format(made.id), json.dumps(envelope | {"payload": _base64(changed.model_dump_json())}).encode())

    with pytest.raises(ReleaseError, match=r"as the key alias/celery-prod-releases signed it; .*Do not deploy it"):
        for_hosts(person.store, made.id)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"payload": "?", "payloadType": "", "signatures": []}'])
def test_what_is_no_record_is_refused(person: Person, content: bytes) -> None:
    made = person.pushes()
    overwrite(RECORD.format(made.id), content)

    with pytest.raises(ReleaseError, match="Do not deploy it"):
        for_hosts(person.store, made.id)


def test_a_record_that_another_key_signed_is_refused(person: Person) -> None:
    made = person.pushes()
    kms = boto3.client("kms")
    own = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    overwrite(RECORD.format(made.id), Key(own).seal(made.model_dump_json().encode()))

    with pytest.raises(ReleaseError, match="a signature of another key"):
        for_hosts(person.store, made.id)


def test_a_signed_record_of_another_release_is_refused_in_its_place(person: Person) -> None:
    made = person.pushes()
    other = RECORD.format("000000000000-00000000")
    overwrite(other, stored(RECORD.format(made.id)))

    with pytest.raises(ReleaseError, match=f"found that of release {made.id} of prod in its place"):
        for_hosts(person.store, "000000000000")


@pytest.mark.parametrize("part", [WHEELHOUSE, CONFIGURATION])
def test_a_part_with_another_digest_is_refused(person: Person, part: str) -> None:
    made = person.pushes()
    overwrite(made.parts[part].key, b"{}")

    with pytest.raises(ReleaseError, match=rf"expected {made.parts[part].key} with the SHA-256 .*Do not deploy it"):
        for_hosts(person.store, made.id)


def test_a_chart_with_another_digest_is_refused(person: Person) -> None:
    made = person.pushes()
    overwrite(made.parts[CHART].key, b"")

    with pytest.raises(ReleaseError, match="Do not deploy it"):
        for_pods(person.store, made.id)


def test_what_was_fetched_and_changed_on_this_machine_is_fetched_again(person: Person) -> None:
    made = person.pushes()
    fetched = for_hosts(person.store, made.id)
    fetched.configuration.write_text("{}")
    (fetched.wheelhouse / "evil-1.0-py3-none-any.whl").write_text("")

    again = for_hosts(person.store, made.id)

    assert again.resolved["name"] == "prod"
    assert not (again.wheelhouse / "evil-1.0-py3-none-any.whl").exists()


def test_an_image_that_the_registry_does_not_have_is_refused(person: Person) -> None:
    made = person.pushes()
    assert made.image is not None
    registry.check(made.image, REPOSITORY_OF_IMAGES)

    with pytest.raises(ReleaseError, match="none of that digest in the registry"):
        registry.check(Image(repository=made.image.repository, digest=f"sha256:{'0' * 64}"), REPOSITORY_OF_IMAGES)


@pytest.mark.parametrize("lost", ["record", WHEELHOUSE, SBOM])
def test_what_was_changed_is_pushed_again_from_the_commit(person: Person, lost: str) -> None:
    made = person.pushes()
    overwrite(RECORD.format(made.id) if lost == "record" else made.parts[lost].key, b"{}")

    again = person.pushes()

    assert (again.id, again.parts) == (made.id, made.parts)
    assert any(line.startswith(f"release {made.id} is recorded again: expected ") for line in person.said)
    assert for_hosts(person.store, made.id).manifest == again


def test_a_changed_list_of_packages_is_left_out_where_the_image_was_built_again(person: Person) -> None:
    made = person.pushes()
    overwrite(made.parts[SBOM].key, b"{}")
    person.tree.image(made.sources, "built again")

    again = person.pushes()

    assert SBOM not in again.parts
    assert again.image == made.image


def test_a_part_that_is_gone_is_named_and_pushed_again(person: Person) -> None:
    made = person.pushes()
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=made.parts[CHART].key)

    with pytest.raises(ReleaseError, match=r"of its manifest; found no such file"):
        for_pods(person.store, made.id)
    person.pushes()
    assert for_pods(person.store, made.id).chart.is_dir()


def test_an_image_that_the_registry_removed_is_pushed_again(person: Person) -> None:
    """Built again, it is another one, so the record has to name that."""
    made = person.pushes()
    of_release = [{"imageTag": made.sources}]
    boto3.client("ecr").batch_delete_image(repositoryName=REPOSITORY_OF_IMAGES, imageIds=of_release)
    digest = person.tree.image(made.sources, "built again")

    again = person.pushes()

    assert again.id == made.id
    assert again.image is not None
    assert again.image.digest == digest
    registry.check(again.image, REPOSITORY_OF_IMAGES)


def test_whoever_may_not_sign_is_told_what_is_missing(person: Person) -> None:
    boto3.client("kms").delete_alias(AliasName=key_alias({"prefix": "celery-prod"}))
    try:
        with pytest.raises(ReleaseError, match=r"expected a signature with the key .*kms:Sign"):
            person.pushes()
        assert person.store.ids() == []
    finally:
        _key()


def _key() -> None:
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=key_alias({"prefix": "celery-prod"}), TargetKeyId=key)


def _base64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()
