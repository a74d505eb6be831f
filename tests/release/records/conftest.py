"""A checkout in git with what was built of it, and an account with what Terraform makes for releases."""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from celery_platform.environment.load import load
from celery_platform.environment.resolve import resolve
from celery_platform.release import wheelhouse
from celery_platform.release.configuration import last_rendered
from celery_platform.release.lock_file import Target
from celery_platform.release.records.manifest import Manifest
from celery_platform.release.records.push import built, push
from celery_platform.release.records.registry import TAG
from celery_platform.release.records.signature import key_alias
from celery_platform.release.records.store import Store, store_of
from celery_platform.release.release import release_of
from celery_platform.rendering import to_text

from tests.harness import servers
from tests.harness.environment import PROD, described
from tests.harness.servers import REPOSITORY
from tests.release.cluster.conftest import KEYS
from tests.release.conftest import Checkout

HOST = "celery-prod-worker-cpu-1"
ACCOUNT = "000000000000"
BUCKET = f"celery-prod-releases-{ACCOUNT}"
REPOSITORY_OF_IMAGES = "celery-prod/app"
OCI = "application/vnd.oci.image"
PACKAGE = ("tests/harness/application", "app/mysite")
Json = dict[str, Any]


@dataclass(frozen=True)
class Tree:
    """A clone with the environment `prod`, its wheelhouse and its image."""

    root: Path

    def git(self, *words: str) -> str:
        """Run git as somebody."""
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        return subprocess.run(
            ["git", "-C", str(self.root), *who, *words], check=True, capture_output=True, text=True
        ).stdout

    def commit(self, name: str = "", content: str = "") -> str:
        """Commit everything, after a change of a file; returns the commit."""
        if name:
            (self.root / name).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=change")
        return self.git("rev-parse", "HEAD").strip()

    def configure(self, **values: Any) -> None:
        """Change resolved.json, as `make render` does after a change of the environment's file, and commit it."""
        file = self.root / "environments" / "prod" / "resolved.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | values))
        self.commit()

    def build(self, content: str = "wheel") -> None:
        """What `make wheelhouse` and `make image` leave: they take minutes, and nothing here runs what they build."""
        release = release_of(load("prod"))
        hosts = last_rendered("prod")["hosts"]
        targets = [Target(hosts["python_version"], machine) for machine in hosts["machines"]]
        folder = wheelhouse.wheelhouse()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "celery_platform-0.1.0-py3-none-any.whl").write_text(content)
        about = {"release": release.id, "python": "3.13", "application": None}
        (folder / "app.json").write_text(json.dumps(about | {"sources": wheelhouse.made_from(release, targets)}))
        self.image(release.id, content)

    def image(self, tag: str, content: str) -> str:
        """An OCI archive of one layer, as podman writes it, and its list of packages; returns its digest."""
        blobs: dict[str, bytes] = {}

        def blob(data: bytes, kind: str) -> Json:
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            blobs[f"blobs/{digest.replace(':', '/')}"] = data
            return {"mediaType": f"{OCI}.{kind}", "digest": digest, "size": len(data)}

        manifest = {
            "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": blob(b"{}", "config.v1+json"),
            "layers": [blob(content.encode(), "layer.v1.tar+gzip")],
        }  # fmt: skip
        entry = blob(json.dumps(manifest).encode(), "manifest.v1+json") | {"annotations": {TAG: tag}}
        blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
        folder = self.root / "dist" / "image"
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / "app.oci.tar", "w") as tar:
            for name, data in blobs.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
        (folder / "sbom.cdx.json").write_text(json.dumps({"components": [{"purl": f"pkg:pypi/{content}"}]}))
        return str(entry["digest"])


@pytest.fixture(scope="package")
def production() -> str:
    """What `make render` writes of production."""
    return to_text(resolve(described(PROD))).replace(*PACKAGE)


@pytest.fixture
def tree(checkout: Checkout, production: str, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A clean one."""
    made = Tree(checkout.root)
    checkout.project({"mysite/__init__.py": "", "mysite/celery.py": "", "requirements.lock": ""})
    (made.root / "environments" / "prod").mkdir()
    (made.root / "environments" / "prod" / "environment.yml").write_text(PROD.read_text().replace(*PACKAGE))
    subprocess.run(["cp", "-r", REPOSITORY / "app" / "chart", made.root / "app" / "chart"], check=True)
    (made.root / ".gitignore").write_text("dist/\n__pycache__/\n")
    monkeypatch.setenv("CELERY_CHECKOUT", str(made.root))
    monkeypatch.delenv("ENVIRONMENTS", raising=False)
    monkeypatch.setenv("STATE_FOLDER", str(made.root / "dist" / "state"))
    (made.root / "environments" / "prod" / "resolved.json").write_text(production)
    made.git("init", "--quiet")
    made.commit()
    return made


@pytest.fixture(scope="package")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulated account."""
    with servers.aws(tmp_path_factory.mktemp("account")) as url:
        yield url


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What terraform/releases.tf and terraform/workers.tf make of production, empty."""
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true"}).items():
        monkeypatch.setenv(name, value)
    region = {"LocationConstraint": KEYS["AWS_DEFAULT_REGION"]}
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY_OF_IMAGES, imageTagMutability="IMMUTABLE")
    boto3.client("ssm").put_parameter(Name="/celery/prod/release_bucket", Value=BUCKET, Type="String", Overwrite=True)
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=key_alias({"prefix": "celery-prod"}), TargetKeyId=key)
    yield
    kms.delete_alias(AliasName=key_alias({"prefix": "celery-prod"}))
    boto3.client("ecr").delete_repository(repositoryName=REPOSITORY_OF_IMAGES, force=True)
    bucket = boto3.resource("s3").Bucket(BUCKET)
    bucket.objects.all().delete()
    bucket.delete()


@dataclass(frozen=True)
class Person:
    """Somebody who builds and pushes from a clone, and the lines that they read."""

    tree: Tree
    said: list[str]

    def pushes(self, *, allow_dirty: bool = False) -> Manifest:
        """`make push ENV=prod`."""
        resolved = last_rendered("prod")
        return push(store_of(resolved), resolved, built(resolved), self.said.append, allow_dirty=allow_dirty)

    @property
    def store(self) -> Store:
        """The store of production."""
        return store_of(last_rendered("prod"))


@pytest.fixture
def person(tree: Tree, account: None) -> Person:  # noqa: ARG001 - everything that is asked of it needs the account
    tree.build()
    return Person(tree, [])


def note(release: Manifest, host: str = HOST) -> None:
    """What `make site` leaves in the bucket (ansible/roles/release)."""
    content = {"release": f"{release.sources}-python3.13", "configuration": release.configuration}
    overwrite(f"hosts/{host}.json", json.dumps(content).encode())


def stored(key: str) -> bytes:
    """An object of the bucket."""
    content: bytes = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def overwrite(key: str, content: bytes) -> None:
    """As somebody does who may write to the bucket and not sign."""
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)


def variables() -> dict[str, str]:
    """Of a command in this environment, with the platform of this repository."""
    return os.environ | {"PYTHONPATH": str(REPOSITORY / "app")}
