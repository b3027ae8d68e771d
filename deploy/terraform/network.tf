# A network of its own, if none is given: two public subnets in two zones.

data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394: The subnets stay in their zones when AWS adds zones
  state = "available"

  filter {
    name   = "zone-type"
    values = ["availability-zone"]
  }
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11: Nothing but the bot is in it, and the bot writes its own audit lines
  count = local.new_network ? 1 : 0

  cidr_block           = "10.20.0.0/24"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# The default group, for everything without a group, allows nothing.
resource "aws_default_security_group" "this" {
  count = local.new_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
}

resource "aws_internet_gateway" "this" {
  count = local.new_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }
}

resource "aws_route_table" "public" {
  count = local.new_network ? 1 : 0

  vpc_id = aws_vpc.this[0].id
  tags   = { Name = var.name }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this[0].id
  }
}

resource "aws_subnet" "public" {
  count = local.new_network ? 2 : 0

  vpc_id            = aws_vpc.this[0].id
  cidr_block        = cidrsubnet(aws_vpc.this[0].cidr_block, 2, count.index)
  availability_zone = data.aws_availability_zones.available.names[count.index]
  tags              = { Name = "${var.name}-${count.index}" }

  lifecycle {
    ignore_changes = [availability_zone]
  }
}

resource "aws_route_table_association" "public" {
  count = local.new_network ? 2 : 0

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public[0].id
}

# The bot calls only Slack and AWS, over TLS, and the proxy if there is one. Security groups do not
# apply to the VPC's own DNS resolver.
resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "Tasks of securityhub-members"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "task" {
  security_group_id = aws_security_group.task.id
  description       = "AWS and Slack"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "proxy" {
  count = local.proxy_port == 443 ? 0 : 1

  security_group_id = aws_security_group.task.id
  description       = "The proxy"
  ip_protocol       = "tcp"
  from_port         = local.proxy_port
  to_port           = local.proxy_port
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "task" {
  count = local.http ? 1 : 0

  security_group_id            = aws_security_group.task.id
  description                  = "The load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
  referenced_security_group_id = aws_security_group.load_balancer[0].id
}
