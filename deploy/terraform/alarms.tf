resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26: CloudWatch cannot publish to a topic with AWS's own key, and an alarm's text contains no secret
  name         = "${var.name}-alarms"
  display_name = "securityhub-members"
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "Alarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  # EventBridge publishes to no topic whose policy has a condition for it.
  statement {
    sid       = "Events"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  # Events of the log, docs/logging.md has them all; tests/deploy looks for them in the code.
  filters = {
    DigestsDelivered = "{ ($.event = \"digest_delivered\") || ($.event = \"digest_silent\") }"
    # The level ERROR is for problems that need an operator, above all a digest that Slack
    # rejects. Each is logged once, when it begins.
    Errors           = "{ $.level = \"ERROR\" }"
    DeliveriesFailed = "{ $.event = \"delivery_failed\" }"
    HubsUnread       = "{ $.event = \"hub_poll_failed\" }"
    HubsPolled       = "{ $.event = \"hub_polled\" }"
  }

  # Each sums its metric over `periods` of `seconds`.
  alarms = {
    no-digest = {
      metric      = "DigestsDelivered"
      description = "securityhub-members has delivered no digest for ${var.digest_within_hours} hours."
      seconds     = 3600
      periods     = var.digest_within_hours
      below       = true
      threshold   = 1
      ends        = true
    }
    errors = {
      metric      = "Errors"
      description = "Action required: securityhub-members has an open problem, such as a digest that Slack rejects. See the lines of level ERROR."
      seconds     = 300
      periods     = 1
      below       = false
      threshold   = 1
      ends        = false
    }
    not-delivered = {
      metric      = "DeliveriesFailed"
      description = "securityhub-members failed several times in a row to post a digest or a polling alert. It keeps retrying."
      seconds     = 1800
      periods     = 1
      below       = false
      # A failure that passes within minutes needs no alarm.
      threshold = 3
      ends      = true
    }
    unread = {
      metric      = "HubsUnread"
      description = "In each of the last two hours, polling at least one Region failed. The log has the Regions and the reasons."
      seconds     = 3600
      periods     = 2
      below       = false
      threshold   = 1
      ends        = true
    }
    # A bot that does nothing logs nothing, so this alarm reports silence.
    silence = {
      metric      = "HubsPolled"
      description = "securityhub-members has not read any Region for two hours. Check the tasks of the service ${var.name}."
      seconds     = 3600
      periods     = 2
      below       = true
      threshold   = 1
      ends        = true
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  for_each = local.filters

  name           = "${var.name}-${each.key}"
  log_group_name = var.name
  pattern        = each.value

  metric_transformation {
    namespace     = var.name
    name          = each.key
    value         = "1"
    default_value = "0"
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.description} Log group: ${var.name}."
  namespace           = var.name
  metric_name         = each.value.metric
  statistic           = "Sum"
  period              = each.value.seconds
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.below ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.below ? "breaching" : "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = each.value.ends ? [aws_sns_topic.alarms.arn] : []
}

# Unsigned requests of scanners do not count: the event is about requests with a signature.
resource "aws_cloudwatch_log_metric_filter" "signatures" {
  count = local.http ? 1 : 0

  name           = "${var.name}-SignaturesRefused"
  log_group_name = var.name
  pattern        = "{ $.event = \"signature_refused\" }"

  metric_transformation {
    namespace     = var.name
    name          = "SignaturesRefused"
    value         = "1"
    default_value = "0"
  }

  depends_on = [aws_cloudwatch_log_group.this]
}

resource "aws_cloudwatch_metric_alarm" "signatures" {
  count = local.http ? 1 : 0

  alarm_name          = "${var.name}-signatures"
  alarm_description   = "securityhub-members rejected every request from Slack for an hour, so commands fail. The signing secret is not the app's, or the requests were late. Log group: ${var.name}."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "alone"
    expression  = "IF(refused >= 2 AND FILL(accepted, 0) < 1, 1, 0)"
    label       = "Refused signatures, and no accepted request"
    return_data = true
  }

  metric_query {
    id = "refused"

    metric {
      namespace   = var.name
      metric_name = "SignaturesRefused"
      stat        = "Sum"
      period      = 3600
    }
  }

  metric_query {
    id = "accepted"

    metric {
      namespace   = "AWS/ApplicationELB"
      metric_name = "HTTPCode_Target_2XX_Count"
      stat        = "Sum"
      period      = 3600

      dimensions = {
        LoadBalancer = aws_lb.this[0].arn_suffix
        TargetGroup  = aws_lb_target_group.this[0].arn_suffix
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "no_target" {
  count = local.http ? 1 : 0

  alarm_name          = "${var.name}-no-target"
  alarm_description   = "No task of securityhub-members answers the load balancer, so commands in Slack fail."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  dimensions = {
    LoadBalancer = aws_lb.this[0].arn_suffix
    TargetGroup  = aws_lb_target_group.this[0].arn_suffix
  }
}

# A task that ended by itself, did not start or failed its health check. ECS starts another
# one. Tasks that a deployment stops do not count.
resource "aws_cloudwatch_event_rule" "restart" {
  name        = "${var.name}-restart"
  description = "A task of securityhub-members ended unexpectedly"

  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Task State Change"]
    detail = {
      clusterArn = [aws_ecs_cluster.this.arn]
      # Not the tasks that are run manually.
      group      = ["service:${var.name}"]
      lastStatus = ["STOPPED"]
      "$or" = [
        { stopCode = ["EssentialContainerExited", "TaskFailedToStart", "TerminationNotice"] },
        { stoppedReason = [{ prefix = "Task failed" }] },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "restart" {
  rule = aws_cloudwatch_event_rule.restart.name
  arn  = aws_sns_topic.alarms.arn

  input_transformer {
    input_paths = {
      time   = "$.time"
      reason = "$.detail.stoppedReason"
      task   = "$.detail.taskArn"
    }
    input_template = "\"securityhub-members: a task ended at <time> and is started again. <reason>. <task>\""
  }
}

# A deployment whose tasks do not become healthy. ECS rolls it back, and the old version
# continues. Matched by name, so that the rule exists before the first deployment.
resource "aws_cloudwatch_event_rule" "deployment" {
  name        = "${var.name}-deployment"
  description = "A deployment of securityhub-members failed"

  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change"]
    resources   = ["arn:${local.partition}:ecs:${local.region}:${local.account}:service/${var.name}/${var.name}"]
    detail = {
      eventName = ["SERVICE_DEPLOYMENT_FAILED"]
    }
  })
}

resource "aws_cloudwatch_event_target" "deployment" {
  rule = aws_cloudwatch_event_rule.deployment.name
  arn  = aws_sns_topic.alarms.arn

  input_transformer {
    input_paths = {
      time       = "$.time"
      reason     = "$.detail.reason"
      deployment = "$.detail.deploymentId"
    }
    input_template = "\"securityhub-members: a deployment failed at <time> and is rolled back. <reason> <deployment>\""
  }
}
