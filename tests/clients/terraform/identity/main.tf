# What lets the EFS CSI driver of a cluster call AWS, as ordinary files write it: roles for IRSA, for
# Pod Identity and for nodes, policies, the add-on, and the data sources that go with them.
# `revised` changes in place.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "revised" {
  type    = bool
  default = false
}

data "aws_caller_identity" "here" {}

data "aws_eks_cluster" "cluster" {
  name = "graphscope-dev"
}

locals {
  # Not the cluster's own provider, which another configuration may have.
  issuer = "oidc.eks.eu-west-1.amazonaws.com/id/7E44AF087E44AF087E44AF087E44AF08"
}

resource "aws_iam_openid_connect_provider" "cluster" {
  url             = "https://${local.issuer}"
  client_id_list  = var.revised ? ["sts.amazonaws.com", "other"] : ["sts.amazonaws.com"]
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]
  tags            = { Stage = var.revised ? "second" : "first" }
}

data "aws_iam_policy_document" "irsa" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cluster.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:kube-system:efs-csi-controller-sa"]
    }
  }
}

data "aws_iam_policy_document" "pods" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]
    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "nodes" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "operator" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.pods.arn, data.aws_caller_identity.here.account_id]
    }
  }
}

data "aws_iam_policy_document" "mounts" {
  statement {
    actions   = concat(["elasticfilesystem:ClientMount"], var.revised ? ["elasticfilesystem:ClientWrite"] : [])
    resources = ["*"]
  }
}

resource "aws_iam_role" "irsa" {
  name                 = "efs-csi-irsa"
  path                 = "/csi/"
  description          = var.revised ? "IRSA, as revised" : "IRSA"
  assume_role_policy   = data.aws_iam_policy_document.irsa.json
  permissions_boundary = var.revised ? aws_iam_policy.mounts.arn : null
  max_session_duration = var.revised ? 7200 : 3600
  tags                 = { Stage = var.revised ? "second" : "first" }
}

resource "aws_iam_role" "pods" {
  name               = "efs-csi-pods"
  assume_role_policy = data.aws_iam_policy_document.pods.json
}

resource "aws_iam_role" "other_pods" {
  name               = "efs-csi-other-pods"
  assume_role_policy = data.aws_iam_policy_document.pods.json
}

resource "aws_iam_role" "nodes" {
  name               = "efs-csi-nodes"
  assume_role_policy = data.aws_iam_policy_document.nodes.json
}

resource "aws_iam_role" "operator" {
  name               = "efs-csi-operator"
  assume_role_policy = data.aws_iam_policy_document.operator.json
}

resource "aws_iam_policy" "mounts" {
  name        = "efs-csi-mounts"
  description = "Mounts of nodes"
  policy      = data.aws_iam_policy_document.mounts.json
  tags        = { Stage = var.revised ? "second" : "first" }
}

data "aws_iam_policy" "driver" {
  arn = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"
}

data "aws_iam_policy" "by_name" {
  name = "AmazonEKS_CNI_Policy"
}

resource "aws_iam_role_policy_attachment" "irsa" {
  role       = aws_iam_role.irsa.name
  policy_arn = data.aws_iam_policy.driver.arn
}

resource "aws_iam_role_policy_attachment" "pods" {
  role       = aws_iam_role.pods.name
  policy_arn = data.aws_iam_policy.driver.arn
}

resource "aws_iam_role_policy_attachment" "nodes" {
  role       = aws_iam_role.nodes.name
  policy_arn = aws_iam_policy.mounts.arn
}

resource "aws_iam_role_policy" "nodes" {
  name   = "inline"
  role   = aws_iam_role.nodes.name
  policy = data.aws_iam_policy_document.mounts.json
}

resource "aws_iam_instance_profile" "nodes" {
  name = "efs-csi-nodes"
  role = aws_iam_role.nodes.name
}

resource "aws_eks_pod_identity_association" "controller" {
  cluster_name    = data.aws_eks_cluster.cluster.name
  namespace       = "kube-system"
  service_account = "efs-csi-controller-sa"
  role_arn        = var.revised ? aws_iam_role.other_pods.arn : aws_iam_role.pods.arn
  tags            = { Stage = var.revised ? "second" : "first" }
}

data "aws_eks_addon_version" "driver" {
  addon_name         = "aws-efs-csi-driver"
  kubernetes_version = data.aws_eks_cluster.cluster.version
}

resource "aws_eks_addon" "driver" {
  cluster_name                = data.aws_eks_cluster.cluster.name
  addon_name                  = "aws-efs-csi-driver"
  addon_version               = data.aws_eks_addon_version.driver.version
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  configuration_values        = jsonencode({ controller = { logLevel = var.revised ? 5 : 2 } })
  tags                        = { Stage = var.revised ? "second" : "first" }
}

data "aws_eks_addon" "driver" {
  cluster_name = aws_eks_addon.driver.cluster_name
  addon_name   = aws_eks_addon.driver.addon_name
}

data "aws_eks_clusters" "all" {}

data "aws_iam_role" "pods" {
  name = aws_iam_role.pods.name
}

data "aws_iam_openid_connect_provider" "cluster" {
  arn = aws_iam_openid_connect_provider.cluster.arn
}

data "aws_iam_instance_profile" "nodes" {
  name = aws_iam_instance_profile.nodes.name
}

data "aws_iam_principal_policy_simulation" "pods" {
  action_names      = ["elasticfilesystem:DescribeFileSystems"]
  policy_source_arn = aws_iam_role.pods.arn
  depends_on        = [aws_iam_role_policy_attachment.pods]
}

data "aws_kms_alias" "efs" {
  name = "alias/aws/elasticfilesystem"
}

data "aws_kms_key" "efs" {
  key_id = data.aws_kms_alias.efs.target_key_id
}

output "found" {
  value = {
    cluster  = data.aws_eks_cluster.cluster.status
    clusters = contains(data.aws_eks_clusters.all.names, "graphscope-dev")
    addon    = data.aws_eks_addon.driver.addon_version == aws_eks_addon.driver.addon_version
    role     = data.aws_iam_role.pods.arn == aws_iam_role.pods.arn
    provider = data.aws_iam_openid_connect_provider.cluster.url == local.issuer
    profile  = data.aws_iam_instance_profile.nodes.role_name
    driver   = data.aws_iam_policy.driver.path
    by_name  = data.aws_iam_policy.by_name.arn
    allowed  = data.aws_iam_principal_policy_simulation.pods.all_allowed
    key      = data.aws_kms_key.efs.key_manager
    alias    = data.aws_kms_alias.efs.target_key_arn == data.aws_kms_key.efs.arn
  }
}
