# Security groups and their rules in the three styles of the AWS provider, and the
# data sources that ordinary files use. `revised` changes in place.

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

resource "aws_vpc" "own" {
  cidr_block           = "10.20.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.revised ? "own, revised" : "own" }
}

data "aws_availability_zones" "here" {
  state = "available"
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_subnet" "own" {
  count             = 2
  vpc_id            = aws_vpc.own.id
  cidr_block        = cidrsubnet(aws_vpc.own.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.here.names[count.index]
  tags              = { Name = "own-${count.index}", Stage = var.revised ? "second" : "first" }
}

# The first style: rules inside the group.
resource "aws_security_group" "inline" {
  name        = "inline"
  description = "Rules inside the group"
  vpc_id      = aws_vpc.own.id

  ingress {
    description = "NFS from the VPC"
    protocol    = "tcp"
    from_port   = 2049
    to_port     = 2049
    cidr_blocks = var.revised ? [aws_vpc.own.cidr_block, "10.30.0.0/16"] : [aws_vpc.own.cidr_block]
  }

  ingress {
    description      = var.revised ? "NFS over IPv6" : "NFS from documentation addresses"
    protocol         = "tcp"
    from_port        = 2049
    to_port          = 2049
    ipv6_cidr_blocks = ["2001:db8::/32"]
  }

  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }

  ingress {
    description     = "Members of the second style"
    protocol        = "udp"
    from_port       = 111
    to_port         = 112
    security_groups = [aws_security_group.attached.id]
  }

  ingress {
    protocol    = "icmp"
    from_port   = 8
    to_port     = -1
    cidr_blocks = ["10.0.0.0/8"]
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "inline" }
}

# The second style: a resource per rule, known by its permissions.
resource "aws_security_group" "attached" {
  name_prefix = "attached-"
  description = "Rules by their permissions"
  vpc_id      = aws_vpc.own.id
}

resource "aws_security_group_rule" "from_ranges" {
  security_group_id = aws_security_group.attached.id
  type              = "ingress"
  description       = var.revised ? "NFS, as revised" : "NFS"
  protocol          = "tcp"
  from_port         = 2049
  to_port           = 2049
  cidr_blocks       = ["10.20.0.0/24", "10.20.1.0/24"]
}

resource "aws_security_group_rule" "from_itself" {
  security_group_id = aws_security_group.attached.id
  type              = "ingress"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  self              = true
}

resource "aws_security_group_rule" "to_everywhere" {
  security_group_id = aws_security_group.attached.id
  type              = "egress"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
  ipv6_cidr_blocks  = ["::/0"]
}

# The third style: a resource per rule, known by the rule's id.
resource "aws_security_group" "by_id" {
  name   = "by-id"
  vpc_id = aws_vpc.own.id
}

resource "aws_vpc_security_group_ingress_rule" "from_range" {
  security_group_id = aws_security_group.by_id.id
  description       = var.revised ? "NFS, as revised" : "NFS"
  ip_protocol       = "tcp"
  from_port         = 2049
  to_port           = 2049
  cidr_ipv4         = var.revised ? "10.21.0.0/16" : "10.20.0.0/16"
  tags              = { Name = "nfs", Stage = var.revised ? "second" : "first" }
}

resource "aws_vpc_security_group_ingress_rule" "from_group" {
  security_group_id            = aws_security_group.by_id.id
  referenced_security_group_id = aws_security_group.attached.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_egress_rule" "to_ipv6" {
  security_group_id = aws_security_group.by_id.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv6         = "2001:db8:1::/48"
}

resource "aws_vpc_security_group_egress_rule" "more" {
  count             = var.revised ? 1 : 0
  security_group_id = aws_security_group.by_id.id
  ip_protocol       = "udp"
  from_port         = 53
  to_port           = 53
  cidr_ipv4         = "10.20.0.2/32"
}

data "aws_caller_identity" "here" {}

data "aws_partition" "here" {}

data "aws_region" "here" {}

data "aws_regions" "all" {}

data "aws_availability_zone" "first" {
  name = data.aws_availability_zones.here.names[0]
}

data "aws_vpc" "own" {
  id = aws_vpc.own.id
}

data "aws_vpc" "cluster" {
  filter {
    name   = "tag:Name"
    values = ["graphscope-dev"]
  }
}

data "aws_vpcs" "all" {
  depends_on = [aws_vpc.own]
}

data "aws_subnets" "own" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.own.id]
  }
  depends_on = [aws_subnet.own]
}

data "aws_subnet" "own" {
  id = aws_subnet.own[0].id
}

data "aws_security_group" "by_name" {
  vpc_id = aws_vpc.own.id
  name   = aws_security_group.inline.name
}

data "aws_security_groups" "own" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.own.id]
  }
  depends_on = [aws_security_group.inline, aws_security_group.attached, aws_security_group.by_id]
}

data "aws_vpc_security_group_rule" "from_range" {
  security_group_rule_id = aws_vpc_security_group_ingress_rule.from_range.id
}

data "aws_route_tables" "cluster" {
  vpc_id = data.aws_vpc.cluster.id
}

data "aws_route_table" "main" {
  vpc_id = aws_vpc.own.id
  filter {
    name   = "association.main"
    values = ["true"]
  }
}

output "found" {
  value = {
    account   = data.aws_caller_identity.here.account_id
    partition = data.aws_partition.here.partition
    region    = data.aws_region.here.name
    regions   = contains(data.aws_regions.all.names, "eu-west-1")
    zone      = data.aws_availability_zone.first.zone_id
    vpc       = data.aws_vpc.own.cidr_block
    hostnames = data.aws_vpc.own.enable_dns_hostnames
    vpcs      = length(data.aws_vpcs.all.ids)
    subnets   = length(data.aws_subnets.own.ids)
    addresses = aws_subnet.own[0].cidr_block
    groups    = length(data.aws_security_groups.own.ids)
    rule      = data.aws_vpc_security_group_rule.from_range.cidr_ipv4
    tables    = length(data.aws_route_tables.cluster.ids)
    main      = data.aws_route_table.main.vpc_id == aws_vpc.own.id
  }
}
