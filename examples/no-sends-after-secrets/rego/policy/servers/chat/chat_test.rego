package policy.servers.chat_test

import data.regate

test_both_tools_may_be_used if {
	every tool in ["post_message", "list_channels"] {
		decision := regate.decision with input as {"server": "chat", "tool": tool, "args": {}}
		decision.action == "allow"
	}
}
