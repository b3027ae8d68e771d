# ---- Slack ----

variable "connection" {
  type        = string
  default     = "http"
  description = "http: Slack calls the bot, two tasks behind a load balancer. socket: the bot calls Slack (Socket Mode), one task and no load balancer."

  validation {
    condition     = contains(["http", "socket"], var.connection)
    error_message = "connection is http or socket."
  }
}

variable "secret_arn" {
  type        = string
  description = "ARN of the Secrets Manager secret, a JSON object: SLACK_BOT_TOKEN, and SLACK_SIGNING_SECRET (http) or SLACK_APP_TOKEN (socket)."

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.secret_arn))
    error_message = "secret_arn is the ARN of a Secrets Manager secret."
  }
}

variable "secret_key_arn" {
  type        = string
  default     = ""
  description = "ARN of the KMS key where the secret has one of its own."

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:.+)?$", var.secret_key_arn))
    error_message = "secret_key_arn is the ARN of a KMS key, or empty."
  }
}

variable "slack_channel" {
  type        = string
  description = "Id of the channel for the digest, such as C0123456789. Invite the bot to it."

  validation {
    condition     = can(regex("^[CG][A-Z0-9]{6,}$", var.slack_channel))
    error_message = "slack_channel is a channel's id, such as C0123456789."
  }
}

variable "slack_app_id" {
  type        = string
  default     = ""
  description = "The app's id, such as A0123456789. Requests for another app are refused. Empty, any app."

  validation {
    condition     = can(regex("^(A[A-Z0-9]+)?$", var.slack_app_id))
    error_message = "slack_app_id is an app's id, such as A0123456789."
  }
}

variable "allowed_users" {
  type        = list(string)
  default     = []
  description = "Ids of the people who may ask. Empty, everybody."
}

variable "allowed_channels" {
  type        = list(string)
  default     = []
  description = "Ids of the channels where one may ask. Empty, everywhere."
}

# ---- the address, for connection http ----

variable "host_name" {
  type        = string
  default     = ""
  description = "Name at which Slack calls the bot, such as bot.example.com."

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)*[a-z0-9-]*$", var.host_name))
    error_message = "host_name is a name in small letters, such as bot.example.com, without https://."
  }

  validation {
    condition     = var.connection == "socket" || var.host_name != ""
    error_message = "connection http needs host_name: the name at which Slack calls the bot."
  }
}

variable "hosted_zone_id" {
  type        = string
  default     = ""
  description = "Public Route 53 zone of that name. Given, the certificate and the DNS record are made for you."
}

variable "certificate_arn" {
  type        = string
  default     = ""
  description = "Certificate of that name in this Region, where hosted_zone_id is empty or you have one."

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:acm:.+)?$", var.certificate_arn))
    error_message = "certificate_arn is the ARN of a certificate in ACM, or empty."
  }

  validation {
    condition     = var.connection == "socket" || var.certificate_arn != "" || var.hosted_zone_id != ""
    error_message = "connection http needs hosted_zone_id, certificate_arn, or both."
  }
}

# ---- what is watched and told ----

variable "regions" {
  type        = list(string)
  default     = []
  description = "Regions to watch; all, and -REGION for all but one. Empty, the one that this is deployed to."

  validation {
    condition     = can(regex("^( *(all|-?[a-z]+(-[a-z]+)+-[0-9]+) *(,|$))*$", join(",", var.regions)))
    error_message = "regions are names such as eu-west-1, all, or -REGION."
  }
}

variable "administrators" {
  type        = string
  default     = "self"
  description = "Whose hubs to watch, with semicolons: self, or ROLE-ARN external-id=ID regions=A,B, and the same ARNs in role_arns."
}

variable "organization" {
  type        = string
  default     = "auto"
  description = "Whether AWS Organizations is asked for names and for accounts that are no member: auto (where it may be), on, off, or the ARN of a role for it, which role_arns names too."

  validation {
    condition     = can(regex("^(auto|on|off|arn:aws[a-z-]*:iam::[0-9]{12}:role/.+)$", var.organization))
    error_message = "organization is auto, on, off or the ARN of a role."
  }
}

variable "role_arns" {
  type        = list(string)
  default     = []
  description = "ARNs of the roles that the bot may assume. Empty, none."
}

variable "timezone" {
  type        = string
  default     = "UTC"
  description = "IANA name, such as Asia/Tokyo. Every date is in it."
}

variable "digest_schedule" {
  type        = string
  default     = "0 9 * * *"
  description = "When to post the digest, as cron's five fields, in timezone."

  validation {
    condition     = can(regex("^\\S+( +\\S+){4}$", var.digest_schedule))
    error_message = "digest_schedule has five fields, such as 0 9 * * 1-5."
  }
}

