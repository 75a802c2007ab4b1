# METADATA
# title: Playwright
# description: |
#   Agents browse public pages. The browser may be signed in somewhere: what runs code there, hands files to a page or
#   shows its cookies is for a person to approve, and code in the server itself is denied.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.playwright

import data.policy.lib.addresses
import data.policy.lib.paths

# METADATA
# title: Sixty actions a minute
# description: Over all tools that act in a page, so that a loop of clicks comes to an end.
rules["*"] contains {
	"id": "sixty-actions-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60, "over": "category"},
} if input.tool in {
	"browser_click",
	"browser_close",
	"browser_drag",
	"browser_emulate_media",
	"browser_fill_form",
	"browser_handle_dialog",
	"browser_hover",
	"browser_navigate",
	"browser_navigate_back",
	"browser_press_key",
	"browser_resize",
	"browser_select_option",
	"browser_tabs",
	"browser_type",
}

# METADATA
# title: Only public pages
# description: |
#   By the text of the URL. A call without one is denied as well; a tab that is listed, chosen or closed needs none.
rules["*"] contains {
	"id": "only-public-pages",
	"action": "deny",
	"reason": "Only public http and https addresses are opened",
} if {
	input.tool in {"browser_navigate", "browser_tabs"}
	not _opens_only_public
}

# METADATA
# title: Files for a page are a person's decision
rules["*"] contains {
	"id": "files-approved",
	"action": "require_approval",
	"reason": "Files of this machine would be handed to a web page",
} if input.tool in {"browser_drop", "browser_file_upload"}

# METADATA
# title: Secrets are handed to no page
# description: Without `paths` no file is handed over; paths that can't be read are denied.
rules["*"] contains {
	"id": "no-secrets-uploaded",
	"action": "deny",
	"reason": "Keys and credentials are handed to no web page",
} if {
	input.tool in {"browser_drop", "browser_file_upload"}
	not _hands_over_plain_files
}

# METADATA
# title: A file to write is a person's decision
# description: |
#   What reads a page writes it to the file that it is given, over whatever is there in the server's folder. Without a
#   name the server makes one.
rules["*"] contains {
	"id": "named-file-approved",
	"action": "require_approval",
	"reason": "The file would be written over what is there: leave filename out, or have a person agree",
} if _gives("filename")

# METADATA
# title: What is typed stays out of the log
rules["*"] contains {
	"id": "typing-not-logged",
	"action": "limit",
	"redact": ["/fields", "/text"],
} if input.tool in {"browser_fill_form", "browser_type"}

# METADATA
# title: No code in the server
rules.browser_run_code_unsafe contains {
	"id": "no-code-in-the-server",
	"action": "deny",
	"reason": "This code would run in the server, outside of the browser",
	"hide": true,
}

# METADATA
# title: Code in a page is a person's decision
rules.browser_evaluate contains {
	"id": "code-approved",
	"action": "require_approval",
	"reason": "The code runs in the name of whoever is signed in on the page",
}

# METADATA
# title: Cookies are a person's decision
# description: Bodies are read; headers, and a call that names no part and so gets them too, are not.
rules.browser_network_request contains {
	"id": "bodies-by-default",
	"action": "inherit",
}

# METADATA
# title: Headers need approval
rules.browser_network_request contains {
	"id": "headers-approved",
	"action": "require_approval",
	"reason": "The headers hold cookies and tokens: ask for a body, or have a person agree",
} if not _is_body

_opens_only_public if addresses.is_public(input.args.url)

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.playwright.browser_tabs
_opens_only_public if {
	input.tool == "browser_tabs"
	is_string(input.args.action)
	not _gives("url")
}

_hands_over_plain_files if {
	is_array(input.args.paths)
	every path in input.args.paths { paths.names_no_secret(path) }
}

_hands_over_plain_files if {
	is_object(input.args)
	not _gives("paths")
}

_gives(name) if name in object.keys(input.args)

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.playwright.browser_network_request
_is_body if input.args.part in {"request-body", "response-body"}
