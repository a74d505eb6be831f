"""`make push`: the parts of a release go to the account, and a record ties them together."""

import hashlib
import json
import tarfile

import boto3
import pytest
from celery_platform.environment.load import load
from celery_platform.errors import ReleaseError
from celery_platform.release.configuration import last_rendered
from celery_platform.release.records import push as pushing
from celery_platform.release.records import registry
from celery_platform.release.records.fetch import for_hosts
from celery_platform.release.records.manifest import CHART, CONFIGURATION, SBOM, WHEELHOUSE, Manifest
from celery_platform.release.release import release_of

from .conftest import HOST, REPOSITORY_OF_IMAGES, Person, note, overwrite, stored


def test_a_record_ties_the_parts_to_the_commit_and_to_who_pushed(person: Person) -> None:
    commit = person.tree.git("rev-parse", "HEAD").strip()
    made = person.pushes()

    assert (made.commit, made.dirty, made.environment) == (commit, False, "prod")
    assert made.pushed_by.startswith("arn:aws:")
    assert made.sources == release_of(load("prod")).id
    assert made.id.startswith(f"{made.sources}-")
    assert set(made.parts) == {WHEELHOUSE, CHART, CONFIGURATION, SBOM}
    for part in made.parts.values():
        assert hashlib.sha256(stored(part.key)).hexdigest() == part.sha256
    assert person.store.get(made.id) == made


def test_the_image_is_in_the_registry_with_the_digest_of_its_archive(person: Person) -> None:
    made = person.pushes()

    (found,) = boto3.client("ecr").batch_get_image(
        repositoryName=REPOSITORY_OF_IMAGES, imageIds=[{"imageTag": made.sources}]
    )["images"]
    assert made.image is not None
    assert made.image.digest == found["imageId"]["imageDigest"]
    assert made.image.digest == person.tree.image(made.sources, "wheel")


def test_the_same_content_is_recorded_once(person: Person) -> None:
    first = person.pushes()
    person.tree.commit("README.md", "A file that is in no part of a release")

    assert person.pushes() == first
    assert person.said[-1] == f"release {first.id} is recorded already"


def test_of_two_pushes_at_once_the_first_record_stays_usable(person: Person) -> None:
    """Wheels and images that were built twice may differ in a few bytes, such as their times."""
    others: list[Manifest] = []
    resolved = last_rendered("prod")

    def meanwhile(line: str) -> None:
        if line.startswith(CHART):
            person.tree.build("built elsewhere")
            others.append(person.pushes())

    own = pushing.push(person.store, resolved, pushing.built(resolved), meanwhile)

    assert [own] == others
    fetched = for_hosts(person.store, own.id)
    assert (fetched.wheelhouse / "celery_platform-0.1.0-py3-none-any.whl").read_text() == "built elsewhere"


def test_of_two_images_that_are_pushed_at_once_both_pushes_take_the_first(person: Person) -> None:
    tag = release_of(load("prod")).id
    first, second = (person.tree.image(tag, content) for content in ("first", "second"))

    class Interrupted(registry.Archive):
        """The second image, while whose layers are read the first is pushed."""

        def blobs(self) -> list[str]:
            person.tree.image(tag, "first")
            with registry.image_archive(file, tag, "prod") as other:
                registry.push(other, REPOSITORY_OF_IMAGES, tag)
            return super().blobs()

    file = person.tree.root / "dist" / "image" / "app.oci.tar"
    with tarfile.open(file) as tar:
        image = registry.push(Interrupted(tar), REPOSITORY_OF_IMAGES, tag)

    assert image.digest == first != second


def test_another_configuration_of_the_same_code_is_another_release(person: Person) -> None:
    first = person.pushes()
    person.tree.configure(budget=1)

    second = person.pushes()

    assert second.id != first.id
    assert (second.sources, second.image) == (first.sources, first.image)


def test_a_tree_that_differs_from_its_commit_is_refused_in_words(person: Person) -> None:
    (person.tree.root / "new.py").write_text("")

    with pytest.raises(ReleaseError, match=r"found changes in new\.py\. Commit or remove .*ALLOW_DIRTY=1"):
        person.pushes()
    assert person.store.ids() == []


