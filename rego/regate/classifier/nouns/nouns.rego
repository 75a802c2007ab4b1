# METADATA
# title: Nouns
# description: |
#   The nouns that say something of a tool. They are words of the language: never the name of a tool or of a server.
# scope: package
package regate.classifier.nouns

# METADATA
# title: Classes
# description: |
#   The class of a noun. `money`: what is owed, paid or traded. `work`: what runs. `secret` and `right`: what lets
#   someone in. `code` and `query`: what is run for the caller. `browser`: what is driven. `bond`: what ties one thing
#   to another, and can be tied again. `view`: what is looked at, and kept nowhere. `plain`: what is said about a thing.
classes[noun] := class if {
	some class, listed in _classes
	some noun in split(listed, " ")
}

# METADATA
# title: Nouns for data
# description: A name that ends in one names data, whatever stands before it.
for_data := {noun | some noun in split(_data, " ")}

# METADATA
# title: Nouns for things
# description: A name that consists of these alone names data.
for_things := {noun | some noun in split($"{_data} {_things}", " ")}

# METADATA
# title: Nouns that nobody pays
# description: A subscription to a topic, a transaction of a database, the order of a sort.
unpaid := {noun | some noun in split(_unpaid, " ")}

_classes := {
	"bond": concat(" ", [
		"assignee assignment association attendee ban block bond bookmark collaborator dependency emoji",
		"favorite flag follower hold label like member membership moderator mute participant pin reaction",
		"relation relationship restriction reviewer role star subscriber tag timeout topic upvote vote",
		"watcher",
	]),
	"browser": "browser dialog keyboard mouse",
	"code": concat(" ", [
		"bash binary cli code command executable expression javascript js macro powershell program python script",
		"shell snippet terminal",
	]),
	"money": concat(" ", [
		"bid bill billing cash charge checkout coupon credit crypto debit deposit discount dispute dividend",
		"donation erc20 eth expense fee fund invoice loan mandate money nft order payment payout payroll",
		"price purchase refund royalty salary settlement subscription tax trade transaction usdc withdrawal",
	]),
	"plain": concat(" ", [
		"address alert attachment category column comment contact customer description document email export",
		"field file folder group image list message metadata note notification option page project record",
		"reminder report shipment site table template title tracking webhook",
	]),
	"query": "cypher gremlin graphql query sparql sql statement",
	"right": "acl grant iam permission policy privilege",
	"secret": "apikey certificate credential envvar jwt otp passcode passphrase password secret token",
	"view": "breakpoint camera cursor filter focus formatting highlight layout screen selection viewport zoom",
	"work": concat(" ", [
		"agent analysis app application automation bot build cluster container crawl crawler deployment dyno",
		"emulator engine execution flow ingestion instance job kernel machine migration node pipeline",
		"playbook pod process replication research rollout run runbook sandbox scan server service simulation",
		"simulator stack test training vm workflow",
	]),
}

_data := concat(" ", [
	"activity analyser analytic analyzer calculator count detail doc documentation guide guideline health",
	"help history info information insight metadata overview stat state statistic status summary usage",
	"version",
])

_unpaid := concat(" ", [
	"alert channel database db event feed graphql message newsletter notification pub pubsub push queue repo",
	"repository resource sort sql stream sub thread topic webhook",
])

_things := concat(" ", [
	"alert balance budget cluster column data database dataset device domain entity environment error event",
	"file folder forecast group image index instrument issue item label language leaderboard location log",
	"market member message metric model network page permission pod price profile project quote record region",
	"repository resource result schema server service setting site spec stock table tag task team timezone",
	"tree user value weather workspace",
])
