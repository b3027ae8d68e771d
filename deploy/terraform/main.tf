# securityhub-members on Fargate with everything it needs: the same as
# deploy/cloudformation.yml. docs/deploy.md has the steps.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  log_arn   = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${var.name}"
  table_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.table_name}"

  http            = var.connection == "http"
  new_network     = var.vpc_id == ""
  new_record      = local.http && var.hosted_zone_id != ""
  new_certificate = local.new_record && var.certificate_arn == ""

  vpc_id                   = local.new_network ? aws_vpc.this[0].id : var.vpc_id
  task_subnet_ids          = local.new_network ? aws_subnet.public[*].id : var.task_subnet_ids
  load_balancer_subnet_ids = local.new_network ? aws_subnet.public[*].id : var.load_balancer_subnet_ids

  # The port of http://HOST:PORT. Without a proxy 443, which the tasks may call anyway.
  proxy_port = tonumber(split(":", "${var.https_proxy}::443")[2])

  # True if regions, or regions=… in administrators, has an item "all" at any position.
  all_regions = contains(split(",", replace(replace(join(",", concat(var.regions, [var.administrators])), "regions=", ","), "/[ ;]/", ",")), "all")

  # An empty variable counts as not set.
  environment = {
    AWS_REGION       = local.region
    LOG_FORMAT       = "json"
    TABLE_NAME       = var.table_name
    SLACK_CHANNEL    = var.slack_channel
    SLACK_API_URL    = var.slack_api_url
    SLACK_APP_ID     = var.slack_app_id
    ALLOWED_USERS    = join(",", var.allowed_users)
    ALLOWED_CHANNELS = join(",", var.allowed_channels)
    CASE_USERS       = join(",", var.case_users)
    ACK_MAX          = var.ack_max
    PENDING_AFTER    = var.pending_after
    URGENT_UNITS     = join(",", var.urgent_units)
    REGIONS          = join(",", var.regions)
    ADMINISTRATORS   = var.administrators
    ORGANIZATION     = var.organization
    TIMEZONE         = var.timezone
    DIGEST_SCHEDULE  = var.digest_schedule
    LOCALE           = var.locale
    POLL_INTERVAL    = var.poll_interval
    STALE_AFTER      = var.stale_after
    NOT_ENABLED      = var.not_enabled
    QUIET            = var.quiet
    HEARTBEAT        = var.heartbeat
    ALERT            = join(",", var.alert)
    SHOW_EMAILS      = var.show_emails
    RETENTION_DAYS   = tostring(var.retention_days)
    CONFIG_TOML      = var.config_toml
    HTTPS_PROXY      = var.https_proxy
    NO_PROXY         = join(",", var.no_proxy)
  }
  secrets = concat(["SLACK_BOT_TOKEN", local.http ? "SLACK_SIGNING_SECRET" : "SLACK_APP_TOKEN"], var.webhook_secrets)
}

# ---- the table ----

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119: AWS's key for DynamoDB is free and needs no grant; the table has nothing that a reader of Security Hub cannot see
  count = var.create_table ? 1 : 0

  name                        = var.table_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = true

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  # The history: remove it from the state (`terraform state rm`) before you destroy the rest.
  lifecycle {
    prevent_destroy = true
  }
}

# ---- the service ----

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158: CloudWatch encrypts it with its own key; the bot logs no secret and no email address
  #checkov:skip=CKV_AWS_338: The user sets the retention; the default is 400 days
  count = var.create_log ? 1 : 0

  name              = var.name
  retention_in_days = var.log_retention_days
  # It has the audit lines, so it outlives the rest, as the table does.
  skip_destroy = true
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65: Container Insights costs more than the bot; the log, the load balancer and ECS's events feed the alarms
  name = var.name
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    cpu_architecture        = var.architecture
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([
    {
      name                   = "bot"
      image                  = var.image
      command                = ["serve"]
      essential              = true
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      # On SIGTERM, the bot finishes acknowledged work.
      stopTimeout = 30
      healthCheck = {
        command     = ["CMD", "/securityhub-members", "healthcheck"]
        interval    = 30
        timeout     = 5
        retries     = 3
        startPeriod = 15
      }
      portMappings = local.http ? [{ containerPort = 3000 }] : []
      environment  = [for name, value in local.environment : { name = name, value = value }]
      secrets      = [for name in local.secrets : { name = name, valueFrom = "${var.secret_arn}:${name}::" }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = var.name
          awslogs-region        = local.region
          awslogs-stream-prefix = "bot"
          # A log that cannot be written must not stop the bot.
          mode            = "non-blocking"
          max-buffer-size = "4m"
        }
      }
    }
  ])
}

resource "aws_ecs_service" "this" {
  #checkov:skip=CKV_AWS_333: In the new network the tasks reach AWS and Slack without a NAT gateway, and accept connections only from the load balancer
  name                               = var.name
  cluster                            = aws_ecs_cluster.this.id
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = local.http ? 2 : 1
  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = local.http ? 60 : null
  propagate_tags                     = "SERVICE"
  enable_ecs_managed_tags            = true
  wait_for_steady_state              = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = local.task_subnet_ids
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = local.new_network || var.assign_public_ip
  }

  dynamic "load_balancer" {
    for_each = aws_lb_target_group.this
    content {
      container_name   = "bot"
      container_port   = 3000
      target_group_arn = load_balancer.value.arn
    }
  }

  # A target group without a listener accepts no tasks. A task does not start without its
  # permissions, its log, or a route to its image: the association brings the route table,
  # the route and the gateway.
  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_lb_listener_rule.slack,
    aws_route_table_association.public,
    aws_vpc_security_group_egress_rule.task,
  ]

  # After a rollback by the circuit breaker, the service is steady with the previous version.
  lifecycle {
    postcondition {
      condition     = self.task_definition == aws_ecs_task_definition.this.arn
      error_message = "The deployment was rolled back: the service runs the task definition before. The log says why the new tasks did not start."
    }
  }
}
