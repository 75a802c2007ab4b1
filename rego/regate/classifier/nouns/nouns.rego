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
classes := {
	"assignee": "bond", "assignment": "bond", "association": "bond", "attendee": "bond", "ban": "bond",
	"block": "bond", "bond": "bond", "bookmark": "bond", "collaborator": "bond", "dependency": "bond",
	"emoji": "bond", "favorite": "bond", "flag": "bond", "follower": "bond", "hold": "bond",
	"label": "bond", "like": "bond", "member": "bond", "membership": "bond", "moderator": "bond",
	"mute": "bond", "participant": "bond", "pin": "bond", "reaction": "bond", "relation": "bond",
	"relationship": "bond", "restriction": "bond", "reviewer": "bond", "role": "bond", "star": "bond",
	"subscriber": "bond", "tag": "bond", "timeout": "bond", "topic": "bond", "upvote": "bond",
	"vote": "bond", "watcher": "bond",
	"browser": "browser", "dialog": "browser", "keyboard": "browser", "mouse": "browser",
	"bash": "code", "binary": "code", "cli": "code", "code": "code", "command": "code",
	"executable": "code", "expression": "code", "javascript": "code", "js": "code", "macro": "code",
	"powershell": "code", "program": "code", "python": "code", "script": "code", "shell": "code",
	"snippet": "code", "terminal": "code",
	"bid": "money", "bill": "money", "billing": "money", "cash": "money", "charge": "money",
	"checkout": "money", "coupon": "money", "credit": "money", "crypto": "money", "debit": "money",
	"deposit": "money", "discount": "money", "dispute": "money", "dividend": "money", "donation": "money",
	"erc20": "money", "eth": "money", "expense": "money", "fee": "money", "fund": "money",
	"invoice": "money", "loan": "money", "mandate": "money", "money": "money", "nft": "money",
	"order": "money", "payment": "money", "payout": "money", "payroll": "money", "price": "money",
	"purchase": "money", "refund": "money", "royalty": "money", "salary": "money", "settlement": "money",
	"subscription": "money", "tax": "money", "trade": "money", "transaction": "money", "usdc": "money",
	"withdrawal": "money",
	"address": "plain", "alert": "plain", "attachment": "plain", "category": "plain", "column": "plain",
	"comment": "plain", "contact": "plain", "customer": "plain", "description": "plain",
	"document": "plain", "email": "plain", "export": "plain", "field": "plain", "file": "plain",
	"folder": "plain", "group": "plain", "image": "plain", "list": "plain", "message": "plain",
	"metadata": "plain", "note": "plain", "notification": "plain", "option": "plain", "page": "plain",
	"project": "plain", "record": "plain", "reminder": "plain", "report": "plain", "shipment": "plain",
	"site": "plain", "table": "plain", "template": "plain", "title": "plain", "tracking": "plain",
	"webhook": "plain",
	"cypher": "query", "graphql": "query", "gremlin": "query", "query": "query", "sparql": "query",
	"sql": "query", "statement": "query",
	"acl": "right", "grant": "right", "iam": "right", "permission": "right", "policy": "right",
	"privilege": "right",
	"apikey": "secret", "certificate": "secret", "credential": "secret", "envvar": "secret",
	"jwt": "secret", "otp": "secret", "passcode": "secret", "passphrase": "secret", "password": "secret",
	"secret": "secret", "token": "secret",
	"breakpoint": "view", "camera": "view", "cursor": "view", "filter": "view", "focus": "view",
	"formatting": "view", "highlight": "view", "layout": "view", "screen": "view", "selection": "view",
	"viewport": "view", "zoom": "view",
	"agent": "work", "analysis": "work", "app": "work", "application": "work", "automation": "work",
	"bot": "work", "build": "work", "cluster": "work", "container": "work", "crawl": "work",
	"crawler": "work", "deployment": "work", "dyno": "work", "emulator": "work", "engine": "work",
	"execution": "work", "flow": "work", "ingestion": "work", "instance": "work", "job": "work",
	"kernel": "work", "machine": "work", "migration": "work", "node": "work", "pipeline": "work",
	"playbook": "work", "pod": "work", "process": "work", "replication": "work", "research": "work",
	"rollout": "work", "run": "work", "runbook": "work", "sandbox": "work", "scan": "work",
	"server": "work", "service": "work", "simulation": "work", "simulator": "work", "stack": "work",
	"test": "work", "training": "work", "vm": "work", "workflow": "work",
}

# METADATA
# title: Nouns for data
# description: A name that ends in one names data, whatever stands before it.
for_data := {
	"activity", "analyser", "analytic", "analyzer", "calculator", "count", "detail", "doc",
	"documentation", "guide", "guideline", "health", "help", "history", "info", "information", "insight",
	"metadata", "overview", "stat", "state", "statistic", "status", "summary", "usage", "version",
}

# METADATA
# title: Nouns for things
# description: A name that consists of these alone names data.
for_things := for_data | {
	"alert", "balance", "budget", "cluster", "column", "data", "database", "dataset", "device", "domain",
	"entity", "environment", "error", "event", "file", "folder", "forecast", "group", "image", "index",
	"instrument", "issue", "item", "label", "language", "leaderboard", "location", "log", "market",
	"member", "message", "metric", "model", "network", "page", "permission", "pod", "price", "profile",
	"project", "quote", "record", "region", "repository", "resource", "result", "schema", "server",
	"service", "setting", "site", "spec", "stock", "table", "tag", "task", "team", "timezone", "tree",
	"user", "value", "weather", "workspace",
}

# METADATA
# title: Nouns that nobody pays
# description: A subscription to a topic, a transaction of a database, the order of a sort.
unpaid := {
	"alert", "channel", "database", "db", "event", "feed", "graphql", "message", "newsletter",
	"notification", "pub", "pubsub", "push", "queue", "repo", "repository", "resource", "sort", "sql",
	"stream", "sub", "thread", "topic", "webhook",
}
