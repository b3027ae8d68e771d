# ---- Slack ----

variable "connection" {
  type        = string
  default     = "http"
  description = "http: Slack calls the bot, two tasks behind a load balancer. socket: the bot calls Slack (Socket Mode), one task and no load balancer."

  validation {
    condition     = contains(["http", "socket"], var.connection)
    error_message = "connection must be http or socket."
  }
}

variable "secret_arn" {
  type        = string
  description = "ARN of the Secrets Manager secret, a JSON object: SLACK_BOT_TOKEN, and SLACK_SIGNING_SECRET (http) or SLACK_APP_TOKEN (socket)."

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.secret_arn))
    error_message = "secret_arn must be the ARN of a Secrets Manager secret."
  }
}

variable "secret_key_arn" {
  type        = string
  default     = ""
  description = "ARN of the secret's KMS key. If empty, AWS's own key."

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:.+)?$", var.secret_key_arn))
    error_message = "secret_key_arn must be the ARN of a KMS key, or empty."
  }
}

variable "webhook_secrets" {
  type        = list(string)
  default     = []
  description = "Keys of the secret that webhooks in config_toml name with secret_env, up to five."

  validation {
    condition     = can(regex("^([A-Z][A-Z0-9_]*(,[A-Z][A-Z0-9_]*){0,4})?$", join(",", var.webhook_secrets)))
    error_message = "webhook_secrets must be up to five names in capitals, digits and underscores."
  }
}

variable "slack_channel" {
  type        = string
  description = "ID of the channel for the digest, such as C0123456789. Invite the bot to it. If empty, the channels of config_toml; otherwise it replaces them."

  validation {
    condition     = can(regex("^([CG][A-Z0-9]{6,})?$", var.slack_channel))
    error_message = "slack_channel must be a channel ID, such as C0123456789."
  }

  validation {
    condition     = var.slack_channel != "" || var.config_toml != ""
    error_message = "slack_channel can be empty only if config_toml has channels."
  }
}

variable "slack_api_url" {
  type        = string
  default     = "https://slack.com/api"
  description = "Address of Slack's Web API. https://slack-gov.com/api is GovSlack."

  validation {
    condition     = contains(["https://slack.com/api", "https://slack-gov.com/api"], var.slack_api_url)
    error_message = "slack_api_url must be https://slack.com/api or https://slack-gov.com/api."
  }
}

variable "slack_app_id" {
  type        = string
  default     = ""
  description = "The app's ID, such as A0123456789. Requests for other apps are rejected. If empty, any app."

  validation {
    condition     = can(regex("^(A[A-Z0-9]+)?$", var.slack_app_id))
    error_message = "slack_app_id must be an app ID, such as A0123456789."
  }
}

variable "allowed_users" {
  type        = list(string)
  default     = []
  description = "IDs of the users who may use the bot. If empty, everyone."
}

variable "allowed_channels" {
  type        = list(string)
  default     = []
  description = "IDs of the channels where the command may be used. If empty, all."
}

variable "case_users" {
  type        = list(string)
  default     = []
  description = "IDs of the users who may take and accept cases. If empty, those of allowed_users."
}

variable "ack_max" {
  type        = string
  default     = "90d"
  description = "Longest time that a case can be accepted for, in whole days, from 1d to 366d."

  validation {
    condition     = can(regex("^([1-9]|[1-9][0-9]|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])d$", var.ack_max))
    error_message = "ack_max must be a number of whole days from 1d to 366d, such as 90d."
  }
}

variable "pending_after" {
  type        = string
  default     = "7d"
  description = "Age at which an open invitation becomes a case, such as 7d or 36h."
}

variable "urgent_units" {
  type        = list(string)
  default     = []
  description = "OUs whose cases come first, as paths such as Workloads/Prod/**. If empty, none."
}

# ---- the address, for connection http ----

variable "host_name" {
  type        = string
  default     = ""
  description = "Host name at which Slack calls the bot, such as bot.example.com. Required for http."

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)*[a-z0-9-]*$", var.host_name))
    error_message = "host_name must be a lower-case host name, such as bot.example.com, without https://."
  }

  validation {
    condition     = var.connection == "socket" || var.host_name != ""
    error_message = "connection http needs host_name, at which Slack calls the bot."
  }
}

variable "hosted_zone_id" {
  type        = string
  default     = ""
  description = "Public Route 53 zone of the host name. If set, the module creates the certificate and the DNS record."
}

