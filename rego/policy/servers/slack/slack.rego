# METADATA
# title: Slack
# description: |
#   Agents read and write as the bot. What they write reaches people at once and can't be taken back, so that it is
#   limited for each agent, over all its sessions.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.slack

# METADATA
# title: Ten messages in ten minutes
rules.slack_post_message contains {
	"id": "ten-messages",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 600, "per": "principal"},
}

# METADATA
# title: Twenty replies in ten minutes
rules.slack_reply_to_thread contains {
	"id": "twenty-replies",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 600, "per": "principal"},
}

# METADATA
# title: Nobody is woken at large
# description: "`<!channel>`, `<!here>` and groups call everyone; a call without a text is denied as well."
rules["*"] contains {
	"id": "no-mass-mentions",
	"action": "deny",
	"reason": "Write to people by name, not to everyone at once",
} if {
	input.tool in {"slack_post_message", "slack_reply_to_thread"}
	not _calls_no_crowd
}

# METADATA
# title: The list of people is a person's decision
rules.slack_get_users contains {
	"id": "people-approved",
	"action": "require_approval",
	"reason": "The list holds everyone's name and address",
}

_calls_no_crowd if {
	text := lower(input.args.text)
	not _calls_a_crowd(text)
}

_calls_a_crowd(text) if {
	some mention in ["<!channel", "<!everyone", "<!here", "<!subteam", "@channel", "@everyone", "@here"]
	contains(text, mention)
}
