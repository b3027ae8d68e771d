# For connection http: TLS and three paths, nothing else.

resource "aws_security_group" "load_balancer" {
  count = local.http ? 1 : 0

  name        = "${var.name}-lb"
  description = "Load balancer of securityhub-members"
  vpc_id      = local.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  count = local.http ? 1 : 0

  security_group_id = aws_security_group.load_balancer[0].id
  description       = "Slack calls from addresses that it does not publish"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  count = local.http ? 1 : 0

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "The tasks"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
  referenced_security_group_id = aws_security_group.task.id
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91: The bot writes an audit line for each command; access logs would need a bucket of their own
  #checkov:skip=CKV_AWS_150: It stores nothing; the table is protected
  #checkov:skip=CKV2_AWS_20: Slack calls by TLS only, and port 80 is closed
  #checkov:skip=CKV2_AWS_28: It forwards three paths, and the bot rejects every request that Slack did not sign
  count = local.http ? 1 : 0

  name               = var.name
  load_balancer_type = "application"
  internal           = false
  subnets            = local.load_balancer_subnet_ids
  security_groups    = [aws_security_group.load_balancer[0].id]
  # Less than the 75 s after which the bot closes an idle connection.
  idle_timeout               = 60
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"

  # A public load balancer needs the gateway and the route, which come with the associations.
  # Its group needs the rules before Slack calls.
  depends_on = [
    aws_route_table_association.public,
    aws_vpc_security_group_egress_rule.load_balancer,
    aws_vpc_security_group_ingress_rule.load_balancer,
  ]
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378: TLS ends at the load balancer; behind it the request stays in the VPC, and its signature covers all of it
  count = local.http ? 1 : 0

  name        = var.name
  vpc_id      = local.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = 3000
  # The bot acknowledges a request within 3 s.
  deregistration_delay = 10

  # /healthz, not /readyz: ECS replaces a task that fails this check, and a new task does not
  # help a failing Region. The alarms report that.
  health_check {
    path                = "/healthz"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
    matcher             = "200"
  }
}

resource "aws_acm_certificate" "this" {
  count = local.new_certificate ? 1 : 0

  domain_name       = var.host_name
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.new_certificate ? toset([var.host_name]) : toset([])

  zone_id = var.hosted_zone_id
  name    = one(aws_acm_certificate.this[0].domain_validation_options).resource_record_name
  type    = one(aws_acm_certificate.this[0].domain_validation_options).resource_record_type
  records = [one(aws_acm_certificate.this[0].domain_validation_options).resource_record_value]
  ttl     = 300
}

resource "aws_acm_certificate_validation" "this" {
  count = local.new_certificate ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_lb_listener" "https" {
  count = local.http ? 1 : 0

  load_balancer_arn = aws_lb.this[0].arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = local.new_certificate ? aws_acm_certificate_validation.this[0].certificate_arn : var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      status_code  = "404"
      content_type = "text/plain"
      message_body = "not found"
    }
  }
}

# Not /healthz, /readyz and /metrics, which are internal.
resource "aws_lb_listener_rule" "slack" {
  count = local.http ? 1 : 0

  listener_arn = aws_lb_listener.https[0].arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/slack/commands", "/slack/events", "/slack/interactions"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[0].arn
  }
}

resource "aws_route53_record" "this" {
  count = local.new_record ? 1 : 0

  zone_id = var.hosted_zone_id
  name    = var.host_name
  type    = "A"

  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = false
  }
}