variable "locale" {
  type        = string
  default     = "en"
  description = "Language in the channel: en or ja."

  validation {
    condition     = contains(["en", "ja"], var.locale)
    error_message = "locale is en or ja."
  }
}

variable "poll_interval" {
  type        = string
  default     = "15m"
  description = "How often to read the member lists, an hour at most: the alarms count by the hour."

  validation {
    condition     = can(regex("^([1-9]|[1-5][0-9])m$|^1h$", var.poll_interval))
    error_message = "poll_interval is from 1m to 1h, such as 15m."
  }
}

variable "stale_after" {
  type        = string
  default     = "2h"
  description = "Age at which a Region's data is stale and the channel gets an alert."
}

variable "show_emails" {
  type        = string
  default     = "none"
  description = "Where the members' addresses are shown: none, home or all."

  validation {
    condition     = contains(["none", "home", "all"], var.show_emails)
    error_message = "show_emails is none, home or all."
  }
}

variable "retention_days" {
  type        = number
  default     = 400
  description = "How long history is kept."

  validation {
    condition     = var.retention_days >= 40
    error_message = "retention_days is at least 40: what no digest told before it is deleted is lost."
  }
}

# ---- alarms and log ----

variable "alarm_email" {
  type        = string
  default     = ""
  description = "Address for the alarms; AWS asks it to confirm. Empty, subscribe to the topic yourself (output alarm_topic_arn)."

  validation {
    condition     = can(regex("^([^@\\s]+@[^@\\s]+)?$", var.alarm_email))
    error_message = "alarm_email is one address, or empty."
  }
}

variable "digest_within_hours" {
  type        = number
  default     = 26
  description = "Alarm when no digest was delivered for so long: the longest gap of digest_schedule and two hours. 74 for Monday to Friday."

  validation {
    condition     = var.digest_within_hours >= 2 && var.digest_within_hours <= 168
    error_message = "digest_within_hours is from 2 to 168."
  }
}

variable "log_retention_days" {
  type        = number
  default     = 400
  description = "How long the log, with its audit lines, is kept."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of those that CloudWatch has, such as 90, 365 or 400."
  }
}

variable "create_log" {
  type        = bool
  default     = true
  description = "false if the log group with this name exists: an earlier deployment left it (it outlives terraform destroy), or you made it."
}

# ---- the image ----

variable "image" {
  type        = string
  description = "The container image with its tag or digest, in a registry that the tasks can read."

  validation {
    condition     = can(regex("^[^\\s]+[:@][^\\s]+$", var.image))
    error_message = "image has a tag or a digest."
  }
}

variable "architecture" {
  type        = string
  default     = "ARM64"
  description = "Processor of the tasks: ARM64 or X86_64. The image of a release is for both; ARM64 is cheaper."

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "architecture is ARM64 or X86_64."
  }
}

variable "image_repository_arn" {
  type        = string
  default     = ""
  description = "ARN of the repository where the image is in ECR. Empty, a public registry."

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:ecr:.+)?$", var.image_repository_arn))
    error_message = "image_repository_arn is the ARN of a repository in ECR, or empty."
  }
}

# ---- the network ----

variable "vpc_id" {
  type        = string
  default     = ""
  description = "An existing VPC. Empty, a new one with two public subnets in two zones; it costs nothing by itself."

  validation {
    condition     = can(regex("^(vpc-[0-9a-f]+)?$", var.vpc_id))
    error_message = "vpc_id is the id of a VPC, such as vpc-0123456789abcdef0, or empty."
  }
}

variable "load_balancer_subnet_ids" {
  type        = list(string)
  default     = []
  description = "With vpc_id and http, two public subnets in two zones."

  validation {
    condition     = var.vpc_id == "" || var.connection == "socket" || length(var.load_balancer_subnet_ids) >= 2
    error_message = "vpc_id with connection http needs load_balancer_subnet_ids."
  }
}

variable "task_subnet_ids" {
  type        = list(string)
  default     = []
  description = "With vpc_id, subnets in two zones from which the internet is reached."

  validation {
    condition     = var.vpc_id == "" || length(var.task_subnet_ids) >= 1
    error_message = "vpc_id needs task_subnet_ids."
  }
}

variable "assign_public_ip" {
  type        = bool
  default     = false
  description = "With vpc_id, true where task_subnet_ids are public ones without a NAT gateway."
}

# ---- names ----

variable "name" {
  type        = string
  default     = "securityhub-members"
  description = "Name of the service, its roles, log group and alarms."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,27}$", var.name))
    error_message = "name has at most 28 small letters, digits and hyphens."
  }
}

variable "table_name" {
  type        = string
  default     = "securityhub-members"
  description = "Name of the DynamoDB table."

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.table_name))
    error_message = "table_name has 3 to 255 letters, digits, and _ . -"
  }
}

variable "create_table" {
  type        = bool
  default     = true
  description = "false where the table is there already: create-table made it, or another deployment."
}
