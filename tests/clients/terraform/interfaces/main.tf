# A network with everything that leads out of it and guards it: network ACLs in both styles,
# DHCP options, interfaces, Elastic IP addresses, NAT gateways and route tables. `revised`
# changes in place.

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

resource "aws_vpc" "own" {
  cidr_block                       = "10.40.0.0/16"
  enable_dns_hostnames             = true
  assign_generated_ipv6_cidr_block = true
}

resource "aws_subnet" "public" {
  vpc_id            = aws_vpc.own.id
  cidr_block        = "10.40.0.0/24"
  availability_zone = "eu-west-1a"
}

resource "aws_subnet" "private" {
  vpc_id                          = aws_vpc.own.id
  cidr_block                      = "10.40.1.0/24"
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.own.ipv6_cidr_block, 8, 1)
  assign_ipv6_address_on_creation = false
  availability_zone               = "eu-west-1a"
}

resource "aws_internet_gateway" "own" {
  vpc_id = aws_vpc.own.id
  tags   = { Stage = local.stage }
}

# What the VPC comes with.
resource "aws_default_network_acl" "own" {
  default_network_acl_id = aws_vpc.own.default_network_acl_id
  subnet_ids             = [aws_subnet.public.id]

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
    cidr_block = var.revised ? "10.0.0.0/8" : "0.0.0.0/0"
  }

  tags = { Stage = local.stage }
}

resource "aws_default_route_table" "own" {
  default_route_table_id = aws_vpc.own.default_route_table_id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.public.id
  }

  dynamic "route" {
    for_each = var.revised ? ["10.50.0.0/16"] : []
    content {
      cidr_block     = route.value
      nat_gateway_id = aws_nat_gateway.private.id
    }
  }

  tags = { Stage = local.stage }
}

resource "aws_default_security_group" "own" {
  vpc_id = aws_vpc.own.id

  ingress {
    protocol  = "-1"
    from_port = 0
    to_port   = 0
    self      = true
  }

  dynamic "egress" {
    for_each = var.revised ? [1] : []
    content {
      protocol    = "-1"
      from_port   = 0
      to_port     = 0
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

# ACLs with their rules inside, and apart from them.
resource "aws_network_acl" "inline" {
  vpc_id     = aws_vpc.own.id
  subnet_ids = [aws_subnet.private.id]

  ingress {
    rule_no    = 10
    protocol   = "tcp"
    action     = "allow"
    from_port  = 2049
    to_port    = 2049
    cidr_block = "10.40.0.0/16"
  }

  ingress {
    rule_no    = 20
    protocol   = "icmp"
    action     = "deny"
    icmp_type  = 8
    icmp_code  = -1
    from_port  = 0
    to_port    = 0
    cidr_block = "0.0.0.0/0"
  }

  egress {
    rule_no         = var.revised ? 40 : 30
    protocol        = "-1"
    action          = "allow"
    from_port       = 0
    to_port         = 0
    ipv6_cidr_block = "::/0"
  }

  tags = { Stage = local.stage }
}

resource "aws_network_acl" "apart" {
  vpc_id = aws_vpc.own.id
}

resource "aws_network_acl_rule" "nfs" {
  network_acl_id = aws_network_acl.apart.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  from_port      = 2049
  to_port        = 2049
  cidr_block     = "10.40.0.0/16"
}

resource "aws_network_acl_rule" "ping" {
  network_acl_id  = aws_network_acl.apart.id
  rule_number     = 110
  egress          = true
  protocol        = "58"
  rule_action     = "allow"
  icmp_type       = 128
  icmp_code       = -1
  ipv6_cidr_block = "::/0"
}

resource "aws_network_acl_rule" "more" {
  count          = var.revised ? 1 : 0
  network_acl_id = aws_network_acl.apart.id
  rule_number    = 120
  protocol       = "all"
  rule_action    = "deny"
  cidr_block     = "0.0.0.0/0"
}

resource "aws_vpc_dhcp_options" "own" {
  domain_name         = "graphs.internal"
  domain_name_servers = ["10.40.0.2", "10.40.0.3"]
  ntp_servers         = ["169.254.169.123"]
  tags                = { Stage = local.stage }
}

resource "aws_vpc_dhcp_options_association" "own" {
  vpc_id          = aws_vpc.own.id
  dhcp_options_id = aws_vpc_dhcp_options.own.id
}

resource "aws_security_group" "own" {
  name   = "interfaces"
  vpc_id = aws_vpc.own.id
}

resource "aws_network_interface" "first" {
  subnet_id         = aws_subnet.private.id
  description       = var.revised ? "as revised" : "as made"
  private_ips       = var.revised ? ["10.40.1.10", "10.40.1.12"] : ["10.40.1.10", "10.40.1.11"]
  security_groups   = var.revised ? [aws_security_group.own.id, aws_default_security_group.own.id] : [aws_security_group.own.id]
  source_dest_check = var.revised
  tags              = { Stage = local.stage }
}

resource "aws_network_interface" "dual" {
  subnet_id          = aws_subnet.private.id
  ipv6_address_count = var.revised ? 2 : 1
  private_ips_count  = 1
}

resource "aws_eip" "nat" {
  domain     = "vpc"
  tags       = { Stage = local.stage }
  depends_on = [aws_internet_gateway.own]
}

resource "aws_eip" "interface" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.own]
}

resource "aws_eip_association" "interface" {
  allocation_id        = aws_eip.interface.id
  network_interface_id = aws_network_interface.first.id
  private_ip_address   = "10.40.1.10"
}

resource "aws_nat_gateway" "public" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public.id
  tags          = { Stage = local.stage }
}

resource "aws_nat_gateway" "private" {
  connectivity_type              = "private"
  subnet_id                      = aws_subnet.public.id
  secondary_private_ip_addresses = var.revised ? ["10.40.0.50", "10.40.0.51"] : ["10.40.0.50"]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.own.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.own.id
  }

  tags = { Stage = local.stage }
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "apart" {
  vpc_id = aws_vpc.own.id
}

resource "aws_route" "apart" {
  route_table_id         = aws_route_table.apart.id
  destination_cidr_block = "10.60.0.0/16"
  network_interface_id   = aws_network_interface.dual.id
}

data "aws_network_acls" "own" {
  vpc_id     = aws_vpc.own.id
  depends_on = [aws_network_acl.inline, aws_network_acl.apart]
}

data "aws_vpc_dhcp_options" "own" {
  dhcp_options_id = aws_vpc_dhcp_options.own.id
}

data "aws_network_interface" "first" {
  id = aws_network_interface.first.id
}

data "aws_network_interfaces" "own" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.own.id]
  }
  depends_on = [aws_nat_gateway.public, aws_nat_gateway.private, aws_network_interface.dual]
}

data "aws_nat_gateway" "public" {
  id = aws_nat_gateway.public.id
}

data "aws_internet_gateway" "own" {
  internet_gateway_id = aws_internet_gateway.own.id
}

data "aws_eip" "nat" {
  id         = aws_eip.nat.id
  depends_on = [aws_nat_gateway.public]
}

output "found" {
  value = {
    acls       = length(data.aws_network_acls.own.ids)
    domain     = data.aws_vpc_dhcp_options.own.domain_name
    interface  = data.aws_network_interface.first.private_ip
    interfaces = length(data.aws_network_interfaces.own.ids)
    nat        = data.aws_nat_gateway.public.state
    attached   = data.aws_internet_gateway.own.attachments[0].vpc_id == aws_vpc.own.id
    public     = data.aws_eip.nat.public_ip == aws_nat_gateway.public.public_ip
  }
}