def test_an_experiment_is_marked_in_its_record_and_its_id(person: Person) -> None:
    (person.tree.root / "new.py").write_text("")
    made = person.pushes(allow_dirty=True)

    assert made.dirty
    assert made.id.endswith("-dirty")
    (person.tree.root / "new.py").unlink()
    assert person.pushes().id == made.id.removesuffix("-dirty")


def test_environment_files_elsewhere_have_to_be_in_version_control_as_well(
    person: Person, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("own") / "environments"
    (person.tree.root / "environments").rename(elsewhere)
    monkeypatch.setenv("ENVIRONMENTS", str(elsewhere))
    person.tree.commit()

    with pytest.raises(ReleaseError, match=f"expected {elsewhere} in a git repository"):
        person.pushes()


def test_wheels_of_other_sources_are_refused(person: Person) -> None:
    person.tree.commit("app/mysite/mysite/celery.py", "changed = True")

    with pytest.raises(ReleaseError, match=r"expected the wheels of release .* Run `make wheelhouse ENV=prod`"):
        person.pushes()


def test_an_image_of_other_sources_is_refused(person: Person) -> None:
    person.tree.image("0123456789ab", "older")

    with pytest.raises(ReleaseError, match=r"found that of 0123456789ab\. Run `make image ENV=prod`"):
        person.pushes()
    assert person.store.ids() == []


def test_without_an_image_there_is_no_release(person: Person) -> None:
    (person.tree.root / "dist" / "image" / "app.oci.tar").unlink()

    with pytest.raises(ReleaseError, match=r"found no such file\. Run `make image ENV=prod`"):
        person.pushes()


def test_an_image_that_was_built_again_stays_the_one_that_was_tested(person: Person) -> None:
    """Its tag cannot be moved, and the list of packages is that of the image in the registry."""
    first = person.pushes()
    person.tree.configure(budget=1)
    person.tree.image(first.sources, "built again")

    second = person.pushes()

    assert second.image == first.image
    assert json.loads(stored(second.parts[SBOM].key)) == json.loads(stored(first.parts[SBOM].key))


def test_wheels_that_were_built_again_are_the_same_part_if_their_content_is(person: Person) -> None:
    first = person.pushes()
    person.tree.build()
    (person.tree.root / "new.py").write_text("")

    again = person.pushes(allow_dirty=True)

    assert again.parts[WHEELHOUSE].sha256 == first.parts[WHEELHOUSE].sha256


def test_old_releases_are_removed_and_those_that_hosts_run_are_kept(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "KEPT", 1)
    first = person.pushes()
    note(first)
    person.tree.configure(budget=1)
    second = person.pushes()
    person.tree.configure(budget=2)
    third = person.pushes()

    assert set(person.store.ids()) == {first.id, third.id}
    with pytest.raises(ReleaseError, match="found none"):
        person.store.find(second.id)
    assert for_hosts(person.store, first.id).wheelhouse.is_dir()


def test_a_host_that_the_environment_has_no_more_keeps_no_release(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "KEPT", 1)
    note(person.pushes(), "celery-prod-worker-cpu-99")
    person.tree.configure(budget=1)

    second = person.pushes()

    assert person.store.ids() == [second.id]


def test_nothing_is_removed_while_nobody_knows_what_a_host_runs(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "KEPT", 1)
    first = person.pushes()
    overwrite(f"hosts/{HOST}.json", b"[]")
    person.tree.configure(budget=1)
    second = person.pushes()

    assert set(person.store.ids()) == {first.id, second.id}
    assert person.said[-1].startswith(f"not every old release was removed: expected what {HOST} runs")


def test_an_account_without_a_bucket_is_named_with_what_makes_it(person: Person) -> None:
    boto3.client("ssm").delete_parameter(Name="/celery/prod/release_bucket")

    with pytest.raises(ReleaseError, match=r"SSM parameter /celery/prod/release_bucket; .*Run `make plan apply`"):
        person.pushes()
