# METADATA
# title: Turns
# description: |
#   What an object makes of a verb: to cancel a subscription is about money, to remove a label can be undone. Words of
#   the language only. An object is a noun, or the class of one (`@money`, `@work`, ...: see `nouns`), or `@none` where
#   a verb has no object. A verb may have "from" or "into" with it, where that follows its object.
# scope: package
package regate.classifier.turns

# METADATA
# title: Turns by verb
# description: For each verb that turns, the objects that make it each category.
by_verb := {
	"abort": {"Execute": "@work"},
	"apply": {"Execute": "manifest migration plan terraform"},
	"approve": {"Financial": "allowance spending token"},
	"book": {"Financial": "car flight hotel ride room ticket trip"},
	"cancel": {"Execute": "@work"},
	"capture": {"Financial": "@money"},
	"checkout": {"Write": "branch commit file git repo repository revision tag version"},
	"clear": {"Write": "@view"},
	"close": {"Execute": "@browser", "Financial": "position trade"},
	"convert": {"Write": "account contact draft issue item lead opportunity task type"},
	"drop": {"Execute": "@browser"},
	"end": {"Execute": "@work"},
	"evaluate": {"Read": "answer model performance policy quality response risk rule"},
	"fill": {"Execute": "@browser field form"},
	"format": {"Destructive": "disk drive partition volume", "Write": "cell document paragraph range row sheet"},
	"generate": {
		"Read": concat(" ", [
			"command description diff embedding explanation hash id idea plan query schema snippet sql",
			"suggestion summary type uuid yaml",
		]),
	},
	"load into": {"Write": "@any"},
	"load": {"Execute": "extension module plugin"},
	"make": {"Execute": "api call request"},
	"open": {
		"Execute": "@browser app application link url website",
		"Read": "document file image note sheet workbook",
	},
	"post": {"Read": "query search"},
	"query": {"Execute": "@query"},
	"remove": {"Write": "@bond link"},
	"remove from": {
		"Write": concat(" ", [
			"@bond asset card channel group issue person product project song task team track user video",
		]),
	},
	"request": {"Execute": "api http"},
	"reset": {"Write": "@view counter mfa password pin timer"},
	"resolve": {
		"Read": concat(" ", [
			"address alias dns domain ens host hostname id ip library location name path reference symbol",
			"uri url",
		]),
	},
	"resume": {"Execute": "@none @work"},
	"scale": {"Execute": "@work"},
	"schedule": {"Execute": "@work"},
	"select": {"Execute": "@browser option", "Write": "account database project workspace"},
	"send": {"Execute": "@query api cdp command http input key keystroke signal"},
	"simulate": {"Execute": "click event failure fault input key keypress load touch traffic"},
	"start": {"Execute": "@none @work"},
	"stop": {"Execute": "@none @work"},
	"submit": {"Execute": "@work"},
	"suspend": {"Execute": "@none @work"},
	"take": {"Read": "@view heapsnapshot image look photo picture screenshot snapshot"},
	"test": {"Read": "access authentication connection connectivity credential pattern permission regex"},
	"transfer": {
		"Write": concat(" ", [
			"@plain call chat conversation domain file issue lead message owner ownership repository task",
			"ticket",
		]),
	},
	"upgrade": {"Execute": "@work chart helm release"},
	"watch": {"Write": "channel issue page repo repository task thread topic"},
}
