"""The documented and granted permissions are exactly those that the code uses."""

import unittest

import policies

BOT, SET_UP, LOOK = policies.of_the_code()
ALWAYS, ON_REQUEST = BOT - policies.ON_REQUEST, BOT & policies.ON_REQUEST

TABLE = {
    "documents": "arn:aws:dynamodb:REGION:ACCOUNT:table/securityhub-members",
    "CloudFormation": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableName}",
    "Terraform": "local.table_arn",
}


class Permissions(unittest.TestCase):
    def test_the_code_makes_calls_that_are_found(self):
        self.assertLessEqual({"securityhub:ListMembers", "dynamodb:GetItem", "dynamodb:Query"}, BOT)
        self.assertIn("dynamodb:CreateTable", SET_UP)

    def test_the_documents_name_what_the_bot_calls_and_no_more(self):
        bot, set_up = policies.of_documents()
        self.assertEqual(set(bot) | policies.mentioned() & ON_REQUEST, BOT)
        self.assertEqual(set(set_up), SET_UP)
        self.check_resources("documents", bot)
        self.check_resources("documents", set_up)

    def test_the_template_grants_what_the_bot_calls_and_no_more(self):
        always, on_request = policies.of_cloudformation()
        self.assertEqual(set(always), ALWAYS)
        self.assertEqual(set(on_request), ON_REQUEST)
        self.check_resources("CloudFormation", always)

    def test_the_module_grants_what_the_bot_calls_and_no_more(self):
        always, on_request = policies.of_terraform()
        self.assertEqual(set(always), ALWAYS)
        self.assertEqual(set(on_request), ON_REQUEST)
        self.check_resources("Terraform", always)

    def test_the_additional_calls_of_check_only_read(self):
        for action in LOOK:
            self.assertRegex(action, r":(Describe|Get|List)")

    def check_resources(self, where, allowed):
        """The table is the only thing that is written to, and the only table."""
        for action, resources in allowed.items():
            if action.startswith("dynamodb:"):
                resources = {resource.strip("${}'") if where == "Terraform" else resource for resource in resources}
                resources = {self.subbed(resource) for resource in resources}
                self.assertEqual(resources, {TABLE[where]}, action)

    def subbed(self, resource):
        """What `!Sub` holds."""
        return resource.removeprefix("{'Fn::Sub': '").removesuffix("'}")


if __name__ == "__main__":
    unittest.main()