variable "certificate_arn" {
  type        = string
  default     = ""
  description = "Certificate for the host name in this Region. Required if hosted_zone_id is empty."

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:acm:.+)?$", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate, or empty."
  }

  validation {
    condition     = var.connection == "socket" || var.certificate_arn != "" || var.hosted_zone_id != ""
    error_message = "connection http needs hosted_zone_id, certificate_arn, or both."
  }
}

# ---- monitoring and digest ----

variable "regions" {
  type        = list(string)
  default     = []
  description = "Regions to monitor; all, with -REGION to exclude one. If empty, the Region of this deployment."

  validation {
    condition     = can(regex("^( *(all|-?[a-z]+(-[a-z]+)+-[0-9]+) *(,|$))*$", join(",", var.regions)))
    error_message = "regions must be names such as eu-west-1, all, or -REGION."
  }
}

variable "administrators" {
  type        = string
  default     = ""
  description = "Administrators to monitor, semicolon separated: self, or ROLE-ARN external-id=ID regions=A,B. Add the ARNs to role_arns too. If empty, those of config_toml, or self."
}

variable "organization" {
  type        = string
  default     = "auto"
  description = "Source of account names and coverage, AWS Organizations: auto (if permitted), on, off, or the ARN of a role to assume. Add that ARN to role_arns too."

  validation {
    condition     = can(regex("^(auto|on|off|arn:aws[a-z-]*:iam::[0-9]{12}:role/.+)$", var.organization))
    error_message = "organization must be auto, on, off or the ARN of a role."
  }
}

variable "role_arns" {
  type        = list(string)
  default     = []
  description = "ARNs of the roles that the bot may assume. If empty, none."
}

variable "timezone" {
  type        = string
  default     = "UTC"
  description = "IANA time zone of all dates, such as Asia/Tokyo."
}

variable "digest_schedule" {
  type        = string
  default     = "0 9 * * *"
  description = "Schedule of the digest: five-field cron in timezone, at most 24 times a day."

  validation {
    condition     = can(regex("^\\S+( +\\S+){4}$", var.digest_schedule))
    error_message = "digest_schedule must have five fields, such as 0 9 * * 1-5."
  }
}

variable "locale" {
  type        = string
  default     = "en"
  description = "Language of the channel: en or ja."

  validation {
    condition     = contains(["en", "ja"], var.locale)
    error_message = "locale must be en or ja."
  }
}

variable "poll_interval" {
  type        = string
  default     = "15m"
  description = "Interval between polls of each member list. At most an hour, because the alarms count by the hour."

  validation {
    condition     = can(regex("^([1-9]|[1-5][0-9])m$|^1h$", var.poll_interval))
    error_message = "poll_interval must be from 1m to 1h, such as 15m."
  }
}

variable "stale_after" {
  type        = string
  default     = "2h"
  description = "Age at which a Region's data is stale and the channel gets an alert."
}

variable "not_enabled" {
  type        = string
  default     = "daily"
  description = "How often a digest's thread lists the accounts that aren't Enabled: daily, weekly or changes."

  validation {
    condition     = contains(["daily", "weekly", "changes"], var.not_enabled)
    error_message = "not_enabled must be daily, weekly or changes."
  }
}

variable "quiet" {
  type        = string
  default     = "never"
  description = "Whether to skip digests without news: never (post all) or changes (post only those with news)."

  validation {
    condition     = contains(["never", "changes"], var.quiet)
    error_message = "quiet must be never or changes."
  }
}

variable "heartbeat" {
  type        = string
  default     = ""
  description = "When a quiet channel gets a digest even without news: five-field cron in timezone. If empty, with the first digest of a week."

  validation {
    condition     = can(regex("^$|^\\S+( +\\S+){4}$", var.heartbeat))
    error_message = "heartbeat must be empty, or have five fields, such as 0 9 * * 1."
  }
}

variable "alert" {
  type        = list(string)
  default     = []
  description = "Kinds of changes that the channel gets at once, such as left and removed. If empty, none."
}

variable "show_emails" {
  type        = string
  default     = "none"
  description = "Places that show members' email addresses: none, home or all."

  validation {
    condition     = contains(["none", "home", "all"], var.show_emails)
    error_message = "show_emails must be none, home or all."
  }
}

variable "retention_days" {
  type        = number
  default     = 400
  description = "Days to keep history."

  validation {
    condition     = var.retention_days >= 40
    error_message = "retention_days must be at least 40, so that no change expires before a digest reports it."
  }
}

