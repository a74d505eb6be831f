"""An environment's Terraform state: an S3 bucket in its own account, locked by an object beside the state."""

from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError

from runner.account import Account
from runner.errors import RunError

KEY = "terraform.tfstate"


@dataclass(frozen=True)
class State:
    """The state of one environment. The account number makes the bucket's name globally unique."""

    prefix: str
    region: str
    account: Account

    @property
    def bucket(self) -> str:
        """Example: `celery-prod-terraform-state-123456789012`."""
        return f"{self.prefix}-terraform-state-{self.account.number}"

    def backend_arguments(self) -> list[str]:
        """The backend arguments of `terraform init`."""
        values = {"bucket": self.bucket, "key": KEY, "region": self.region}
        return [f"-backend-config={key}={value}" for key, value in values.items()]

    def exists(self) -> bool:
        """Whether the bucket exists.

        Raises:
            RunError: it exists, but we may not read it.
        """
        try:
            boto3.client("s3").head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
                return False
            message = error.response["Error"].get("Message", str(error))
            raise RunError(
                f"access to the state bucket {self.bucket}", message, "ask for the right s3:* on it"
            ) from None
        return True

    def create(self) -> None:
        """Create the bucket: private, encrypted, and versioned, so that a broken state can be rolled back."""
        s3 = boto3.client("s3")
        place = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        try:
            s3.create_bucket(Bucket=self.bucket, **place)
            s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
            rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
            closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
            s3.put_public_access_block(Bucket=self.bucket, PublicAccessBlockConfiguration=dict.fromkeys(closed, True))
        except ClientError as error:
            message = error.response["Error"].get("Message", str(error))
            raise RunError(
                f"to create the state bucket {self.bucket}", message, "ask for the right s3:CreateBucket"
            ) from None

    def ready(self, name: str) -> None:
        """Make sure that the bucket exists. For an emulated account, create it and remove the lock of a dead run.

        Raises:
            RunError: a real account has no bucket; the error says how to create it.
        """
        if not self.exists():
            if not self.account.on_this_machine:
                remedy = f"create it once: `python terraform/run.py bootstrap {name}`"
                raise RunError(f"the state bucket {self.bucket}", "no such bucket", remedy)
            self.create()
        elif self.account.on_this_machine:
            # Runs on this machine exclude each other by a file lock (workspace.py), so the owner of this lock is dead.
            boto3.client("s3").delete_object(Bucket=self.bucket, Key=f"{KEY}.tflock")
