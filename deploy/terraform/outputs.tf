output "url" {
  description = "URL of the bot, for the app's manifest. Null with connection socket."
  value       = local.http ? "https://${var.host_name}" : null
}

output "load_balancer_name" {
  description = "Target for a CNAME record of host_name, if hosted_zone_id is empty. Null with connection socket."
  value       = one(aws_lb.this[*].dns_name)
}

output "task_role_arn" {
  description = "Role with which the bot calls AWS."
  value       = aws_iam_role.task.arn
}

output "log_group" {
  description = "Log group of the bot. terraform destroy keeps it."
  value       = var.name
}

output "alarm_topic_arn" {
  description = "Topic of the alarms, for further subscriptions."
  value       = aws_sns_topic.alarms.arn
}

output "table" {
  description = "DynamoDB table with the history."
  value       = var.table_name
}
