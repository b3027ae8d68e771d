output "url" {
  description = "Where Slack calls the bot, for the app's manifest; null with connection socket."
  value       = local.http ? "https://${var.host_name}" : null
}

output "load_balancer_name" {
  description = "Without hosted_zone_id, let a CNAME of host_name lead here; null with connection socket."
  value       = one(aws_lb.this[*].dns_name)
}

output "task_role_arn" {
  description = "The role with which the bot calls AWS."
  value       = aws_iam_role.task.arn
}

output "log_group" {
  description = "The bot's log; it outlives terraform destroy."
  value       = var.name
}

output "alarm_topic_arn" {
  description = "Where alarms are told; subscribe what you like."
  value       = aws_sns_topic.alarms.arn
}

output "table" {
  description = "The DynamoDB table with the history."
  value       = var.table_name
}
