# Signs the records of releases. Nobody can read the private key, and who may use it is decided by IAM: kms:Sign for whoever
# pushes, kms:Verify for whoever deploys.
resource "aws_kms_key" "this" {
  #checkov:skip=CKV_AWS_7:AWS rotates no asymmetric keys
  #checkov:skip=CKV2_AWS_64:the default policy leaves every decision to the account's IAM policies

  description              = "Signatures of the releases of ${var.name}"
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 7 # the shortest waiting period that KMS allows
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