variable "config_toml" {
  type        = string
  default     = ""
  description = "Text of a configuration file, for settings whose variable is empty. Variables take precedence, and the permissions follow them alone."
}

# ---- alarms and log ----

variable "alarm_email" {
  type        = string
  default     = ""
  description = "Email address for the alarms. AWS asks it to confirm. If empty, subscribe to the topic yourself (output alarm_topic_arn)."

  validation {
    condition     = can(regex("^([^@\\s]+@[^@\\s]+)?$", var.alarm_email))
    error_message = "alarm_email must be one address, or empty."
  }
}

variable "digest_within_hours" {
  type        = number
  default     = 26
  description = "Hours without a digest before the alarm: the longest gap of digest_schedule plus two hours. 74 for Monday to Friday."

  validation {
    condition     = var.digest_within_hours >= 2 && var.digest_within_hours <= 168
    error_message = "digest_within_hours must be from 2 to 168."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 400
  description = "Days to keep the log with its audit lines."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch supports, such as 90, 365 or 400."
  }
}

variable "create_log" {
  type        = bool
  default     = true
  description = "false if the log group with this name exists already: from an earlier deployment, because terraform destroy keeps it, or created by you."
}

# ---- the image ----

variable "image" {
  type        = string
  description = "Container image with its tag or digest, in a registry that the tasks can read."

  validation {
    condition     = can(regex("^[^\\s]+[:@][^\\s]+$", var.image))
    error_message = "image must have a tag or a digest."
  }
}

variable "architecture" {
  type        = string
  default     = "ARM64"
  description = "Processor architecture of the tasks: ARM64 or X86_64. Release images support both. ARM64 is cheaper."

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "architecture must be ARM64 or X86_64."
  }
}

variable "image_repository_arn" {
  type        = string
  default     = ""
  description = "ARN of the image's ECR repository. If empty, the image is in a public registry."

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:ecr:.+)?$", var.image_repository_arn))
    error_message = "image_repository_arn must be the ARN of an ECR repository, or empty."
  }
}

# ---- the network ----

variable "vpc_id" {
  type        = string
  default     = ""
  description = "Existing VPC. If empty, the module creates one with two public subnets in two zones, at no cost."

  validation {
    condition     = can(regex("^(vpc-[0-9a-f]+)?$", var.vpc_id))
    error_message = "vpc_id must be the ID of a VPC, such as vpc-0123456789abcdef0, or empty."
  }
}

variable "load_balancer_subnet_ids" {
  type        = list(string)
  default     = []
  description = "With vpc_id and http, two public subnets in different zones."

  validation {
    condition     = var.vpc_id == "" || var.connection == "socket" || length(var.load_balancer_subnet_ids) >= 2
    error_message = "vpc_id with connection http needs load_balancer_subnet_ids."
  }
}

variable "task_subnet_ids" {
  type        = list(string)
  default     = []
  description = "With vpc_id, subnets in two zones with a route to the internet."

  validation {
    condition     = var.vpc_id == "" || length(var.task_subnet_ids) >= 1
    error_message = "vpc_id needs task_subnet_ids."
  }
}

variable "assign_public_ip" {
  type        = bool
  default     = false
  description = "With vpc_id, true if task_subnet_ids are public subnets without a NAT gateway."
}

# ---- the proxy ----

variable "https_proxy" {
  type        = string
  default     = ""
  description = "Proxy for the bot's calls to Slack and AWS, such as http://proxy.example.com:3128. It has no user and password, because everyone who may read the task definition would see them."

  validation {
    condition     = can(regex("^(http://[a-zA-Z0-9.-]+:[0-9]+)?$", var.https_proxy))
    error_message = "https_proxy must be http://HOST:PORT without user and password, or empty."
  }
}

variable "no_proxy" {
  type        = list(string)
  default     = []
  description = "Exceptions from https_proxy: names with all names below them, IP addresses, or networks. If empty, none."
}

# ---- names ----

variable "name" {
  type        = string
  default     = "securityhub-members"
  description = "Name of the service, its roles, log group and alarms."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,27}$", var.name))
    error_message = "name must be at most 28 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "table_name" {
  type        = string
  default     = "securityhub-members"
  description = "Name of the DynamoDB table."

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.table_name))
    error_message = "table_name must be 3 to 255 letters, digits, and _ . -"
  }
}

variable "create_table" {
  type        = bool
  default     = true
  description = "false if the table exists already: from another deployment, or from the command create-table."
}
