# METADATA
# title: Notion
# description: |
#   Agents read, and write within limits. Notion deletes by an update: wherever an update can, it is held to what keeps
#   the page. Arguments may come as JSON in a text as well as plain, and are looked at in both forms.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.notion

# METADATA
# title: Updates of blocks follow the defaults
rules["API-update-a-block"] contains {
	"id": "block-by-default",
	"action": "inherit",
}

# METADATA
# title: An update keeps its block
# description: The tool's schema says that `archived` is true by default, and that this deletes. So it must be said.
# scope: rule
# schemas:
#   - input.args: schema.tools.notion["API-update-a-block"]
rules["API-update-a-block"] contains {
	"id": "block-kept",
	"action": "deny",
	"reason": "Say `archived: false`: an update must not delete its block",
} if not input.args.archived == false

# METADATA
# title: Updates of pages follow the defaults
rules["API-patch-page"] contains {
	"id": "page-by-default",
	"action": "inherit",
}

# METADATA
# title: An update keeps its page
rules["API-patch-page"] contains {
	"id": "page-kept",
	"action": "deny",
	"reason": "Leave in_trash and archived out: pages are deleted by people",
} if not _keeps_the_page

# METADATA
# title: Edits of a page's text follow the defaults
rules["API-update-page-markdown"] contains {
	"id": "text-by-default",
	"action": "inherit",
}

# METADATA
# title: Replacing a page's text is a person's decision
# description: Edits that find and replace, and insertions, need nobody.
rules["API-update-page-markdown"] contains {
	"id": "replacing-approved",
	"action": "require_approval",
	"reason": "The text that is there would be replaced: use update_content, or have a person agree",
} if not _edits_in_place

# METADATA
# title: An edit keeps the pages below
# description: By any mention of the flag, in a text of JSON as well.
rules["API-update-page-markdown"] contains {
	"id": "pages-below-kept",
	"action": "deny",
	"reason": "Leave allow_deleting_content out: pages are deleted by people",
} if not _keeps_pages_below

# METADATA
# title: A table's columns are a person's decision
# description: A column that is set to null, or becomes another kind, loses its values in every row.
rules["API-update-a-data-source"] contains {
	"id": "columns-by-default",
	"action": "inherit",
}

# METADATA
# title: Changing columns needs approval
rules["API-update-a-data-source"] contains {
	"id": "columns-approved",
	"action": "require_approval",
	"reason": "Columns that are changed or removed lose their values in every row",
} if not _keeps_the_columns

# METADATA
# title: Moving a page is a person's decision
rules["API-move-page"] contains {
	"id": "move-approved",
	"action": "require_approval",
	"reason": "Where a page stands decides who can read it",
}

# METADATA
# title: The list of people is a person's decision
rules["API-get-users"] contains {
	"id": "people-approved",
	"action": "require_approval",
	"reason": "The list holds everyone's name and address",
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.notion["API-patch-page"]
_keeps_the_page if {
	is_object(input.args)
	object.get(input.args, "in_trash", false) == false
	object.get(input.args, "archived", false) == false
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.notion["API-update-page-markdown"]
_edits_in_place if input.args.type in {"insert_content", "update_content"}

_keeps_pages_below if {
	text := json.marshal(input.args)
	not contains(text, "allow_deleting_content")
}

_keeps_the_columns if {
	is_object(input.args)
	not "properties" in object.keys(input.args)
}
