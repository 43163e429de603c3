# A file system with what belongs to it, which another tool takes over. `let_go` leaves it alone.

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

data "aws_vpc" "cluster" {
  tags = { Name = "graphscope-dev" }
}

data "aws_subnet" "private" {
  for_each = toset(["subnet-0c0dec0000000010a", "subnet-0c0dec0000000010b"])
  id       = each.value
}

data "aws_security_group" "cluster" {
  vpc_id = data.aws_vpc.cluster.id
  tags   = { "aws:eks:cluster-name" = "graphscope-dev" }
}

resource "aws_efs_file_system" "shared" {
  count           = 1
  creation_token  = "terraform-taken"
  encrypted       = true
  throughput_mode = "elastic"

  lifecycle_policy {
    transition_to_ia = "AFTER_30_DAYS"
  }

  tags = { Name = "shared", team = "graphs", ManagedBy = "Terraform" }
}

resource "aws_efs_backup_policy" "shared" {
  file_system_id = aws_efs_file_system.shared[0].id
  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_file_system_policy" "shared" {
  file_system_id = aws_efs_file_system.shared[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Own"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    }]
  })
}

resource "aws_efs_mount_target" "zone" {
  for_each        = data.aws_subnet.private
  file_system_id  = aws_efs_file_system.shared[0].id
  subnet_id       = each.key
  security_groups = [data.aws_security_group.cluster.id]
}

resource "aws_efs_access_point" "data" {
  file_system_id = aws_efs_file_system.shared[0].id
  posix_user {
    uid = 1001
    gid = 1001
  }
  root_directory {
    path = "/data"
    creation_info {
      owner_uid   = 1001
      owner_gid   = 1001
      permissions = "0750"
    }
  }
  tags = { Name = "data" }
}
