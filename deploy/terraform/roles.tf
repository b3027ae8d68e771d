data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# The bot's permissions: the least policy of docs/security.md. tests/deploy compares both with
# the calls in the code.
data "aws_iam_policy_document" "task" {
  #checkov:skip=CKV_AWS_356: securityhub:ListMembers reaches only the caller's own hub, and the organization's lists only the own organization
  # The only resource of the call is the caller's own hub.
  statement {
    sid       = "ReadTheMemberList"
    actions   = ["securityhub:ListMembers"]
    resources = ["*"]
  }

  statement {
    sid = "OwnTable"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ]
    resources = [local.table_arn]
  }

  dynamic "statement" {
    for_each = local.all_regions ? ["*"] : []
    content {
      sid       = "FindTheRegions"
      actions   = ["account:ListRegions"]
      resources = [statement.value]
    }
  }

  # The only resources of the calls are the organization and its parts.
  dynamic "statement" {
    for_each = contains(["auto", "on"], var.organization) ? ["*"] : []
    content {
      sid = "Organization"
      actions = [
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "organizations:ListRoots",
      ]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = length(var.role_arns) == 0 ? [] : [var.role_arns]
    content {
      sid       = "OtherRoles"
      actions   = ["sts:AssumeRole"]
      resources = statement.value
    }
  }
}

# Roles are global, and a second deployment may be in another Region. A replaced role is kept
# until the tasks have the new one.
resource "aws_iam_role" "task" {
  name               = "${var.name}-${local.region}-task"
  description        = "Permissions of securityhub-members"
  assume_role_policy = data.aws_iam_policy_document.tasks.json

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy" "task" {
  name   = "bot"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json

  lifecycle {
    create_before_destroy = true
  }
}

# Starts the bot: reads the secret, pulls the image and writes the log.
data "aws_iam_policy_document" "execution" {
  #checkov:skip=CKV_AWS_356: ecr:GetAuthorizationToken has no resource
  statement {
    sid       = "ReadTheSecret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.secret_arn]
  }

  statement {
    sid       = "WriteTheLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_arn}:*"]
  }

  dynamic "statement" {
    for_each = var.secret_key_arn == "" ? [] : [var.secret_key_arn]
    content {
      sid       = "OpenTheSecret"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.image_repository_arn == "" ? [] : [var.image_repository_arn]
    content {
      sid       = "PullTheImage"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = [statement.value]
    }
  }

  # The call has no resource.
  dynamic "statement" {
    for_each = var.image_repository_arn == "" ? [] : ["*"]
    content {
      sid       = "SignInToTheRegistry"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-${local.region}-start"
  description        = "Starts securityhub-members"
  assume_role_policy = data.aws_iam_policy_document.tasks.json

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json

  lifecycle {
    create_before_destroy = true
  }
}
