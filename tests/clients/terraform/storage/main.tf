# Everything of EFS that the AWS provider has, on the sandbox's network.
# `revised` changes in place what can be changed in place.

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

data "aws_region" "here" {}

data "aws_availability_zones" "here" {
  state = "available"
}

data "aws_vpc" "cluster" {
  tags = { Name = "graphscope-dev" }
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.cluster.id]
  }
  tags = { "kubernetes.io/role/internal-elb" = "1" }
}

data "aws_subnet" "private" {
  for_each = toset(data.aws_subnets.private.ids)
  id       = each.value
}

data "aws_security_group" "cluster" {
  vpc_id = data.aws_vpc.cluster.id
  tags   = { "aws:eks:cluster-name" = "graphscope-dev" }
}

data "aws_security_group" "closed" {
  vpc_id = data.aws_vpc.cluster.id
  name   = "graphscope-dev-closed"
}

locals {
  # EFS has at most one mount target per zone.
  in_zone = { for subnet in data.aws_subnet.private : subnet.availability_zone => subnet.id... }
  subnets = { for zone, ids in local.in_zone : zone => sort(ids)[0] }
}

resource "aws_efs_file_system" "shared" {
  creation_token   = "terraform-shared"
  encrypted        = true
  performance_mode = "generalPurpose"
  throughput_mode  = "elastic"

  lifecycle_policy {
    transition_to_ia = var.revised ? "AFTER_60_DAYS" : "AFTER_30_DAYS"
  }
  lifecycle_policy {
    transition_to_archive = "AFTER_90_DAYS"
  }
  lifecycle_policy {
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }

  protection {
    replication_overwrite = var.revised ? "DISABLED" : "ENABLED"
  }

  tags = var.revised ? { Name = "shared", Team = "graphs" } : { Name = "shared", Stage = "first" }
}

resource "aws_efs_file_system" "provisioned" {
  creation_token                  = "terraform-provisioned"
  encrypted                       = true
  throughput_mode                 = "provisioned"
  provisioned_throughput_in_mibps = var.revised ? 256 : 128
  tags                            = { Name = "provisioned" }
}

resource "aws_efs_file_system" "one_zone" {
  availability_zone_name = data.aws_availability_zones.here.names[0]
  encrypted              = true
  throughput_mode        = var.revised ? "elastic" : "bursting"
  tags                   = { Name = "one-zone" }
}

resource "aws_efs_mount_target" "shared" {
  for_each        = local.subnets
  file_system_id  = aws_efs_file_system.shared.id
  subnet_id       = each.value
  security_groups = var.revised ? [data.aws_security_group.cluster.id, data.aws_security_group.closed.id] : [data.aws_security_group.cluster.id]
}

resource "aws_efs_mount_target" "at_an_address" {
  file_system_id = aws_efs_file_system.one_zone.id
  subnet_id      = local.subnets[data.aws_availability_zones.here.names[0]]
  ip_address     = cidrhost(data.aws_subnet.private[local.subnets[data.aws_availability_zones.here.names[0]]].cidr_block, 200)
}

resource "aws_efs_access_point" "plain" {
  file_system_id = aws_efs_file_system.shared.id
}

resource "aws_efs_access_point" "rooted" {
  file_system_id = aws_efs_file_system.shared.id

  posix_user {
    uid            = 1001
    gid            = 1001
    secondary_gids = [2001, 2002]
  }

  root_directory {
    path = "/graphs"
    creation_info {
      owner_uid   = 1001
      owner_gid   = 1001
      permissions = "0750"
    }
  }

  tags = { Name = var.revised ? "graphs of today" : "graphs" }
}

resource "aws_efs_backup_policy" "shared" {
  file_system_id = aws_efs_file_system.shared.id

  backup_policy {
    status = var.revised ? "DISABLED" : "ENABLED"
  }
}

data "aws_iam_policy_document" "shared" {
  statement {
    sid       = "ClientsThroughMountTargets"
    effect    = "Allow"
    actions   = var.revised ? ["elasticfilesystem:ClientMount"] : ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    resources = [aws_efs_file_system.shared.arn]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "elasticfilesystem:AccessedViaMountTarget"
      values   = ["true"]
    }
  }
}

resource "aws_efs_file_system_policy" "shared" {
  file_system_id                     = aws_efs_file_system.shared.id
  bypass_policy_lockout_safety_check = true
  policy                             = data.aws_iam_policy_document.shared.json
}

resource "aws_efs_replication_configuration" "abroad" {
  source_file_system_id = aws_efs_file_system.provisioned.id

  destination {
    region = "eu-central-1"
  }
}

data "aws_efs_file_system" "by_id" {
  file_system_id = aws_efs_file_system.shared.id
}

data "aws_efs_file_system" "by_token" {
  creation_token = aws_efs_file_system.provisioned.creation_token
}

data "aws_efs_file_system" "by_tags" {
  tags       = { Name = "one-zone" }
  depends_on = [aws_efs_file_system.one_zone]
}

data "aws_efs_mount_target" "by_id" {
  mount_target_id = aws_efs_mount_target.at_an_address.id
}

data "aws_efs_mount_target" "by_file_system" {
  file_system_id = aws_efs_mount_target.at_an_address.file_system_id
}

data "aws_efs_access_point" "rooted" {
  access_point_id = aws_efs_access_point.rooted.id
}

data "aws_efs_access_points" "shared" {
  file_system_id = aws_efs_file_system.shared.id
  depends_on     = [aws_efs_access_point.plain, aws_efs_access_point.rooted]
}

output "account" {
  value = data.aws_caller_identity.here.account_id
}

output "region" {
  value = data.aws_region.here.name
}

output "zones" {
  value = data.aws_availability_zones.here.names
}

output "zone_ids" {
  value = data.aws_availability_zones.here.zone_ids
}

output "file_system" {
  value = {
    id         = aws_efs_file_system.shared.id
    arn        = data.aws_efs_file_system.by_id.arn
    dns_name   = data.aws_efs_file_system.by_id.dns_name
    protection = data.aws_efs_file_system.by_id.protection
    lifecycle  = data.aws_efs_file_system.by_id.lifecycle_policy
  }
}

output "found" {
  value = {
    by_token      = data.aws_efs_file_system.by_token.id == aws_efs_file_system.provisioned.id
    by_tags       = data.aws_efs_file_system.by_tags.id == aws_efs_file_system.one_zone.id
    mount_target  = data.aws_efs_mount_target.by_file_system.id == data.aws_efs_mount_target.by_id.id
    address       = data.aws_efs_mount_target.by_id.ip_address
    access_points = length(data.aws_efs_access_points.shared.ids)
    access_point  = data.aws_efs_access_point.rooted.root_directory[0].path
  }
}

output "replica" {
  value = one(aws_efs_replication_configuration.abroad.destination[*])
}
