# METADATA
# title: Chat
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.chat

# METADATA
# title: Channels are listed
rules.list_channels contains {"id": "lists", "action": "allow"}

# METADATA
# title: Messages are posted
rules.post_message contains {"id": "posts", "action": "allow", "rate_limit": {"max": 20, "window": 60}}
