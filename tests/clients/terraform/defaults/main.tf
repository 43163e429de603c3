# The default VPC and its subnets, made where there is none and adopted where there is one.
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

locals {
  stage = var.revised ? "second" : "first"
}

resource "aws_default_vpc" "here" {
  enable_dns_hostnames = true
  tags                 = { Name = "default", Stage = local.stage }
}

resource "aws_default_subnet" "here" {
  count                   = 3
  availability_zone       = ["eu-west-1a", "eu-west-1b", "eu-west-1c"][count.index]
  map_public_ip_on_launch = !var.revised
  force_destroy           = true
  tags                    = { Name = "default-${count.index}" }
  depends_on              = [aws_default_vpc.here]
}

# The provider sets no tags where it adopts the options.
resource "aws_default_vpc_dhcp_options" "here" {
  tags = var.revised ? { Stage = local.stage } : {}
}

resource "aws_default_network_acl" "here" {
  default_network_acl_id = aws_default_vpc.here.default_network_acl_id
  subnet_ids             = aws_default_subnet.here[*].id

  ingress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  egress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }
}

resource "aws_default_security_group" "here" {
  vpc_id = aws_default_vpc.here.id

  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Stage = local.stage }
}

data "aws_vpc" "default" {
  default    = true
  depends_on = [aws_default_vpc.here]
}

data "aws_subnets" "default" {
  filter {
    name   = "default-for-az"
    values = ["true"]
  }
  depends_on = [aws_default_subnet.here]
}

data "aws_route_table" "main" {
  vpc_id = aws_default_vpc.here.id
  filter {
    name   = "association.main"
    values = ["true"]
  }
}

output "found" {
  value = {
    vpc      = data.aws_vpc.default.cidr_block
    subnets  = length(data.aws_subnets.default.ids)
    internet = length([for route in data.aws_route_table.main.routes : route if startswith(route.gateway_id, "igw-")])
    existed  = aws_default_vpc.here.existing_default_vpc
  }
}
